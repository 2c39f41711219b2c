"""The whole path as an attacker sees it: a file goes in, CSV files come out."""

import csv
import io
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from app.catalog.products import ProductKey, product
from app.collections.rules import CollectionRules, Purpose
from app.datasets.ingest.conforming import conform
from app.datasets.ingest.mapping import ColumnMapping, DimensionFeed
from app.datasets.ingest.reading import Limits, read_csv
from app.downloads.files import table_csv
from app.engine.duckdb import DuckDBEngine
from app.engine.measuring import count_edition, measure_edition, row_schema
from app.releases.members import SourceFile, Sources
from app.releases.queries import EditionView, ReleaseView
from app.releases.states import EditionState
from app.vault.local import LocalVault
from privacy import counting, measure
from privacy.plan.counting import CountPlan
from privacy.plan.noise_plan import NoisePlan
from privacy.plan.parts import Part
from privacy.plan.planning import Mechanism, plan_release
from privacy.plan.tiers import Tier
from privacy.plan.workload import Workload
from privacy.release import Release
from privacy.schema import CubeSchema, Dimension, Measure, MeasureRule
from tests.support.keys import Keys

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
GOLD_ONLY = (Tier("gold", 1),)
#: Close together, so that tiers drawn apart would tell the most.
FIVE_TIERS = tuple(Tier(f"tier {n}", n) for n in (1, 2, 3, 4, 5))
TABLE = ("day", "paid")
DAYS = ("Mon", "Tue", "Wed", "Thu")
MAPPING = ColumnMapping("who", {"day": DimensionFeed("day")}, {"paid": "paid"})


def schema_of(bound: int) -> CubeSchema:
    return CubeSchema(
        (Dimension("day", DAYS),),
        (Measure("paid", "EUR", Decimal(0), Decimal(10), Decimal(1), MeasureRule.SUM),),
        bound,
    )


def plan_of(
    epsilon: float,
    bound: int,
    mechanism: Mechanism = Mechanism.GAUSSIAN,
    tiers: tuple[Tier, ...] = GOLD_ONLY,
) -> NoisePlan:
    return plan_release(
        schema_of(bound),
        Workload((TABLE,), (1.0,)),
        epsilon,
        1e-6,
        tiers=tiers,
        mechanism=mechanism,
    )


def file_of(rows: Iterable[tuple[str, str, object]]) -> bytes:
    return "\n".join(["who,day,paid", *(f"{w},{d},{p}" for w, d, p in rows)]).encode()


@dataclass
class WholePath:
    """Uploads a file once; each `run` measures it anew and returns what the CSV files say."""

    vault: LocalVault
    plan: NoisePlan
    rules: CollectionRules

    @classmethod
    def of(cls, folder: Path, plan: NoisePlan) -> "WholePath":
        rules = CollectionRules(
            id="c",
            owner_id="o",
            title="Visits",
            description="",
            topic="other",
            person="guest",
            record="visit",
            schema=plan.schema,
            columns=(),
            ways=1,
            epsilon=plan.epsilon,
            delta=plan.delta,
            purposes=frozenset(Purpose),
            edition_days=30,
            currency="EUR",
            open=True,
            created_at=WHEN,
        )
        return cls(LocalVault(folder, bytes(32), Keys()), plan, rules)

    def upload(self, content: bytes) -> str:
        name = secrets.token_hex(16)
        with self.vault.write(name, row_schema(self.plan.schema)) as writer:
            for batch in conform(
                read_csv(io.BytesIO(content), Limits()), self.plan.schema, MAPPING
            ):
                writer.write_batch(batch)
        return name

    def nothing(self) -> str:
        """A dataset without rows, as an erased one leaves behind: a file of none is refused."""
        name = secrets.token_hex(16)
        with self.vault.write(name, row_schema(self.plan.schema)):
            return name

    def run(self, *names: str, draws: int = 1) -> list[np.ndarray]:
        """Measure the files of one producer, publish, download: figures as in `read`."""
        return self._measure({"one": tuple(SourceFile(name) for name in names)}, draws)

    def run_in_two_stages(
        self, accounts: Sequence[str], count: CountPlan, minimum: int, draws: int
    ) -> list[tuple[int, np.ndarray | None]]:
        """Count accounts that are one person each, and measure where enough were counted.

        Returns
        -------
        list of (int, array or None)
            The count, and the figures where there are any.
        """
        files = tuple(SourceFile(name, f"account {n}") for n, name in enumerate(accounts))
        sources = {"one": files}
        counts = []

        def several(variance: Fraction, size: int) -> Any:
            counts.extend(int(drawn(variance, size)[0]) for _ in range(draws))
            return [0]

        drawn = counting.samplers.rounded_gaussian
        with DuckDBEngine(threads=1) as engine:
            with patch.object(counting.samplers, "rounded_gaussian", several):
                people = count_edition(engine, self.vault, sources, count)
        seen = [people + noise for noise in counts]
        figures = iter(self._measure(sources, draws))
        return [(n, next(figures) if enough(people, n, minimum) else None) for n in seen]

    def _measure(self, sources: Sources, draws: int) -> list[np.ndarray]:
        """Draw a release so many times.

        The rows are read, bounded and counted once; noise and all that follows are drawn anew
        for each of `draws`, through the same functions.
        """
        with DuckDBEngine(threads=1) as engine:
            sealed: list[Release] = []

            def several(*counted: Any) -> Release:
                sealed.extend(add_noise(*counted) for _ in range(draws))
                return sealed[0]

            add_noise = measure.add_noise
            with patch.object(measure, "add_noise", several):
                measure_edition(
                    engine,
                    self.vault,
                    sources,
                    self.plan.schema,
                    self.plan,
                    secrets.token_hex(16),
                    lambda _: None,
                )
        return [self.read(release) for release in sealed]

    def read(self, release: Release) -> np.ndarray:
        """Return (n_tiers, 9): contributions by day, sums by day, people."""
        published = Release.from_bytes(release.to_bytes())
        edition = EditionView("e", "c", 1, frozenset(Purpose), EditionState.PUBLISHED, WHEN, WHEN)
        view = ReleaseView(edition, self.rules, published, "digest", 1, 1)
        figures = []
        for tier in self.plan.tiers:
            chosen = product(view, ProductKey("e", (0, 1), tier.name))
            rows = list(csv.DictReader(io.StringIO(table_csv(view, chosen).decode())))
            by_cell: Mapping[tuple[str, str], float] = {
                (row["day"], row["statistic"]): float(row["value"]) for row in rows
            }
            figures.append(
                [by_cell[day, statistic] for statistic in ("contributions", "sum") for day in DAYS]
                + [published.people(tier).value]
            )
        return np.array(figures)


def enough(people: int, counted: int, minimum: int) -> bool:
    """Decide as the product does: by the noisy number, never by the true one."""
    return counted >= minimum


def score(plan: NoisePlan, figures: np.ndarray, person: np.ndarray) -> np.ndarray:
    """Return each tier's best guess whether a person is in it: the log likelihood ratio.

    Parameters
    ----------
    plan : NoisePlan
        Public.
    figures : (n_tiers, 9) float64
    person : (n_days, 2) float64
        The masses that the person would add.

    Returns
    -------
    (n_tiers,) float64
    """
    scores = []
    for row in figures:
        top = row[4:8] / 10
        masses = np.stack([row[:4] - top, top], axis=1)
        total = row[8] / plan.people_variance
        for subset in plan.closure:
            inside = [_residual(table, subset) for table in (masses, person)]
            total += (inside[0] * inside[1]).sum() / plan.variances[Part(subset)]
        scores.append(total)
    return np.array(scores)


def _residual(table: np.ndarray, subset: tuple[str, ...]) -> np.ndarray:
    rest = tuple(i for i, axis in enumerate(TABLE) if axis not in subset)
    part = table.sum(axis=rest, keepdims=True)
    for position, axis in enumerate(TABLE):
        if axis in subset:
            part = part - part.mean(axis=position, keepdims=True)
    return part
