"""What a person does on the payment provider's pages: open the form, choose, send it."""

import http.client
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

from app.payments.mode import is_loopback

TIMEOUT_SECONDS = 20


class _Form(HTMLParser):
    """The first form of a page with what it would send unchanged."""

    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the form's address and its chosen fields."""
        given = dict(attrs)
        if tag == "form" and self.action is None:
            self.action = given.get("action") or ""
        if tag != "input" or not given.get("name"):
            return
        if given.get("type") in ("radio", "checkbox") and "checked" not in given:
            return
        self.fields[given["name"] or ""] = given.get("value") or ""


def send_form(url: str, **chosen: str) -> str:
    """Open a page of the stand-in, fill its form in and send it; return where it leads.

    Raises
    ------
    RuntimeError
        When the page is not on this machine, has no form, or does not accept it.
    """
    if not is_loopback(urlsplit(url).hostname or ""):
        raise RuntimeError("the demonstration pays on this machine only")
    status, page, _ = _ask("GET", url, None)
    form = _Form()
    form.feed(page)
    if status != 200 or form.action is None:
        raise RuntimeError(f"no form to send: status {status}")
    status, _, location = _ask("POST", urljoin(url, form.action), {**form.fields, **chosen})
    if status != 303:
        raise RuntimeError(f"the form was not accepted: status {status}")
    return location


def _ask(method: str, url: str, fields: dict[str, str] | None) -> tuple[int, str, str]:
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    connection = http.client.HTTPConnection(
        parts.hostname or "", parts.port or 80, timeout=TIMEOUT_SECONDS
    )
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if fields else {}
    try:
        connection.request(method, path, urlencode(fields) if fields else None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers.get("Location", "")
    finally:
        connection.close()
