"""Commands: `flask --app app <command>`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from alembic import command
from alembic.config import Config
from flask import Flask

from app.catalog.price_lists import currency
from app.collections import plans, templates
from app.core.backup import ROWS, back_up
from app.core.db import Database, new_id
from app.core.errors import Invalid, UnsafeConfiguration
from app.core.permissions import SYSTEM
from app.earnings import settlement
from app.market import market_of
from app.operator import commands, verifying
from app.payments.errors import GatewayError
from app.payouts import sending
from app.reconciliation import service as reconciliation
from app.search import work
from app.users import service as users
from pricing.money import Money

MIGRATIONS = Path(__file__).resolve().parent / "migrations"


@contextmanager
def refused_in_one_line() -> Iterator[None]:
    """End a command whose settings are refused with one line that says what to set.

    Elsewhere, in a web server or a test, the error is raised as it is.

    Raises
    ------
    app.core.errors.UnsafeConfiguration
    SystemExit
    """
    try:
        yield
    except UnsafeConfiguration as error:
        if click.get_current_context(silent=True) is None:
            raise
        # Flask shows any other error as a traceback, and then says that there is no such command.
        raise SystemExit(f"moisson: {error}") from None


def migrations_config(url: str) -> Config:
    """Return Alembic's settings for a database."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = url
    return config


def install(app: Flask) -> None:
    """Add the market's commands to Flask's."""
    db: Database = market_of(app).db

    @app.cli.command("migrate")
    def migrate() -> None:
        """Bring the database to the newest form."""
        command.upgrade(migrations_config(market_of(app).settings.database_url), "head")
        with db.unit_of_work():
            templates.found_templates(sensitive=market_of(app).settings.health_templates)
        plans.keep_missing(db)

    @app.cli.command("make-operator")
    @click.argument("email")
    def make_operator(email: str) -> None:
        """Let the account with this address run the market."""
        with db.unit_of_work():
            users.make_operator(SYSTEM, email)
        click.echo(f"{email} is an operator now")

    @app.cli.command("list-editions")
    @click.option("--anew", is_flag=True, help="Write those that are in the lists again, too.")
    def list_editions(anew: bool) -> None:
        """Have the worker put what is on sale into the lists of the catalogue."""
        with db.unit_of_work():
            work.list_later(f"asked-{new_id()}", anew=anew)
        click.echo("the worker lists the editions")

    @app.cli.command("backup")
    @click.argument("folder", type=click.Path(path_type=Path))
    def backup(folder: Path) -> None:
        """Copy the database and the sealed rows into a folder; nothing needs to stop for it."""
        settings = market_of(app).settings
        try:
            done = back_up(db, settings.instance / ROWS, folder, settings.backup_days)
        except Invalid as error:
            raise click.ClickException(str(error.user_message)) from None
        click.echo(
            f"{done.database}: {done.new} new objects, {done.gone} gone, {done.old} old copies"
        )

    _install_money(app, db)
    commands.install(app)
    _install_verifying(app, db)


def _install_money(app: Flask, db: Database) -> None:
    @app.cli.command("payouts")
    @click.option("--again", is_flag=True, help="Also those refused within the last day.")
    def payouts(again: bool) -> None:
        """Pay every contributor who can be paid, now."""
        tally = sending.run(sending.paying(market_of(app)), again=again)
        click.echo(f"{tally.sent} sent, {tally.refused} refused, {tally.unknown} without an answer")
        if tally.unknown:
            raise SystemExit(1)

    @app.cli.command("settle")
    def settle() -> None:
        """Move what contributors earned from the pools to their accounts, now."""
        done = settlement.settle_all(db)
        with db.unit_of_work(write=False):
            amount = Money(done.micros, currency())
        click.echo(f"{done.editions} editions, {done.parts} parts of contributors, {amount}")

    @app.cli.command("reconcile")
    def reconcile() -> None:
        """Compare the book with the payment provider; fails when they differ."""
        try:
            with db.unit_of_work():
                view = reconciliation.compare(SYSTEM, market_of(app).gateway)
        except GatewayError as error:
            raise click.ClickException(error.user_message) from None
        click.echo(f"book {view.book}, provider {view.provider}, {view.matched} movements agree")
        for one in view.differences:
            click.echo(
                f"{one.kind}: {one.what} {one.key or one.source_id}: "
                f"book {one.book_micros}, provider {one.provider_micros} millionths"
            )
        if not view.agrees:
            raise SystemExit(1)


def _install_verifying(app: Flask, db: Database) -> None:
    @app.cli.command("verify-book")
    def verify_book() -> None:
        """Work the book, its chain and its documents out again; fails when something is wrong."""
        view = verifying.verify(db)
        for one in view.findings:
            click.echo(one.plain)
        click.echo(f"{view.links} links, {view.waiting} transactions wait, head {view.digest}")
        if not view.holds:
            raise SystemExit(1)
