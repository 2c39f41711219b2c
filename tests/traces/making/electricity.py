"""Files of electricity meters, in the layouts of those who give them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from tests.traces.making.books import workbook
from tests.traces.making.maker import CANARY, NUMBER, File, Made, Maker
from traces import Declared

ZONE = "Europe/Paris"
PLACE = ZoneInfo(ZONE)
DECLARED = Declared(zone=ZONE, today=date(2025, 12, 31))
METER = "00000000000123"

#: When a half hour began, and its mean power in watts; "" is a gap.
Half = tuple[datetime, int | str]

_FACTS = (
    "Identifiant PRM;Type de donnees;Date de debut;Date de fin;Grandeur physique;"
    "Grandeur metier;Etape metier;Unite;Pas en minutes"
)


def halves(month: int) -> Iterator[datetime]:
    """Iterate over the half hours of a month of 2025: 46 on a day in March, 50 in October."""
    at = datetime(2025, month, 1, tzinfo=PLACE).astimezone(UTC)
    end = datetime(2025 + month // 12, month % 12 + 1, 1, tzinfo=PLACE).astimezone(UTC)
    while at < end:
        yield at
        at += timedelta(minutes=30)


def daytype(day: date) -> str:
    return "weekend" if day.weekday() >= 5 else "weekday"


def make(seed: int, layout: str, months: Sequence[int] = (3, 10)) -> Made:
    """Return what an invented home gives, with known totals: each hour has its own power."""
    random = Random(f"{seed} {layout}")
    rows: list[Half] = []
    totals: dict[Any, Any] = {}
    kept = 0
    for month in months:
        plan = {
            (kind, hour): random.randrange(0, 4_000, 10)
            for kind in ("weekday", "weekend")
            for hour in range(24)
        }
        made = [(at, plan[daytype(local(at)), local(at).hour]) for at in halves(month)]
        rows += made
        if layout != "days":
            kept += len(made)
            totals |= {
                ("home_power", f"2025-{month:02d}", (kind, f"{hour:02d}")): (number(watts / 1000),)
                for (kind, hour), watts in plan.items()
            }
        totals |= daily_totals(month, made)
    days = len({local(at).date() for at, _ in rows})
    kept = days if layout in ("days", "index") else kept
    if layout == "index":
        totals = {place: each for place, each in totals.items() if place[0] != "home_power"}
    random.shuffle(rows)
    return Made((write(rows, 0, layout),), DECLARED, totals, kept)


def daily_totals(month: int, rows: Sequence[tuple[datetime, int]]) -> dict[Any, Any]:
    """Return the mean energy of each day of the week."""
    days: dict[date, int] = defaultdict(int)
    for at, watts in rows:
        days[local(at).date()] += watts
    by_name: dict[str, list[Fraction]] = defaultdict(list)
    for day, halved in days.items():
        by_name[f"{day:%A}".lower()].append(Fraction(halved, 2000))
    return {
        ("home_energy_daily", f"2025-{month:02d}", (name,)): (
            number(int(sum(held) / len(held) * 10 + Fraction(1, 2)) / 10),
        )
        for name, held in by_name.items()
    }


def number(value: float) -> float:
    return int(value) if value == int(value) else value


def local(at: datetime) -> datetime:
    return at.astimezone(PLACE)


def write(rows: Sequence[Any], part: int, layout: str = "curve", marked: bool = False) -> File:
    """Return a file; what is no half hour is written as a line of its own."""
    text, ident = (CANARY, NUMBER) if marked else ("Comptage Brut", METER)
    return _WRITERS[layout](rows, part, text, ident)


def stamp(at: datetime) -> str:
    return local(at).isoformat(timespec="seconds")


def wall(at: datetime) -> datetime:
    return local(at).replace(tzinfo=None)


def _curve(rows: Sequence[Any], part: int, text: str, ident: str) -> File:
    lines = [
        _FACTS,
        f"{ident};Courbe de charge;01/03/2025;31/10/2025;Energie active;Consommation;{text};W;30",
        "Horodate;Valeur",
    ]
    for row in rows:
        half = isinstance(row, tuple)
        lines.append(f"{stamp(row[0] + timedelta(minutes=30))};{row[1]}" if half else ";".join(row))
    return f"Enedis_Conso_Heure_2025{part}.csv", "\r\n".join(lines).encode("utf-8-sig")


def _index(rows: Sequence[Any], part: int, text: str, ident: str) -> File:
    """Write the index at each midnight: two registers of the supplier, and the total."""
    lines = [
        _FACTS.removesuffix(";Pas en minutes"),
        f"{ident};Index;01/03/2025;31/10/2025;Energie active;Consommation;{text};Wh",
        "Horodate;Type de releve;EAS F1;EAS F2;EAS D1;EAS T",
    ]
    total = 5_000_000
    ends = {wall(at).date(): at for at, _ in sorted(row for row in rows if isinstance(row, tuple))}
    shown: set[datetime] = set()
    for at, watts in sorted(row for row in rows if isinstance(row, tuple)):
        if wall(at).hour == wall(at).minute == 0 and at not in shown:
            lines.append(_pointed(at, total))
        total += int(watts) // 2 if watts else 0
        if ends[wall(at).date()] == at:
            lines.append(_pointed(at + timedelta(minutes=30), total))
            shown.add(at + timedelta(minutes=30))
    lines += [";".join(row) for row in rows if not isinstance(row, tuple)]
    lines += ["Periode;Identifiant calendrier fournisseur", f"{text};1"]
    return f"Enedis_Conso_Jour_2025{part}.csv", "\r\n".join(lines).encode("utf-8-sig")


def _pointed(at: datetime, total: int) -> str:
    return f"{stamp(at)};Arrêté quotidien;{total - 1000};1000;{total};{total}"


def _hours(rows: Sequence[Any], part: int, text: str, ident: str, inline: bool = False) -> File:
    table: list[Sequence[Any]] = [["Début", "Fin", "Valeur (en kW)", text]]
    for row in rows:
        if not isinstance(row, tuple):
            table.append(row)
            continue
        begin, end = wall(row[0]), wall(row[0] + timedelta(minutes=30))
        times = [f"{each:%d/%m/%Y %H:%M:%S}" if inline else each for each in (begin, end)]
        value = row[1] if isinstance(row[1], str) else row[1] / 1000
        table.append([*times, str(value).replace(".", ",") if inline else value])
    name = f"{METER}_Export_courbe_de_charge_Consommation_0{part}032025-09032025.xlsx"
    return name, workbook({"Consommation Horaire": table}, inline=inline)


def _days(rows: Sequence[Any], part: int, text: str, ident: str) -> File:
    table: list[Sequence[Any]] = [
        ["PRM", ident],
        ["Type de compteur", text],
        [],
        ["Date", "Valeur (en kWh)"],
    ]
    days: dict[date, int] = defaultdict(int)
    for row in rows:
        if not isinstance(row, tuple):
            table.append(row)
        elif row[1] != "":
            days[wall(row[0]).date()] += int(row[1])
    table += [[f"{day:%d/%m/%Y}", halved / 2000] for day, halved in days.items()]
    if part == 0:
        table.append(["01/11/2025", "NA"])
    name = f"{METER}_Export_energie_Consommation_{part}.xlsx"
    return name, workbook({"Export Consommation Quotidienne": table})


def _edf(rows: Sequence[Any], part: int, text: str, ident: str) -> File:
    """Write the newest day and the newest half hour first."""
    lines = [
        f"Récapitulatif de mes puissances atteintes en W {ident};;",
        "Date et heure de relève par le distributeur;Puissance atteinte (W);Nature de la donnée",
    ]
    lines += [";".join(row) for row in rows if not isinstance(row, tuple)]
    day = None
    for at, watts in sorted((row for row in rows if isinstance(row, tuple)), reverse=True):
        if wall(at).date() != day:
            day = wall(at).date()
            lines.append(f"{day:%d/%m/%Y};;")
        nature = text if text == CANARY else "Réelle"
        lines.append(f"{wall(at):%H:%M:%S};{watts};{nature}")
    return f"mes-puissances-atteintes-30min-{part}-75000.csv", "\n".join(lines).encode("cp1252")


def _conso(rows: Sequence[Any], part: int, text: str, ident: str, naive: bool = False) -> File:
    lines = ['"debut";"fin";"kW"']
    for row in rows:
        if isinstance(row, tuple):
            ends = row[0], row[0] + timedelta(minutes=30)
            times = [wall(at).isoformat(" ") if naive else stamp(at) for at in ends]
            value = row[1] if isinstance(row[1], str) else f"{row[1] / 1000:.3f}".replace(".", ",")
            row = [*times, value, *([text] if text == CANARY else [])]
        lines.append(";".join(f'"{cell}"' for cell in row))
    return f"historique_conso_{METER}_{part}.csv", "\n".join(lines).encode()


_WRITERS: Mapping[str, Callable[[Sequence[Any], int, str, str], File]] = {
    "curve": _curve,
    "index": _index,
    "hours": _hours,
    "hours as text": lambda *given: _hours(*given, inline=True),
    "days": _days,
    "edf": _edf,
    "conso": _conso,
    "conso on the wall": lambda *given: _conso(*given, naive=True),
}
LAYOUTS = tuple(_WRITERS)


def maker(layout: str) -> Maker:
    """Return the maker of a layout; whole days, so that a day is never split between files."""

    def rows(random: Random, marked: bool) -> list[Any]:
        made: list[Any] = []
        days = random.sample(range(1, 29), random.randint(3, 6))
        for day in days:
            at = datetime(2025, random.choice((4, 5)), day, tzinfo=PLACE).astimezone(UTC)
            made.append(
                [
                    (at + timedelta(minutes=30 * n), random.choice((0, 250, 4_522, 40_000, "")))
                    for n in range(48)
                ]
            )
        return [(marked, each) for each in made]

    def write_days(rows: Sequence[Any], part: int) -> File:
        marked = any(isinstance(row, tuple) and row[0] for row in rows)
        flat: list[Any] = []
        for row in rows:
            flat += row[1] if isinstance(row, tuple) else [row]
        return write(flat, part, layout, marked)

    return Maker(rows, write_days, garbage, DECLARED)


def garbage(random: Random) -> list[str]:
    """Return a line of cells that break the layouts."""
    cells = (
        "",
        CANARY,
        NUMBER,
        "NA",
        "-5",
        "1e999",
        "9" * 30,
        "Horodate",
        "Identifiant PRM",
        "Début",
        "Valeur (en kWh)",
        "2025-05-06T24:30:00+02:00",
        "0001-01-01T00:00:00+02:00",
        "9999-12-31T23:59:59Z",
        "31/12/9999 23:59:59",
        "30/03/2025 02:30:00",
        "26/10/2025",
        "25:99:00",
        "é",
    )
    return [random.choice(cells) for _ in range(random.randint(1, 5))]
