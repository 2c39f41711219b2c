"""Steps, movement and sleep in the tables and lists of several providers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from tests.traces.making import plans
from tests.traces.making.maker import CANARY, NUMBER, File, Made, Maker, wild

PARIS = ZoneInfo(plans.ZONE)
#: The templates of a day's numbers, in the order of `Day`.
TEMPLATES = ("daily_steps", "daily_active", "nightly_sleep")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Day(NamedTuple):
    """A day: its steps, its minutes of movement, and the minutes asleep in the night before."""

    day: date
    steps: int
    active: int
    sleep: int


def month_of_days(random: Random, month: int) -> tuple[list[Day], dict[str, tuple[int, ...]]]:
    """Return a month in which all days of the same name are alike, and what they are."""
    chosen = {
        name: (random.randint(1, 2_900) * 10, random.randint(1, 290), random.randint(200, 600))
        for name in WEEKDAYS
    }
    days = [Day(day, *chosen[WEEKDAYS[day.weekday()]]) for day in plans.days(month)]
    return days, dict(chosen)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """Return a time on the wall in Paris."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=PARIS)


def _in_parts(random: Random, whole: int, parts: int) -> list[int]:
    """Return parts of a number that add up to it."""
    cuts = sorted(random.randint(0, whole) for _ in range(parts - 1))
    return [high - low for low, high in zip([0, *cuts], [*cuts, whole], strict=True)]


def fitbit_steps(random: Random, each: Day, text: str = "") -> list[Any]:
    """Return steps at some minutes, in local time and US order."""
    minutes = random.sample(range(8 * 60, 20 * 60), 6)
    steps = _in_parts(random, each.steps, 6)
    return [
        {"dateTime": f"{at(each.day, m // 60, m % 60):%m/%d/%y %H:%M:%S}", "value": str(n)}
        | ({"note": text} if text else {})
        for m, n in zip(minutes, steps, strict=True)
    ]


def fitbit_sleep(random: Random, each: Day, text: str = "") -> list[Any]:
    """Return a night that begins on the day before, and a nap."""
    nap = random.randint(10, 90)
    made = []
    for number, minutes in enumerate((nap, each.sleep - nap)):
        end = at(each.day, 7 + 8 * number)
        made.append(
            {
                "logId": text or 1,
                "dateOfSleep": f"{each.day}",
                "startTime": f"{end - timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%S.000}",
                "minutesAsleep": minutes,
                "timeInBed": minutes + 30,
                "levels": {"summary": {"deep": {"minutes": 60}}, "data": [text]},
            }
        )
    return made


def health_steps(random: Random, each: Day, text: str = "") -> list[Any]:
    """Return steps at some minutes in UTC; a phone counts fewer of them, another app copies."""
    made: list[Any] = []
    for number, steps in enumerate(_in_parts(random, each.steps, 6)):
        moment = at(each.day, 8 + 2 * number, random.randrange(60)).astimezone(UTC)
        for source, amount in (("Watch", steps), ("Phone", steps // 2)):
            made.append([f"{moment:%Y-%m-%dT%H:%M:%SZ}", str(amount), source + text])
        made.append([f"{moment:%Y-%m-%dT%H:%M:%SZ}", "9999", text + "App via Health Connect"])
    return made


FIT_HEADER = (
    "Date,Move Minutes count,Calories (kcal),Distance (m),Heart Points,Low latitude (deg),"
    "Low longitude (deg),High latitude (deg),High longitude (deg),Step count,Walking duration (ms)"
).split(",")


def fit_daily(random: Random, each: Day, text: str = "") -> list[Any]:
    """Return one row of a day, with places that nobody asks for."""
    place = text or "48.8566"
    row = [str(each.day), each.active, "1800.5", "5000", "20", place, place, place, place]
    return [[*row, each.steps, "3600000"]]


def garmin_days(random: Random, each: Day, text: str = "") -> list[Any]:
    """Return a day; it was first written before it ended."""
    hard = random.randint(0, each.active)
    whole = {
        "userProfilePK": text or 1,
        "calendarDate": str(each.day),
        "totalSteps": each.steps,
        "moderateIntensityMinutes": each.active - hard,
        "vigorousIntensityMinutes": hard,
    }
    early = whole | {"totalSteps": each.steps // 2, "moderateIntensityMinutes": 0}
    return [whole, early]


def garmin_nights(random: Random, each: Day, text: str = "") -> list[Any]:
    """Return the stages of a night."""
    deep, light, rem = _in_parts(random, each.sleep * 60, 3)
    return [
        {
            "calendarDate": str(each.day),
            "deepSleepSeconds": deep,
            "lightSleepSeconds": light,
            "remSleepSeconds": rem,
            "awakeSleepSeconds": 999,
            "note": text,
        }
    ]


def withings_raw(random: Random, each: Day, text: str = "") -> list[Any]:
    """Return steps in cells of lists."""
    one, *more = _in_parts(random, each.steps, 5)
    first, second = at(each.day, 9).isoformat(), at(each.day, 17).isoformat()
    return [
        [first, "60", str(one), text],
        [second, "[60,60,120,60]", "[" + ",".join(map(str, more)) + "]", text],
    ]


def withings_daily(random: Random, each: Day, text: str = "") -> list[Any]:
    """Return the steps of a day."""
    return [[str(each.day), str(each.steps)] + ([text] if text else [])]


def withings_nights(random: Random, each: Day, text: str = "") -> list[Any]:
    """Return a night that begins on the day before."""
    light, deep, rem = _in_parts(random, each.sleep * 60, 3)
    end = at(each.day, 7)
    start = (end.astimezone(UTC) - timedelta(minutes=each.sleep + 30)).astimezone(PARIS)
    return [[start.isoformat(), end.isoformat(), light, deep, rem, 1800, 2, text]]


class Layout(NamedTuple):
    """One kind of file: its path, its header (none where it is JSON), rows, and measures."""

    path: str
    header: Sequence[str]
    rows: Callable[[Random, Day, str], list[Any]]
    measures: tuple[int, ...]


_NIGHTS = 'from,to,light (s),deep (s),rem (s),awake (s),wake up,"Duration to sleep (s)"'
LAYOUTS: Mapping[str, Layout] = {
    "fitbit-minutes": Layout(
        "Takeout/Fitbit/Global Export Data/steps-2025-0{}-01.json", (), fitbit_steps, (0,)
    ),
    "fitbit-sleep": Layout(
        "Takeout/Fitbit/Global Export Data/sleep-2025-0{}-01.json", (), fitbit_sleep, (2,)
    ),
    "google-health-steps": Layout(
        "Takeout/Google Health/Physical Activity_GoogleData/steps_2025-0{}-01.csv",
        ("timestamp", "steps", "data source"),
        health_steps,
        (0,),
    ),
    "google-fit-daily": Layout(
        "Takeout/Fit/Daily activity metrics/{}/Daily activity metrics.csv",
        FIT_HEADER,
        fit_daily,
        (0, 1),
    ),
    "garmin-days": Layout(
        "DI_CONNECT/DI-Connect-Aggregator/UDSFile_{}.json", (), garmin_days, (0, 1)
    ),
    "garmin-nights": Layout(
        "DI_CONNECT/DI-Connect-Wellness/{}_sleepData.json", (), garmin_nights, (2,)
    ),
    "withings-raw": Layout(
        "{}raw_tracker_steps.csv", ("start", "duration", "value"), withings_raw, (0,)
    ),
    "withings-daily": Layout("{}aggregates_steps.csv", ("date", "value"), withings_daily, (0,)),
    "withings-nights": Layout(
        "{}sleep.csv", _NIGHTS.replace('"', "").split(","), withings_nights, (2,)
    ),
}


def write(rows: Sequence[Any], part: int, layout: str) -> File:
    """Return a file of some rows."""
    path, header, *_ = LAYOUTS[layout]
    name = path.format(part + 1)
    return name, plans.table(header, rows) if header else json.dumps(list(rows)).encode()


def make(seed: int, layout: str) -> Made:
    """Return what an invented person gives, with known totals, in March and April 2025."""
    random = Random(f"{seed} {layout}")
    rows: list[Any] = []
    totals: dict[tuple[str, str, tuple[str, ...]], tuple[float, ...]] = {}
    told = LAYOUTS[layout]
    for month in (3, 4):
        days, chosen = month_of_days(random, month)
        for name, numbers in chosen.items():
            for place in told.measures:
                totals[TEMPLATES[place], f"2025-{month:02d}", (name,)] = (numbers[place],)
        for each in days:
            rows += told.rows(random, each, "")
    random.shuffle(rows)
    middle = len(rows) // 2
    parts = (rows[:middle], rows[middle:] + rows[:5])
    files = tuple(write(part, number, layout) for number, part in enumerate(parts))
    return Made(files, plans.DECLARED, totals, len(rows))


def maker(layout: str) -> Maker:
    """Return the maker of one layout."""

    def rows(random: Random, marked: bool) -> list[Any]:
        text = CANARY + NUMBER if marked else ""
        days, _ = month_of_days(random, 3)
        some = random.sample(days, 20)
        made = [row for each in some for row in LAYOUTS[layout].rows(random, each, text)]
        if marked and CANARY not in str(made):
            made[0] = [*made[0], CANARY]
        return made

    def garbage(random: Random) -> Any:
        row = random.choice(rows(random, True))
        if isinstance(row, list):
            row[random.randrange(len(row))] = str(wild(random))
            return row[: random.randint(0, len(row))]
        row[random.choice(sorted(row))] = wild(random)
        return random.choice((row, wild(random)))

    def written(given: Sequence[Any], part: int) -> File:
        return write(given, part, layout)

    return Maker(rows, written, garbage, plans.DECLARED)
