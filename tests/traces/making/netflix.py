"""Netflix: the activity of the full request, and the quick list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from tests.traces.making import plans
from tests.traces.making.maker import CANARY, NUMBER, File, Made, Maker, wild
from traces import Reason

DECLARED = replace(plans.DECLARED, profile="Mine")

HEADERS = {
    "viewing-activity": (
        "Profile Name,Start Time,Duration,Attributes,Title,Supplemental Video Type,Device Type,"
        "Bookmark,Latest Bookmark,Country"
    ).split(","),
    "viewing-activity-translated": (
        "Nom du profil,Heure de début,Durée,Attributs,Titre,Type de vidéo supplémentaire,"
        "Type d'appareil,Signet,Dernier signet,Pays"
    ).split(","),
}
DEVICES = {
    "tv": ("Samsung 2021 Smart TV", "Chromecast", "Sony PS4", "Apple TV"),
    "phone": ("Apple iPhone 12", "Android DefaultWidevineL3Phone Android Phone"),
    "tablet": ("Apple iPad Air 2 (Wi-Fi)", "Android Tablet"),
    "computer": ("Chrome PC (Cadmium)", "Mac HTML 5 - Safari", "Netflix Windows App"),
    "other": ("Unknown thing", ""),
}
TRAILERS = "TRAILER TEASER_TRAILER HOOK RECAP PREVIEW CINEMAGRAPH PROMOTIONAL BIG_ROW".split()


def row_of(
    start: datetime,
    seconds: int,
    device: str = "Smart TV",
    profile: str = "Mine",
    extra: str = "",
    title: str = "A title",
    text: str = "",
) -> list[str]:
    """Return a row; `text` in each free-text field."""
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    length = f"{hour:02d}:{minute:02d}:{second:02d}"
    return [
        profile,
        f"{start:%Y-%m-%d %H:%M:%S}",
        length,
        text,
        f"{title} {text}: Saison 1, « x »\nÉpisode 2",
        extra,
        f"{device} {text}".strip(),
        text or length,
        text or "Not latest view",
        text or "FR (France)",
    ]


def write(rows: Sequence[Any], part: int, layout: str = "viewing-activity") -> File:
    """Return a file of some rows."""
    name = f"CONTENT_INTERACTION/{part or ''}ViewingActivity.csv"
    return name, plans.table(HEADERS[layout], rows, end="\n")


def make(seed: int, people: int = 1, layout: str = "viewing-activity") -> list[Made]:
    """Return what some invented people give, with known totals, in March and April 2025."""
    return [_person(Random(f"{seed} {number}"), layout) for number in range(people)]


def _person(random: Random, layout: str) -> Made:
    rows: list[list[str]] = []
    totals: dict[tuple[str, str, tuple[str, ...]], tuple[float, ...]] = {}
    for month in (3, 4):
        by_device: Counter[tuple[str, ...]] = Counter()
        for entry in plans.plan(random, sorted(DEVICES)):
            totals["viewing", f"2025-{month:02d}", entry.cell] = (entry.minutes,)
            by_device[entry.daytype, entry.kind] += entry.minutes
            for start in plans.starts(month, entry):
                name = random.choice(DEVICES[entry.kind])
                rows.append(row_of(start, entry.minutes * 60, name, title=str(len(rows))))
        totals |= {("viewing_device", f"2025-{month:02d}", c): (n,) for c, n in by_device.items()}
    when = datetime(2025, 3, 3, 12, tzinfo=UTC)
    other = [row_of(when + timedelta(hours=n), 600, profile="Theirs") for n in range(5)]
    trailers = [row_of(when + timedelta(hours=n), 30, extra=x) for n, x in enumerate(TRAILERS)]
    again = random.sample(rows, 3)
    written = [*rows, *other, *trailers, *again]
    random.shuffle(written)
    middle = len(written) // 2
    dropped = {Reason.OTHER_PROFILE: 5, Reason.TRAILER: len(trailers), Reason.DUPLICATE: 3}
    files = (write(written[:middle], 0, layout), write(written[middle:], 1, layout))
    return Made(files, DECLARED, totals, len(rows), dropped)


def _rows(random: Random, marked: bool) -> list[Any]:
    text = CANARY + NUMBER if marked else ""
    made = []
    for _ in range(random.randint(40, 90)):
        start = datetime(2025, 3, 1, tzinfo=UTC) + timedelta(minutes=random.randrange(90_000))
        seconds = random.choice((0, 40, 2_592, 9_000, 90_000))
        device = random.choice(DEVICES[random.choice(sorted(DEVICES))])
        profile = random.choice(("Mine", "Mine", "Theirs"))
        extra = random.choice(("", "", "", random.choice(TRAILERS)))
        made.append(row_of(start, seconds, device, profile, extra, text=text))
    return made


def _garbage(random: Random) -> Any:
    row: list[Any] = row_of(datetime(2025, 4, 1, tzinfo=UTC), 60, text=CANARY + NUMBER)
    for place in random.sample(range(len(row)), random.randint(1, 4)):
        row[place] = str(wild(random))
    return row[: random.randint(0, len(row))] if random.random() < 0.3 else row


ACTIVITY = Maker(_rows, write, _garbage, DECLARED)
TRANSLATED = Maker(
    _rows, lambda rows, part: write(rows, part, "viewing-activity-translated"), _garbage, DECLARED
)

#: How accounts in several languages write a day.
DAYS = {"mdy": "{0.month}/{0.day}/{0:%y}", "dmy": "{0:%d.%m.%y}", "ymd": "{0:%Y-%m-%d}"}
HISTORY_HEADERS = {"mdy": ["Title", "Date"], "dmy": ["Titel", "Datum"], "ymd": ["Titre", "Date"]}


def write_history(rows: Sequence[Any], part: int, order: str = "mdy") -> File:
    """Return a quick list of some titles and days."""
    return (
        f"NetflixViewingHistory{part or ''}.csv",
        plans.table(HISTORY_HEADERS[order], rows, end="\n"),
    )


def make_history(seed: int, order: str) -> Made:
    """Return a quick list in which every Monday has as many titles as any other, and so on."""
    random = Random(seed)
    rows: list[list[str]] = []
    totals: dict[tuple[str, str, tuple[str, ...]], tuple[float, ...]] = {}
    for month in (3, 4):
        for number, name in enumerate(
            ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
        ):
            titles = random.randint(1, 20)
            totals["viewing_titles", f"2025-{month:02d}", (name,)] = (titles,)
            for day in plans.days(month):
                if day.weekday() == number:
                    rows += [[f"Title {n}", DAYS[order].format(day)] for n in range(titles)]
    again = random.sample(rows, 3)
    written = rows + again
    random.shuffle(written)
    files = (write_history(written, 0, order),)
    return Made(files, plans.DECLARED, totals, len(rows), {Reason.DUPLICATE: 3})


def _history_rows(random: Random, marked: bool) -> list[Any]:
    text = CANARY + NUMBER if marked else ""
    some = [date(2025, 3, 31), date(2025, 4, 14)] * 20
    some += [date(2025, 3, 1) + timedelta(days=random.randrange(90)) for _ in range(40)]
    return [[f"{random.randrange(9)} {text}", DAYS["mdy"].format(day)] for day in some]


def _history_garbage(random: Random) -> Any:
    return [str(wild(random)) for _ in range(random.randint(0, 3))]


HISTORY = Maker(_history_rows, write_history, _history_garbage, plans.DECLARED)
