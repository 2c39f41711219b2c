from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traces.catalogue import domains
from traces.local_time import HOUR, Clock, Moment
from traces.result import Slice
from traces.schema import Measure, Per, Template, Words
from traces.tally import Tally

WORDS = Words("a", "b")
PARIS = Clock(ZoneInfo("Europe/Paris"))


def template(
    *keys: str, per: Per = Per.MONTH, scale: int = 1, high: int = 10**6, k: int = 0
) -> Template:
    dimensions = tuple(domains()[key] for key in keys)
    measure = Measure("n", WORDS, "things", Decimal(0), Decimal(high), Decimal(1), per, scale)
    size = 1
    for each in dimensions:
        size *= len(each.values)
    return Template(
        "t",
        1,
        "f",
        WORDS,
        WORDS,
        WORDS,
        dimensions,
        (measure,),
        k or size,
        Decimal("0.1"),
        200,
        False,
    )


def numbers(tally: Tally) -> dict[tuple[str, ...], float]:
    slices, _, _ = tally.slices(b"key")
    return {(each.month, *cell.values): cell.measures[0] for each in slices for cell in each.cells}


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp() * 1000)


def test_an_interval_is_cut_at_local_hours_months_and_kinds_of_day() -> None:
    """Friday 31 January 2025, 23:50, to Saturday, 00:20."""
    tally = Tally(template("daytype", "hour", scale=60_000), PARIS)
    tally.add_time(at("2025-01-31T23:50:00+01:00"), at("2025-02-01T00:20:00+01:00"))
    assert numbers(tally) == {
        ("2025-01", "weekday", "23"): 10,
        ("2025-02", "weekend", "00"): 20,
    }


@pytest.mark.parametrize(
    ("day", "hours"), [("2025-03-30", 23), ("2025-10-26", 25), ("2025-06-01", 24)]
)
def test_a_day_has_the_hours_it_had(day: str, hours: int) -> None:
    tally = Tally(template("hour", scale=HOUR), PARIS)
    start = int(datetime.fromisoformat(day).replace(tzinfo=ZoneInfo("Europe/Paris")).timestamp())
    tally.add_time(start * 1000, start * 1000 + hours * HOUR)
    cells = numbers(tally)
    assert sum(cells.values()) == hours
    assert cells.get((day[:7], "02")) == {23: None, 24: 1, 25: 2}[hours]
    assert len(cells) == min(hours, 24)


@given(
    st.integers(at("2024-01-01T00:00:00Z"), at("2026-01-01T00:00:00Z")),
    st.integers(1, 48 * HOUR),
    st.integers(-(10**9), 10**9),
    st.sampled_from(["Europe/Paris", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_pieces_add_up_to_the_whole_in_any_zone(
    start: int, length: int, amount: int, zone: str
) -> None:
    clock = Clock(ZoneInfo(zone))
    pieces = list(clock.pieces(start, start + length))
    assert [pieces[0][1], pieces[-1][2]] == [start, start + length]
    for moment, begin, cut in pieces:
        for instant in (begin, cut - 1):
            wall = datetime.fromtimestamp(instant / 1000, ZoneInfo(zone))
            assert moment == Moment(wall.date(), wall.hour)
    tally = Tally(template("hour"), clock)
    tally.spread(start, start + length, amount)
    assert sum(held.sums[0] for held in tally._cells.values()) == amount


def test_days_of_a_kind_are_counted_between_the_first_and_the_last() -> None:
    """From Wednesday 25 June to Sunday 6 July 2025."""
    tally = Tally(template("weekday", per=Per.DAY), PARIS)
    tally.add(Moment(date(2025, 6, 25)), {"n": 60})
    tally.saw(date(2025, 7, 6))
    tally.add(Moment(date(2025, 6, 30)), {"n": 60})
    tally.add(Moment(date(2025, 7, 1)), {"n": 60})
    assert numbers(tally) == {
        ("2025-06", "monday"): 60,
        ("2025-06", "wednesday"): 60,
        ("2025-07", "tuesday"): 60,
    }
    tally.saw(date(2025, 6, 2))
    assert numbers(tally)["2025-06", "monday"] == 12


def test_seen_days_and_weights_divide_where_the_measure_says_so() -> None:
    seen = Tally(template("weekday", per=Per.SEEN_DAY), PARIS)
    weighed = Tally(template("weekday", per=Per.WEIGHT), PARIS)
    for day in (2, 2, 16):
        for tally in (seen, weighed):
            tally.add(Moment(date(2025, 6, day)), {"n": 30}, weight=3)
    assert numbers(seen) == {("2025-06", "monday"): 45}
    assert numbers(weighed) == {("2025-06", "monday"): 10}


def test_an_hour_left_open_or_a_value_outside_the_domain_adds_nothing() -> None:
    tally = Tally(template("hour_block", "listening_kind"), PARIS)
    assert not tally.add(Moment(date(2025, 6, 2)), {"n": 1}, listening_kind="music")
    assert not tally.add(Moment(date(2025, 6, 2), 4), {"n": 1}, listening_kind="ZZ")
    assert not tally.add_time(0, HOUR, listening_kind="ZZ")
    assert not tally.add_time(0, HOUR)
    assert numbers(tally) == {}
    assert tally.add(Moment(date(2025, 6, 2), 4), {"n": 1}, listening_kind="music")
    assert numbers(tally) == {("2025-06", "03-06", "music"): 1}


AMOUNTS = st.lists(st.tuples(st.integers(1, 28), st.integers(-500, 500)), min_size=1, max_size=20)


@given(AMOUNTS, st.randoms(), st.integers(0, 20))
def test_the_order_and_the_splitting_of_records_change_nothing(
    amounts: list[tuple[int, int]], random: object, at: int
) -> None:
    def tally(some: list[tuple[int, int]]) -> Tally:
        made = Tally(template("weekday", per=Per.DAY, scale=7), PARIS)
        for day, amount in some:
            made.add(Moment(date(2025, 6, day)), {"n": amount})
        return made

    whole = tally(amounts).slices(b"k")
    merged = tally(sorted(amounts[:at]))
    merged.merge(tally(sorted(amounts[at:])))
    assert repr(merged.slices(b"k")) == repr(whole)


def _filled(k: int, loads: dict[str, int]) -> Tally:
    tally = Tally(template("weekday", k=k), PARIS)
    for number, (_, load) in enumerate(sorted(loads.items())):
        tally.add(Moment(date(2025, 6, 2 + number)), {"n": load})
    return tally


def test_at_most_k_cells_stay_and_the_rest_is_counted() -> None:
    slices, clipped, too_many = _filled(3, dict.fromkeys("abcdefg", 1)).slices(b"key")
    assert [len(each.cells) for each in slices] == [3]
    assert (clipped, too_many) == (0, 4)


def test_which_cells_stay_depends_on_the_key_and_never_on_the_numbers() -> None:
    def chosen(loads: list[int], key: bytes) -> list[tuple[str, ...]]:
        slices, _, _ = _filled(3, dict(zip("abcdefg", loads, strict=True))).slices(key)
        return [cell.values for each in slices for cell in each.cells]

    rising = list(range(1, 8))
    keys = [bytes([number]) for number in range(40)]
    for key in keys:
        assert chosen(rising, key) == chosen(rising[::-1], key)
    assert len({tuple(chosen(rising, key)) for key in keys}) > 10


def test_a_number_out_of_bounds_is_clipped_and_counted() -> None:
    tally = Tally(template("daytype", high=50), PARIS)
    tally.add(Moment(date(2025, 6, 2)), {"n": 51})
    tally.add(Moment(date(2025, 6, 7)), {"n": -1})
    slices, clipped, _ = tally.slices(b"k")
    assert [cell.measures for each in slices for cell in each.cells] == [(50,), (0,)]
    assert clipped == 2


@given(st.fractions(-10, 1010))
def test_numbers_lie_on_the_grid_next_to_the_exact_one(exact: Fraction) -> None:
    measure = Measure("n", WORDS, "x", Decimal(0), Decimal(1000), Decimal("0.25"), Per.MONTH, 1)
    number, clipped = measure.fit(exact)
    assert clipped == (not 0 <= exact <= 1000)
    assert Fraction(number) % Fraction(1, 4) == 0
    if not clipped:
        assert abs(Fraction(number) - exact) <= Fraction(1, 8)


def test_slices_carry_the_version_of_their_template() -> None:
    tally = Tally(template("daytype"), PARIS)
    tally.add(Moment(date(2025, 6, 2)), {"n": 1})
    (each,), _, _ = tally.slices(b"k")
    assert isinstance(each, Slice)
    assert (each.template, each.version, each.month) == ("t", 1, "2025-06")
