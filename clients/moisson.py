"""Read a Moisson market from a program: one file, and nothing to install.

    market = Market("https://market.example.org")          # MOISSON_TOKEN from the environment
    for edition in market.editions("visits"): print(edition["title"])
    table = market.table(market.tables()[0]["key"])
    table.frame()                                          # a DataFrame, or a list without pandas
    table.rollup(over=["day"], statistic=["mean"])         # figures with exact intervals
    table.download("visits.parquet")                       # again only where it changed

Nothing is done when this is imported: no file is written and nothing is asked of anybody.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

AGAIN = (429, 503)
LONGEST_WAIT = 60


class MarketError(Exception):
    """What the market answered instead: its status, a title and what to do."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(f"{status} {title}: {detail}")
        self.status, self.title, self.detail = status, title, detail


class Market:
    """A market at an address.

    Parameters
    ----------
    url : str
    token : str, optional
        Else MOISSON_TOKEN is read, once something needs it.
    timeout : float
        Seconds to wait for an answer.
    """

    def __init__(self, url: str, token: str | None = None, timeout: float = 30.0) -> None:
        self.url = url.rstrip("/")
        self.timeout = timeout
        self._token = token

    def editions(self, words: str = "", **filters: str) -> Iterator[dict[str, Any]]:
        """Yield released editions, newest first; `topic` and `purpose` filter."""
        asked = {"q": words, **filters}
        while True:
            page = self.get("/editions", {name: value for name, value in asked.items() if value})
            yield from page["editions"]
            if not page["next"]:
                return
            asked["cursor"] = page["next"]

    def edition(self, edition: str) -> dict[str, Any]:
        """Return an edition with its tables, prices and privacy facts."""
        return dict(self.get(f"/editions/{edition}"))

    def quote(self, products: list[str]) -> dict[str, Any]:
        """Return what tables cost together now; nothing is bought."""
        return dict(self.send("/quotes", {"products": products}))

    def orders(self) -> list[dict[str, Any]]:
        """Return the orders of the token's account."""
        return list(self.get("/orders")["orders"])

    def tables(self) -> list[dict[str, Any]]:
        """Return the tables that the token reads."""
        return list(self.get("/tables")["tables"])

    def table(self, key: str) -> Table:
        """Return a table by its key; asks nothing yet."""
        return Table(self, key)

    def get(self, path: str, asked: dict[str, Any] | None = None) -> Any:
        """Ask for a path of the interface, and return its JSON."""
        return json.loads(self.fetch(path, asked)[0])

    def send(self, path: str, body: Any) -> Any:
        """Send JSON to a path of the interface, and return its JSON."""
        return json.loads(self.fetch(path, body=body)[0])

    def fetch(
        self,
        path: str,
        asked: dict[str, Any] | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[bytes, dict[str, str]]:
        """Ask for a path, waiting once where the market says how long.

        Raises
        ------
        MarketError
        """
        url = f"{self.url}/api/v1{path}"
        if asked:
            url += "?" + urllib.parse.urlencode(asked, doseq=True)
        content = None if body is None else json.dumps(body).encode()
        sent = {"Accept": "*/*", "User-Agent": "moisson.py", **(headers or {})}
        if content is not None:
            sent["Content-Type"] = "application/json"
        token = self._token or os.environ.get("MOISSON_TOKEN")
        for last in (False, True):
            request = urllib.request.Request(url, content, sent)  # noqa: S310
            if token:
                # Never sent on to where an answer leads.
                request.add_unredirected_header("Authorization", f"Bearer {token}")
            try:
                with urllib.request.urlopen(request, timeout=self.timeout) as answer:  # noqa: S310
                    return answer.read(), {k.lower(): v for k, v in answer.headers.items()}
            except urllib.error.HTTPError as error:
                wait = error.headers.get("Retry-After", "")
                if error.code in AGAIN and wait.isdecimal() and not last:
                    if int(wait) <= LONGEST_WAIT:
                        time.sleep(int(wait))
                        continue
                raise _problem(error) from None
        raise MarketError(0, "No answer", "The market did not answer.")


class Table:
    """A table that the token reads."""

    def __init__(self, market: Market, key: str) -> None:
        self.market, self.key = market, key

    def frame(self) -> Any:
        """Return its figures: a pandas.DataFrame with the facts in `attrs`, or a list of dicts."""
        whole = self.market.get(f"/tables/{self.key}.json")
        try:
            import pandas  # noqa: PLC0415
        except ImportError:
            return whole["figures"]
        made = pandas.DataFrame(whole["figures"])
        made.attrs.update(title=whole["title"], facts=whole["facts"])
        return made

    def rollup(self, **asked: Any) -> list[dict[str, Any]]:
        """Return groups, sums, means, shares or medians, each with its exact noise interval.

        Parameters
        ----------
        where : dict of str to list of str
            Only these values of a column.
        groups : dict of str to dict of str to list of str
            Named groups of values of a column.
        over : list of str
            Columns to sum over.
        statistic : list of str
        measure : str
        """
        return list(self.market.send(f"/tables/{self.key}/rollup", asked)["figures"])

    def covariance(self, **asked: Any) -> list[list[float]]:
        """Return the noise covariances of the contributions or sums that `rollup` returns."""
        asked["covariance"] = True
        return list(self.market.send(f"/tables/{self.key}/rollup", asked)["covariance"])

    def compare(self, beside: int = 0, **asked: Any) -> list[dict[str, Any]]:
        """Return every line of a roll-up beside one of them, and which are told apart."""
        found = self.market.get(f"/tables/{self.key}/compare", {"beside": beside, **_flat(asked)})
        return list(found["comparisons"])

    def changes(self, since: str, **asked: Any) -> list[dict[str, Any]]:
        """Return what changed since the table of another edition, and which changes are told."""
        found = self.market.get(f"/tables/{self.key}/changes", {"since": since, **_flat(asked)})
        return list(found["comparisons"])

    def noise(self) -> dict[str, Any]:
        """Return the variances from which every covariance of its entries follows."""
        return dict(self.market.get(f"/tables/{self.key}/noise"))

    def download(self, path: str | Path, kind: str = "") -> Path:
        """Write the table to a file; asks for it again only where it changed.

        Parameters
        ----------
        kind : str
            csv, parquet, arrow, xlsx, json or json-stat; by the ending of the path without it.

        Raises
        ------
        MarketError
            Also where what came is not what was sent.
        """
        target = Path(path)
        kind = kind or target.suffix.lstrip(".")
        tag = target.with_name(target.name + ".etag")
        headers = {}
        if target.exists() and tag.exists():
            headers["If-None-Match"] = tag.read_text()
        try:
            content, answered = self.market.fetch(f"/tables/{self.key}.{kind}", headers=headers)
        except MarketError as error:
            if error.status == 304:
                return target
            raise
        digest = answered.get("repr-digest", "")
        own = base64.b64encode(hashlib.sha256(content).digest()).decode()
        if digest and digest != f"sha-256=:{own}:":
            raise MarketError(0, "Damaged", "What came is not what was sent; ask again.")
        part = target.with_name(target.name + ".part")
        part.write_bytes(content)
        part.replace(target)
        tag.write_text(answered.get("etag", ""))
        return target


def _flat(asked: dict[str, Any]) -> dict[str, Any]:
    """Write what `rollup` takes, as an address does: `where[day]=Fri`, `groups[day]=a:Fri,Sat`."""
    found: dict[str, Any] = {}
    for name, value in asked.items():
        if name == "where":
            found |= {f"where[{column}]": values for column, values in value.items()}
        elif name == "groups":
            for column, groups in value.items():
                found[f"groups[{column}]"] = [f"{n}:{','.join(own)}" for n, own in groups.items()]
        else:
            found[name] = value
    return found


def _problem(error: urllib.error.HTTPError) -> MarketError:
    try:
        told = json.loads(error.read())
        return MarketError(error.code, told["title"], told["detail"])
    except (ValueError, KeyError, TypeError):
        return MarketError(error.code, error.reason, "")
