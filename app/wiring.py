"""Put the parts together: settings, doors, features, the worker's queue."""

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django_htmx
import pyarrow as pa
from flask import Flask, Response, request, send_from_directory, url_for
from flask_login import current_user
from markupsafe import Markup

from app import cli
from app.catalog import views as catalog
from app.core import jobs, mail
from app.core.config import Settings, load_settings
from app.core.db import Database
from app.core.filters import install_filters
from app.core.http import allow_uploads, install_error_pages, install_security, install_unit_of_work
from app.core.i18n import install_i18n
from app.core.logs import configure_logs, log_crashes, log_requests
from app.core.permissions import SYSTEM
from app.core.queue import build_queue
from app.datasets import service as datasets_service
from app.datasets import views as datasets
from app.datasets.ingest.reading import Limits
from app.downloads import synthetic
from app.downloads import views as downloads
from app.invoicing import issuer
from app.invoicing import views as billing
from app.ledger import chain
from app.operator import verifying
from app.operator import views as operator
from app.operator.documents import views as operator_documents
from app.operator.money import views as operator_money
from app.operator.price_books import views as price_books
from app.orders import views as orders
from app.orders.documents import views as documents
from app.pages import views as pages
from app.payments import installation
from app.payments.gateway import Mode, PaymentGateway
from app.payments.mode import decide
from app.payments.stripe_gateway import connect
from app.payouts import reconciliation, sending
from app.payouts import service as payouts_service
from app.payouts import views as payouts
from app.payouts.queries import Terms
from app.releases import discovering as releases_discovering
from app.releases import measuring as releases_measuring
from app.releases import service as releases_service
from app.releases import views as editions
from app.releases.finding import Terms as FindingTerms
from app.rights import views as rights
from app.users import views as users
from app.users.login import install_login
from app.vault.local import LocalVault
from app.webhooks import service as webhooks_service
from app.webhooks import views as webhooks
from privacy.loss import Rho
from privacy.plan.planning import NoisePlan
from privacy.release import Release
from privacy.tables.table import Table

if TYPE_CHECKING:
    from privacy.discovery import FoundCategories
    from privacy.synthetic.likeness import Likeness
    from privacy.synthetic.synthesis import SyntheticRows

HTMX = Path(django_htmx.__file__).parent / "static" / "django_htmx"
UPLOADS = frozenset({"datasets.new"})
STRIPE_PAGES = ("https://checkout.stripe.com", "https://connect.stripe.com")


def build(environment: Mapping[str, str] | None = None) -> Flask:
    """Build the application.

    Raises
    ------
    app.core.errors.UnsafeConfiguration
    """
    settings = load_settings(environment)
    configure_logs(settings.log_format)
    app = Flask("app")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        WTF_CSRF_TIME_LIMIT=12 * 3600,
        TESTING=settings.environment == "test",
    )
    app.extensions["settings"] = settings
    db = Database(settings.database_url)
    app.extensions["db"] = db
    connection = decide(
        settings.stripe_key,
        settings.stripe_api_base,
        settings.stripe_webhook_secret,
        production=settings.production,
    )
    installation.keep_to(db, connection.mode)
    app.extensions["money_mode"] = connection.mode
    app.extensions["gateway"] = connect(connection)
    _doors(app, settings, db)
    stand_in = connection.mode == "stand-in"
    install_unit_of_work(app, db)
    allow_uploads(app, UPLOADS, settings.upload_bytes + 1024 * 1024)
    log_requests(app)
    log_crashes(app)
    install_i18n(app)
    install_security(app, settings, (connection.api_base,) if stand_in else STRIPE_PAGES)
    install_login(app)
    install_error_pages(app)
    install_filters(app)
    _pages(app, settings, connection.mode)
    _blueprints(app)
    cli.install(app)
    return app


def _doors(app: Flask, settings: Settings, db: Database) -> None:
    vault = LocalVault(settings.instance / "vault", settings.vault_key)
    checking = datasets_service.Checking(db, vault, Limits(size=settings.upload_bytes))
    measuring = releases_measuring.Measuring(
        db,
        vault,
        _measure,
        settings.edition_secret,
        Rho(settings.account_ceiling_micro_rho),
    )
    discovering = releases_discovering.Discovering(
        db, vault, _discover, settings.edition_secret, measuring.ceiling
    )
    app.extensions["checking"] = checking
    app.extensions["measuring"] = measuring
    app.extensions["discovering"] = discovering
    datasets_service.register(checking)
    releases_measuring.register(measuring)
    releases_discovering.register(discovering)
    synthetic.register(synthetic.Synthesising(db, _synthesise))
    mail.use_post(mail.build_post(settings))
    _money(app, settings, db)
    hourly: tuple[Callable[[], None], ...] = (
        lambda: releases_service.close_due(db),
        lambda: webhooks_service.schedule(db),
        lambda: payouts_service.schedule(db, settings.payout_every),
    )
    queue = build_queue(app, db, settings.queue_path, hourly, (lambda: chain.extend(db),))
    app.extensions["queue"] = queue
    jobs.on_enqueue(queue.ring)


def _money(app: Flask, settings: Settings, db: Database) -> None:
    issuer.configure(
        issuer.Terms(
            issuer.Issuer(
                settings.issuer_name,
                settings.issuer_address,
                settings.issuer_registration,
                settings.issuer_vat_number,
                settings.vat_note,
            )
        )
    )
    gateway: PaymentGateway = app.extensions["gateway"]
    terms = Terms(settings.refund_days, settings.payout_minimum_cents, settings.payout_every)
    paying = sending.Paying(db, gateway, terms)
    app.extensions["paying"] = paying
    sending.register(paying)
    reconciliation.register(db, gateway, SYSTEM)
    webhooks_service.register(db, gateway)
    verifying.register(db)


def _measure(
    rows: releases_measuring.EditionRows,
    objects: Mapping[str, str],
    plan: NoisePlan,
    secret: str,
    on_progress: Callable[[int], None],
    before_noise: Callable[[], None],
) -> Release:
    # The engine and the noise library are heavy: only the process that measures loads them.
    engines = importlib.import_module("app.engine.duckdb")
    measuring = importlib.import_module("app.engine.measuring")
    with engines.DuckDBEngine() as engine:
        release: Release = measuring.measure_edition(
            engine, rows, objects, plan.schema, plan, secret, on_progress, before_noise
        )
    return release


def _discover(
    rows: Iterator[pa.RecordBatch],
    terms: FindingTerms,
    secret: str,
    before_noise: Callable[[], None],
) -> "FoundCategories":
    engines = importlib.import_module("app.engine.duckdb")
    discovery = importlib.import_module("privacy.discovery")
    plan = discovery.plan_discovery(terms.epsilon, terms.delta, terms.bound)
    planned = (plan.rho, plan.threshold_delta, plan.threshold)
    if planned != (terms.rho, terms.threshold_delta, terms.threshold):
        raise RuntimeError("the search costs something else than was charged")
    with engines.DuckDBEngine() as engine:
        table = engine.stream(releases_discovering.COLUMNS, rows)
        found: FoundCategories = discovery.find_categories(
            engine, table, releases_discovering.VALUE, plan, secret, before_noise
        )
    return found


def _synthesise(
    tables: Sequence[Table], seed: int, on_progress: Callable[[int], None]
) -> "tuple[SyntheticRows, Sequence[Likeness]]":
    # As heavy as the engine: only the worker loads it.
    drawing = importlib.import_module("privacy.synthetic.synthesis")
    comparing = importlib.import_module("privacy.synthetic.likeness")
    rows = drawing.synthesise(tables, seed, on_progress=on_progress)
    return rows, comparing.compare(rows, tables)


def _pages(app: Flask, settings: Settings, money_mode: Mode) -> None:
    @app.get("/assets/<path:name>")
    def assets(name: str) -> Response:
        return send_from_directory(HTMX, name, max_age=24 * 3600)

    def nav_item(endpoint: str, text: str) -> Markup:
        here = Markup(' aria-current="page"') if request.endpoint == endpoint else Markup("")
        return Markup('<li><a href="{}"{}>{}</a></li>').format(url_for(endpoint), here, text)

    @app.context_processor
    def names() -> dict[str, Any]:
        return {
            "money_mode": money_mode,
            "mail_is_local": not settings.mail_url,
            "nav_item": nav_item,
            "signed_in": current_user.is_authenticated,
        }


def _blueprints(app: Flask) -> None:
    for blueprint in (
        pages.bp,
        pages.health,
        users.bp,
        catalog.bp,
        datasets.bp,
        editions.bp,
        editions.categories,
        billing.bp,
        orders.bp,
        documents.bp,
        downloads.bp,
        payouts.bp,
        webhooks.bp,
        rights.bp,
        operator.bp,
        operator_documents.bp,
        operator_money.bp,
        price_books.bp,
    ):
        app.register_blueprint(blueprint)
