"""Google My Activity and the history of YouTube, in several languages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from tests.traces.making import plans
from tests.traces.making.maker import CANARY, NUMBER, File, Made, Maker, wild
from traces import Reason

#: Where the exports of several languages keep their rows, and how they say things.
PATHS = {
    "fr": "Takeout/Mon activité/YouTube/MonActivité.json",
    "en": "Takeout/My Activity/Search/MyActivity.json",
    "de": "Takeout/Meine Aktivitäten/YouTube/MeineAktivitäten.json",
    "nl": "Takeout/YouTube en YouTube Music/geschiedenis/kijkgeschiedenis.json",
    "youtube": "Takeout/YouTube and YouTube Music/history/watch-history.json",
    "searches": "Takeout/YouTube and YouTube Music/history/search-history.json",
}
WATCHED = {"fr": "Vous avez regardé", "de": "Angesehen:", "nl": "Bekeken:"}
ADS = {"fr": "Des annonces\u00a0Google", "en": "From Google Ads", "de": "Von Google Anzeigen"}
VIDEOS = (
    "https://www.youtube.com/watch?v={}",
    "https://www.youtube.com/watch?list=a&v={}",
    "https://m.youtube.com/shorts/{}",
)
SEARCHES = (
    "https://www.google.com/search?q={}",
    "https://www.google.fr/search?q={}",
    "https://www.google.co.uk/search?q={}",
    "https://www.google.com/maps/search/{}",
    "https://www.youtube.com/results?search_query={}",
)
OTHERS = (
    "https://www.google.com/url?q=https://x.example/search?q={}",
    "https://music.youtube.com/watch?v={}",
    "https://play.google.com/store/apps/details?id={}",
    "https://www.youtube.com/channel/{}",
    "https://x.example/google.com/search?q={}",
)


def row_of(
    when: datetime, link: str, language: str = "en", text: str = "", ad: bool = False
) -> dict[str, Any]:
    """Return a row; `text` in each free-text field."""
    thousandths = "" if when.microsecond == 0 else f".{when.microsecond // 1000:03d}"
    row: dict[str, Any] = {
        "header": "YouTube",
        "title": f"{WATCHED.get(language, 'Watched')} {text or 'something'}",
        "titleUrl": link.format(text or f"{when:%j%H%M%S}"),
        "subtitles": [{"name": text or "somebody", "url": f"https://x.example/{text}"}],
        "description": text,
        "time": f"{when:%Y-%m-%dT%H:%M:%S}{thousandths}Z",
        "products": ["YouTube\u00a0Music", text],
        "activityControls": [text or "YouTube watch history"],
        "locationInfos": [{"name": text, "url": text, "source": text}],
    }
    if ad:
        row["details"] = [{"name": ADS.get(language, ADS["en"])}]
    return row


def old_row_of(when: datetime, text: str = "") -> dict[str, Any]:
    """Return a row of a history before 2017."""
    return {
        "kind": "youtube#playlistItem",
        "contentDetails": {"videoId": text or "x"},
        "snippet": {
            "publishedAt": f"{when:%Y-%m-%dT%H:%M:%S.000Z}",
            "title": text,
            "description": text,
            "resourceId": {"kind": "youtube#video", "videoId": text or "x"},
        },
    }


def write(rows: Sequence[Any], part: int, language: str = "fr") -> File:
    """Return a file of some rows; later parts lie in a folder of their own."""
    folder = f"Takeout {part}/" if part else ""
    return folder + PATHS[language], json.dumps(list(rows)).encode()


def make(seed: int, people: int = 1, language: str = "fr") -> list[Made]:
    """Return what some invented people give, with known totals, in March and April 2025."""
    return [_person(Random(f"{seed} {number}"), language) for number in range(people)]


def _person(random: Random, language: str) -> Made:
    rows: list[dict[str, Any]] = []
    totals: dict[tuple[str, str, tuple[str, ...]], tuple[float, ...]] = {}
    for month in (3, 4):
        for entry in plans.plan(random, ["x"], longest=6):
            searches = random.randint(0, 6)
            place = f"2025-{month:02d}", entry.cell
            totals["watching_online", *place] = (entry.minutes,)
            if searches:
                totals["searching_online", *place] = (searches,)
            for start in plans.starts(month, entry):
                links = [random.choice(VIDEOS) for _ in range(entry.minutes)]
                links += [random.choice(SEARCHES) for _ in range(searches)]
                for number, link in enumerate(links):
                    when = start + timedelta(minutes=number, milliseconds=random.randrange(2))
                    rows.append(row_of(when, link, language))
    when = datetime(2025, 3, 3, 12, tzinfo=UTC)
    ads = [row_of(when, VIDEOS[0], language, ad=True)] * 4
    others = [row_of(when, link, language) for link in OTHERS]
    again = random.sample(rows, 5)
    written = [*rows, *ads, *others, *again]
    random.shuffle(written)
    middle = len(written) // 2
    files = (write(written[:middle], 0, language), write(written[middle:], 1, language))
    dropped = {Reason.ADVERTISEMENT: 4, Reason.OUT_OF_DOMAIN: len(OTHERS), Reason.DUPLICATE: 5}
    return Made(files, plans.DECLARED, totals, len(rows), dropped)


def _moment(random: Random) -> datetime:
    return datetime(2025, 3, 1, tzinfo=UTC) + timedelta(seconds=random.randrange(5_000_000))


def _rows(random: Random, marked: bool) -> list[Any]:
    text = CANARY + NUMBER if marked else ""
    return [
        row_of(
            _moment(random),
            random.choice(VIDEOS + SEARCHES + OTHERS),
            text=text,
            ad=random.random() < 0.2,
        )
        for _ in range(random.randint(40, 90))
    ]


def _garbage(random: Random) -> Any:
    if random.random() < 0.3:
        return wild(random)
    row = row_of(_moment(random), VIDEOS[0], text=CANARY + NUMBER, ad=True)
    for name in random.sample(sorted(row), random.randint(1, 3)):
        row[name] = wild(random)
    return row


def _old_rows(random: Random, marked: bool) -> list[Any]:
    text = CANARY + NUMBER if marked else ""
    return [old_row_of(_moment(random), text) for _ in range(random.randint(40, 90))]


def _old_garbage(random: Random) -> Any:
    row = old_row_of(_moment(random), CANARY + NUMBER)
    row["snippet"][random.choice(("publishedAt", "resourceId"))] = wild(random)
    return random.choice((row, {"snippet": wild(random)}, wild(random)))


ACTIVITY = Maker(_rows, write, _garbage, plans.DECLARED)
PLAYLIST = Maker(
    _old_rows, lambda rows, part: write(rows, part, "youtube"), _old_garbage, plans.DECLARED
)

#: How pages of several languages write a moment: the account's own zone, which has many names.
PAGE_DATES = {
    "en": lambda wall: f"{wall:%b} {wall.day}, {wall.year}, {wall:%I:%M:%S\u202f%p} {wall:%Z}",
    "de": lambda wall: f"{wall:%d.%m.%Y, %H:%M:%S} {'MESZ' if wall.dst() else 'MEZ'}",
    "fr": lambda wall: f"{wall.day} {_FRENCH[wall.month - 1]} {wall.year}, {wall:%H:%M:%S} HNEX",
}
_FRENCH = "janv. févr. mars avr. mai juin".split()
PAGES = {
    "en": "Takeout/My Activity/YouTube/MyActivity.html",
    "de": "Takeout/Meine Aktivitäten/YouTube/MeineAktivitäten.html",
    "fr": "Takeout/Mon activité/YouTube/MonActivité.html",
}
_HEAD = (
    "<html><head><title>x</title><style>.mdl-typography--title{} .outer-cell{}</style></head><body>"
)
_CELL = (
    '<div class="outer-cell mdl-cell mdl-shadow--2dp"><div class="mdl-grid">'
    '<div class="header-cell"><p class="mdl-typography--title">YouTube<br></p></div>'
    '<div class="content-cell mdl-typography--body-1">{}\u00a0<a href="{}">{}</a><br>'
    '<a href="https://x.example/{}">{}</a><br>{}<br/></div>'
    '<div class="content-cell mdl-typography--caption"><b>Products:</b><br>YouTube<br>{}</div>'
    "</div></div>"
)


def page(rows: Sequence[Any], language: str) -> bytes:
    """Return a page of some rows, as the same export in HTML has them; text stands for itself."""
    cells = []
    for row in rows:
        if isinstance(row, str):
            cells.append(row)
            continue
        stamp = row["time"][:19]
        moment = datetime.fromisoformat(stamp).replace(tzinfo=UTC)
        when = PAGE_DATES[language](moment.astimezone(ZoneInfo(plans.ZONE)))
        details = "".join(f"<b>Details:</b><br>&emsp;{e['name']}" for e in row.get("details", ()))
        link, title = escape(row["titleUrl"]), escape(row["title"])
        cells.append(_CELL.format("Watched", link, title, title, title, when, details))
    text = _HEAD + '<div class="mdl-grid">' + "".join(cells) + "</div></body></html>"
    return text.encode("utf-8", "replace")


def write_page(rows: Sequence[Any], part: int, language: str = "fr") -> File:
    """Return a page of some rows; later parts lie in a folder of their own."""
    return (f"Takeout {part}/" if part else "") + PAGES[language], page(rows, language)


def _page_garbage(random: Random) -> Any:
    text = page([_rows(random, True)[0]], "fr").decode()[len(_HEAD) :]
    at = random.randrange(len(text))
    return text[:at] + escape(str(wild(random))) + "<a href=" + text[at + random.randrange(9) :]


PAGE = Maker(_rows, write_page, _page_garbage, plans.DECLARED)
