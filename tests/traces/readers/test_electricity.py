from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest

from tests.traces.making import electricity
from tests.traces.making.books import workbook
from tests.traces.making.electricity import DECLARED, LAYOUTS, METER, halves, local, make, write
from tests.traces.making.maker import File, read_all, totals_of
from tests.traces.making.nasty import nasty
from tests.traces.promises import Promises, read_or_refuse
from traces import Declared, QuestionKind, Reason, Result, TracesError
from traces.errors import TooLarge
from traces.readers import load_curve

NASTY = nasty(make(1, "curve").files)
OF_WORKBOOKS = nasty(make(1, "days").files)


class TestCurveKeepsThePromises(Promises):
    maker = electricity.maker("curve")


class TestHoursKeepThePromises(Promises):
    maker = electricity.maker("hours")


class TestHoursAsTextKeepThePromises(Promises):
    maker = electricity.maker("hours as text")


class TestDaysKeepThePromises(Promises):
    maker = electricity.maker("days")


class TestEdfKeepsThePromises(Promises):
    maker = electricity.maker("edf")


class TestConsoKeepsThePromises(Promises):
    maker = electricity.maker("conso")


class TestConsoOnTheWallKeepsThePromises(Promises):
    maker = electricity.maker("conso on the wall")


def read(*files: File, declared: Declared = DECLARED) -> Result:
    return read_all(files, declared)


def power(result: Result, month: str = "2025-03") -> dict[Any, float]:
    return {cell.values: cell.measures[0] for cell in result.cells("home_power", month)}


def energy(result: Result, month: str = "2025-03") -> dict[Any, float]:
    return {cell.values[0]: cell.measures[0] for cell in result.cells("home_energy_daily", month)}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("seed", range(2))
def test_known_totals_come_out_exactly_with_both_changes_of_clocks(layout: str, seed: int) -> None:
    made = make(seed, layout)
    result = read(*made.files)
    assert totals_of(result) == made.totals
    assert result.kept == made.kept
    assert result.span == ("2025-03", "2025-10")
    expected = {
        "days": {Reason.MISSING: 1},  # NA
        "index": {Reason.MISSING: 1, Reason.TRAILER: 1},  # from April to September; the calendar
    }
    assert result.dropped == expected.get(layout, {})


@pytest.mark.parametrize("book", [False, True])
@pytest.mark.parametrize("what", sorted(NASTY))
def test_what_goes_wrong_with_files_is_told_apart(what: str, book: bool) -> None:
    cases = OF_WORKBOOKS if book else NASTY
    files, error = cases[what]
    answer = read_or_refuse(list(files), DECLARED, ["home_energy_daily"])
    if book and what in ("another archive", "bomb"):
        assert isinstance(answer, TracesError)
    elif error is None:
        plain = read_all(cases["plain"].files, DECLARED, ["home_energy_daily"])
        assert isinstance(answer, Result)
        assert answer.slices == plain.slices
        assert answer.kept == plain.kept > 0
    else:
        assert type(answer) is error


def day_of(*watts: int, day: int = 10, month: int = 3) -> list[Any]:
    begin = datetime(2025, month, day, tzinfo=electricity.PLACE).astimezone(electricity.UTC)
    return [(begin + timedelta(minutes=30 * n), w) for n, w in enumerate(watts)]


@pytest.mark.parametrize("layout", ["curve", "hours", "edf", "conso"])
@pytest.mark.parametrize(("month", "day", "count"), [(3, 30, 46), (10, 26, 50)])
def test_a_day_of_23_or_25_hours_is_whole(layout: str, month: int, day: int, count: int) -> None:
    rows = [(at, 1000) for at in halves(month) if local(at).day == day]
    assert len(rows) == count
    result = read(write(rows, 0, layout))
    assert result.kept == count
    assert energy(result, f"2025-{month:02d}") == {"sunday": count / 2}
    hours = power(result, f"2025-{month:02d}")
    assert set(hours.values()) == {1}
    assert ("weekend", "02") not in hours or month == 10
    assert len(hours) == (23 if month == 3 else 24)


def test_a_stamp_of_the_curve_is_the_end_of_its_step() -> None:
    """Midnight of Tuesday belongs to Monday."""
    result = read(write(day_of(*[0] * 47, 8000), 0))
    assert power(result)["weekday", "23"] == 4
    assert energy(result) == {"monday": 4}


@pytest.mark.parametrize("layout", ["curve", "edf", "conso", "hours"])
def test_a_day_with_a_gap_gives_hours_and_no_day(layout: str) -> None:
    rows = day_of(*[1000] * 48)
    rows[20] = (rows[20][0], "")
    result = read(write(rows, 0, layout))
    assert power(result)["weekday", "10"] == 1
    assert energy(result) == {}
    assert result.dropped == {Reason.MISSING: 1}
    assert result.kept == 47


@pytest.mark.parametrize("layout", ["curve", "edf", "conso", "hours"])
def test_half_hours_given_twice_count_once(layout: str) -> None:
    rows = day_of(*range(0, 4800, 100))
    once = read(write(rows, 0, layout))
    twice = read(write([*rows, *rows[3:9]], 0, layout))
    assert totals_of(twice) == totals_of(once)
    assert twice.dropped == {Reason.DUPLICATE: 6}


def test_files_of_several_sources_and_steps_count_once() -> None:
    rows = day_of(*[500, 1500] * 24)
    files = [write(rows, 0, layout) for layout in ("curve", "hours", "edf", "conso", "days")]
    once = read(files[0])
    for order in (files, files[::-1]):
        result = read(*order)
        assert totals_of(result) == totals_of(once)
        assert result.dropped[Reason.DUPLICATE] == 3 * 48


def test_weeks_in_several_workbooks_add_up() -> None:
    weeks = [day_of(*[1000] * 48, day=3), day_of(*[2000] * 48, day=10)]
    result = read(*[write(rows, n, "hours") for n, rows in enumerate(weeks)])
    assert energy(result) == {"monday": 36}
    assert power(result)["weekday", "05"] == 1.5


def test_the_finest_of_two_steps_counts() -> None:
    name, halved = write(day_of(*[1000] * 48), 0)
    hours = b"\r\n".join(
        [*halved.replace(b";W;30", b";W;60").split(b"\r\n")[:3]]
        + [line.replace(b";1000", b";3000") for line in halved.split(b"\r\n")[4::2]]
    )
    result = read((name, halved), ("b.csv", hours))
    assert set(power(result).values()) == {1}
    assert result.dropped == {Reason.DUPLICATE: 24}


def test_what_a_home_produced_is_not_read() -> None:
    name, content = write(day_of(*[1000] * 48), 0)
    result = read((name, content.replace(b";Consommation;", b";Production;")))
    assert result.slices == ()
    assert result.dropped == {Reason.PRODUCTION: 48}
    table = [["Début", "Fin", "Valeur (en kW)"], ["10/03/2025 00:00:00", "10/03/2025 00:30:00", 1]]
    result = read(("x.xlsx", workbook({"Production Horaire": table})))
    assert result.dropped == {Reason.PRODUCTION: 1}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b";W;", b";VA;", Reason.FOREIGN_UNIT),
        (b";W;30", b";W;7", Reason.OUT_OF_DOMAIN),
        (b";1000", b";36001", Reason.OUT_OF_DOMAIN),
        (b";1000", b";-1", Reason.OUT_OF_DOMAIN),
        (b";1000", b";x", Reason.UNREADABLE),
        (b";1000", b";NA", Reason.MISSING),
        (b"2025-03-10T", b"2025-13-10T", Reason.UNREADABLE),
        (b"2025-03-10T", b"2026-03-10T", Reason.FUTURE),
        (b"2025-03-10T", b"1975-03-10T", Reason.OUT_OF_DOMAIN),
        (b":30:00+01", b":31:00+01", Reason.OUT_OF_DOMAIN),
    ],
)
def test_each_reason_to_drop_a_half_hour_is_counted(old: bytes, new: bytes, reason: Reason) -> None:
    name, content = write(day_of(1000), 0)
    assert old in content
    result = read((name, content.replace(old, new)))
    assert result.kept == 0
    assert result.dropped == {reason: 1}


@pytest.mark.parametrize(("unit", "value"), [("kW", "0,412"), ("Wh", "206"), ("kWh", "0.206")])
def test_units_of_power_and_energy_are_read(unit: str, value: str) -> None:
    name, content = write(day_of(1000, 1000), 0)
    content = content.replace(b";W;", f";{unit};".encode()).replace(b";1000", f";{value}".encode())
    assert power(read((name, content))) == {("weekday", "00"): 0.41}


def test_two_meters_are_asked_about_and_masked() -> None:
    name, content = write(day_of(*[1000] * 48), 0)
    other = content.replace(METER.encode(), b"00000000000456").replace(b";1000", b";3000")
    asked = read((name, content), ("b.csv", other))
    assert asked.slices == ()
    assert asked.kept == 0
    (question,) = asked.questions
    assert question.kind is QuestionKind.ACCOUNT
    assert question.options == ("…0123", "…0456")
    declared = Declared(zone=DECLARED.zone, today=DECLARED.today, account="…0456")
    answered = read((name, content), ("b.csv", other), declared=declared)
    assert energy(answered) == {"monday": 72}
    assert answered.dropped == {Reason.OTHER_ACCOUNT: 48}


def test_one_file_may_hold_blocks_of_two_meters() -> None:
    name, content = write(day_of(1000), 0)
    other = content.replace(METER.encode(), b"00000000000456").decode("utf-8-sig").encode()
    assert len(read((name, content + b"\r\n" + other)).questions) == 1


def test_days_of_a_workbook_count_though_the_curve_has_them_too() -> None:
    days = write(day_of(*[1000] * 48), 0, "days")
    curve = write(day_of(*[1000] * 47), 0, "curve")
    assert energy(read(days, curve)) == {"monday": 24}


@pytest.mark.parametrize("since_1904", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_times_of_a_workbook_may_be_numbers_since_1900_or_1904(
    since_1904: bool, packed: bool
) -> None:
    begin = electricity.wall(day_of(*[0] * 27)[-1][0])
    table = [["Début", "Fin", "Valeur (en kW)"], [begin, begin + timedelta(hours=1), 0.412]]
    book = workbook({"Consommation Horaire": table}, since_1904=since_1904, packed=packed)
    assert power(read(("x.xlsx", book))) == {("weekday", "13"): 0.41}


def test_a_workbook_with_both_sheets_gives_hours_and_days() -> None:
    hours = [["Début", "Fin", "Valeur (en kW)"], ["10/03/2025 00:00:00", "10/03/2025 00:30:00", 1]]
    days = [["PRM", METER], ["Date", "Valeur (en kWh)"], ["11/03/2025", "12,5"]]
    book = workbook({"Consommation Horaire": hours, "Export Consommation Quotidienne": days})
    result = read(("x.xlsx", book))
    assert result.kept == 2
    assert result.format_ids == ("enedis/both-workbook/v1",)
    assert energy(result) == {"tuesday": 12.5}


def test_an_index_that_was_reset_gives_no_day() -> None:
    name, content = write(day_of(*[1000] * 48), 0, "index")
    reset = content.replace(b"5024000", b"24000")
    assert read((name, content)).kept == 1
    assert read((name, reset)).dropped[Reason.OUT_OF_DOMAIN] == 1


def test_a_file_without_records_is_valid() -> None:
    result = read(write([], 0))
    assert result.dropped == {Reason.NO_DATA: 1}


def test_more_spans_than_any_home_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_curve, "_MOST", 10)
    answer = read_or_refuse([write(day_of(*[0] * 11), 0)], DECLARED, ["home_power"])
    assert type(answer) is TooLarge


class TestIndexKeepsWhatHoldsForRunningTotals(Promises):
    """A file of an index is no set of rows: parts of it are written anew, with other totals."""

    maker = electricity.maker("index")
    test_splitting_a_file_changes_nothing: ClassVar[None] = None  # type: ignore[assignment]


def test_an_index_split_between_files_gives_the_same_days() -> None:
    rows = [*day_of(*[1000] * 48), *day_of(*[2000] * 48, day=11), *day_of(*[500] * 48, day=12)]
    name, content = write(rows, 0, "index")
    lines = content.decode("utf-8-sig").split("\r\n")
    once = read((name, content))
    assert energy(once) == {"monday": 24, "tuesday": 48, "wednesday": 12}
    for at in range(4, 7):
        parts = ["\r\n".join(lines[:at]), "\r\n".join([*lines[:3], *lines[at:]])]
        result = read(*[(f"{n}.csv", part.encode()) for n, part in enumerate(parts)])
        assert totals_of(result) == totals_of(once)


def test_a_power_without_its_time_is_never_taken_for_a_day() -> None:
    """A curve in watts that names no step gave each day its largest half hour, times 24."""
    head = (
        "Identifiant PRM;Type de donnees;Date de debut;Date de fin;Grandeur physique;"
        f"Grandeur metier;Etape metier;Unite\n{METER};Courbe de charge;01/06/2025;01/07/2025;"
        "Energie active;Consommation;Comptage Brut;W\nHorodate;Valeur\n"
    )
    lines = [f"2025-06-{day:02d}T00:30:00+02:00;1200\n" for day in range(1, 29)]
    result = read_all(
        [("a.csv", (head + "".join(lines)).encode())], DECLARED, ["home_energy_daily"]
    )
    assert result.slices == ()
    assert result.dropped[Reason.UNREADABLE] == len(lines)
