"""Walk the pages of a running market as one of its accounts: one page of each kind."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from playwright.sync_api import Page

PASSWORD = "moisson demonstration"
ACCOUNTS = {
    "visitor": "",
    "producer": "panel-a@example.org",
    "buyer": "institute@example.org",
    "operator": "operator@example.org",
}
START = ("/", "/signup", "/password/forgot")
PRIVATE = ("/datasets/new", "/datasets/", "/rights/", "/account", "/income", "/bundle", "/orders")
#: What is no page but a file.
FILES = (
    *(".csv", ".zip", ".pdf", ".parquet", ".arrow", ".xlsx", ".json", ".json-stat"),
    *(".jsonld", ".ttl", ".yaml", ".xml", ".atom", ".bib", ".ris", ".txt", ".py", ".R"),
)
#: Leads back to the same page in another language; is no page; is drawn by another's program.
ELSEWHERE = ("/language/", "/ns/", "/developers/try")


def sign_in(page: Page, who: str, language: str) -> None:
    """Sign in as one of the demonstration accounts, and read in a language.

    A visitor stays signed out.
    """
    page.goto("/login")
    if ACCOUNTS[who]:
        page.locator("#email").fill(ACCOUNTS[who])
        page.locator("#password").fill(PASSWORD)
        page.locator("#submit").click()
        page.locator("form[action='/logout']").wait_for()
    other = page.locator(f":is(a, button)[lang={language}]")
    if other.count():
        other.click()
        page.locator(f"html[lang={language}]").wait_for()


def kind(path: str) -> str:
    """Return what is the same in the addresses of all pages of a kind."""
    kept = re.sub(r"[0-9a-f]{32}(~[\w~-]+)?", "ID", urlsplit(path).path)
    return re.sub(r"(?<=/)\d[\d-]*(?=/|$)", "N", kept)


def walk(page: Page, who: str, each: int = 1) -> Iterator[str]:
    """Yield the paths of the pages that can be reached by links, `each` of a kind.

    The caller visits a path before it asks for the next: links are read off that page.
    """
    waiting = [*START, *(PRIVATE if ACCOUNTS[who] else ())]
    waiting += ["/operator"] if who == "operator" else []
    seen: dict[str, int] = {}
    known: set[str] = set()
    while waiting:
        path = waiting.pop(0)
        same = kind(path)
        if same.startswith(ELSEWHERE) or same.endswith(FILES):
            continue
        if path in known or seen.get(same, 0) >= each:
            continue
        known.add(path)
        seen[same] = seen.get(same, 0) + 1
        yield path
        links = page.eval_on_selector_all("a[href]", "all => all.map(a => a.getAttribute('href'))")
        waiting += [link for link in links if link.startswith("/") and not link.startswith("//")]
