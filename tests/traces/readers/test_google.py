import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.traces.making import google, plans
from tests.traces.making.maker import File, read_all, totals_of
from tests.traces.making.nasty import nasty
from tests.traces.promises import Promises, read_or_refuse
from traces import Reason, Result, TracesError
from traces.errors import ChooseJson, Damaged

ALL = ["searching_online", "watching_online"]
NASTY = nasty(google.make(1)[0].files)
NOON = datetime(2025, 6, 3, 10, tzinfo=UTC)


class TestActivityKeepsThePromises(Promises):
    maker = google.ACTIVITY


class TestPageKeepsThePromises(Promises):
    maker = google.PAGE


class TestPlaylistKeepsThePromises(Promises):
    maker = google.PLAYLIST


def read(*rows: Any, name: str = "MyActivity.json") -> Result:
    return read_all([(name, json.dumps(rows).encode())], plans.DECLARED)


@pytest.mark.parametrize("language", sorted(google.PATHS))
@pytest.mark.parametrize("seed", range(2))
def test_known_totals_come_out_exactly(language: str, seed: int) -> None:
    for made in google.make(seed, people=2, language=language):
        result = read_all(made.files, made.declared)
        assert totals_of(result) == made.totals
        assert result.kept == made.kept
        assert result.dropped == made.dropped
        assert result.format_ids == ("google/activity/v1",)


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


@pytest.mark.parametrize("language", sorted(google.PAGES))
def test_a_page_says_what_the_same_export_in_json_says(language: str) -> None:
    made = google.make(3, language=language)[0]
    rows = [row for _, content in made.files for row in json.loads(content)]
    for name in (google.PAGES[language], "renamed"):
        result = read_all([(name, google.page(rows, language))], made.declared)
        assert totals_of(result) == made.totals
        assert result.kept == made.kept
        assert result.dropped == made.dropped
        assert result.format_ids == ("google/page/v1",)


def test_a_page_is_known_by_its_name_where_styles_fill_its_beginning() -> None:
    content = google.page([google.row_of(NOON, google.VIDEOS[0])], "de")
    content = content.replace(b"<style>.mdl-typography--title{}", b"<style>" + b" " * 70_000)
    result = read_all([("Takeout/watch-history.html", content)], plans.DECLARED)
    assert result.kept == 1


def test_a_page_and_json_of_the_same_acts_count_once() -> None:
    row = google.row_of(NOON, google.VIDEOS[0])
    files = [("a.html", google.page([row], "de")), ("b.json", json.dumps([row]).encode())]
    for order in (files, files[::-1]):
        result = read_all(order, plans.DECLARED)
        assert result.kept == 1
        assert result.dropped == {Reason.DUPLICATE: 1}


def page_of(written: str) -> File:
    """Return a page of one video, whose date is written so."""
    row = google.row_of(NOON, google.VIDEOS[0])
    marker = google.PAGE_DATES["de"](NOON.astimezone(ZoneInfo(plans.ZONE))).encode()
    return "a.html", google.page([row], "de").replace(marker, written.encode())


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("Jun 3, 2025, 11:30:00 AM BST", "12-15"),
        ("Jun 3, 2025, 12:30:00\u202fPM CEST", "12-15"),
        ("Jun 3, 2025, 12:30:00 PM", "12-15"),
        ("3 Jun 2025, 06:30:00 GMT-04:00", "12-15"),
        ("Jun 3, 2025, 6:30:00 AM XYZ", "06-09"),
        ("03.06.2025, 12:30:00", "12-15"),
        ("3 juin 2025, 10:30:00 UTC", "12-15"),
        ("3 juin 2025, 09:30:00 UTC", "09-12"),
    ],
)
def test_dates_of_pages_have_a_zone_by_name_or_the_owners(written: str, hour: str) -> None:
    """Paris is two hours before UTC, and one before London."""
    result = read_all([page_of(written)], plans.DECLARED)
    assert [c.values[1] for c in result.cells("watching_online", "2025-06")] == [hour]


@pytest.mark.parametrize("written", ["3 czerwca 2025, 12:00:00 CEST", "6/3/25, 12:00:00", "", "x"])
def test_a_page_without_a_date_that_we_can_read_asks_for_json(written: str) -> None:
    answer = read_or_refuse([page_of(written)], plans.DECLARED, ALL)
    assert type(answer) is ChooseJson
    assert answer.family == "google"
    assert answer.file == 0


def test_a_page_without_acts_is_valid() -> None:
    result = read_all([("a.html", google.page([], "en"))], plans.DECLARED)
    assert result.dropped == {Reason.NO_DATA: 1}


def test_a_cell_without_end_is_damaged() -> None:
    content = google.page(['<div class="outer-cell">' + "x" * 200_000], "en")
    answer = read_or_refuse([("a.html", content)], plans.DECLARED, ALL)
    assert type(answer) is Damaged


def test_a_time_without_milliseconds_is_the_same_act_as_with_them() -> None:
    link = google.VIDEOS[0].format("a")
    later = NOON + timedelta(milliseconds=512)
    files = [
        ("MyActivity.json", json.dumps([google.row_of(later, link)]).encode()),
        ("watch-history.json", json.dumps([google.row_of(NOON, link)]).encode()),
    ]
    for order in (files, files[::-1]):
        result = read_all(order, plans.DECLARED)
        assert result.kept == 1
        assert result.dropped == {Reason.DUPLICATE: 1}


def test_two_videos_in_one_second_are_two() -> None:
    rows = [google.row_of(NOON, google.VIDEOS[0].format(name)) for name in "ab"]
    assert read(*rows).kept == 2


@pytest.mark.parametrize("language", sorted(google.ADS))
def test_advertisements_are_dropped(language: str) -> None:
    seen = google.row_of(NOON, google.VIDEOS[0], language)
    result = read(seen, google.row_of(NOON, google.VIDEOS[0], language, ad=True))
    assert result.dropped == {Reason.ADVERTISEMENT: 1}
    assert result.kept == 1


@pytest.mark.parametrize("link", google.OTHERS)
def test_what_is_neither_a_video_nor_a_search_is_left_out(link: str) -> None:
    assert read(google.row_of(NOON, link)).dropped == {Reason.OUT_OF_DOMAIN: 1}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (["a list"], Reason.UNREADABLE),
        (google.row_of(NOON, google.VIDEOS[0]) | {"time": "yesterday"}, Reason.UNREADABLE),
        (google.row_of(NOON, google.VIDEOS[0]) | {"time": None}, Reason.UNREADABLE),
        (google.row_of(NOON, google.VIDEOS[0]) | {"titleUrl": None}, Reason.OUT_OF_DOMAIN),
        (google.row_of(NOON.replace(year=2027), google.VIDEOS[0]), Reason.FUTURE),
        (google.row_of(NOON.replace(year=1990), google.VIDEOS[0]), Reason.OUT_OF_DOMAIN),
        (google.row_of(NOON, google.SEARCHES[0]), Reason.DUPLICATE),
    ],
)
def test_each_reason_to_drop_an_act_is_counted(bad: Any, reason: Reason) -> None:
    result = read(google.row_of(NOON, google.SEARCHES[0]), bad)
    assert result.kept == 1
    assert result.dropped == {reason: 1}


def test_an_act_falls_into_the_block_of_the_owners_clock() -> None:
    """Half past ten at night in UTC is half past midnight in Paris, on the next day."""
    when = datetime(2025, 6, 30, 22, 30, tzinfo=UTC)
    result = read(google.row_of(when, google.SEARCHES[0]))
    assert [c.values for c in result.cells("searching_online", "2025-07")] == [("weekday", "00-03")]


def test_a_history_before_2017_counts_and_other_playlists_do_not() -> None:
    rows = [google.old_row_of(datetime(2016, 5, 3, 10, tzinfo=UTC))]
    assert read(*rows, name="Takeout/YouTube/history/watch-history.json").kept == 1
    result = read(*rows, name="Takeout/YouTube/playlists/likes.json")
    assert result.kept == 0
    assert result.dropped == {Reason.NOT_NEEDED: 1}


def test_an_export_without_acts_is_valid() -> None:
    assert read().dropped == {Reason.NO_DATA: 1}


@pytest.mark.parametrize(
    ("links", "template"),
    [(google.VIDEOS, "watching_online"), (google.SEARCHES, "searching_online")],
)
def test_a_file_of_videos_alone_tells_nothing_of_searches_and_the_other_way(
    links: tuple[str, ...], template: str
) -> None:
    days = (NOON + timedelta(days=n) for n in range(40))
    result = read(*(google.row_of(day, links[0]) for day in days))
    assert {each.template for each in result.slices} == {template}
    assert result.months == ("2025-06", "2025-07")


def test_searches_of_a_month_say_nothing_of_its_videos() -> None:
    """Videos in June alone; searches in June and July."""
    july = NOON + timedelta(days=30)
    rows = [google.row_of(NOON, link) for link in (google.VIDEOS[0], google.SEARCHES[0])]
    result = read(*rows, google.row_of(july, google.SEARCHES[0]))
    told = [(each.template, each.month) for each in result.slices]
    assert told == [
        ("searching_online", "2025-06"),
        ("searching_online", "2025-07"),
        ("watching_online", "2025-06"),
    ]


def test_days_are_counted_from_the_first_video_not_from_the_first_search() -> None:
    """Searches are kept for two weeks, videos for one: three on five weekdays are 0.6 a day."""
    monday = datetime(2025, 6, 9, 10, tzinfo=UTC)
    days = [monday - timedelta(weeks=1), monday, monday + timedelta(days=2)]
    days.append(monday + timedelta(days=4))
    rows = [google.row_of(day, google.VIDEOS[0]) for day in days[1:]]
    result = read(*rows, *(google.row_of(day, google.SEARCHES[0]) for day in days))
    (videos,) = result.cells("watching_online", "2025-06")
    (searches,) = result.cells("searching_online", "2025-06")
    assert videos.measures == (0.6,)
    assert searches.measures == (0.4,)
