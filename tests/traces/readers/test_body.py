import json
import tracemalloc
from datetime import date, timedelta
from typing import Any

import pytest

from tests.traces.making import apple, body, plans
from tests.traces.making.archives import zipped
from tests.traces.making.body import at
from tests.traces.making.maker import File, read_all, totals_of
from tests.traces.making.nasty import nasty
from tests.traces.promises import Promises, read_or_refuse
from traces import Reason, Result, TracesError, formats, templates
from traces.errors import Damaged

ALL = [*body.TEMPLATES, "sport"]
NASTY = nasty(apple.make(1).files)
DAY = date(2025, 6, 3)


def layout(name: str) -> type[Promises]:
    return type(f"Test{name}", (Promises,), {"maker": body.maker(name)})


TestFitbitMinutesKeepThePromises = layout("fitbit-minutes")
TestFitbitSleepKeepsThePromises = layout("fitbit-sleep")
TestGoogleHealthKeepsThePromises = layout("google-health-steps")
TestGoogleFitKeepsThePromises = layout("google-fit-daily")
TestGarminDaysKeepThePromises = layout("garmin-days")
TestGarminNightsKeepThePromises = layout("garmin-nights")
TestWithingsRawKeepsThePromises = layout("withings-raw")
TestWithingsDailyKeepsThePromises = layout("withings-daily")
TestWithingsNightsKeepThePromises = layout("withings-nights")


class TestAppleKeepsThePromises(Promises):
    maker = apple.EXPORT


def export(*rows: str) -> Result:
    return read_all([apple.write(rows, 0)], plans.DECLARED, ALL)


def table(kind: str, *rows: Any, name: str | None = None) -> Result:
    file, content = body.write(rows, 0, kind)
    return read_all([(name or file, content)], plans.DECLARED, ALL)


def numbers(result: Result, month: str = "2025-06") -> dict[str, dict[str, float]]:
    """Return each day's numbers by template; what is not told is not there."""
    found: dict[str, dict[str, float]] = {}
    for template in body.TEMPLATES:
        for cell in result.cells(template, month):
            (number,) = cell.measures
            found.setdefault(cell.values[0], {})[template] = number
    return found


def steps(number: float) -> dict[str, float]:
    return {"daily_steps": number}


def active(number: float) -> dict[str, float]:
    return {"daily_active": number}


def sleep(number: float) -> dict[str, float]:
    return {"nightly_sleep": number}


@pytest.mark.parametrize("kind", sorted(body.LAYOUTS))
@pytest.mark.parametrize("seed", range(2))
def test_known_totals_come_out_exactly(kind: str, seed: int) -> None:
    made = body.make(seed, kind)
    result = read_all(made.files, made.declared, ALL)
    assert totals_of(result) == made.totals
    assert result.format_ids == (f"body/{kind}/v1",)


@pytest.mark.parametrize("seed", range(3))
def test_known_totals_of_a_phone_and_a_watch_come_out_exactly(seed: int) -> None:
    made = apple.make(seed)
    result = read_all(made.files, made.declared, ALL)
    assert totals_of(result) == made.totals
    assert result.kept == made.kept
    assert result.format_ids == ("body/apple-export/v1",)


@pytest.mark.parametrize("what", sorted(NASTY))
def test_what_goes_wrong_with_files_is_told_apart(what: str) -> None:
    files, error = NASTY[what]
    answer = read_or_refuse(list(files), plans.DECLARED, ALL)
    if error is None:
        plain = read_all(NASTY["plain"].files, plans.DECLARED, ALL)
        assert isinstance(answer, Result)
        assert answer.slices == plain.slices
        assert answer.kept == plain.kept > 0
    else:
        assert type(answer) is error
        assert isinstance(answer, TracesError)


def test_health_is_off_unless_it_is_asked_for() -> None:
    assert all(templates()[each].sensitive for each in ALL)
    result = read_all([apple.write(apple.records_of(plans.Random(1), _day()), 0)], plans.DECLARED)
    assert result.slices == ()


def _day() -> body.Day:
    return body.Day(DAY, 5_000, 10, 400)


def test_each_hour_counts_the_source_with_the_largest_total() -> None:
    """The phone wins at eight, with two records; the watch wins at ten."""
    rows = [
        apple.record(apple.STEPS, at(DAY, hour, minute), at(DAY, hour, minute + 5), steps, source=s)
        for hour, minute, steps, s in [
            (8, 0, 300, "Phone"),
            (8, 30, 300, "Phone"),
            (8, 10, 500, "Watch"),
            (10, 0, 900, "Watch"),
            (10, 1, 100, "Phone"),
        ]
    ]
    result = export(*rows)
    assert numbers(result) == {"tuesday": steps(1500)}
    assert result.kept == 3
    assert result.dropped == {Reason.DUPLICATE: 2}


def test_sleep_belongs_to_the_day_on_which_the_night_ends() -> None:
    """From Monday evening to Tuesday morning, in two stages, the first over before midnight."""
    evening, morning = at(DAY - timedelta(days=1), 22), at(DAY, 6)
    rows = [
        apple.record(apple.SLEEP, evening, evening + timedelta(hours=1), apple.ASLEEP + "REM"),
        apple.record(apple.SLEEP, at(DAY, 1), morning, apple.ASLEEP),
        apple.record(apple.SLEEP, at(DAY, 0), at(DAY, 1), "HKCategoryValueSleepAnalysisAwake"),
    ]
    assert numbers(export(*rows)) == {"tuesday": sleep(360)}


def test_a_night_over_the_change_of_clocks_is_as_long_as_it_was() -> None:
    """From 23:00 to 07:00 is seven hours on 30 March 2025, and nine on 26 October."""
    for last, minutes in ((date(2025, 3, 30), 420), (date(2025, 10, 26), 540)):
        row = apple.record(apple.SLEEP, at(last - timedelta(days=1), 23), at(last, 7), apple.ASLEEP)
        assert numbers(export(row), f"{last:%Y-%m}") == {"sunday": sleep(minutes)}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"unit": "mile"}, Reason.FOREIGN_UNIT),
        ({"value": "many"}, Reason.UNREADABLE),
        ({"startDate": "yesterday"}, Reason.UNREADABLE),
        ({"endDate": "2025-06-03 07:00:00 +0200"}, Reason.UNREADABLE),
        ({"value": "200001"}, Reason.OUT_OF_DOMAIN),
        ({"value": "-1"}, Reason.OUT_OF_DOMAIN),
        ({"startDate": "1990-06-03 08:00:00 +0200"}, Reason.OUT_OF_DOMAIN),
        (
            {"startDate": "2027-06-03 08:00:00 +0200", "endDate": "2027-06-03 08:00:00 +0200"},
            Reason.FUTURE,
        ),
        ({}, Reason.DUPLICATE),
    ],
)
def test_each_reason_to_drop_a_record_is_counted(changed: dict[str, str], reason: Reason) -> None:
    good = {
        "type": apple.STEPS,
        "sourceName": "W",
        "unit": "count",
        "startDate": "2025-06-03 08:00:00 +0200",
        "endDate": "2025-06-03 08:10:00 +0200",
        "value": "500",
    }
    result = export(apple.tag("Record", **good), apple.tag("Record", **(good | changed)))
    assert result.kept == 1
    assert result.dropped == {reason: 1}


def test_other_files_of_the_export_are_left_out() -> None:
    files: list[File] = [
        apple.write(apple.records_of(plans.Random(1), _day()), 0),
        ("apple_health_export/export_cda.xml", b"<?xml version='1.0'?><ClinicalDocument/>"),
        ("apple_health_export/electrocardiograms/e.csv", b"Name,x\n"),
    ]
    result = read_all([("export.zip", zipped(files))], plans.DECLARED, ALL)
    assert result.format_ids == ("body/apple-export/v1",)
    assert result.kept


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE HealthData [<!ENTITY a "b">]><HealthData><Record type="&a;"/></HealthData>',
        b'<?x?><HealthData><!DOCTYPE x [<!ENTITY a "b">]></HealthData>',
        b"<HealthData>" + b"<a>" * 200 + b"</a>" * 200 + b"</HealthData>",
        b"<HealthData><Record",
        b'<HealthData><Record type="' + b"x" * (6 << 20) + b'"/></HealthData>',
        b'<?xml version="1.0" encoding="nothing"?><HealthData/>',
        b"<HealthData>&#0;</HealthData>",
        '<!DOCTYPE HealthData [<!ENTITY a "b">]><HealthData/>'.encode("utf-16"),
    ],
)
def test_hostile_documents_are_damaged(content: bytes) -> None:
    answer = read_or_refuse([("export.xml", content)], plans.DECLARED, ALL)
    assert type(answer) is Damaged


def test_a_long_prolog_is_passed_over_at_once() -> None:
    content = b"<?x y?><!-- z -->" * 3_000 + b"<HealthData>" + b"<Record/>" * 9 + b"</HealthData>"
    result = read_all([("export.xml", content)], plans.DECLARED, ALL)
    assert result.dropped == {Reason.NO_DATA: 1}


def test_memory_stays_flat_whatever_the_size() -> None:
    """Six times the records of one year, of which most are of no use."""
    peaks = []
    for times in (1, 6):
        file = apple.long_export(days=365, times=times)
        tracemalloc.start()
        assert read_all([file], plans.DECLARED, ALL).kept
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert len(file[1]) > times * 900_000
    assert peaks[1] < peaks[0] + (1 << 20)
    assert peaks[1] < 16 << 20


def test_fitbit_counts_the_older_or_the_newer_export_of_a_day_never_both() -> None:
    old = [{"dateTime": "06/03/25 16:39:00", "value": "120"}]
    new = [["2025-06-03T14:39:00Z", "120", "Watch"], ["2025-06-04T14:39:00Z", "80", "Watch"]]
    files = [body.write(old, 0, "fitbit-minutes"), body.write(new, 0, "google-health-steps")]
    for order in (files, files[::-1]):
        result = read_all(order, plans.DECLARED, ALL)
        assert numbers(result) == {"tuesday": steps(120), "wednesday": steps(80)}
        assert result.dropped == {Reason.DUPLICATE: 1}


def test_fitbit_dates_have_the_month_first() -> None:
    assert numbers(table("fitbit-minutes", {"dateTime": "06/03/25 08:00:00", "value": "500"}))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("steps-2025-06-01.json", steps(30)),
        ("very_active_minutes-2025-06-01.json", active(30)),
        ("moderately_active_minutes-2025-06-01.json", active(30)),
    ],
)
def test_fitbit_tells_what_it_counts_by_the_name(name: str, told: dict[str, float]) -> None:
    row = {"dateTime": "06/03/25 00:00:00", "value": "30"}
    assert numbers(table("fitbit-minutes", row, name=name)) == {"tuesday": told}


@pytest.mark.parametrize("name", ["heart_rate-2025-06-01.json", "calories-2025-06-01.json"])
def test_fitbit_files_of_other_counts_are_left_out(name: str) -> None:
    result = table("fitbit-minutes", {"dateTime": "06/03/25 00:00:00", "value": "30"}, name=name)
    assert result.kept == 0
    assert result.dropped == {Reason.NOT_NEEDED: 1}


def test_copies_of_another_app_and_no_data_are_dropped() -> None:
    rows = [
        ["2025-06-03T14:39:00Z", "120", "Watch"],
        ["2025-06-03T15:39:00Z", "999", "Steps by Health Connect"],
        ["no data"],
    ]
    result = table("google-health-steps", *rows)
    assert numbers(result) == {"tuesday": steps(120)}
    assert result.dropped == {Reason.DUPLICATE: 1, Reason.NO_DATA: 1}


def test_places_of_google_fit_are_never_asked_for() -> None:
    asked = formats()["body/google-fit-daily/v1"].layout
    assert asked is not None
    known = {name for names in asked.columns.values() for name in names}
    assert not any("latitude" in name or "longitude" in name for name in known)


def test_a_day_without_movement_among_days_with_it_counts_as_none() -> None:
    """Three Tuesdays; on the second, steps and no movement: 20 minutes over three days."""
    rows = [
        apple.record(
            apple.STEPS, at(DAY + timedelta(weeks=n), 8), at(DAY + timedelta(weeks=n), 9), 60
        )
        for n in range(3)
    ]
    rows += [
        apple.record(
            apple.MOVED, at(DAY + timedelta(weeks=n), 8), at(DAY + timedelta(weeks=n), 9), 30, "min"
        )
        for n in (0, 2)
    ]
    assert numbers(export(*rows)) == {"tuesday": steps(60) | active(20)}


def walked(day: date) -> str:
    return apple.record(apple.STEPS, at(day, 8), at(day, 9), 60)


def moved(day: date) -> str:
    return apple.record(apple.MOVED, at(day, 8), at(day, 9), 30, "min")


def slept(day: date, minutes: int = 420) -> str:
    woke = at(day, 7)
    return apple.record(apple.SLEEP, woke - timedelta(minutes=minutes), woke, apple.ASLEEP)


@pytest.mark.parametrize(
    ("record", "template"),
    [(walked, "daily_steps"), (moved, "daily_active"), (slept, "nightly_sleep")],
)
def test_a_file_of_one_measure_gives_no_slice_of_another(record: Any, template: str) -> None:
    result = export(*(record(DAY + timedelta(days=n)) for n in range(40)))
    assert {each.template for each in result.slices} == {template}
    assert len(result.slices) == 2


def test_a_month_without_a_record_of_a_measure_has_no_slice_of_it() -> None:
    """Steps from June to August; movement and sleep in June and August alone."""
    june, july, august = DAY, date(2025, 7, 8), date(2025, 8, 5)
    rows = [walked(day) for day in (june, july, august)]
    rows += [tell(day) for day in (june, august) for tell in (moved, slept)]
    result = export(*rows)
    for month in ("2025-06", "2025-08"):
        assert numbers(result, month) == {"tuesday": steps(60) | active(30) | sleep(420)}
    assert numbers(result, "2025-07") == {"tuesday": steps(60)}


def test_a_day_of_steps_alone_is_no_night_without_sleep() -> None:
    """Three Tuesdays with steps, two of them with a night: the mean is of two nights."""
    days = [DAY + timedelta(weeks=n) for n in range(3)]
    result = export(*map(walked, days), slept(days[0], 400), slept(days[2], 500))
    assert numbers(result) == {"tuesday": steps(60) | sleep(450)}


def test_a_garmin_day_that_was_written_twice_counts_the_later_larger_total() -> None:
    rows = [{"calendarDate": "2025-06-03", "totalSteps": n} for n in (4_000, 9_000)]
    for order in (rows, rows[::-1]):
        assert numbers(table("garmin-days", *order)) == {"tuesday": steps(9_000)}


def test_withings_cells_hold_lists() -> None:
    row = ["2025-06-03T23:59:00+02:00", "[60,60]", "[100,40]"]
    assert numbers(table("withings-raw", row)) == {
        "tuesday": steps(100),
        "wednesday": steps(40),
    }


@pytest.mark.parametrize("cell", ["[60]", "[60,60,60]", "[60,x]", "[-60,60]", "[99999,60]", ""])
def test_withings_lists_that_do_not_fit_are_unreadable(cell: str) -> None:
    result = table("withings-raw", ["2025-06-03T12:00:00+02:00", cell, "[100,40]"])
    assert result.dropped == {Reason.UNREADABLE: 1}


def test_withings_files_of_other_counts_are_left_out() -> None:
    for kind, name in (("withings-raw", "raw_tracker_distance.csv"), ("withings-daily", "a.csv")):
        result = table(kind, ["2025-06-03", "60", "100"], name=name)
        assert result.dropped == {Reason.NOT_NEEDED: 1}


def test_withings_nights_leave_out_the_time_awake_and_what_cannot_be() -> None:
    good = ["2025-06-02T23:00:00+02:00", "2025-06-03T07:00:00+02:00", 14_400, 7_200, 3_600, 900]
    result = table("withings-nights", good, [*good[:2], 99_999, 1, 1, 1])
    assert numbers(result) == {"tuesday": sleep(420)}
    assert result.dropped == {Reason.OUT_OF_DOMAIN: 1}


@pytest.mark.parametrize("kind", sorted(body.LAYOUTS))
def test_an_export_without_rows_is_valid(kind: str) -> None:
    name, content = body.write([], 0, kind)
    assert read_all([(name, content)], plans.DECLARED, ALL).dropped == {Reason.NO_DATA: 1}


def test_a_list_of_garmin_activities_counts_centimetres_and_milliseconds() -> None:
    row = {
        "activityType": "trail_running",
        "startTimeGmt": at(DAY, 8).timestamp() * 1000,
        "duration": 5_400_000.0,
        "distance": 1_234_500.0,
        "startLatitude": 48.0,
    }
    for rows in ([row], [{"summarizedActivitiesExport": [row]}]):
        file = ("x_0_summarizedActivities.json", json.dumps(rows).encode())
        result = read_all([file], plans.DECLARED, ALL)
        cells = {c.values: c.measures for c in result.cells("sport", "2025-06")}
        assert cells == {("run",): (1, 1.5, 12)}
