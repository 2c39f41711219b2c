"""One market: what an application is built from, made once and handed on.

No module keeps what an application configured, so several applications can live in one process.
The vault is not among it: only datasets and releases may open it (`app.vault.open_vault`), so
that nothing to the right of a release holds a way to rows. Nor is the way e-mail leaves, which
the worker alone needs.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from flask import Flask, current_app

from app.core.config import Settings, load_settings
from app.core.db import Database
from app.payments import installation
from app.payments.gateway import PaymentGateway
from app.payments.mode import Connection, decide
from app.payments.stripe_gateway import connect

#: The one key of this product in `app.extensions`.
KEY = "moisson"
Fact = Callable[[Settings], object]


@dataclass(frozen=True)
class Market:
    """What all features of one application share.

    Attributes
    ----------
    settings : Settings
    db : Database
        Also tells services what they need deep down (`app.core.db.fact`).
    connection : Connection
        How the payment provider is reached.
    gateway : PaymentGateway
    """

    settings: Settings
    db: Database
    connection: Connection
    gateway: PaymentGateway

    def close(self) -> None:
        """Close every connection to the database."""
        self.db.dispose()


def open_market(environment: Mapping[str, str] | None = None, facts: Iterable[Fact] = ()) -> Market:
    """Build a market from environment variables.

    Parameters
    ----------
    environment : mapping, optional
        Settings in place of the process's environment; see docs/configuration.md.
    facts : iterable of callable
        Each makes of the settings something that services need deep down, such as the issuer.

    Raises
    ------
    app.core.errors.UnsafeConfiguration
        When the settings are incomplete or unsafe.
    """
    settings = load_settings(environment)
    db = Database(settings.database_url, *(fact(settings) for fact in facts))
    connection = decide(
        settings.stripe_key,
        settings.stripe_api_base,
        settings.stripe_webhook_secret,
        production=settings.production,
    )
    installation.keep_to(db, connection.mode)
    return Market(settings, db, connection, connect(connection))


def market_of(app: Flask) -> Market:
    """Return the market of an application."""
    found: Market = app.extensions[KEY]
    return found


def current_market() -> Market:
    """Return the market of the application that answers this request."""
    found: Market = current_app.extensions[KEY]
    return found
