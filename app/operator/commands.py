"""Commands about the provider: `flask --app app stripe-setup`, `flask --app app stripe-rights`."""

import os

import click
from flask import Flask

from app.core.config import Settings
from app.core.errors import UnsafeConfiguration
from app.market import market_of
from app.payments import stripe_setup
from app.payments.errors import GatewayError
from app.payments.mode import Connection, decide

SETUP_KEY = "MOISSON_STRIPE_SETUP_KEY"
WORDS = {"own": "own account", "connected": "connected accounts", "thin": "thin events"}


def install(app: Flask) -> None:
    """Add the commands to Flask's."""
    settings: Settings = market_of(app).settings

    @app.cli.command("stripe-setup")
    @click.option("--dry-run", is_flag=True, help="Only say what would be done.")
    def setup(dry_run: bool) -> None:
        """Set the provider's webhooks and payouts up; run it again to see that all is right."""
        connection = _connection(settings, os.environ.get(SETUP_KEY) or settings.stripe_key)
        click.echo(f"mode {connection.mode}, messages go to {settings.base_url}/webhooks/stripe")
        try:
            steps = stripe_setup.StripeSetup(connection, settings.base_url).run(dry=dry_run)
        except GatewayError as error:
            raise click.ClickException(
                f"{error.user_message} The key needs to write webhook endpoints, event "
                f"destinations and balance settings; it is read from {SETUP_KEY}."
            ) from None
        for step in steps:
            click.echo(f"{step.what:7} {WORDS.get(step.name, step.name)}: {step.detail}")
        secrets = [step.secret for step in steps if step.secret]
        if secrets:
            click.echo("\nShown this once; keep them out of files that others read:")
            click.echo("MOISSON_STRIPE_WEBHOOK_SECRET=" + ",".join(secrets))
            click.echo("(add those you have already, separated by commas)")
        if dry_run:
            click.echo("Nothing was changed.")

    @app.cli.command("stripe-rights")
    def rights() -> None:
        """Check that the market's key may do what it must, and not what it must not."""
        try:
            found = stripe_setup.check_rights(_connection(settings, settings.stripe_key))
        except GatewayError as error:
            raise click.ClickException(error.user_message) from None
        for each in found:
            right = "write" if each.right.write else "read"
            word = "ok" if each.fine else "MISSING" if each.wanted else "TOO MUCH"
            click.echo(f"{word:8} {each.right.resource} {right}: {'has it' if each.has else 'not'}")
        if not all(each.fine for each in found):
            raise SystemExit(1)


def _connection(settings: Settings, key: str) -> Connection:
    try:
        # The secret is what is about to be made: any word of the right form will do.
        secret = settings.stripe_webhook_secret or "whsec_not_made_yet"
        return decide(key, settings.stripe_api_base, secret, production=settings.production)
    except UnsafeConfiguration as error:
        raise click.ClickException(str(error)) from None
