from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traces.dates import (
    OrderOfDates,
    from_epoch,
    instant,
    order_of,
    parse_date,
    parse_instant,
    parse_local,
)
from traces.declared import DateOrder

PARIS = ZoneInfo("Europe/Paris")
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("2025-03-14", None, (2025, 3, 14)),
        ("2025/03/14 08:05", "mdy", (2025, 3, 14)),
        ("14/03/2025", "dmy", (2025, 3, 14)),
        ("14-03-2025 08:05", "dmy", (2025, 3, 14)),
        ("24.01.23", "dmy", (2023, 1, 24)),
        ("6/19/25", "mdy", (2025, 6, 19)),
        ("May 29, 2025, 3:53:35 PM", None, (2025, 5, 29)),
        ("29 mai 2025", None, (2025, 5, 29)),
        ("1 août 2025", None, (2025, 8, 1)),
        ("3. März 2025", None, (2025, 3, 3)),
        ("12 sept. 2025", None, (2025, 9, 12)),
    ],
)
def test_reads_the_day_that_a_text_begins_with(
    text: str, order: str | None, day: tuple[int, int, int]
) -> None:
    assert parse_date(text, DateOrder(order) if order else None) == date(*day)


@pytest.mark.parametrize(
    "text",
    ["", "x", "14/03/2025", "2025-02-30", "2025-13-01", "29 foo 2025", "2025", "1/2/3/4" * 30],
)
def test_refuses_what_is_no_day_or_open(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2025-01-05T07:12:33Z", "2025-01-05T07:12:33+00:00"),
        ("2025-01-05T07:12:33.250Z", "2025-01-05T07:12:33.250+00:00"),
        ("2025-01-05 18:03:34.123456", "2025-01-05T18:03:34.123+00:00"),
        ("2025-04-05 05:52:02 +0000 UTC", "2025-04-05T05:52:02+00:00"),
        ("2025-01-01 08:01:36 +0100", "2025-01-01T08:01:36+01:00"),
        ("2025-03-14T00:30:00+01:00", "2025-03-14T00:30:00+01:00"),
        ("2025-03-14T00:30:00-05:30", "2025-03-14T00:30:00-05:30"),
        ("2025-05-06 18:43", "2025-05-06T18:43:00+00:00"),
        ("May 29, 2025, 3:53:35\u202fPM", "2025-05-29T15:53:35+00:00"),
        ("May 29, 2025, 12:00:01 AM", "2025-05-29T00:00:01+00:00"),
        ("29 mai 2025 à 15:24", "2025-05-29T15:24:00+00:00"),
    ],
)
def test_reads_instants_with_and_without_an_offset(text: str, same: str) -> None:
    assert parse_instant(text, UTC) == ms(same)


def test_a_text_without_an_offset_is_in_the_zone_that_is_said() -> None:
    assert parse_instant("09.12.2025, 15:24:49", PARIS, DateOrder.DMY) == ms(
        "2025-12-09T15:24:49+01:00"
    )


@pytest.mark.parametrize(
    "text",
    ["2025-01-05", "2025-01-05 25:00", "2025-01-05 10:00 PM PM", "2025-01-05T10:00:00+99:00"],
)
def test_refuses_what_is_no_instant(text: str) -> None:
    assert parse_instant(text, UTC) is None


def test_a_clock_on_the_wall_has_no_offset() -> None:
    assert parse_local("14/03/2025 23:30:00", DateOrder.DMY) == datetime(2025, 3, 14, 23, 30)  # noqa: DTZ001
    assert parse_local("2025-03-14") == datetime(2025, 3, 14)  # noqa: DTZ001
    assert parse_local("2025-03-14T10:00:00Z") is None


def test_the_hour_that_comes_twice_is_the_first_unless_it_is_said() -> None:
    wall = datetime(2025, 10, 26, 2, 30)  # noqa: DTZ001
    assert instant(wall, PARIS) == ms("2025-10-26T02:30:00+02:00")
    assert instant(wall.replace(fold=1), PARIS) == ms("2025-10-26T02:30:00+01:00")


def test_the_hour_that_is_left_out_is_read_by_the_clock_before() -> None:
    assert instant(datetime(2025, 3, 30, 2, 30), PARIS) == ms("2025-03-30T03:30:00+02:00")  # noqa: DTZ001


@given(st.integers(946_684_800_000, 4_000_000_000_000))
def test_epochs_are_told_by_their_size(moment: int) -> None:
    assert from_epoch(moment) == moment
    assert from_epoch(moment * 1000) == moment
    assert from_epoch(moment // 1000) == moment // 1000 * 1000


@pytest.mark.parametrize("number", [True, float("nan"), float("inf"), 10**30])
def test_what_is_no_epoch_is_none(number: float) -> None:
    assert from_epoch(number) is None


@given(st.lists(DAYS, min_size=1, max_size=30), st.sampled_from(["%d/%m/%Y", "%m/%d/%Y"]))
def test_the_order_is_never_decided_wrongly(days: list[date], form: str) -> None:
    order = order_of(day.strftime(form) for day in days)
    right = DateOrder.DMY if form.startswith("%d") else DateOrder.MDY
    told = any(day.day > 12 for day in days)
    if told:
        assert order is right
    elif any(day.day != day.month for day in days):
        assert order is None


def test_an_answer_is_taken_only_where_the_file_is_open() -> None:
    assert order_of(["03/04/2025"], DateOrder.MDY) is DateOrder.MDY
    assert order_of(["13/04/2025"], DateOrder.MDY) is DateOrder.DMY
    assert order_of(["2025-04-03"], DateOrder.MDY) is DateOrder.YMD


def test_a_file_that_mixes_orders_has_none() -> None:
    votes = OrderOfDates()
    for text in ("13/01/2025", "01/13/2025"):
        votes.see(text)
    assert votes.decide(DateOrder.DMY) is None
    assert votes.options == ()


def test_the_options_are_the_orders_that_every_date_allows() -> None:
    votes = OrderOfDates()
    votes.see("not a date")
    votes.see("03/04/25")
    assert votes.options == ("dmy", "mdy")


@given(st.text(max_size=70))
def test_any_text_is_a_date_or_none(text: str) -> None:
    votes = OrderOfDates()
    votes.see(text)
    for order in (None, *DateOrder):
        parse_date(text, order)
        parse_local(text, order)
        parse_instant(text, PARIS, order)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001
def test_iso_is_read_as_the_standard_library_reads_it(wall: datetime, offset: int) -> None:
    sign = "-" if offset < 0 else "+"
    text = f"{wall:%Y-%m-%dT%H:%M:%S}{sign}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}"
    utc = wall.replace(microsecond=0, tzinfo=UTC) - timedelta(minutes=offset)
    assert parse_instant(text, PARIS) == int(utc.timestamp()) * 1000
