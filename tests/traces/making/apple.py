"""Apple Health: an export as phones with a broken type of document write it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from xml.sax.saxutils import quoteattr

from tests.traces.making import plans
from tests.traces.making.body import TEMPLATES, Day, at, month_of_days
from tests.traces.making.maker import CANARY, NUMBER, File, Made, Maker, wild

#: The third declaration lacks its end, as since iOS 16.
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE HealthData [
<!-- HealthKit Export Version: 12 -->
<!ELEMENT HealthData (ExportDate,Me,(Record|Correlation|Workout|ActivitySummary)*)>
<!ATTLIST HealthData
  locale CDATA #REQUIRED
<!ELEMENT ExportDate EMPTY>
]>
<HealthData locale="fr_FR">
 <ExportDate value="2025-12-01 10:00:00 +0100"/>
 <Me HKCharacteristicTypeIdentifierDateOfBirth="1980-01-01"/>
"""
STEPS = "HKQuantityTypeIdentifierStepCount"
MOVED = "HKQuantityTypeIdentifierAppleExerciseTime"
SLEEP = "HKCategoryTypeIdentifierSleepAnalysis"
ASLEEP = "HKCategoryValueSleepAnalysisAsleep"


def stamp(when: datetime) -> str:
    """Return a time as the export writes it."""
    return f"{when:%Y-%m-%d %H:%M:%S %z}"


def tag(name: str, **attributes: object) -> str:
    """Return a tag with its attributes, without an inside."""
    return f"<{name} " + " ".join(f"{k}={quoteattr(str(v))}" for k, v in attributes.items()) + "/>"


def record(
    kind: str, start: datetime, end: datetime, value: object, unit: str = "count", source: str = "W"
) -> str:
    """Return a record."""
    return tag(
        "Record",
        type=kind,
        sourceName=source,
        unit=unit,
        startDate=stamp(start),
        endDate=stamp(end),
        value=value,
    )


def workout(
    start: datetime, minutes: int, sport: str, km: float, text: str = "", old: bool = False
) -> str:
    """Return a workout; its distance stands in itself, or since iOS 16 in a tag inside."""
    attributes: dict[str, object] = {
        "workoutActivityType": f"HKWorkoutActivityType{sport}",
        "duration": minutes,
        "durationUnit": "min",
        "sourceName": text or "W",
        "startDate": stamp(start),
        "endDate": stamp(start + timedelta(minutes=minutes)),
    }
    inside = tag("MetadataEntry", key=text, value=text)
    if old:
        attributes |= {"totalDistance": km, "totalDistanceUnit": "km"}
    else:
        kind = "HKQuantityTypeIdentifierDistanceWalkingRunning"
        inside += tag("WorkoutStatistics", type=kind, sum=km, unit="km")
    return tag("Workout", **attributes)[:-2] + f">{inside}</Workout>"


def records_of(random: Random, each: Day, text: str = "") -> list[str]:
    """Return a day: a watch that counts all steps, a phone that counts some, stages of a night."""
    made: list[str] = []
    left = each.steps
    for hour in (8, 12, 18):
        steps = left if hour == 18 else random.randint(0, left)
        left -= steps
        start = at(each.day, hour, random.randrange(30))
        end = start + timedelta(minutes=7)
        made.append(record(STEPS, start, end, steps, source=f"Watch {text}"))
        made.append(record(STEPS, start, end, steps // 2, source=f"Phone {text}"))
    for number in range(each.active):
        start = at(each.day, 9 + number // 60, number % 60)
        made.append(record(MOVED, start, start + timedelta(minutes=1), 1, "min", f"Watch {text}"))
    woke = at(each.day, 7).astimezone(UTC)
    slept = woke - timedelta(minutes=each.sleep)
    middle = slept + (woke - slept) / 2
    made.append(record(SLEEP, slept, middle.replace(microsecond=0), ASLEEP + "Core", source=text))
    made.append(record(SLEEP, middle.replace(microsecond=0), woke, ASLEEP + "Deep", source=text))
    made.append(record(SLEEP, slept, woke, "HKCategoryValueSleepAnalysisInBed", source="Phone"))
    made.append(record("HKQuantityTypeIdentifierHeartRate", slept, woke, 60, "count/min", text))
    return made


def write(rows: Sequence[Any], part: int) -> File:
    """Return an export of some records, with a control character that XML does not have."""
    name = ("export", "exportation", "exportar")[part % 3]
    text = HEAD + "\n".join(f" {row}" for row in rows) + "\n<X a='\x0b'/>\n</HealthData>\n"
    return f"apple_health_export/{name}.xml", text.encode("utf-8", "replace")


def make(seed: int) -> Made:
    """Return what an invented person gives, with known totals, in March and April 2025."""
    random = Random(seed)
    rows: list[str] = []
    totals: dict[tuple[str, str, tuple[str, ...]], tuple[float, ...]] = {}
    kept = 0
    for month in (3, 4):
        days, chosen = month_of_days(random, month)
        for name, numbers in chosen.items():
            for template, number in zip(TEMPLATES, numbers, strict=True):
                totals[template, f"2025-{month:02d}", (name,)] = (number,)
        for each in days:
            rows += records_of(random, each)
            kept += 3 + each.active + 2
        for number, (sport, key) in enumerate((("Running", "run"), ("Yoga", "gym"))):
            minutes, km = random.randint(1, 60), random.randint(1, 20) * (1 - number)
            begun = at(days[3 + number].day, 15)
            rows.append(workout(begun, minutes * 6, sport, km, old=month == 3))
            totals["sport", f"2025-{month:02d}", (key,)] = (1, minutes / 10, km)
            kept += 1
    random.shuffle(rows)
    middle = len(rows) // 2
    return Made((write(rows[:middle], 0), write(rows[middle:], 1)), plans.DECLARED, totals, kept)


def _rows(random: Random, marked: bool) -> list[Any]:
    text = CANARY + NUMBER if marked else ""
    days, _ = month_of_days(random, 3)
    few = [each._replace(active=3) for each in random.sample(days, 8)]
    made = [row for each in few for row in records_of(random, each, text)]
    return [*made, *(workout(at(each.day, 15), 30, "Running", 5, text) for each in few)]


def _garbage(random: Random) -> Any:
    attributes: dict[str, object] = {
        "type": random.choice((STEPS, MOVED, SLEEP, CANARY)),
        "sourceName": CANARY + NUMBER,
        "unit": random.choice(("count", "min", "x")),
        "startDate": "2025-03-05 10:00:00 +0100",
        "endDate": "2025-03-05 10:05:00 +0100",
        "value": "12",
    }
    attributes[random.choice(sorted(attributes))] = wild(random)
    made = tag(random.choice(("Record", "Workout", "WorkoutStatistics")), **attributes)
    return random.choice((made, made, made, made[:-2] + "></Record>"))


EXPORT = Maker(_rows, write, _garbage, plans.DECLARED)


def long_export(days: int, times: int) -> File:
    """Return an export of many days, with more and more records that no table asks for."""
    one = []
    for number in range(days):
        start = datetime(2024, 11, 1, 7, tzinfo=UTC) + timedelta(days=number)
        for hour in range(8):
            begun = start + timedelta(hours=hour)
            end = begun + timedelta(minutes=5)
            one.append(record(STEPS, begun, end, 500 + hour))
        rate = record("HKQuantityTypeIdentifierHeartRate", start, start, 60, "count/min")
        one += [rate] * 8 * (2 * times - 1)
    return write(one, 0)
