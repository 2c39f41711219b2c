"""The worker: what does the jobs. The only module that loads engine, noise and synthetic rows.

`flask --app app.worker worker` works until it is interrupted; beside it stand the commands that
do jobs themselves (`run-jobs`, and those of the demonstration).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import click
import pyarrow as pa
from flask import Flask

from app.alerts import letters as alert_letters
from app.alerts import looking
from app.catalog import listing
from app.categories import service as discovering_categories
from app.categories.queries import SearchTerms
from app.cli import refused_in_one_line
from app.collections import plans
from app.contributions import diary_entries, drafts, waiting
from app.contributions import service as contributions
from app.core.config import Settings
from app.core.erased import ErasedList
from app.core.permissions import SYSTEM
from app.datasets import queries as dataset_queries
from app.datasets import service as datasets
from app.datasets import stored
from app.demo import commands as demo
from app.downloads import synthetic as synthetic_files
from app.endpoints import delivering
from app.endpoints.sending import Sender
from app.engine.measuring import count_edition, measure_edition
from app.engine.opening import open_engine
from app.jobs.runner import Handlers, Runner
from app.jobs.schedule import HOURLY, OFTEN, Schedule
from app.jobs.worker import Worker
from app.ledger import chain
from app.letters.post import build_post
from app.market import Market, market_of
from app.notices import evening
from app.notices import letters as notice_letters
from app.operator import verifying
from app.orders import receipts
from app.payouts import sending
from app.payouts import service as payouts
from app.reconciliation import service as reconciliation
from app.releases import bounds as release_bounds
from app.releases import measuring as measuring_editions
from app.releases import queries as release_queries
from app.releases import service as releases
from app.releases.members import Sources
from app.rights import exports, restoring
from app.sellers import service as sellers
from app.users import invitation_letters, letters
from app.vault.unnamed import erase_unnamed
from app.webhooks import service as webhooks
from app.wiring import build
from privacy.discovery import FoundCategories, find_categories, plan_discovery
from privacy.loss import Rho
from privacy.plan.counting import CountPlan
from privacy.plan.noise_plan import NoisePlan
from privacy.release import Release
from privacy.synthetic.likeness import Likeness, compare
from privacy.synthetic.synthesis import SyntheticRows, synthesise
from privacy.tables.table import Table


def create_app(environment: Mapping[str, str] | None = None) -> Flask:
    """Build the application with the commands that do jobs.

    Raises
    ------
    app.core.errors.UnsafeConfiguration
    """
    app = build(environment)
    _install_commands(app)
    demo.install(app, runner)
    return app


def runner(app: Flask) -> Runner:
    """Return what does the jobs of an application."""
    market, handlers = market_of(app), Handlers()
    db, gateway = market.db, market.gateway
    datasets.install_worker(handlers, datasets.checking(market))
    measuring_editions.install_worker(handlers, measuring(market))
    listing.install_worker(handlers, db)
    discovering_categories.install_worker(handlers, discovering(market))
    synthetic_files.install_worker(handlers, synthesising(market))
    sending.install_worker(handlers, sending.paying(market))
    reconciliation.install_worker(handlers, db, gateway, SYSTEM)
    webhooks.install_worker(handlers, db, gateway)
    exports.install_worker(handlers, datasets.checking(market))
    verifying.install_worker(handlers, db)
    letters.install_worker(handlers, db, market.settings, build_post(market.settings))
    invitation_letters.install_worker(handlers, db, market.settings, build_post(market.settings))
    receipts.install_worker(handlers, db, market.settings, build_post(market.settings))
    notice_letters.install_worker(handlers, db, market.settings, build_post(market.settings))
    evening.install_worker(handlers, db, market.settings, build_post(market.settings))
    alert_letters.install_worker(handlers, db, market.settings, build_post(market.settings))
    delivering.install_worker(handlers, db, Sender())
    return Runner(db, handlers)


def schedule(market: Market) -> Schedule:
    """Return what becomes due by the clock."""
    made, db = Schedule(), market.db
    made.add("offer months", OFTEN, lambda: contributions.offer_due(datasets.checking(market)))
    made.add("expire diaries", HOURLY, lambda: diary_entries.expire(datasets.checking(market)))
    made.add("expire drafts", HOURLY, lambda: drafts.expire(datasets.checking(market)))
    made.add("forget what waits", HOURLY, lambda: waiting.expire(db))
    made.add("close editions", HOURLY, lambda: releases.close_due(db))
    made.add("erase what nothing names", HOURLY, lambda: erase_what_nothing_names(market))
    made.add("tell contributors", HOURLY, lambda: notice_letters.schedule(db))
    made.add("remind of diaries", HOURLY, lambda: evening.schedule(db))
    made.add("price the catalogue", HOURLY, lambda: listing.price_due(db))
    made.add("forget old looks", HOURLY, lambda: sellers.forget_old(db))
    made.add("keep plans", HOURLY, lambda: plans.keep_missing(db))
    made.add("keep bounds", OFTEN, lambda: release_bounds.keep_missing(db))
    made.add("expire exports", HOURLY, lambda: exports.expire(datasets.checking(market)))
    made.add("catch up with the provider", HOURLY, lambda: webhooks.schedule(db))
    made.add("pay", HOURLY, lambda: payouts.schedule(db, market.settings.payout_every))
    made.add("compare with the provider", HOURLY, lambda: reconciliation.schedule(db))
    made.add("verify the book", HOURLY, lambda: verifying.schedule(db))
    made.add("tell programs", OFTEN, lambda: delivering.look(db))
    made.add("tell of new editions", OFTEN, lambda: looking.look(db))
    made.add("keep what was erased", HOURLY, lambda: _keep_erased(market))
    made.add("extend the chain", OFTEN, lambda: chain.extend(db))
    return made


def _keep_erased(market: Market) -> None:
    restoring.tidy(market.db, ErasedList.of(market.settings), market.settings.backup_days)


def erase_what_nothing_names(market: Market) -> None:
    """Erase the objects in the vault whose writer was killed before it could name them."""
    parts = (dataset_queries.named_objects, release_queries.named_objects, exports.named_objects)
    erase_unnamed(market.db, datasets.checking(market).vault, parts)


def measuring(market: Market) -> measuring_editions.Measuring:
    """Return what a measurement needs: doors, the edition secret, the ceiling."""
    settings = market.settings

    def count(
        rows: measuring_editions.EditionRows,
        sources: Sources,
        plan: CountPlan,
        before_noise: Callable[[], None],
        *,
        link: str = "",
    ) -> int:
        with open_engine(settings) as engine:
            return count_edition(engine, rows, sources, plan, before_noise, link=link)

    def measure(
        rows: measuring_editions.EditionRows,
        sources: Sources,
        plan: NoisePlan,
        secret: str,
        on_progress: Callable[[int], None],
        before_noise: Callable[[], None],
        *,
        linked: bool = False,
    ) -> Release:
        with open_engine(settings) as engine:
            return measure_edition(
                engine,
                rows,
                sources,
                plan.schema,
                plan,
                secret,
                on_progress,
                before_noise,
                linked=linked,
            )

    vault = datasets.checking(market).vault
    return measuring_editions.Measuring(
        *(market.db, vault, count, measure, settings.edition_secret, _ceiling(settings)),
        listing.list_edition,
    )


def discovering(market: Market) -> discovering_categories.Discovering:
    """Return what a search for categories needs: doors, the secret, the ceiling."""
    settings = market.settings

    def find(
        rows: Iterator[pa.RecordBatch],
        terms: SearchTerms,
        secret: str,
        before_noise: Callable[[], None],
    ) -> FoundCategories:
        plan = plan_discovery(terms.epsilon, terms.delta, terms.bound)
        planned = (plan.rho, plan.threshold_delta, plan.threshold)
        if planned != (terms.rho, terms.threshold_delta, terms.threshold):
            raise RuntimeError("the search costs something else than was charged")
        with open_engine(settings) as engine:
            table = engine.stream(discovering_categories.COLUMNS, rows)
            return find_categories(
                engine, table, discovering_categories.VALUE, plan, secret, before_noise
            )

    vault = datasets.checking(market).vault
    return discovering_categories.Discovering(
        market.db, vault, find, settings.edition_secret, _ceiling(settings)
    )


def synthesising(market: Market) -> synthetic_files.Synthesising:
    """Return what making synthetic rows needs."""

    def make(
        tables: Sequence[Table], seed: int, on_progress: Callable[[int], None]
    ) -> tuple[SyntheticRows, Sequence[Likeness]]:
        rows = synthesise(tables, seed, on_progress=on_progress)
        return rows, compare(rows, tables)

    return synthetic_files.Synthesising(market.db, make)


def _ceiling(settings: Settings) -> Rho:
    return Rho(settings.account_ceiling_micro_rho)


def _install_commands(app: Flask) -> None:
    market = market_of(app)

    @app.cli.command("worker")
    @click.option("--threads", default=1, show_default=True, help="Jobs done at a time.")
    def worker(threads: int) -> None:
        """Do the jobs and keep the schedules, until interrupted."""
        with refused_in_one_line():
            market.db.ask()
        jobs = runner(app)
        # What a crash may have left half done: erasures, abandoned writes, unheard payments.
        jobs.guarded("sweep the vault", datasets.checking(market).vault.sweep)
        jobs.guarded("catch up", lambda: webhooks.catch_up_now(SYSTEM, market.db))
        ready = Worker(jobs, schedule(market), app.app_context)
        ready.serve(threads, lambda: click.echo("worker ready", err=True))

    @app.cli.command("apply-erased")
    def apply_erased() -> None:
        """Erase once more, in a restored database, what was erased since its backup."""
        erased, settings = ErasedList.of(market.settings), market.settings
        found = restoring.apply(datasets.checking(market), erased, settings.edition_secret)
        click.echo(f"{len(found.accounts)} accounts, {len(found.objects)} objects erased again")

    @app.cli.command("check-vault")
    def check_vault() -> None:
        """Open every object of the vault; fails where one cannot be read."""
        every, bad = stored.unreadable(datasets.checking(market))
        click.echo(f"{every} objects, {bad} cannot be read")
        if bad:
            raise SystemExit(1)

    @app.cli.command("run-jobs")
    def run_jobs() -> None:
        """Do every job that is due, then stop."""
        click.echo(f"{runner(app).run_due()} jobs done")
