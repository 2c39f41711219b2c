"""The chart of accounts in docs/money.md names every kind of account there is."""

import inspect
import re
from pathlib import Path

from flask import Flask

from app.ledger import accounts, queries
from app.market import market_of
from tests.app.earnings.test_statements import live

ROOT = Path(__file__).resolve().parent.parent.parent.parent
MONEY = (ROOT / "docs" / "money.md").read_text()
ROW = re.compile(r"^\| `([a-z]+)(:<[a-z]+>)?` \| .+ \| (debit|credit) \|$", re.MULTILINE)
CHART = {
    kind: (rest, sign) for kind, rest, sign in ROW.findall(MONEY.split("## What is posted")[0])
}
#: A lock, not an account.
LOCKS = {accounts.EVERYBODY}


def kinds() -> dict[str, bool]:
    """Every kind of account the program can name, and whether there is one for each thing."""
    single = {
        value
        for name, value in vars(accounts).items()
        if isinstance(value, str) and name.isupper() and not name.startswith("_")
    }
    made = [
        function("0" * 32)
        for _, function in inspect.getmembers(accounts, inspect.isfunction)
        if list(function.__annotations__.values()) == [str, str]
    ]
    return dict.fromkeys(single - LOCKS, False) | {name.split(":")[0]: True for name in made}


def test_the_chart_is_complete() -> None:
    assert {kind: bool(rest) for kind, (rest, _) in CHART.items()} == kinds()


def test_what_is_booked_is_on_the_chart(lite_app: Flask) -> None:
    live(lite_app, 3)
    with market_of(lite_app).db.unit_of_work(write=False):
        assert set(queries.trial_balance("EUR")) <= set(CHART)
