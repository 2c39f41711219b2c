import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.traces.making import sensors
from tests.traces.making.electricity import PLACE, UTC
from tests.traces.making.maker import File, read_all, totals_of
from tests.traces.making.nasty import nasty
from tests.traces.making.sensors import LAYOUTS, SENSOR, declared, make, write
from tests.traces.promises import Promises, read_or_refuse
from traces import QuestionKind, Reason, Result
from traces.errors import TooLarge
from traces.readers import series

NASTY = nasty(make(1, "history").files)

for _layout in LAYOUTS:
    _name = f"Test{_layout.title().replace(' ', '')}KeepsThePromises"
    globals()[_name] = type(_name, (Promises,), {"maker": sensors.maker(_layout)})


def read(*files: File, **changed: Any) -> Result:
    return read_all(files, declared(**changed))


def power(result: Result) -> dict[str, float]:
    return {cell.values[1]: cell.measures[0] for cell in result.cells("home_power", "2025-03")}


def energy(result: Result) -> dict[str, float]:
    cells = result.cells("home_energy_daily", "2025-03")
    return {cell.values[0]: cell.measures[0] for cell in cells}


def at(minutes: float, *values: Any) -> list[Any]:
    """Return readings from Monday midnight on, one each so many minutes."""
    begin = datetime(2025, 3, 10, tzinfo=PLACE).astimezone(UTC)
    return [(begin + timedelta(minutes=minutes * n), v) for n, v in enumerate(values)]


def table(header: str, *lines: str) -> File:
    return "x.csv", "\n".join([header, *lines]).encode()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("seed", range(2))
def test_known_totals_come_out_exactly(layout: str, seed: int) -> None:
    made = make(seed, layout)
    result = read_all(made.files, made.declared)
    assert totals_of(result) == made.totals
    assert result.kept == made.kept
    assert result.dropped == made.dropped


@pytest.mark.parametrize("what", sorted(NASTY))
def test_what_goes_wrong_with_files_is_told_apart(what: str) -> None:
    files, error = NASTY[what]
    answer = read_or_refuse(list(files), declared(), ["home_power"])
    if error is None:
        plain = read_all(NASTY["plain"].files, declared(), ["home_power"])
        assert isinstance(answer, Result)
        assert answer.slices == plain.slices
        assert answer.kept == plain.kept > 0
    else:
        assert type(answer) is error


def test_the_unit_is_asked_where_the_file_names_none() -> None:
    file = table("time,value", "2025-03-10T10:00:00Z,1.5", "2025-03-10T10:30:00Z,1.5")
    (question,) = read(file, unit=None).questions
    assert question.kind is QuestionKind.UNIT
    assert question.options == ("W", "Wh", "kW", "kWh")
    assert set(power(read(file, unit="kW")).values()) == {1.5}
    assert set(power(read(file, unit="kWh")).values()) == {3}


@pytest.mark.parametrize(
    ("header", "value"),
    [("time,Power [W]", "1500"), ("time,energy_kwh", "0.75"), ("time,kW", "1.5")],
)
def test_the_unit_in_the_name_of_a_column_counts_before_the_declared(
    header: str, value: str
) -> None:
    lines = [f"2025-03-10T10:{minute}:00Z,{value}" for minute in ("00", "30")]
    assert set(power(read(table(header, *lines), unit="Wh")).values()) == {1.5}


def test_other_units_are_not_read() -> None:
    lines = ["2025-03-10T10:00:00Z,20,°C", "2025-03-10T10:30:00Z,20,°C"]
    assert read(table("time,value,unit", *lines)).dropped == {Reason.FOREIGN_UNIT: 2}


def test_several_sensors_are_asked_about() -> None:
    _, first = write(at(30, 100, 100), 0, "history")
    _, second = write(at(30, 900, 900), 0, "history", sensor="sensor.oven")
    file = ("h.csv", first + b"\n" + second.partition(b"\n")[2])
    (question,) = read(file).questions
    assert question.kind is QuestionKind.PROFILE
    assert question.options == (SENSOR, "sensor.oven")
    result = read(file, profile="sensor.oven")
    assert power(result) == {"00": 0.9}
    assert result.dropped == {Reason.OTHER_PROFILE: 2}


def test_a_state_holds_until_it_changes_for_three_hours_at_most() -> None:
    begin = at(0, 600)[0][0]
    rows = [(begin, 600), (begin + timedelta(minutes=90), 0), (begin + timedelta(hours=9), 0)]
    assert power(read(write(rows, 0, "history"))) == {
        "00": 0.6,
        "01": 0.3,
        "02": 0,
        "03": 0,
        "04": 0,
    }


def test_nothing_is_known_while_a_sensor_is_unavailable() -> None:
    result = read(write(at(60, 600, "", 300, 300), 0, "history"))
    assert power(result) == {"00": 0.6, "02": 0.3}
    assert result.dropped == {Reason.MISSING: 1}


def test_a_counter_gives_its_differences_and_may_begin_anew() -> None:
    values = [100, 101, 103, 103, 104, 105, 106, 107, 0.5, 2.5]
    rows = at(60, *values)
    result = read(write(rows, 0, "history"), unit="kWh")
    assert power(result) == {
        "00": 1, "01": 2, "02": 0, "03": 1, "04": 1, "05": 1, "06": 1, "08": 2,
    }  # fmt: skip
    assert result.dropped == {Reason.OUT_OF_DOMAIN: 1}


def test_energies_of_steps_are_no_counter_though_they_are_equal() -> None:
    lines = [f"{moment:%Y-%m-%dT%H:%M:%SZ},0.5" for moment, _ in at(30, *[0] * 48)]
    assert energy(read(table("time,kWh", *lines))) == {"monday": 24}


def test_days_are_read_where_energies_have_no_time() -> None:
    file = table("time,kWh", "2025-03-10,12.5", "2025-03-11,7", "2025-03-11,7")
    result = read(file)
    assert energy(result) == {"monday": 12.5, "tuesday": 7}
    assert result.dropped == {Reason.DUPLICATE: 1}
    assert read(table("time,kW", "2025-03-10,1")).dropped == {Reason.OUT_OF_DOMAIN: 1}


def test_dates_that_can_be_read_in_two_ways_are_asked_about() -> None:
    file = table("time;kWh", "03/04/2025;12,5")
    (question,) = read(file).questions
    assert question.kind is QuestionKind.DATE_ORDER
    assert question.options == ("dmy", "mdy")
    assert read(file, date_order="mdy").months == ("2025-03",)


def test_local_times_are_those_of_the_declared_zone() -> None:
    file = table("time,W", "2025-03-10 10:00:00,500", "2025-03-10 10:30:00,500")
    assert power(read(file)) == {"10": 0.5}


def test_half_hours_of_other_homes_are_read_in_the_layout_of_trials() -> None:
    file = table(
        "LCLid,stdorToU,DateTime,KWH/hh (per half hour) ",
        "MAC1,Std,2025-03-10 00:00:00.0000000, 0.25 ",
        "MAC1,Std,2025-03-10 00:30:00.0000000, 0.75 ",
    )
    assert power(read(file, zone="Europe/London")) == {"00": 1}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("-5", Reason.PRODUCTION),
        ("unknown", Reason.MISSING),
        ("40000", Reason.OUT_OF_DOMAIN),
        ("on", Reason.UNREADABLE),
    ],
)
def test_each_reason_to_drop_a_reading_is_counted(value: str, reason: Reason) -> None:
    result = read(write(at(30, 100, value, 100, 100), 0, "history"))
    assert result.dropped == {reason: 1}


def test_readings_given_twice_count_once() -> None:
    file = write(at(30, 100, 200, 300, 300), 0, "history")
    result = read(file, file)
    assert power(result) == power(read(file))
    assert result.dropped == {Reason.DUPLICATE: 4}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("<espi:uom>72<", "<espi:uom>42<", Reason.FOREIGN_UNIT),
        ("Multiplier>-1<", "Multiplier>99<", Reason.FOREIGN_UNIT),
        ("Direction>1<", "Direction>19<", Reason.PRODUCTION),
        ("<espi:value>5000<", "<espi:value>x<", Reason.UNREADABLE),
        ("duration>1800<", "duration>7<", Reason.OUT_OF_DOMAIN),
    ],
)
def test_each_reason_to_drop_an_interval_of_a_feed_is_counted(
    old: str, new: str, reason: Reason
) -> None:
    name, content = write(at(30, 1000), 0, "green button")
    assert old.encode() in content
    assert power(read((name, content))) == {"00": 1}
    assert read((name, content.replace(old.encode(), new.encode()))).dropped == {reason: 1}


def test_a_feed_may_give_whole_days() -> None:
    name, content = write(at(30, 1000), 0, "green button")
    content = content.replace(b">1800<", b">86400<").replace(b">5000<", b">125000<")
    assert energy(read((name, content))) == {"monday": 12.5}


def test_the_minimal_answer_of_home_assistant_names_no_entity_and_is_not_guessed() -> None:
    name, content = write(at(30, 100, 100), 0, "api")
    whole = json.loads(content)
    whole[0].append({"state": "900", "last_changed": "2025-03-10T12:00:00Z"})
    result = read((name, json.dumps(whole).encode()))
    assert power(result) == {"00": 0.1}
    assert result.dropped == {Reason.UNREADABLE: 1}


def test_more_readings_than_fit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "_MOST", 10)
    answer = read_or_refuse([write(at(30, *[0] * 11), 0, "comma")], declared(), ["home_power"])
    assert type(answer) is TooLarge
