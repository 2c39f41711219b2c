import gzip
import importlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from types import ModuleType, SimpleNamespace
from typing import Any, BinaryIO

import pytest

from tests.traces.making import plans, sport
from tests.traces.making.archives import zipped
from tests.traces.making.maker import File, read_all, totals_of
from tests.traces.making.nasty import nasty
from tests.traces.making.sport import Session
from tests.traces.promises import Promises, read_or_refuse
from traces import QuestionKind, Reason, Result, TracesError
from traces.errors import Damaged, LibraryMissing
from traces.readers.body.sessions import sport_of

MORNING = datetime(2025, 6, 3, 8, tzinfo=UTC)
RUN = Session(MORNING, 60, 10, "run")
FITDECODE = find_spec("fitdecode") is not None
NASTY = nasty(sport.make(1, "en").files)


class TestStravaInEnglishKeepsThePromises(Promises):
    maker = sport.maker("en")


class TestStravaInGermanKeepsThePromises(Promises):
    maker = sport.maker("de")


class TestStravaInFrenchKeepsThePromises(Promises):
    maker = sport.maker("fr")


class TestTracksKeepThePromises(Promises):
    maker = sport.maker("gpx")


class TestLapsKeepThePromises(Promises):
    maker = sport.maker("tcx")


class TestGarminKeepsThePromises(Promises):
    maker = sport.maker("garmin")


class TestNestedListsOfGarminKeepThePromises(Promises):
    maker = sport.maker("garmin-nested")


@pytest.mark.skipif(not FITDECODE, reason="fitdecode is not installed")
class TestFitKeepsThePromises(Promises):
    maker = sport.maker("fit")


def read(*files: File, **declared: Any) -> Result:
    return read_all(files, replace(plans.DECLARED, **declared), ["sport"])


def cells(result: Result, month: str = "2025-06") -> dict[str, tuple[float, ...]]:
    return {cell.values[0]: cell.measures for cell in result.cells("sport", month)}


def strava(*rows: list[str], header: str = sport.HEADERS["en"], **declared: Any) -> Result:
    return read(("activities.csv", plans.table(header.split(","), rows)), **declared)


@pytest.mark.parametrize(
    "layout", sorted({*sport.HEADERS, "garmin", "garmin-nested", "gpx", "tcx"})
)
@pytest.mark.parametrize("seed", range(3))
def test_known_totals_come_out_exactly(layout: str, seed: int) -> None:
    made = sport.make(seed, layout)
    result = read(*made.files)
    assert totals_of(result) == made.totals
    assert result.kept == made.kept
    assert result.dropped == made.dropped


@pytest.mark.parametrize("what", sorted(NASTY))
def test_what_goes_wrong_with_files_is_told_apart(what: str) -> None:
    files, error = NASTY[what]
    answer = read_or_refuse(list(files), plans.DECLARED, ["sport"])
    if error is None:
        plain = read(*NASTY["plain"].files)
        assert isinstance(answer, Result)
        assert answer.slices == plain.slices
        assert answer.kept == plain.kept > 0
    else:
        assert type(answer) is error
        assert isinstance(answer, TracesError)


@pytest.mark.parametrize("layout", ["gpx", "tcx"])
def test_a_packed_recording_is_read_like_a_plain_one(layout: str) -> None:
    name, content = sport.write([RUN], 0, layout)
    assert cells(read((f"{name}.gz", gzip.compress(content)))) == {"run": (1, 1, 10)}


def test_a_list_and_the_recordings_beside_it_count_once() -> None:
    name, content = sport.write([RUN._replace(sport="other")], 0, "gpx")
    files = [sport.write([RUN], 0, "en"), (f"activities/{name}.gz", gzip.compress(content))]
    result = read(("export.zip", zipped(files)))
    assert cells(result) == {"run": (1, 1, 10)}
    assert result.dropped == {Reason.NOT_NEEDED: 1}


def test_a_recording_of_a_listed_session_is_the_same_session() -> None:
    """Given as files of their own; the watch began two minutes later, and named no sport."""
    late = RUN._replace(start=MORNING + timedelta(minutes=2), sport="other", km=9)
    files = [sport.write([RUN], 0, "en"), sport.write([late], 0, "gpx")]
    for order in (files, files[::-1]):
        result = read(*order)
        assert cells(result) == {"run": (1, 1, 10)}
        assert result.dropped == {Reason.DUPLICATE: 1}


def test_sessions_that_share_less_than_half_are_two() -> None:
    after = RUN._replace(start=MORNING + timedelta(minutes=40), sport="walk")
    assert read(sport.write([RUN, after], 0, "en")).kept == 2


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (RUN._replace(start=MORNING + timedelta(days=1), minutes=0), Reason.TOO_SHORT),
        (RUN._replace(start=MORNING + timedelta(days=1), minutes=1441), Reason.OUT_OF_DOMAIN),
        (RUN._replace(start=MORNING + timedelta(days=1), km=2_001), Reason.OUT_OF_DOMAIN),
        (RUN._replace(start=MORNING.replace(year=2027)), Reason.FUTURE),
        (RUN._replace(start=MORNING.replace(year=1990)), Reason.OUT_OF_DOMAIN),
        (RUN, Reason.DUPLICATE),
    ],
)
@pytest.mark.parametrize("layout", ["en", "garmin", "tcx"])
def test_each_reason_to_drop_a_session_is_counted(
    layout: str, row: Session, reason: Reason
) -> None:
    result = read(sport.write([RUN, row], 0, layout))
    assert result.kept == 1
    assert result.dropped == {reason: 1}


@pytest.mark.parametrize("place", [1, 5, 13])
def test_a_row_that_makes_no_sense_is_unreadable(place: int) -> None:
    row = sport.strava_row(RUN, "en")
    row[place] = "x"
    assert strava(row).dropped == {Reason.UNREADABLE: 1}


def test_the_exact_distance_is_taken_before_the_one_that_people_see() -> None:
    """A swim of 1,500 metres, which is shown in metres."""
    row = sport.strava_row(RUN._replace(sport="swim"), "en")
    row[6], row[13] = "1,500", "2500.0"
    assert cells(strava(row)) == {"swim": (1, 1, 3)}


def test_german_lists_have_decimal_commas_and_the_day_first() -> None:
    row = sport.strava_row(RUN, "de")
    row[1], row[6] = "09.12.2025, 15:24:49", "9,44"
    assert cells(strava(row, header=sport.HEADERS["de"]), "2025-12") == {"run": (1, 1, 9)}


def test_dates_that_can_be_read_two_ways_are_asked_about() -> None:
    row = sport.strava_row(RUN, "en")
    row[1] = "03/06/2025, 08:00:00"
    result = strava(row)
    assert result.slices == ()
    assert result.questions[0].kind is QuestionKind.DATE_ORDER
    assert result.questions[0].options == ("dmy", "mdy")
    assert strava(row, date_order="dmy").months == ("2025-06",)
    assert strava(row, date_order="mdy").months == ("2025-03",)


def test_dots_have_the_day_first_beside_a_list_that_has_the_month_first() -> None:
    english, german = sport.strava_row(RUN, "en"), sport.strava_row(RUN, "de")
    english[1], german[1] = "3/25/2025, 08:00:00", "09.06.2025, 08:00:00"
    result = read(
        ("a.csv", plans.table(sport.HEADERS["en"].split(","), [english])),
        ("b.csv", plans.table(sport.HEADERS["de"].split(","), [german])),
    )
    assert result.months == ("2025-03", "2025-06")


def test_a_session_belongs_to_the_month_in_which_it_begins_where_the_person_lives() -> None:
    row = RUN._replace(start=datetime(2025, 6, 30, 22, 30, tzinfo=UTC))
    assert read(sport.write([row], 0, "en")).months == ("2025-07",)


def test_a_planned_route_has_no_times_and_gives_nothing() -> None:
    content = b'<gpx><trk><trkseg><trkpt lat="1" lon="1"/></trkseg></trk></gpx>'
    assert read(("x.gpx", content)).dropped == {Reason.UNREADABLE: 1}


def test_gaps_between_parts_of_a_track_are_not_travelled() -> None:
    part = '<trkseg><trkpt lat="{0}" lon="2"><time>{1}</time></trkpt></trkseg>'
    text = part.format(48, "2025-06-03T08:00:00Z") + part.format(49, "2025-06-03T09:00:00Z")
    result = read(("x.gpx", f"<gpx><trk><type>run</type>{text}</trk></gpx>".encode()))
    assert cells(result) == {"run": (1, 1, 0)}


@pytest.mark.parametrize("place", ["lat='x' lon='2'", "lat='91' lon='2'", "lat='nan' lon='2'", ""])
def test_a_point_that_is_nowhere_is_passed_over(place: str) -> None:
    times = [f"<time>2025-06-03T0{hour}:00:00Z</time>" for hour in (8, 9)]
    text = f"<trkpt lat='48' lon='2'>{times[0]}</trkpt><trkpt {place}>{times[1]}</trkpt>"
    result = read(("x.gpx", f"<gpx><trk><trkseg>{text}</trkseg></trk></gpx>".encode()))
    assert cells(result) == {"other": (1, 1, 0)}


@pytest.mark.parametrize(
    ("name", "key"),
    [(name, key) for layout in ("en", "de", "fr") for key, name in sport.NAMES[layout].items()]
    + [
        ("HKWorkoutActivityTypeTraditionalStrengthTraining", "gym"),
        ("HKWorkoutActivityTypeCrossCountrySkiing", "winter"),
        ("treadmill_running", "run"),
        ("VirtualRide", "ride"),
        ("E-Bike Ride", "ride"),
        ("", "other"),
    ],
)
def test_sports_are_told_by_the_words_of_their_names(name: str, key: str) -> None:
    assert sport_of(name) == key


@pytest.mark.skipif(FITDECODE, reason="fitdecode is installed")
def test_without_its_library_a_fit_file_is_refused_with_what_to_choose() -> None:
    answer = read_or_refuse([sport.write([RUN], 0, "fit")], plans.DECLARED, ["sport"])
    assert type(answer) is LibraryMissing
    assert answer.file == 0
    assert "GPX" in answer.user_message


def test_a_fit_file_is_read_by_its_sessions_else_by_its_laps() -> None:
    pytest.importorskip("fitdecode")
    made = sport.make(1, "fit")
    assert totals_of(read(*made.files)) == made.totals
    laps = [RUN._replace(minutes=30, km=5)] * 2
    assert cells(read(("x.fit", sport.fit_file(laps, 19)))) == {"run": (1, 1, 10)}
    broken = sport.fit_file([RUN])[:-9]
    assert type(read_or_refuse([("x.fit", broken)], plans.DECLARED, ["sport"])) is Damaged


class _Frame:
    def __init__(self, name: str, fields: dict[str, Any]) -> None:
        self.name = name
        self._fields = fields

    def get_value(self, name: str, *, fallback: Any) -> Any:
        return self._fields.get(name, fallback)


def decoding(monkeypatch: pytest.MonkeyPatch, *frames: Any) -> Result | TracesError:
    """Read a FIT file as if the library decoded some frames; a number stands for a failure."""

    class Reader:
        def __init__(self, stream: BinaryIO) -> None:
            assert stream.read(12).endswith(b".FIT")

        def __enter__(self) -> Iterator[Any]:
            return (1 / each if isinstance(each, int) else each for each in frames)

        def __exit__(self, *_: object) -> None:
            pass

    stand_in = SimpleNamespace(FitReader=Reader, FitDataMessage=_Frame)
    real = importlib.import_module

    def imported(name: str, package: str | None = None) -> ModuleType | SimpleNamespace:
        return stand_in if name == "fitdecode" else real(name, package)

    monkeypatch.setattr(importlib, "import_module", imported)
    return read_or_refuse([("x.fit", sport.fit_file([RUN]))], plans.DECLARED, ["sport"])


def fields(**changed: Any) -> dict[str, Any]:
    return {
        "start_time": MORNING,
        "total_elapsed_time": 1_800.5,
        "total_distance": 5_000.25,
        "sport": "running",
    } | changed


def test_sessions_of_a_fit_file_count_and_not_its_laps(monkeypatch: pytest.MonkeyPatch) -> None:
    lap = fields(total_distance=2_000, sport="walking")
    frames = [_Frame("record", fields()), _Frame("lap", lap), _Frame("session", fields())]
    answer = decoding(monkeypatch, object(), *frames)
    assert isinstance(answer, Result)
    assert cells(answer) == {"run": (1, 0.5, 5)}


def test_laps_of_a_fit_file_count_where_it_has_no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    later = fields(start_time=MORNING + timedelta(minutes=30))
    answer = decoding(monkeypatch, _Frame("lap", later), _Frame("lap", fields()))
    assert isinstance(answer, Result)
    assert cells(answer) == {"run": (1, 1, 10)}


@pytest.mark.parametrize(
    "changed", [{"start_time": None}, {"start_time": 5}, {"total_elapsed_time": "x"}]
)
def test_a_fit_session_without_time_is_no_data(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any]
) -> None:
    answer = decoding(monkeypatch, _Frame("session", fields(**changed)))
    assert isinstance(answer, Result)
    assert answer.dropped == {Reason.NO_DATA: 1}


def test_whatever_the_decoder_raises_the_file_is_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    assert type(decoding(monkeypatch, _Frame("session", fields()), 0)) is Damaged
