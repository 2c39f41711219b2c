from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.traces.making import netflix, plans
from tests.traces.making.maker import File, read_all, totals_of
from tests.traces.making.nasty import nasty
from tests.traces.promises import Promises, read_or_refuse
from traces import QuestionKind, Reason, Result, TracesError

NASTY = nasty(netflix.make(1)[0].files)


class TestActivityKeepsThePromises(Promises):
    maker = netflix.ACTIVITY


class TestTranslatedActivityKeepsThePromises(Promises):
    maker = netflix.TRANSLATED


class TestHistoryKeepsThePromises(Promises):
    maker = netflix.HISTORY


def activity(*rows: list[str], **declared: str | None) -> Result:
    return read_all([netflix.write(rows, 0)], replace(plans.DECLARED, **declared))  # type: ignore[arg-type]


def history(*rows: list[str], header: tuple[str, ...] = ("Title", "Date"), **said: str) -> Result:
    return read_all(
        [("h.csv", plans.table(header, rows))],
        replace(plans.DECLARED, **said),  # type: ignore[arg-type]
    )


def at(hour: int = 12, minute: int = 0, day: int = 3) -> datetime:
    return datetime(2025, 6, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize("layout", sorted(netflix.HEADERS))
@pytest.mark.parametrize("seed", range(3))
def test_known_totals_come_out_exactly(layout: str, seed: int) -> None:
    for made in netflix.make(seed, people=2, layout=layout):
        result = read_all(made.files, made.declared)
        assert totals_of(result) == made.totals
        assert result.kept == made.kept
        assert result.dropped == made.dropped
        assert result.format_ids == (f"netflix/{layout}/v1",)


@pytest.mark.parametrize("order", sorted(netflix.DAYS))
def test_known_titles_come_out_exactly_in_every_order_of_dates(order: str) -> None:
    made = netflix.make_history(1, order)
    result = read_all(made.files, made.declared)
    assert totals_of(result) == made.totals
    assert result.kept == made.kept
    assert result.dropped == made.dropped


@pytest.mark.parametrize("what", sorted(NASTY))
def test_what_goes_wrong_with_files_is_told_apart(what: str) -> None:
    files, error = NASTY[what]
    answer = read_or_refuse(list(files), netflix.DECLARED, ["viewing"])
    if error is None:
        plain = read_all(NASTY["plain"].files, netflix.DECLARED, ["viewing"])
        assert isinstance(answer, Result)
        assert answer.slices == plain.slices
        assert answer.kept == plain.kept > 0
    else:
        assert type(answer) is error
        assert isinstance(answer, TracesError)


def test_several_profiles_are_asked_about_and_give_nothing_until_then() -> None:
    rows = [netflix.row_of(at(), 60, profile=name) for name in ("B", "A")]
    result = activity(*rows)
    assert result.slices == ()
    assert result.kept == 0
    (question,) = result.questions
    assert (question.kind, question.options) == (QuestionKind.PROFILE, ("A", "B"))
    answered = activity(*rows, profile="A")
    assert answered.kept == 1
    assert answered.dropped == {Reason.OTHER_PROFILE: 1}


def test_a_profile_that_is_not_there_is_asked_again() -> None:
    """Somebody else's only profile is never taken for the owner's."""
    result = activity(netflix.row_of(at(), 60, profile="A"), profile="B")
    assert result.slices == ()
    assert result.questions[0].options == ("A",)


def test_one_profile_needs_no_question() -> None:
    assert activity(netflix.row_of(at(), 60, profile="A")).kept == 1


def test_an_account_with_absurdly_many_profiles_asks_a_bounded_question() -> None:
    rows = [netflix.row_of(at(), 60, profile=f"P{n}") for n in range(500)]
    assert len(activity(*rows).questions[0].options) == 50


@pytest.mark.parametrize("extra", netflix.TRAILERS)
def test_trailers_and_previews_are_dropped(extra: str) -> None:
    result = activity(netflix.row_of(at(), 60), netflix.row_of(at(13), 60, extra=extra))
    assert result.dropped == {Reason.TRAILER: 1}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (netflix.row_of(at(13), 0), Reason.TOO_SHORT),
        (netflix.row_of(at(13), 86_401), Reason.OUT_OF_DOMAIN),
        (netflix.row_of(at().replace(year=2027), 60), Reason.FUTURE),
        (netflix.row_of(at().replace(year=1990), 60), Reason.OUT_OF_DOMAIN),
        (["Mine", "yesterday", "00:10:00", *["x"] * 7], Reason.TRAILER),
        (["Mine", "yesterday", "00:10:00", "", "", "", *["x"] * 4], Reason.UNREADABLE),
        (["Mine", "2025-06-03 10:00:00", "ten", "", "", "", *["x"] * 4], Reason.UNREADABLE),
        (["Mine", "2025-06-03 10:00:00"], Reason.UNREADABLE),
        (netflix.row_of(at(), 60), Reason.DUPLICATE),
    ],
)
def test_each_reason_to_drop_a_viewing_is_counted(row: list[str], reason: Reason) -> None:
    result = activity(netflix.row_of(at(), 60), row)
    assert result.kept == 1
    assert result.dropped == {reason: 1}


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, names in netflix.DEVICES.items() for name in names]
)
def test_devices_are_told_by_the_words_of_their_names(kind: str, name: str) -> None:
    result = activity(netflix.row_of(at(), 60, device=name))
    assert [c.values for c in result.cells("viewing_device", "2025-06")] == [("weekday", kind)]


def test_a_viewing_starts_at_its_time_in_utc_and_is_split_between_blocks() -> None:
    """Half past eight in the evening in Paris, for an hour."""
    result = activity(netflix.row_of(at(18, 30), 3_600))
    assert {c.values: c.measures for c in result.cells("viewing", "2025-06")} == {
        ("weekday", "18-21"): (30,),
        ("weekday", "21-24"): (30,),
    }


def test_the_night_when_clocks_go_back_has_four_hours_before_three() -> None:
    row = netflix.row_of(datetime(2025, 10, 25, 22, tzinfo=UTC), 3 * 3_600)
    result = activity(row)
    assert [c.values for c in result.cells("viewing", "2025-10")] == [("weekend", "00-03")]


def test_dates_that_can_be_read_two_ways_are_asked_about() -> None:
    rows = [["a", "04/03/2025"], ["b", "05/03/2025"]]
    result = history(*rows)
    assert result.slices == ()
    assert result.questions[0].kind is QuestionKind.DATE_ORDER
    assert result.questions[0].options == ("dmy", "mdy")
    assert history(*rows, date_order="dmy").months == ("2025-03",)
    assert history(*rows, date_order="mdy").months == ("2025-04", "2025-05")


def test_one_date_decides_for_a_whole_file_and_against_what_was_said() -> None:
    rows = [["a", "04/03/2025"], ["b", "14/03/2025"]]
    assert history(*rows).months == ("2025-03",)
    assert history(*rows, date_order="mdy").months == ("2025-03",)


def test_lists_of_two_languages_decide_each_for_itself() -> None:
    files: list[File] = [
        ("a.csv", plans.table(("Title", "Date"), [["a", "6/19/25"], ["b", "6/1/25"]])),
        ("b.csv", plans.table(("Titel", "Datum"), [["c", "24.06.25"], ["d", "01.06.25"]])),
    ]
    for order in (files, files[::-1]):
        result = read_all(order, plans.DECLARED)
        assert result.kept == 4
        assert result.months == ("2025-06",)


def test_a_list_that_mixes_orders_is_not_guessed() -> None:
    result = history(["a", "6/19/25"], ["b", "19/6/25"])
    assert result.kept == 0
    assert result.dropped == {Reason.AMBIGUOUS_DATE: 2}


def test_a_table_with_other_columns_than_title_and_date_is_not_a_list() -> None:
    result = history(["a", "6/19/25", "x"], header=("Title", "Date", "Rating"))
    assert result.dropped == {Reason.UNKNOWN_HEADER: 1}


def test_a_list_without_titles_is_valid() -> None:
    assert history().dropped == {Reason.NO_DATA: 1}


def test_the_question_of_the_list_leaves_the_activity_alone() -> None:
    files = [
        netflix.write([netflix.row_of(at(), 60)], 0),
        ("h.csv", plans.table(("Title", "Date"), [["a", "04/03/2025"]])),
    ]
    result = read_all(files, plans.DECLARED)
    assert result.questions[0].kind is QuestionKind.DATE_ORDER
    assert result.cells("viewing", "2025-06")


def test_byte_order_marks_and_line_ends_change_nothing() -> None:
    name, content = netflix.write([netflix.row_of(at(), 60)], 0)
    for changed in (b"\xef\xbb\xbf" + content, content.replace(b"\n", b"\r\n")):
        assert read_all([(name, changed)], plans.DECLARED).kept == 1
