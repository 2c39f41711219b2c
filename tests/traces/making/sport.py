"""Sport: Strava's list of activities in several languages, and recordings as GPX, TCX and FIT."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from tests.traces.making import plans
from tests.traces.making.maker import CANARY, NUMBER, File, Made, Maker, wild
from traces import Reason


class Session(NamedTuple):
    """A session; `text` stands in each free-text field."""

    start: datetime
    minutes: int
    km: int
    sport: str
    text: str = ""


_GARMIN = {"run": "trail_running", "ride": "cycling", "gym": "yoga", "other": "multi_sport"}

#: How each layout names sports.
NAMES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "run": "Run",
        "ride": "Virtual Ride",
        "swim": "Swim",
        "walk": "Hike",
        "winter": "Nordic Ski",
        "gym": "Weight Training",
        "team": "Soccer",
        "other": "Kayaking",
    },
    "de": {
        "run": "Lauf",
        "ride": "Radfahrt",
        "swim": "Schwimmen",
        "walk": "Wanderung",
        "winter": "Skilanglauf",
        "gym": "Krafttraining",
        "team": "Fußball",
        "other": "Kajak",
    },
    "fr": {
        "run": "Course à pied",
        "ride": "Sortie à vélo",
        "swim": "Natation",
        "walk": "Randonnée",
        "winter": "Ski de fond",
        "gym": "Entraînement",
        "team": "Football",
        "other": "Kayak",
    },
    "gpx": {
        "run": "trail_running",
        "ride": "cycling",
        "swim": "swimming",
        "walk": "walking",
        "other": "9",
    },
    "tcx": {"run": "Running", "ride": "Biking", "other": "Other"},
    "garmin": _GARMIN,
    "garmin-nested": _GARMIN,
    "fit": {"run": "1", "ride": "2", "swim": "5", "walk": "17", "gym": "10", "other": "999"},
}
HEADERS = {
    "en": "Activity ID,Activity Date,Activity Name,Activity Type,Activity Description,Elapsed Time,"
    "Distance,Max Heart Rate,Relative Effort,Commute,Activity Private Note,Filename,Moving Time,"
    "Distance,Start Latitude",
    "de": "Aktivitäts-ID,Aktivitätsdatum,Aktivitätsname,Aktivitätsart,Aktivitätsbeschreibung,"
    "Verstrichene Zeit,Distanz,Maximale Herzfrequenz,Relative Leistung,Arbeitsweg",
    "fr": "ID de l'activité,Date de l'activité,Nom de l'activité,Type d'activité,Description de "
    "l'activité,Temps écoulé,Distance,Fréquence cardiaque max.,Effort relatif,Trajet,Note,Fichier,"
    "Durée de déplacement,Distance,Latitude",
}
DATES: Mapping[str, Callable[[datetime], str]] = {
    "en": lambda when: f"{when:%b} {when.day}, {when.year}, {when:%I:%M:%S %p}".replace(
        ", 0", ", "
    ),
    "de": lambda when: f"{when:%d.%m.%Y, %H:%M:%S}",
    "fr": lambda when: (
        f"{when.day} {'janv. févr. mars avr. mai juin'.split()[when.month - 1]} {when.year},"
        f" {when:%H:%M:%S}"
    ),
}


def strava_row(each: Session, language: str) -> list[str]:
    """Return a row of the list; metres stand further right, where the layout has them."""
    km = f"{each.km},00" if language != "en" else f"{each.km}.0"
    shown = "wrong" if language == "fr" else km  # the exact column is taken
    row = [each.text or "1", DATES[language](each.start), each.text, NAMES[language][each.sport]]
    row += [f"{each.text}\nan « evening »\r\n", str(each.minutes * 60), shown, "150", "", "false"]
    if len(HEADERS[language].split(",")) > 10:
        row += [each.text, f"activities/{each.text}.fit.gz", "1", f"{each.km * 1000}.0", each.text]
    return row


def _gpx(each: Session) -> str:
    """Return a track straight to the north, in ten steps."""
    degrees = math.degrees(each.km * 1000 / 6_371_008.8)
    points = "".join(
        f'<trkpt lat="{48 + degrees * n / 10:.9f}" lon="2.0"><ele>1</ele>'
        f"<time>{each.start + timedelta(minutes=each.minutes) * n / 10:%Y-%m-%dT%H:%M:%S}Z</time>"
        f"<extensions><x>{escape(each.text)}</x></extensions></trkpt>"
        for n in range(11)
    )
    sport = escape(NAMES["gpx"][each.sport])
    return (
        f"<trk><name>{escape(each.text)}</name><type>{sport}</type><trkseg>{points}</trkseg></trk>"
    )


def _tcx(each: Session) -> str:
    """Return an activity of two laps, in which points have distances of their own."""
    stamp = f"{each.start:%Y-%m-%dT%H:%M:%SZ}"
    lap = (
        f'<Lap StartTime="{stamp}"><TotalTimeSeconds>{each.minutes * 30}.0</TotalTimeSeconds>'
        f"<DistanceMeters>{each.km * 500}.0</DistanceMeters><Track><Trackpoint><Time>{stamp}</Time>"
        f"<DistanceMeters>99</DistanceMeters></Trackpoint></Track></Lap>"
    )
    sport = quoteattr(NAMES["tcx"][each.sport])
    notes = f"<Notes>{escape(each.text)}</Notes>"
    return f"<Activity Sport={sport}><Id>{stamp}</Id>{lap * 2}{notes}</Activity>"


def garmin_row(each: Session) -> dict[str, Any]:
    """Return a row of the list: milliseconds, and the distance in centimetres."""
    return {
        "activityId": each.text or 1,
        "name": each.text,
        "activityType": NAMES["garmin"][each.sport],
        "startTimeGmt": each.start.timestamp() * 1000,
        "duration": each.minutes * 60_000.0,
        "distance": each.km * 100_000.0,
        "startLatitude": 48.8,
        "locationName": each.text,
    }


_GPX = '<?xml version="1.0"?>\n<gpx xmlns="http://www.topografix.com/GPX/1/1">{}</gpx>'
_TCX = (
    '          <?xml version="1.0" encoding="UTF-8"?>\n<TrainingCenterDatabase xmlns="http://'
    'www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"><Activities>{}</Activities>'
    "</TrainingCenterDatabase>"
)
_FIT_EPOCH = datetime(1989, 12, 31, tzinfo=UTC)


def fit_message(local: int, number: int, fields: Sequence[tuple[int, str, Any]]) -> bytes:
    """Return the definition of a message and the message: (field, format, value)."""
    bases = {"B": (1, 0x00), "I": (4, 0x86), "20s": (20, 0x07)}
    made = struct.pack("<BBBHB", 0x40 | local, 0, 0, number, len(fields))
    for field, form, _ in fields:
        made += bytes((field, *bases[form]))
    made += bytes((local,))
    return made + b"".join(struct.pack(f"<{form}", value) for _, form, value in fields)


def _fit(each: Session, number: int = 18) -> bytes:
    start = int((each.start - _FIT_EPOCH).total_seconds())
    sport = min(int(NAMES["fit"].get(each.sport, "0")), 254)
    fields = [(2, "I", start), (7, "I", each.minutes * 60_000), (9, "I", each.km * 100_000)]
    place = 5 if number == 18 else 25
    return fit_message(1, number, [(253, "I", start), *fields, (place, "B", sport)])


def fit_file(sessions: Sequence[Session], number: int = 18) -> bytes:
    """Return a FIT file of some sessions, or of laps where `number` is 19."""
    name = sessions[0].text[:19].encode() if sessions else b""
    body = fit_message(0, 0, [(0, "B", 4), (8, "20s", name)])
    body += b"".join(_fit(each, number) for each in sessions)
    head = struct.pack("<BBHL4sH", 14, 0x10, 2100, len(body), b".FIT", 0)
    return head + body + struct.pack("<H", _crc(head + body))


def _crc(content: bytes) -> int:
    table = (0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401,
             0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400)  # fmt: skip
    crc = 0
    for byte in content:
        for half in (byte & 15, byte >> 4):
            crc = (crc >> 4) ^ table[crc & 15] ^ table[half]
    return crc


def write(rows: Sequence[Any], part: int, layout: str) -> File:
    """Return a file of some sessions; a row that is text stands for itself."""
    if layout in HEADERS:
        listed = [strava_row(each, layout) if isinstance(each, Session) else each for each in rows]
        name = f"{part or ''}activities.csv"
        return name, plans.table(HEADERS[layout].split(","), listed, end="\n")
    if layout == "fit":
        return f"{part}.fit", fit_file(rows)
    if layout.startswith("garmin"):
        made = [garmin_row(each) if isinstance(each, Session) else each for each in rows]
        held = [{"summarizedActivitiesExport": made}] if layout == "garmin-nested" else made
        name = f"DI_CONNECT/DI-Connect-Fitness/x_{part}_summarizedActivities.json"
        return name, json.dumps(held).encode()
    one, whole = (_gpx, _GPX) if layout == "gpx" else (_tcx, _TCX)
    text = "".join(one(each) if isinstance(each, Session) else each for each in rows)
    return f"{part}.{layout}", whole.format(text).encode("utf-8", "replace")


def make(seed: int, layout: str) -> Made:
    """Return what an invented person gives, with known totals, in March and April 2025."""
    random = Random(f"{seed} {layout}")
    rows: list[Session] = []
    totals: dict[tuple[str, str, tuple[str, ...]], tuple[float, ...]] = {}
    for month in (3, 4):
        for place, sport in enumerate(sorted(NAMES[layout])):
            times, minutes, km = (
                random.randint(1, 3),
                random.randint(1, 20) * 6,
                random.randint(0, 50),
            )
            totals["sport", f"2025-{month:02d}", (sport,)] = (
                times,
                round(times * minutes / 60, 1),
                times * km,
            )
            for number in range(times):
                start = datetime(2025, month, 2 + place * 3 + number, 9, tzinfo=UTC)
                rows.append(Session(start, minutes, km, sport))
    random.shuffle(rows)
    middle = len(rows) // 2
    parts = (rows[:middle], rows[middle:] + rows[:2])
    files = tuple(write(part, number, layout) for number, part in enumerate(parts))
    return Made(files, plans.DECLARED, totals, len(rows), {Reason.DUPLICATE: 2})


def maker(layout: str) -> Maker:
    """Return the maker of one layout."""

    def rows(random: Random, marked: bool) -> list[Any]:
        text = CANARY + (NUMBER if layout != "fit" else "") if marked else ""
        made = []
        for _ in range(random.randint(20, 40)):
            start = datetime(2025, 3, 1, tzinfo=UTC) + timedelta(minutes=random.randrange(90_000))
            minutes, km = random.choice((0, 30, 90, 2_000)), random.choice((0, 10, 3_000))
            made.append(Session(start, minutes, km, random.choice(sorted(NAMES[layout])), text))
        return made

    def garbage(random: Random) -> Any:
        each = rows(random, True)[0]
        if layout in HEADERS:
            row = strava_row(each, layout)
            row[random.randrange(len(row))] = str(wild(random))
            return row[: random.randint(0, len(row))]
        if layout == "fit":
            return each._replace(minutes=70_000, km=40_000)
        if layout.startswith("garmin"):
            row = garmin_row(each)
            row[random.choice(sorted(row))] = wild(random)
            return random.choice((row, wild(random)))
        text = _gpx(each) if layout == "gpx" else _tcx(each)
        at = random.randrange(len(text))
        strange = random.choice((quoteattr(str(wild(random))), escape(str(wild(random))), "<a>"))
        return text[:at] + strange + text[at + random.randrange(9) :]

    def written(given: Sequence[Any], part: int) -> File:
        return write(given, part, layout)

    return Maker(rows, written, garbage, plans.DECLARED)
