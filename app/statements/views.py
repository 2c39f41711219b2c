"""A statement as the answer to a request: a page, CSV or PDF."""

import importlib
from collections.abc import Callable

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.clock import now
from app.core.errors import Invalid
from app.statements import periods
from app.statements.csv_file import as_csv
from app.statements.periods import Period
from app.statements.statement import Heading, Statement
from app.web.responses import attached

Read = Callable[[Period], Statement]


def asked() -> Period:
    """Return the days that the request asks for.

    Raises
    ------
    Invalid
    """
    since, until = (request.args.get(name, "").strip() for name in ("from", "to"))
    return periods.read(since, until, now().date())


def page(heading: Heading, read: Read, endpoint: str, back: tuple[str, str]) -> tuple[str, int]:
    """Answer with a page: the form for the days, and the statement or what is wrong with them.

    Parameters
    ----------
    endpoint : str
        Of this page; with `_csv` and `_pdf` behind it, of the files.
    back : tuple of str
        Endpoint and title of the page this one belongs to.
    """
    problem, period = "", periods.month_of(now().date())
    try:
        period = asked()
    except Invalid as error:
        problem = error.user_message
    shown = render_template(
        "statements/page.html",
        heading=heading,
        statement=None if problem else read(period),
        period=period,
        since=request.args.get("from", "") if problem else period.first.isoformat(),
        until=request.args.get("to", "") if problem else period.last.isoformat(),
        problem=problem,
        endpoint=endpoint,
        back=(url_for(back[0]), back[1]),
    )
    return shown, 422 if problem else 200


def csv(name: str, read: Read) -> Response:
    """Answer with CSV."""
    period = asked()
    return attached(as_csv(read(period)), "text/csv", f"{_name(name, period)}.csv")


def pdf(name: str, heading: Heading, read: Read) -> Response:
    """Answer with PDF."""
    period = asked()
    # Heavy: loaded by the first who prints.
    printed = importlib.import_module("app.statements.pdf")
    content: bytes = printed.as_pdf(heading, read(period))
    return attached(content, "application/pdf", f"{_name(name, period)}.pdf")


def _name(name: str, period: Period) -> str:
    return f"moisson-{name}-{period.first}-{period.last}"
