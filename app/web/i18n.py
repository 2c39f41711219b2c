"""The language of a request: chosen, remembered, or asked for by the browser."""

import unicodedata
from typing import Any

from flask import Flask, g, has_request_context, request, session
from flask_babel import Babel, get_locale, get_translations
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


def language() -> str | None:
    """Return the reader's language, which a page asks for by the hundred; None outside of one."""
    known = g.get("_flask_babel") if g else None
    locale = getattr(known, "babel_locale", None) or get_locale()
    return None if locale is None else str(locale.language)


def alphabetical(text: str) -> str:
    """Return what to sort by: É stands with E."""
    letters = unicodedata.normalize("NFKD", text)
    return "".join(one for one in letters if not unicodedata.combining(one)).casefold()


def install_i18n(app: Flask) -> None:
    """Wire Flask-Babel."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "translations"
    Babel(app, locale_selector=choose_locale)
    # The texts of each language: files that do not change while the application runs.
    texts: dict[str, Any] = {}

    def translations() -> Any:
        # Flask-Babel asks anew for each of a page's hundreds of texts which language it is in.
        locale = getattr(g.get("_flask_babel"), "babel_locale", None)
        if locale is None:
            return get_translations()
        if locale.language not in texts:
            texts[locale.language] = get_translations()
        return texts[locale.language]

    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: translations().ugettext(text),
        ngettext=lambda one, many, n: translations().ungettext(one, many, n),
        newstyle=True,
    )
    app.jinja_env.globals["get_locale"] = get_locale
