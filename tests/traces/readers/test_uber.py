from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.traces.making import plans, uber
from tests.traces.making.maker import File, Maker, read_all, totals_of
from tests.traces.making.nasty import nasty
from tests.traces.promises import Promises, read_or_refuse
from traces import Reason, Result, TracesError

NASTY = nasty(uber.make(1).files)
NOON = datetime(2025, 6, 3, 10, tzinfo=UTC)
ALL = ["gig_pay", "gig_time", "gig_trips"]


class TestStatesKeepThePromises(Promises):
    maker = uber.maker("states", ",")


class TestStatesWithSemicolonsKeepThePromises(Promises):
    maker = uber.maker("states", ";")


class TestDispatchesKeepThePromises(Promises):
    maker = uber.maker("dispatches", ",")


class TestDispatchesWithSemicolonsKeepThePromises(Promises):
    maker = uber.maker("dispatches", ";")


def read(*files: File) -> Result:
    return read_all(files, plans.DECLARED, ALL)


def listed(kind: str, *rows: list[Any]) -> File:
    return uber.write(rows, 0, kind)


def work(result: Result, month: str = "2025-06") -> dict[tuple[str, ...], tuple[float, ...]]:
    """Return the minutes waiting, on the way and with passengers, by cell."""
    return {cell.values: cell.measures for cell in result.cells("gig_time", month)}


def trips(result: Result, month: str = "2025-06") -> dict[tuple[str, ...], float]:
    return {cell.values: cell.measures[0] for cell in result.cells("gig_trips", month)}


class TestPaymentsKeepThePromises(Promises):
    """Payments need hours online: each file of them is read beside a list of states."""

    maker = uber.maker("payments", ",")

    def read(self, *files: File) -> Result:
        days = [datetime(2025, month, day, 12, tzinfo=UTC) for month in (3, 4, 5) for day in (3, 8)]
        states = listed("states", *(uber.state_row(day, 600, "open") for day in days))
        return super().read(states, *files)


class TestPaymentsWithSemicolonsKeepThePromises(TestPaymentsKeepThePromises):
    maker: Maker = uber.maker("payments", ";")


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("seed", range(3))
def test_known_totals_come_out_exactly(delimiter: str, seed: int) -> None:
    made = uber.make(seed, delimiter)
    result = read(*made.files)
    assert totals_of(result) == made.totals
    assert result.kept == made.kept
    assert result.dropped == made.dropped


@pytest.mark.parametrize("what", sorted(NASTY))
def test_what_goes_wrong_with_files_is_told_apart(what: str) -> None:
    files, error = NASTY[what]
    answer = read_or_refuse(list(files), plans.DECLARED, ALL)
    if error is None:
        plain = read(*NASTY["plain"].files)
        assert isinstance(answer, Result)
        assert answer.slices == plain.slices
        assert answer.kept == plain.kept > 0
    else:
        assert type(answer) is error
        assert isinstance(answer, TracesError)


def test_an_interval_is_split_between_blocks() -> None:
    """From half past eleven to half past twelve in Paris."""
    row = uber.state_row(NOON - timedelta(minutes=30), 60, "ontrip")
    assert work(read(listed("states", row))) == {
        ("weekday", "09-12"): (0, 0, 30),
        ("weekday", "12-15"): (0, 0, 30),
    }


def test_a_local_stamp_with_a_false_z_is_a_time_on_the_wall() -> None:
    """Without its stamp in UTC, an interval begins at noon in Paris, not at two."""
    for false in (True, False):
        row = uber.state_row(NOON, 60, "open")
        row[6], row[9] = "", uber.local(NOON, false)
        assert work(read(listed("states", row))) == {("weekday", "12-15"): (60, 0, 0)}


def test_a_payment_on_the_last_evening_of_a_month_stays_in_it() -> None:
    """23:30 on the wall of 30 June; read as UTC, it would be in July."""
    when = datetime(2025, 6, 30, 21, 30, tzinfo=UTC)
    files = [
        listed("states", uber.state_row(NOON, 60, "open")),
        listed("payments", uber.payment_row(when, 1_500)),
    ]
    result = read(*files)
    assert result.months == ("2025-06",)
    assert [c.measures for c in result.cells("gig_pay", "2025-06")] == [(15,)]


def test_months_without_states_take_their_minutes_from_dispatches() -> None:
    """56 minutes online, 41.5 of them active, 33 with a passenger; three trips, in one block."""
    row = uber.dispatch_row(NOON, 60, 3, 56.0, 41.5, 33.0)
    result = read(listed("dispatches", row))
    assert work(result) == {("weekday", "12-15"): (15, 9, 33)}
    assert trips(result) == {("weekday", "12-15"): 3}


def test_months_with_states_take_their_minutes_from_them_alone() -> None:
    files = [
        listed("states", uber.state_row(NOON, 60, "open")),
        listed("dispatches", uber.dispatch_row(NOON, 60, 3, 56, 41, 33)),
    ]
    for order in (files, files[::-1]):
        result = read(*order)
        assert work(result) == {("weekday", "12-15"): (60, 0, 0)}
        assert trips(result) == {("weekday", "12-15"): 3}


def test_trips_of_an_interval_over_two_blocks_are_shared() -> None:
    row = uber.dispatch_row(NOON - timedelta(minutes=45), 60, 4)
    assert trips(read(listed("dispatches", row))) == {
        ("weekday", "09-12"): 3,
        ("weekday", "12-15"): 1,
    }


def test_states_alone_tell_nothing_of_trips() -> None:
    result = read(listed("states", uber.state_row(NOON, 60, "open")))
    assert {each.template for each in result.slices} == {"gig_time"}


def test_a_month_without_dispatches_has_no_trips() -> None:
    july = NOON + timedelta(days=30)
    files = [
        listed("states", *(uber.state_row(day, 60, "open") for day in (NOON, july))),
        listed("dispatches", uber.dispatch_row(NOON, 60, 3, 56, 41, 33)),
    ]
    result = read(*files)
    assert result.cells("gig_time", "2025-07")
    assert not result.cells("gig_trips", "2025-07")


@pytest.mark.parametrize("untold", [[7], [20], [7, 20], [6, 7, 20]])
def test_minutes_that_dispatches_do_not_tell_apart_are_not_given_as_nought(
    untold: list[int],
) -> None:
    """Who was active is not known, so nobody knows who waited; trips are told all the same."""
    row = uber.dispatch_row(NOON, 60, 3, 56, 41, 33)
    for place in untold:
        row[place] = ""
    result = read(listed("dispatches", row), listed("payments", uber.payment_row(NOON, 1_400)))
    assert not result.cells("gig_time", "2025-06")
    assert trips(result) == {("weekday", "12-15"): 3}
    paid = [cell.measures for cell in result.cells("gig_pay", "2025-06")]
    assert paid == ([] if 6 in untold else [(15,)])


def test_decimal_commas_are_read() -> None:
    row = uber.dispatch_row(NOON, 60, 3, 56.0, 41.5, 33.0, decimal=",")
    result = read(uber.write([row], 0, "dispatches", ";"))
    assert work(result) == {("weekday", "12-15"): (15, 9, 33)}
    assert trips(result) == {("weekday", "12-15"): 3}


@pytest.mark.parametrize(
    "category", ["payout", "bank_transfer", "instant_pay_fee_x", "cash_collected"]
)
def test_what_only_moves_to_the_bank_is_no_pay(category: str) -> None:
    files = [
        listed("states", uber.state_row(NOON, 60, "open")),
        listed("payments", uber.payment_row(NOON, 1_500), uber.payment_row(NOON, -1_500, category)),
    ]
    result = read(*files)
    assert [c.measures for c in result.cells("gig_pay", "2025-06")] == [(15,)]
    assert result.dropped == {Reason.OWN_TRANSFER: 1}


def test_a_payment_without_hours_online_is_not_divided() -> None:
    result = read(listed("payments", uber.payment_row(NOON, 1_500)))
    assert result.slices == ()
    assert result.kept == 0
    assert result.dropped == {Reason.UNMATCHED: 1}


def changed(row: list[Any], place: int, value: Any) -> list[Any]:
    return [*row[:place], value, *row[place + 1 :]]


STATE = uber.state_row(NOON, 60, "open")
DISPATCH = uber.dispatch_row(NOON, 60, 3, 56, 41, 33)
PAYMENT = uber.payment_row(NOON, 1_500)


@pytest.mark.parametrize(
    ("kind", "row", "reason"),
    [
        ("states", STATE, Reason.DUPLICATE),
        ("states", changed(STATE, 0, "offline"), Reason.OUT_OF_DOMAIN),
        ("states", changed(STATE, 8, "86400001"), Reason.OUT_OF_DOMAIN),
        ("states", changed(STATE, 8, "-1"), Reason.OUT_OF_DOMAIN),
        ("states", changed(STATE, 8, "0"), Reason.TOO_SHORT),
        ("states", changed(STATE, 8, "long"), Reason.UNREADABLE),
        ("states", changed(STATE, 6, "noon"), Reason.UNREADABLE),
        ("states", changed(STATE, 6, "2027-06-03 10:00:00"), Reason.FUTURE),
        ("dispatches", DISPATCH, Reason.DUPLICATE),
        ("dispatches", changed(DISPATCH, 14, "501"), Reason.OUT_OF_DOMAIN),
        ("dispatches", changed(DISPATCH, 14, "-1"), Reason.OUT_OF_DOMAIN),
        ("dispatches", changed(DISPATCH, 6, "30"), Reason.OUT_OF_DOMAIN),
        ("dispatches", changed(DISPATCH, 1, "2025-06-03 09:00:00"), Reason.OUT_OF_DOMAIN),
        ("dispatches", changed(DISPATCH, 14, "x"), Reason.UNREADABLE),
        ("dispatches", changed(DISPATCH, 20, "x"), Reason.UNREADABLE),
        ("payments", PAYMENT, Reason.DUPLICATE),
        ("payments", changed(PAYMENT, 1, "GBP"), Reason.OTHER_CURRENCY),
        ("payments", changed(PAYMENT, 0, "10000.01"), Reason.OUT_OF_DOMAIN),
        ("payments", changed(PAYMENT, 0, "x"), Reason.UNREADABLE),
        ("payments", changed(PAYMENT, 4, "2027-06-03T10:00:00Z"), Reason.FUTURE),
    ],
)
def test_each_reason_to_drop_a_row_is_counted(kind: str, row: list[Any], reason: Reason) -> None:
    good = {"states": STATE, "dispatches": DISPATCH, "payments": PAYMENT}
    files = {each: listed(each, one) for each, one in good.items()}
    files[kind] = listed(kind, good[kind], row)
    result = read(*files.values())
    assert result.kept == 3
    assert result.dropped == {reason: 1}


def test_the_night_when_clocks_go_back_has_an_hour_more() -> None:
    """26 October 2025: from midnight to three is four hours; 240 minutes are clipped."""
    row = uber.state_row(datetime(2025, 10, 25, 22, tzinfo=UTC), 240, "open")
    result = read(listed("states", row))
    assert work(result, "2025-10") == {("weekend", "00-03"): (180, 0, 0)}
    assert result.dropped == {Reason.CLIPPED: 1}


def test_lists_without_rows_are_valid() -> None:
    for kind in uber.HEADERS:
        assert read(listed(kind)).dropped == {Reason.NO_DATA: 1}


def test_the_owners_zone_decides_where_the_wall_is() -> None:
    row = uber.state_row(NOON, 60, "open")
    result = read_all([listed("states", row)], replace(plans.DECLARED, zone="Europe/London"), ALL)
    assert work(result) == {("weekday", "09-12"): (60, 0, 0)}
