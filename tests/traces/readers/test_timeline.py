import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.traces.making import plans, timeline
from tests.traces.making.maker import File, given, read_all, totals_of
from tests.traces.making.nasty import nasty
from tests.traces.promises import Promises, read_or_refuse
from traces import Reason, Result, TracesError, recognise
from traces.errors import UnknownFormat

NASTY = nasty(timeline.make(1, "android").files)
NOON = datetime(2025, 6, 3, 10, tzinfo=UTC)
LAYOUTS = sorted(timeline.PATHS)


class TestAndroidKeepsThePromises(Promises):
    maker = timeline.maker("android")


class TestPhonesOfAppleKeepThePromises(Promises):
    maker = timeline.maker("ios")


class TestTakeoutKeepsThePromises(Promises):
    maker = timeline.maker("semantic")


def read(*files: File) -> Result:
    return read_all(files, plans.DECLARED, ["mobility"])


def told(*rows: Any, layout: str = "android") -> Result:
    return read(timeline.write(rows, 0, layout))


def cells(result: Result, month: str = "2025-06") -> dict[tuple[str, ...], tuple[float, ...]]:
    return {cell.values: cell.measures for cell in result.cells("mobility", month)}


def ride(minutes: float = 30, metres: float = 5_000, after: float = 0, **more: Any) -> Any:
    start = NOON + timedelta(minutes=after)
    return timeline.activity(more.get("layout", "android"), start, minutes, metres, "IN_BUS")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("seed", range(3))
def test_known_totals_come_out_exactly(layout: str, seed: int) -> None:
    made = timeline.make(seed, layout)
    result = read(*made.files)
    assert totals_of(result) == made.totals
    assert result.kept == made.kept
    assert result.dropped == made.dropped
    assert result.format_ids == (f"timeline/{layout}/v1",)


@pytest.mark.parametrize("what", sorted(NASTY))
def test_what_goes_wrong_with_files_is_told_apart(what: str) -> None:
    files, error = NASTY[what]
    answer = read_or_refuse(list(files), plans.DECLARED, ["mobility"])
    if error is None:
        plain = read(*NASTY["plain"].files)
        assert isinstance(answer, Result)
        assert answer.slices == plain.slices
        assert answer.kept == plain.kept > 0
    else:
        assert type(answer) is error
        assert isinstance(answer, TracesError)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("mode", "name"), [(mode, name) for mode, names in timeline.MODES.items() for name in names]
)
def test_means_are_told_by_googles_names(layout: str, mode: str, name: str) -> None:
    row = timeline.activity(layout, NOON, 30, 5_000, name)
    assert cells(told(row, layout=layout)) == {("weekday", mode): (30, 5)}


def test_numbers_that_are_text_are_numbers() -> None:
    row = ride(layout="ios", metres=5_230.0)
    assert row["activity"]["distanceMeters"] == "5230.0"
    assert cells(told(row, layout="ios")) == {("weekday", "bus"): (30, 5.2)}


def test_an_activity_without_a_means_is_not_known() -> None:
    row = ride()
    del row["activity"]["topCandidate"]
    assert cells(told(row)) == {("weekday", "unknown"): (30, 5)}


def test_an_activity_without_a_distance_has_minutes_alone() -> None:
    row = ride()
    del row["activity"]["distanceMeters"]
    assert cells(told(row)) == {("weekday", "bus"): (30, 0)}


def test_stays_and_paths_give_nothing() -> None:
    path = {"startTime": "2025-06-03T10:00:00Z", "endTime": "2025-06-03T12:00:00Z"}
    result = told(timeline.visit("android", NOON), path | {"timelinePath": [{"point": "x"}]})
    assert result.slices == ()
    assert result.dropped == {Reason.NO_DATA: 1}


def test_an_export_of_points_alone_is_not_ours() -> None:
    content = json.dumps({"locations": [{"latitudeE7": 1, "longitudeE7": 1}]}).encode()
    (found,) = recognise(given(("Records.json", content)))
    assert type(found.refusal) is UnknownFormat


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (ride(), Reason.DUPLICATE),
        (ride(minutes=20, after=5), Reason.DUPLICATE),
        (ride(minutes=30, after=10), Reason.DUPLICATE),
        (ride(minutes=0, after=60), Reason.TOO_SHORT),
        (ride(minutes=-5, after=60), Reason.OUT_OF_DOMAIN),
        (ride(minutes=1441, after=60), Reason.OUT_OF_DOMAIN),
        (ride(metres=-1, after=60), Reason.OUT_OF_DOMAIN),
        (ride(metres=2e7 + 2, after=60), Reason.OUT_OF_DOMAIN),
        (ride(after=60 * 24 * 365 * 2), Reason.FUTURE),
        (ride(after=-60 * 24 * 365 * 40), Reason.OUT_OF_DOMAIN),
        (ride() | {"startTime": "x"}, Reason.UNREADABLE),
        (ride() | {"activity": "x"}, Reason.UNREADABLE),
        (["x"], Reason.UNREADABLE),
    ],
)
def test_each_reason_to_drop_an_activity_is_counted(row: Any, reason: Reason) -> None:
    result = told(ride(), row)
    assert result.kept == 1
    assert result.dropped == {reason: 1}


def test_activities_one_after_another_are_both_kept() -> None:
    assert told(ride(), ride(after=29)).kept == 2


def test_the_phone_and_takeout_tell_of_one_activity() -> None:
    files = [
        timeline.write([ride()], 0, "android"),
        timeline.write([ride(layout="semantic")], 0, "semantic"),
    ]
    for order in (files, files[::-1]):
        result = read(*order)
        assert cells(result) == {("weekday", "bus"): (30, 5)}
        assert result.dropped == {Reason.DUPLICATE: 1}


def test_older_stamps_in_milliseconds_are_read() -> None:
    row = ride(layout="semantic")
    start = int(NOON.timestamp() * 1000)
    row["activitySegment"]["duration"] = {
        "startTimestampMs": str(start),
        "endTimestampMs": str(start + 1_800_000),
    }
    assert cells(told(row, layout="semantic")) == {("weekday", "bus"): (30, 5)}


def test_a_ride_over_midnight_counts_on_both_days() -> None:
    """From Friday 23:30 to Saturday 00:30: half of the way each."""
    start = datetime(2025, 6, 6, 21, 30, tzinfo=UTC)
    result = told(timeline.activity("android", start, 60, 40_000, "IN_TRAIN"))
    assert cells(result) == {("weekday", "train"): (30, 20), ("weekend", "train"): (30, 20)}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_export_without_rows_is_valid(layout: str) -> None:
    content = {"android": b'{"semanticSegments": []}', "semantic": b'{"timelineObjects": []}'}
    name, _ = timeline.write([], 0, layout)
    assert read((name, content.get(layout, b"[]"))).dropped == {Reason.NO_DATA: 1}
