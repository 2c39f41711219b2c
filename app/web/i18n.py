"""The language of a request: chosen, remembered, or asked for by the browser."""

from flask import Flask, has_request_context, request, session
from flask_babel import Babel, get_locale
from flask_login import current_user

LOCALES = ("en", "fr")


def choose_locale() -> str:
    """Return "en" or "fr"."""
    if not has_request_context():
        return "en"
    chosen = session.get("locale")
    if chosen in LOCALES:
        return str(chosen)
    view = getattr(current_user, "view", None)
    if view is not None and view.locale in LOCALES:
        return str(view.locale)
    return request.accept_languages.best_match(LOCALES, "en") or "en"


def install_i18n(app: Flask) -> None:
    """Wire Flask-Babel."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "translations"
    Babel(app, locale_selector=choose_locale)
    app.jinja_env.globals["get_locale"] = get_locale
