"""Uber: a driver's states, dispatches and payments, with commas or, in France, semicolons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from tests.traces.making import plans
from tests.traces.making.maker import CANARY, NUMBER, File, Made, Maker, wild
from traces import Reason

HEADERS = {
    "states": "earner_state,city_id,begin_lat,begin_lng,end_lat,end_lng,begin_timestamp_utc,"
    "end_timestamp_utc,duration_ms,begin_timestamp_local",
    "dispatches": "start_timestamp_utc,end_timestamp_utc,start_timestamp_local,end_timestamp_local,"
    "driver_uuid,city_id,minutes_online,minutes_active,dispatches,rejections,accepts,expireds,"
    "driver_cancellations,rider_cancellations,completed_trips,trip_fares,driver_adjusted_fares,"
    "flow_type,partner_uuids,vehicle_uuids,minutes_on_trip",
    "payments": "amount_local,currency_code,classification,category,recognize_timestamp_local",
}
NAMES = {
    "states": "03 - Driver Online Offline.csv",
    "dispatches": "08 - Driver Dispatches Offered and Accepted.csv",
    "payments": "12 - Driver Payments.csv",
}
STATES = ("open", "enroute", "ontrip")


def stamp(when: datetime) -> str:
    """Return a time as the lists write it."""
    return f"{when:%Y-%m-%d %H:%M:%S}.000"


def local(when: datetime, false: bool = True) -> str:
    """Return a time on the wall in Paris, with the "Z" that is not true."""
    wall = when.astimezone(ZoneInfo(plans.ZONE))
    return f"{wall:%Y-%m-%dT%H:%M:%S}.000{'Z' if false else ''}"


def state_row(start: datetime, minutes: int, state: str, text: str = "") -> list[Any]:
    """Return an interval; `text` in each field of a place or an identifier."""
    end = start + timedelta(minutes=minutes)
    places = [text or "48.85"] * 4
    return [state, text or "1", *places, stamp(start), stamp(end), minutes * 60_000, local(start)]


def dispatch_row(
    start: datetime,
    minutes: int,
    trips: int,
    online: float = 0,
    active: float = 0,
    riding: float = 0,
    text: str = "",
    decimal: str = ".",
) -> list[Any]:
    """Return an interval with its trips and minutes."""
    end = start + timedelta(minutes=minutes)
    some = [str(n).replace(".", decimal) for n in (float(online), float(active), float(riding))]
    return [
        *(stamp(start), stamp(end), local(start), local(end), text or "u", text or "1"),
        *some[:2],
        *(4, 1, 3, 0, 0, 0, trips, "27.40", 0, text or "UberX", text, text, some[2]),
    ]


def payment_row(
    when: datetime, cents: int, category: str = "driver_payment_fares", text: str = ""
) -> list[Any]:
    """Return a payment."""
    return [f"{cents / 100:.2f}", "EUR", text or "driver.payments", category, local(when)]


def write(rows: Sequence[Any], part: int, kind: str, delimiter: str = ",") -> File:
    """Return a list of some rows."""
    folder = f"Uber Data {part}/" if part else "Uber Data/"
    return folder + NAMES[kind], plans.table(HEADERS[kind].split(","), rows, delimiter)


def make(seed: int, delimiter: str = ",") -> Made:
    """Return what an invented driver gives, with known totals, in March and April 2025.

    Each hour online earns twenty euros on weekdays and thirty at weekends, less a quarter.
    """
    random = Random(seed)
    states: list[Any] = []
    trips: list[Any] = []
    payments: list[Any] = []
    totals: dict[tuple[str, str, tuple[str, ...]], tuple[float, ...]] = {}
    for month in (3, 4):
        for daytype, block in sorted({each.cell for each in plans.plan(random, ["x"])}):
            entry = plans.Entry(daytype, block, 0, "")
            minutes = [random.randint(1, 50) for _ in STATES]
            done = random.randint(0, 15)
            totals["gig_time", f"2025-{month:02d}", entry.cell] = tuple(minutes)
            totals["gig_trips", f"2025-{month:02d}", entry.cell] = (done,)
            hourly = 20 if daytype == "weekday" else 30
            totals["gig_pay", f"2025-{month:02d}", (daytype,)] = (hourly * 0.75,)
            for start in plans.starts(month, entry):
                trips.append(dispatch_row(start, 100, done))
                begun = start
                for state, length in zip(STATES, minutes, strict=True):
                    states.append(state_row(begun, length, state))
                    begun += timedelta(minutes=length)
                cents = round(sum(minutes) * hourly * 100 / 60) // 4 * 4
                missing = sum(minutes) * hourly * 100 / 60 - cents
                payments.append(payment_row(start, cents))
                payments.append(payment_row(start, -cents // 4, "commission"))
                assert missing < 4
    kept = len(states) + len(trips) + len(payments)
    when = datetime(2025, 3, 3, 12, tzinfo=UTC)
    states.append(state_row(when, 60, "offline"))
    payments.append(payment_row(when, -9_000, "bank_transfer_payout"))
    payments.append([*payment_row(when, 9_000)[:1], "GBP", *payment_row(when, 9_000)[2:]])
    trips.append(trips[0])
    for rows in (states, trips, payments):
        random.shuffle(rows)
    files = (
        write(states, 0, "states", delimiter),
        write(trips[: len(trips) // 2], 0, "dispatches", delimiter),
        write(trips[len(trips) // 2 :], 1, "dispatches", delimiter),
        write(payments, 0, "payments", delimiter),
    )
    dropped = {
        Reason.DUPLICATE: 1,
        Reason.OTHER_CURRENCY: 1,
        Reason.OUT_OF_DOMAIN: 1,
        Reason.OWN_TRANSFER: 1,
    }
    return Made(files, plans.DECLARED, totals, kept, dropped)


def _moment(random: Random) -> datetime:
    return datetime(2025, 3, 1, tzinfo=UTC) + timedelta(minutes=random.randrange(90_000))


def _row(random: Random, kind: str, text: str) -> list[Any]:
    if kind == "states":
        state = random.choice((*STATES, "offline"))
        return state_row(_moment(random), random.choice((0, 20, 300, 2_000)), state, text)
    if kind == "dispatches":
        numbers = random.randint(0, 5), random.randint(40, 60), random.randint(20, 40)
        return dispatch_row(_moment(random), 60, *numbers, random.randint(0, 50), text)
    category = random.choice(("driver_payment_fares", "tip", "commission", "payout"))
    return payment_row(_moment(random), random.randint(-900, 3_000), category, text)


def maker(kind: str, delimiter: str) -> Maker:
    """Return the maker of one list."""

    def rows(random: Random, marked: bool) -> list[Any]:
        text = CANARY + NUMBER if marked else ""
        made = [_row(random, kind, text) for _ in range(random.randint(30, 60))]
        days = [date(2025, 3, 1) + timedelta(days=n) for n in (0, 10, 40)]
        noon = [datetime.combine(day, time(12), tzinfo=UTC) for day in days]
        if kind == "states":
            made += [state_row(each, 30, "open", text) for each in noon]
        return made

    def garbage(random: Random) -> Any:
        row = _row(random, kind, CANARY)
        row[random.randrange(len(row))] = str(wild(random))
        return row[: random.randint(0, len(row))] if random.random() < 0.3 else row

    def written(given: Sequence[Any], part: int) -> File:
        return write(given, part, kind, delimiter)

    return Maker(rows, written, garbage, plans.DECLARED)
