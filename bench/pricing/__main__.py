"""Speed of prices, sales and settlements.

Run as `python -m bench.pricing [--quick]`; writes docs/benchmarks/pricing.json and pricing.md.
Databases are new ones, made and removed here; the PostgreSQL server is the tests' own.
"""

import importlib
import json
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench.pricing.quoting import library_ms, market_ms
from bench.pricing.settlement import sale_seconds, settle_seconds

FOLDER = Path(__file__).parent.parent.parent / "docs" / "benchmarks"
ENGINES = ("sqlite", "postgresql")
Figure = dict[str, str | float]


@contextmanager
def databases() -> Iterator[Callable[[str], str]]:
    """Give a function that makes an empty database of an engine and returns its address."""
    postgres = importlib.import_module("tests.support.postgres")
    with tempfile.TemporaryDirectory() as folder, postgres.server(durable=True) as server:
        count = 0

        def new(engine: str) -> str:
            nonlocal count
            count += 1
            if engine == "sqlite":
                return f"sqlite:///{folder}/market{count}.db"
            postgres.execute(server, f"CREATE DATABASE bench_{count}")
            return str(postgres.with_database(server, f"bench_{count}"))

        yield new


def figures(quick: bool) -> list[Figure]:
    """Measure everything; on small numbers when quick."""
    scale = 100 if quick else 1
    catalogue, tables, repeats = 100_000 // scale, 1_000 // scale, 5 if quick else 50
    few, many = 1_000 // scale, 1_000_000 // scale
    priced = library_ms(catalogue, tables, repeats)
    said = f"{tables:,} of {catalogue:,} products, median of {repeats}"
    found = [
        _figure("quote_1000_products_ms", priced["warm"], "ms", f"the library, warm; {said}"),
        _figure(
            "quote_1000_products_owner_ms",
            priced["owner"],
            "ms",
            f"to an owner of half as many more; {said}",
        ),
        _figure(
            "quote_1000_products_first_ms",
            priced["cold"],
            "ms",
            "the first quote from a price list",
        ),
        _figure(
            "other_routes_1000_products_ms", priced["routes"], "ms", f"all other routes; {said}"
        ),
    ]
    with databases() as new:
        for engine in ENGINES:
            spent = market_ms(new(engine), catalogue, tables, max(3, repeats // 5))
            how = f"bundle, holdings and releases read from {engine}, then quoted; {said}"
            found.append(_figure(f"bundle_1000_products_{engine}_ms", spent, "ms", how))
        found += _sales(new, few, many, 20 if quick else 200)
        found += _settlements(new, many)
    return found


def _sales(new: Callable[[str], str], few: int, many: int, repeats: int) -> list[Figure]:
    found: list[Figure] = []
    worst = 0.0
    for engine in ENGINES:
        small = statistics.median(sale_seconds(new(engine), few, repeats)) * 1_000
        large = statistics.median(sale_seconds(new(engine), many, repeats)) * 1_000
        worst = max(worst, large / small)
        how = f"one sale with its commit, {engine}, median of {repeats}"
        found.append(_figure(f"sale_1e3_{engine}_ms", small, "ms", f"{few:,} contributors; {how}"))
        found.append(_figure(f"sale_1e6_{engine}_ms", large, "ms", f"{many:,} contributors; {how}"))
    how = f"{many:,} contributors beside {few:,}, the worse of both databases"
    return [_figure("sale_1e6_vs_1e3", worst, "ratio", how), *found]


def _settlements(new: Callable[[str], str], many: int) -> list[Figure]:
    spent = {engine: settle_seconds(new(engine), many) for engine in ENGINES}
    how = f"{many:,} balances in one pass"
    return [
        _figure("settle_1e6_seconds", max(spent.values()), "s", f"{how}, the slower of both"),
        *(_figure(f"settle_1e6_{e}_seconds", s, "s", f"{how}, {e}") for e, s in spent.items()),
    ]


def _figure(name: str, value: float, unit: str, how: str) -> Figure:
    return {"name": name, "value": round(value, 3), "unit": unit, "how": how}


def page_of(found: list[Figure]) -> str:
    """Write the page beside the figures."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    lines = [f"| {f['name']} | {f['value']} | {f['unit']} | {f['how']} |" for f in found]
    return "\n".join(
        [
            "# Prices, sales and settlements",
            "",
            f"Measured {datetime.now(tz=UTC).date()} on {os.cpu_count()} cores, {memory:.0f} GiB",
            f"({platform.machine()}, Python {platform.python_version()}).",
            "Repeat with `make bench-pricing`.",
            "",
            "The catalogue: collections of ten editions, each with 21 tables of up to two columns",
            "at three tiers. A sale moves one number an edition, whoever contributes; a settlement",
            "is one pass inside the database, and every balance is checked afterwards by SQL.",
            "",
            "The aims: a warm quote under 10 ms, a sale for a million contributors at most 1.2",
            "times one for a thousand, a million balances under 30 s on both databases.",
            "",
            "| figure | value | unit | how |",
            "|---|---|---|---|",
            *lines,
            "",
        ]
    )


def main() -> None:
    """Measure and write."""
    quick = sys.argv[1:] == ["--quick"]
    found = figures(quick)
    if not quick:
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / "pricing.json").write_text(json.dumps(found, indent=2) + "\n")
        (FOLDER / "pricing.md").write_text(page_of(found))
    print(page_of(found))


if __name__ == "__main__":
    main()
