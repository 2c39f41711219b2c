import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.traces.making import archives, spotify
from tests.traces.making.maker import read_all, totals_of
from tests.traces.making.nasty import nasty
from tests.traces.promises import Promises, hold_the_bounds, read_or_refuse
from traces import Reason, Result, TracesError
from traces.errors import Damaged

NASTY = nasty(spotify.make(1)[0].files)


class TestExtendedKeepsThePromises(Promises):
    maker = spotify.EXTENDED


class TestAccountKeepsThePromises(Promises):
    maker = spotify.ACCOUNT


def read(*rows: Any, name: str = "endsong_0.json") -> Result:
    return read_all([(name, json.dumps(rows).encode())], spotify.DECLARED)


def row(end: str, length: object = 60_000, **more: object) -> dict[str, object]:
    return {
        "ts": end,
        "ms_played": length,
        "spotify_track_uri": "a",
        "incognito_mode": False,
    } | more


@pytest.mark.parametrize("layout", ["extended", "account"])
@pytest.mark.parametrize("seed", range(3))
def test_known_totals_come_out_exactly(layout: str, seed: int) -> None:
    for made in spotify.make(seed, people=2, months=2, layout=layout):
        result = read_all(made.files, made.declared)
        assert totals_of(result) == made.totals
        assert result.kept == made.kept
        assert result.dropped == made.dropped
        assert result.format_ids == (f"spotify/{layout}/v1",)
        assert result.span == ("2025-03", "2025-04")


@pytest.mark.parametrize("what", sorted(NASTY))
def test_what_goes_wrong_with_files_is_told_apart(what: str) -> None:
    files, error = NASTY[what]
    answer = read_or_refuse(list(files), spotify.DECLARED, ["listening"])
    if error is None:
        plain = read_all(NASTY["plain"].files, spotify.DECLARED, ["listening"])
        assert isinstance(answer, Result)
        assert answer.slices == plain.slices
        assert answer.kept == plain.kept > 0
    else:
        assert type(answer) is error
        assert isinstance(answer, TracesError)
        assert answer.file == 0


def test_a_play_ends_at_its_time_and_is_split_between_blocks() -> None:
    """Half past midnight to half past three, in Paris in winter."""
    result = read(row("2025-01-08T02:30:00Z", 3 * 3_600_000))
    assert {cell.values: cell.measures for cell in result.cells("listening", "2025-01")} == {
        ("weekday", "00-03"): (150,),
        ("weekday", "03-06"): (30,),
    }


def test_the_night_when_clocks_go_forward_has_two_hours_before_three() -> None:
    """30 March 2025: from 00:00 to 04:00 on the wall is three hours."""
    result = read(row("2025-03-30T02:00:00Z", 3 * 3_600_000))
    assert {cell.values: cell.measures for cell in result.cells("listening", "2025-03")} == {
        ("weekend", "00-03"): (120,),
        ("weekend", "03-06"): (60,),
    }


def test_the_night_when_clocks_go_back_has_four_hours_before_three() -> None:
    """26 October 2025: from 00:00 to 04:00 on the wall is five hours; 240 minutes are clipped."""
    result = read(row("2025-10-26T03:00:00Z", 5 * 3_600_000))
    assert {cell.values: cell.measures for cell in result.cells("listening", "2025-10")} == {
        ("weekend", "00-03"): (180,),
        ("weekend", "03-06"): (60,),
    }
    assert result.dropped == {Reason.CLIPPED: 1}
    kinds = result.cells("listening_kind", "2025-10")
    assert [cell.measures for cell in kinds] == [(300,)]


def test_minutes_are_divided_by_the_days_between_the_first_and_the_last() -> None:
    """Monday and Thursday: four weekdays."""
    result = read(
        row("2025-06-02T10:00:00Z", 40 * 60_000), row("2025-06-05T10:00:00Z", 40 * 60_000)
    )
    assert [cell.measures for cell in result.cells("listening", "2025-06")] == [(20,)]


def test_a_play_over_the_end_of_a_month_counts_in_both() -> None:
    result = read(row("2025-05-31T22:30:00Z", 3_600_000))
    assert result.months == ("2025-05", "2025-06")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row("2025-06-02T10:00:00Z", 29_999), Reason.TOO_SHORT),
        (row("2025-06-02T10:00:00Z", incognito_mode=True), Reason.PRIVATE_SESSION),
        (row("2025-06-02T10:00:00Z", 86_400_001), Reason.OUT_OF_DOMAIN),
        (row("2025-06-02T10:00:00Z", -1), Reason.OUT_OF_DOMAIN),
        (row("1990-06-02T10:00:00Z"), Reason.OUT_OF_DOMAIN),
        (row("2027-06-02T10:00:00Z"), Reason.FUTURE),
        (row("2025-06-02T10:00:00Z", "60000"), Reason.UNREADABLE),
        (row("2025-06-02T10:00:00Z", True), Reason.UNREADABLE),
        (row("yesterday"), Reason.UNREADABLE),
        (["a list"], Reason.UNREADABLE),
        (row("2025-06-03T10:00:00Z"), Reason.DUPLICATE),
    ],
)
def test_each_reason_to_drop_a_play_is_counted(bad: object, reason: Reason) -> None:
    result = read(row("2025-06-03T10:00:00Z"), bad)
    assert result.kept == 1
    assert result.dropped == {reason: 1}


def test_a_play_without_artist_and_title_counts() -> None:
    result = read(
        {"endTime": "2025-07-06 18:43", "msPlayed": 187_000}, name="StreamingHistory0.json"
    )
    assert result.kept == 1
    assert [cell.values for cell in result.cells("listening_kind", "2025-07")] == [
        ("weekend", "music")
    ]


@pytest.mark.parametrize(
    ("name", "fields", "kind"),
    [
        ("Streaming_History_Video_2025.json", {}, "video"),
        ("a/Streaming_History_Audio_2025.json", {}, "music"),
        ("endsong_0.json", {"episode_name": "x"}, "podcast"),
        ("endsong_0.json", {"audiobook_title": "x"}, "audiobook"),
        ("endsong_0.json", {"audiobook_title": None}, "music"),
    ],
)
def test_the_kind_is_told_by_the_fields_then_by_the_name(
    name: str, fields: dict[str, object], kind: str
) -> None:
    result = read(row("2025-06-03T10:00:00Z", **fields), name=name)
    assert [c.values for c in result.cells("listening_kind", "2025-06")] == [("weekday", kind)]


def test_plays_of_both_layouts_count_once() -> None:
    """The account data tell of the third and of a later play; the third is in the history too."""
    extended = [row(f"2025-06-0{day}T10:00:30Z", spotify_track_uri=str(day)) for day in (2, 3, 4)]
    account = [
        {"endTime": f"2025-06-0{day} 10:00", "msPlayed": 60_000, "trackName": "x"} for day in (3, 5)
    ]
    files = [
        ("endsong_0.json", json.dumps(extended).encode()),
        ("StreamingHistory0.json", json.dumps(account).encode()),
    ]
    for order in (files, files[::-1]):
        result = read_all(order, spotify.DECLARED)
        assert result.kept == 4
        assert result.dropped == {Reason.DUPLICATE: 1}


def test_an_export_without_plays_is_valid() -> None:
    for content in (b"[]", b"", b"\xef\xbb\xbf[ ]\r\n"):
        result = read_all([("StreamingHistory0.json", content)], spotify.DECLARED)
        assert result.slices == ()
        assert result.dropped == {Reason.NO_DATA: 1}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_change_nothing(encoding: str) -> None:
    rows = [row("2025-06-03T10:00:00Z", master_metadata_track_name="é")]
    text = json.dumps(rows, ensure_ascii=False, indent=1).replace("\n", "\r\n")
    result = read_all([("x", text.encode(encoding))], spotify.DECLARED)
    assert result.kept == 1


def test_a_file_that_breaks_off_is_damaged() -> None:
    name, content = spotify.write([row("2025-06-03T10:00:00Z")] * 2000, 0)
    answer = read_or_refuse([(name, content[:-40])], spotify.DECLARED, ["listening"])
    assert type(answer) is Damaged


def test_a_lying_archive_is_counted_again_while_reading() -> None:
    content = archives.lying_bomb("endsong_0.json")
    answer = read_or_refuse([("e.zip", content)], spotify.DECLARED, ["listening"])
    assert isinstance(answer, TracesError)


def test_a_year_of_plays_of_everything_holds_the_bounds() -> None:
    rows = [
        row(
            f"{datetime.fromtimestamp(1_735_700_000 + n * 4_000, UTC):%Y-%m-%dT%H:%M:%SZ}",
            3_900_000,
        )
        for n in range(7_000)
    ]
    result = read(*rows)
    hold_the_bounds(result)
    assert {len(each.cells) for each in result.slices if each.template == "listening"} == {16}
