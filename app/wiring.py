"""Put the parts of an application together: a list of what each feature installs."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import django_htmx
import flask_swagger_ui
from flask import Flask, Response, request, send_from_directory, url_for
from flask_login import current_user
from markupsafe import Markup

from app import cli
from app.alerts import views as alerts
from app.api import answers
from app.api import views as api
from app.catalog import views as catalog
from app.categories import views as categories
from app.collections.texts import FILTERS
from app.contributions import views as contributions
from app.contributions.diaries import views as diaries
from app.contributions.in_browser import views as in_browser
from app.core.erased import ErasedList
from app.core.logs import configure_logs
from app.datasets import views as datasets
from app.desk import views as desk
from app.downloads import views as downloads
from app.endpoints import views as endpoints
from app.endpoints.signing import EndpointKey
from app.invoicing import views as billing
from app.invoicing.issuer import Issuer
from app.market import KEY, Fact, Market, open_market
from app.notices import views as notices
from app.openness import views as openness
from app.openness.site import Site
from app.operator import views as operator
from app.operator.diaries import views as own_diaries
from app.operator.documents import views as operator_documents
from app.operator.measures import views as operator_measures
from app.operator.money import views as operator_money
from app.operator.price_books import views as price_books
from app.orders import views as orders
from app.orders.documents import views as documents
from app.pages import views as pages
from app.payouts import views as payouts
from app.questions import views as questions
from app.releases import views as editions
from app.reviews import views as reviews
from app.rights import restoring
from app.rights import views as rights
from app.sellers import views as sellers
from app.teams import views as teams
from app.users import views as users
from app.users.login import install_login
from app.users.passwords import Passwords
from app.users.refusals import install_refusals
from app.users.tokens import TokenKey
from app.web.caching import install_caching
from app.web.error_pages import install_error_pages
from app.web.filters import install_filters
from app.web.i18n import install_i18n
from app.web.limits import allow_uploads, allow_visitors, install_limits
from app.web.nul import refuse_nul
from app.web.requests import log_crashes, log_requests
from app.web.security import install_security
from app.web.unit_of_work import install_unit_of_work
from app.webhooks import views as webhooks

SWAGGER = Path(flask_swagger_ui.__file__).parent / "dist"
SWAGGER_FILES = ("swagger-ui-bundle.js", "swagger-ui.css")
HTMX = Path(django_htmx.__file__).parent / "static" / "django_htmx"
UPLOADS = frozenset({"datasets.new"})
STRIPE_PAGES = ("https://checkout.stripe.com", "https://connect.stripe.com")
MEGABYTE = 1024 * 1024
#: What services need deep down, made of the settings.
FACTS: tuple[Fact, ...] = (
    EndpointKey.of,
    ErasedList.of,
    Issuer.of,
    Passwords.of,
    Site.of,
    TokenKey.of,
)
#: What each feature adds to an application: its pages, its commands.
FEATURES: tuple[Callable[[Flask], None], ...] = (
    pages.install,
    users.install,
    catalog.install,
    openness.install,
    questions.install,
    reviews.install,
    sellers.install,
    alerts.install,
    datasets.install,
    editions.install,
    categories.install,
    billing.install,
    orders.install,
    documents.install,
    downloads.install,
    desk.install,
    payouts.install,
    contributions.install,
    diaries.install,
    in_browser.install,
    notices.install,
    webhooks.install,
    endpoints.install,
    rights.install,
    teams.install,
    operator.install,
    operator_documents.install,
    operator_measures.install,
    operator_money.install,
    price_books.install,
    own_diaries.install,
    api.install,
    cli.install,
)


def build(environment: Mapping[str, str] | None = None) -> Flask:
    """Build the application.

    Raises
    ------
    app.core.errors.UnsafeConfiguration
    """
    # What is made here, by whatever part, nobody else on this machine may read.
    os.umask(0o077)
    with cli.refused_in_one_line():
        market = open_market(environment, FACTS)
        # A command meets it later, so that the one that mends it can be given.
        serves = click.get_current_context(silent=True) is None
        restoring.keep_out(market.db, ErasedList.of(market.settings), at_once=serves)
    settings = market.settings
    configure_logs(settings.log_format)
    app = Flask("app")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=MEGABYTE,
        MAX_FORM_MEMORY_SIZE=MEGABYTE,
        WTF_CSRF_TIME_LIMIT=12 * 3600,
        TESTING=settings.environment == "test",
    )
    if settings.production:
        # A cookie of this name is taken from https alone, and from no other host of the domain.
        app.config["SESSION_COOKIE_NAME"] = "__Host-moisson"
        # A request for another host is none of ours.
        app.config["TRUSTED_HOSTS"] = [urlsplit(settings.base_url).netloc]
    app.extensions[KEY] = market
    install_unit_of_work(app, market.db)
    install_login(app)
    install_refusals(app, market.db)
    allow_uploads(app, UPLOADS, settings.upload_bytes + MEGABYTE)
    allow_visitors(app, contributions.IN_MEMORY)
    log_requests(app)
    log_crashes(app)
    install_i18n(app)
    _assets(app)
    for install in FEATURES:
        install(app)
    install_limits(app, enabled=settings.rate_limits, storage=settings.limits_storage)
    stand_in = market.connection.mode == "stand-in"
    install_caching(app, settings.page_cache_bytes)
    # Around that cache: what it hands out was looked at, too.
    sellers.count_looks(app, market.db)
    install_security(app, settings, (market.connection.api_base,) if stand_in else STRIPE_PAGES)
    refuse_nul(app)
    install_error_pages(app, answers.problem)
    install_filters(app)
    app.jinja_env.filters.update(FILTERS)
    _names(app, market)
    return app


def _assets(app: Flask) -> None:
    @app.get("/assets/<path:name>")
    def assets(name: str) -> Response:
        folder = SWAGGER if name in SWAGGER_FILES else HTMX
        return send_from_directory(folder, name, max_age=24 * 3600)


def _names(app: Flask, market: Market) -> None:
    """Give every page the names that its frame needs."""

    def nav_item(endpoint: str, text: str) -> Markup:
        here = Markup(' aria-current="page"') if request.endpoint == endpoint else Markup("")
        return Markup('<li><a href="{}"{}>{}</a></li>').format(url_for(endpoint), here, text)

    @app.context_processor
    def names() -> dict[str, Any]:
        return {
            "money_mode": market.connection.mode,
            "mail_is_local": not market.settings.mail_url,
            "nav_item": nav_item,
            "signed_in": current_user.is_authenticated,
        }
