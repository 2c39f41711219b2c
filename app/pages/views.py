import os
from datetime import timedelta

from flask import Blueprint, Flask, jsonify, render_template
from flask import Response as FlaskResponse
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.catalog.price_lists import price_book
from app.consent.texts import TEXTS
from app.core.clock import now
from app.core.errors import NotFound
from app.market import current_market
from app.pages import queries
from app.search import queries as lists
from app.web.caching import same_for_visitors
from app.web.limits import unlimited

bp = Blueprint("pages", __name__)
health = Blueprint("health", __name__)
#: So many editions stand on the first page.
NEWEST = 6


@bp.get("/")
@same_for_visitors
def home() -> str:
    return render_template("pages/home.html", entries=lists.newest(NEWEST))


@bp.get("/how-a-person-is-protected")
@same_for_visitors
def protection() -> str:
    return render_template("pages/protection.html")


@bp.get("/what-data-costs")
@same_for_visitors
def prices() -> str:
    return render_template("pages/prices.html", book=price_book())


@bp.get("/words-and-purposes")
@same_for_visitors
def terms() -> str:
    return render_template("pages/terms.html", texts=TEXTS)


@bp.get("/.well-known/security.txt")
def security() -> Response:
    """Whom to tell of a hole in security, as RFC 9116 has it."""
    settings = current_market().settings
    if not settings.security_contact:
        raise NotFound(_l("There is no such page, or it is not yours."))
    today = now().replace(hour=0, minute=0, second=0, microsecond=0)
    until = today + timedelta(days=180)
    lines = [
        f"Contact: {settings.security_contact}",
        f"Expires: {until.isoformat()}",
        "Preferred-Languages: en, fr",
        f"Canonical: {settings.base_url}/.well-known/security.txt",
    ]
    return FlaskResponse("\n".join(lines) + "\n", mimetype="text/plain")


@health.get("/healthz")
@unlimited
def live() -> Response:
    return jsonify(status="alive")


@health.get("/readyz")
@unlimited
def ready() -> tuple[Response, int]:
    answers = queries.database_answers()
    vault = os.access(current_market().settings.instance / "vault", os.W_OK)
    status = 200 if answers and vault else 503
    return jsonify(database=answers, vault=vault), status


def install(app: Flask) -> None:
    """Add these pages to an application."""
    app.register_blueprint(bp)
    app.register_blueprint(health)
