"""Commands of the demonstration: `flask --app app.worker fill-market`, `… demo`."""

from collections.abc import Callable

import click
from alembic import command
from flask import Flask

from app.cli import migrations_config
from app.demo import market, walk
from app.demo.errors import DemoRefused
from app.jobs.runner import Runner
from app.market import market_of

Runners = Callable[[Flask], Runner]


def install(app: Flask, runner: Runners) -> None:
    """Add the commands to Flask's.

    Parameters
    ----------
    runner : callable
        Makes what does an application's jobs; the worker hands it in.
    """

    @app.cli.command("fill-market")
    @click.option("--people", default=market.PEOPLE, show_default=True, help="Individuals.")
    def fill_market(people: int) -> None:
        """Fill the market with the demonstration's collections, people, sales and payouts."""
        try:
            made = market.fill(market_of(app), runner(app), click.echo, people)
        except DemoRefused as error:
            raise click.ClickException(str(error)) from None
        if not made:
            click.echo("The demonstration accounts are there already.")
        click.echo(market.accounts_table(market_of(app).settings.base_url))

    @app.cli.command("demo")
    def demo() -> None:
        """Go from upload to payout once, in a market that is thrown away afterwards."""
        try:
            walk.walk(
                click.echo,
                lambda url: command.upgrade(migrations_config(url), "head"),
                runner,
            )
        except DemoRefused as error:
            raise click.ClickException(str(error)) from None
