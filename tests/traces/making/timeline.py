"""Google Timeline: exports of Android phones and iPhones, and the older Takeout."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from tests.traces.making import plans
from tests.traces.making.maker import CANARY, NUMBER, File, Made, Maker, wild
from traces import Reason

MODES = {
    "walk": ("WALKING", "RUNNING"),
    "bike": ("CYCLING",),
    "car": ("IN_PASSENGER_VEHICLE", "MOTORCYCLING"),
    "bus": ("IN_BUS",),
    "train": ("IN_TRAIN",),
    "metro": ("IN_SUBWAY", "IN_TRAM"),
    "other": ("FLYING", "IN_FERRY", "SKIING"),
    "unknown": ("UNKNOWN_ACTIVITY_TYPE",),
}
PATHS = {
    "android": "{}Timeline.json",
    "ios": "{}location-history.json",
    "semantic": "Takeout{}/Location History/Semantic Location History/2025/2025_MARCH.json",
}


def activity(
    layout: str, start: datetime, minutes: float, metres: float, told: str, text: str = ""
) -> dict[str, Any]:
    """Return an activity; `text` in each field of a place."""
    end = start + timedelta(minutes=minutes)
    if layout == "semantic":
        return {
            "activitySegment": {
                "startLocation": {"latitudeE7": 488566000, "placeId": text},
                "duration": {
                    "startTimestamp": f"{start:%Y-%m-%dT%H:%M:%SZ}",
                    "endTimestamp": f"{end:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z",
                },
                "distance": metres,
                "activityType": told,
                "confidence": "HIGH",
                "waypointPath": {"waypoints": [{"latE7": 1, "name": text}]},
            }
        }
    zone = ZoneInfo(plans.ZONE)
    phone = layout == "ios"
    return {
        "startTime": start.astimezone(zone).isoformat(timespec="milliseconds"),
        "endTime": end.astimezone(zone).isoformat(timespec="milliseconds"),
        "activity": {
            "start": f"geo:48.8,2.3{text}" if phone else {"latLng": f"48.8°, 2.3°{text}"},
            "end": text,
            "probability": "0.9" if phone else 0.9,
            "distanceMeters": str(metres) if phone else metres,
            "topCandidate": {
                "type": told.lower().replace("_", " ") if phone else told,
                "probability": "0.8" if phone else 0.8,
            },
        },
    }


def visit(layout: str, start: datetime, text: str = "") -> dict[str, Any]:
    """Return a stay at a place, which nobody asks for."""
    stamp = f"{start:%Y-%m-%dT%H:%M:%SZ}"
    if layout == "semantic":
        return {"placeVisit": {"location": {"name": text, "address": text, "placeId": text}}}
    return {
        "startTime": stamp,
        "endTime": stamp,
        "visit": {"topCandidate": {"placeID": text, "semanticType": "HOME"}},
    }


def write(rows: Sequence[Any], part: int, layout: str) -> File:
    """Return a file of some rows, with what else such files hold."""
    held: Any = list(rows)
    if layout == "android":
        signals = [{"position": {"LatLng": "48.8°, 2.3°"}}, {"activity": {"x": 1}}]
        held = {"semanticSegments": held, "rawSignals": signals, "userLocationProfile": {"a": []}}
    elif layout == "semantic":
        held = {"timelineObjects": held}
    return PATHS[layout].format(part or ""), json.dumps(held, ensure_ascii=True).encode()


def make(seed: int, layout: str) -> Made:
    """Return what an invented person gives, with known totals, in March and April 2025."""
    random = Random(f"{seed} {layout}")
    rows: list[Any] = []
    totals: dict[tuple[str, str, tuple[str, ...]], tuple[float, ...]] = {}
    for month in (3, 4):
        for daytype in ("weekday", "weekend"):
            blocks = random.sample(plans.BLOCKS, len(MODES))
            for mode, block in zip(sorted(MODES), blocks, strict=True):
                minutes, km = random.randint(1, 170), random.randint(0, 190)
                totals["mobility", f"2025-{month:02d}", (daytype, mode)] = (minutes, km)
                entry = plans.Entry(daytype, block, minutes, mode)
                for start in plans.starts(month, entry):
                    told = random.choice(MODES[mode])
                    rows.append(activity(layout, start, minutes, km * 1000.0, told))
    kept = len(rows)
    again = random.sample(rows, 4)
    rows += [*again, visit(layout, datetime(2025, 3, 3, tzinfo=UTC))]
    random.shuffle(rows)
    middle = len(rows) // 2
    files = (write(rows[:middle], 0, layout), write(rows[middle:], 1, layout))
    return Made(files, plans.DECLARED, totals, kept, {Reason.DUPLICATE: 4})


def maker(layout: str) -> Maker:
    """Return the maker of one layout."""

    def rows(random: Random, marked: bool) -> list[Any]:
        text = CANARY + NUMBER if marked else ""
        made = []
        for _ in range(random.randint(40, 90)):
            start = datetime(2025, 3, 1, tzinfo=UTC) + timedelta(minutes=random.randrange(90_000))
            minutes, metres = random.choice((0, 5, 90, 2_000)), random.choice((0, 900.5, 5e7))
            told = random.choice(MODES[random.choice(sorted(MODES))])
            made.append(activity(layout, start, minutes, metres, told, text))
            if random.random() < 0.2:
                made.append(visit(layout, start, text))
        return made

    def garbage(random: Random) -> Any:
        if random.random() < 0.2:
            return wild(random)
        row = activity(layout, datetime(2025, 4, 1, tzinfo=UTC), 60, 5, "IN_BUS", CANARY + NUMBER)
        inner = row[random.choice(sorted(row))]
        held = random.choice((row, inner)) if isinstance(inner, dict) else row
        for place in (held, held.get("duration"), held.get("topCandidate")):
            if isinstance(place, dict) and random.random() < 0.6:
                place[random.choice(sorted(place))] = wild(random)
        return row

    def written(given: Sequence[Any], part: int) -> File:
        return write(given, part, layout)

    return Maker(rows, written, garbage, plans.DECLARED)
