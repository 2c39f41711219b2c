"""Readings of sensors, as tables, JSON, histories of Home Assistant, and Green Button feeds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from tests.traces.making.electricity import (
    PLACE,
    ZONE,
    daily_totals,
    daytype,
    halves,
    local,
    number,
)
from tests.traces.making.maker import CANARY, NUMBER, File, Made, Maker, wild
from traces import Declared, Reason

SENSOR = "sensor.home_power"

#: When, and the mean power in watts from then on; "" where there was none.
Read = tuple[datetime, int | str]


def declared(**changed: Any) -> Declared:
    return Declared(**{"zone": ZONE, "today": date(2025, 12, 31), "unit": "W"} | changed)


def make(seed: int, layout: str, months: Sequence[int] = (3, 10)) -> Made:
    """Return the readings of an invented home, with known totals: each hour has its own power."""
    random = Random(f"{seed} {layout}")
    rows: list[Read] = []
    totals: dict[Any, Any] = {}
    for month in months:
        plan = {
            (kind, hour): random.randrange(0, 4_000, 10)
            for kind in ("weekday", "weekend")
            for hour in range(24)
        }
        made = [(at, plan[daytype(local(at)), local(at).hour]) for at in halves(month)]
        rows += [*made, (made[-1][0] + timedelta(minutes=30), "")]
        totals |= {
            ("home_power", f"2025-{month:02d}", (kind, f"{hour:02d}")): (number(watts / 1000),)
            for (kind, hour), watts in plan.items()
        }
        totals |= daily_totals(month, made)
    kept = len(rows) - 2
    random.shuffle(rows)
    middle = len(rows) // 2
    files = (write(rows[:middle], 0, layout), write(rows[middle - 5 :], 1, layout))
    again = sum(watts == "" for _, watts in rows[middle - 5 : middle])
    dropped = {Reason.DUPLICATE: 5}
    if layout != "green button":
        dropped[Reason.MISSING] = 2 + again
    return Made(files, declared(), totals, kept, dropped)


def write(
    rows: Sequence[Any], part: int, layout: str, marked: bool = False, sensor: str = SENSOR
) -> File:
    """Return a file; what is no reading stands as it is."""
    return _WRITERS[layout](rows, part, f"sensor.{CANARY}{NUMBER}" if marked else sensor)


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.000Z}"


def _table(
    header: str, delimiter: str, cells: Callable[[datetime, Any, str], Sequence[str]]
) -> Callable[[Sequence[Any], int, str], File]:
    def writer(rows: Sequence[Any], part: int, sensor: str) -> File:
        lines = [header]
        lines += [
            delimiter.join(cells(*row, sensor) if isinstance(row, tuple) else row) for row in rows
        ]
        return f"my sensor {part}.csv", "\n".join(lines).encode("utf-8", "replace")

    return writer


def _json(rows: Sequence[Any], part: int, sensor: str) -> File:
    held = [
        {"time": _stamp(row[0]), "value": row[1], "unit": "W", "sensor": sensor}
        if isinstance(row, tuple)
        else row
        for row in rows
    ]
    return f"my sensor {part}.json", json.dumps(held).encode()


def _api(rows: Sequence[Any], part: int, sensor: str) -> File:
    """Write the unit and the kind with the first reading alone."""
    held: list[Any] = []
    for row in rows:
        if not isinstance(row, tuple):
            held.append(row)
            continue
        state = "unavailable" if row[1] == "" else str(row[1])
        each = {"entity_id": sensor, "state": state, "last_changed": _stamp(row[0])}
        if not held:
            each |= {"attributes": {"unit_of_measurement": "W", "friendly_name": sensor}}
        held.append(each)
    return f"history {part}.json", json.dumps([held]).encode()


def _green_button(rows: Sequence[Any], part: int, sensor: str) -> File:
    body = ""
    for row in rows:
        start, value = row if isinstance(row, tuple) else (None, None)
        if value == "":
            continue
        facts = (
            (str(int(start.timestamp())), "1800", str(int(value) * 5))
            if start is not None
            else (*row, "", "", "")[:3]
        )
        body += (
            "<espi:IntervalReading><espi:cost>974</espi:cost><espi:timePeriod>"
            f"<espi:duration>{facts[1]}</espi:duration><espi:start>{facts[0]}</espi:start>"
            f"</espi:timePeriod><espi:value>{facts[2]}</espi:value></espi:IntervalReading>"
        )
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" '
        f'xmlns:espi="http://naesb.org/espi"><title>{sensor}</title><entry><content>'
        "<espi:ReadingType><espi:commodity>1</espi:commodity><espi:flowDirection>1"
        "</espi:flowDirection><espi:powerOfTenMultiplier>-1</espi:powerOfTenMultiplier>"
        "<espi:uom>72</espi:uom></espi:ReadingType></content></entry><entry><content>"
        f"<espi:IntervalBlock>{body}</espi:IntervalBlock></content></entry></feed>"
    )
    return f"green button {part}.xml", text.encode("utf-8", "replace")


_WRITERS: Mapping[str, Callable[[Sequence[Any], int, str], File]] = {
    "comma": _table(
        "time,value,unit,sensor", ",", lambda at, watts, name: [_stamp(at), str(watts), "W", name]
    ),
    "semicolon": _table(
        "Horodatage;Puissance (kW);Capteur",
        ";",
        lambda at, watts, name: [
            local(at).isoformat(),
            watts if isinstance(watts, str) else f"{watts / 1000:.2f}".replace(".", ","),
            name,
        ],
    ),
    "tab": _table(
        "timestamp\tkWh\tdevice",
        "\t",
        lambda at, watts, name: [
            str(int(at.timestamp())),
            watts if isinstance(watts, str) else f"{watts / 2000}",
            name,
        ],
    ),
    "json": _json,
    "history": _table(
        "entity_id,state,last_changed",
        ",",
        lambda at, watts, name: [name, str(watts) or "unavailable", _stamp(at)],
    ),
    "api": _api,
    "green button": _green_button,
}
LAYOUTS = tuple(_WRITERS)


def maker(layout: str) -> Maker:
    """Return the maker of a layout. A marked sensor is the one that was declared."""

    def rows(random: Random, marked: bool) -> list[Any]:
        begin = datetime(2025, 4, random.randint(1, 20), 0, tzinfo=PLACE).astimezone(UTC)
        times = random.sample(range(200), random.randint(60, 150))
        return [
            (marked, (begin + timedelta(minutes=30 * n), random.choice((0, 90, 4_000, 50_000, ""))))
            for n in times
        ]

    def write_rows(rows: Sequence[Any], part: int) -> File:
        marked = any(isinstance(row, tuple) and row[0] for row in rows)
        flat = [row[1] if isinstance(row, tuple) else row for row in rows]
        return write(flat, part, layout, marked)

    def garbage(random: Random) -> Any:
        if layout in ("json", "api"):
            name = f"sensor.{CANARY}{NUMBER}"
            row = {"time": "2025-04-01", "value": 1, "sensor": name, "unit": "kWh"}
            row |= {"entity_id": name, "state": "1", "last_changed": 1_741_939_200}
            changed = random.choice(("time", "value", "unit", "state", "last_changed"))
            return wild(random) if random.random() < 0.3 else row | {changed: wild(random)}
        cells = ("", "unknown", "-5", "1e99", "9" * 30, "W", "°C", "kWh", "2025-04-01T10:00:00Z")
        more = ("0", "1741939200", "01/04/2025", "9999-12-31T00:00:00Z", "1800", "é", "31/31/2025")
        return [random.choice((*cells, *more)) for _ in range(random.randint(1, 4))]

    return Maker(rows, write_rows, garbage, declared(profile=f"sensor.{CANARY}{NUMBER}"))
