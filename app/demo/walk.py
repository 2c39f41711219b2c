"""The whole path once, in a terminal: from a file to a paid contributor.

Runs in a market of its own that is thrown away: a temporary folder, a stand-in and a web
server on free ports of this machine. What is printed is what the owner of the data, the
buyer and the operator would each see on their pages.
"""

import logging
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from math import ceil
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from flask import Flask
from werkzeug.serving import make_server

from app import create_app
from app.catalog import queries as catalog
from app.catalog.price_lists import currency
from app.catalog.products import people
from app.collections import queries as collections
from app.collections.rules import Purpose
from app.core.config import PROJECT, Settings
from app.core.permissions import SYSTEM, Role
from app.datasets import service as datasets
from app.demo import files
from app.demo.acting import Stage
from app.demo.errors import DemoRefused
from app.demo.rules import EVERY_PURPOSE, WORK
from app.downloads import files as downloads
from app.jobs.runner import Runner
from app.ledger import queries as ledger
from app.market import Market, market_of
from app.orders.states import OrderState
from app.payments.mode import STAND_IN_KEY
from app.payouts import income, sending
from app.payouts import queries as payouts
from app.reconciliation import service as reconciliation
from app.releases import queries as releases
from app.web.filters import margin
from pricing.money import Money

Say = Callable[[str], None]
HOST = "127.0.0.1"
PATIENCE_SECONDS = 20


def walk(say: Say, migrate: Callable[[str], None], runner: Callable[[Flask], Runner]) -> None:
    """Go from upload to payout, telling what happens at each step.

    Parameters
    ----------
    say : callable
        Takes a line.
    migrate : callable
        Brings the database with this address to the newest form.
    runner : callable
        Makes what does an application's jobs.

    Raises
    ------
    DemoRefused
    """
    if os.environ.get("MOISSON_ENV") == "production":
        raise DemoRefused("The demonstration is not for production.")
    files.check_installed()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="moisson-demo-")))
        market = _market(folder, migrate)
        stack.callback(market_of(market).db.dispose)
        settings = market_of(market).settings
        _serve(stack, market)
        _start_stand_in(stack, settings.stripe_api_base, _environment(folder, settings))
        stack.enter_context(market.app_context())
        _Walk(market_of(market), runner(market), say).go()


def _market(folder: Path, migrate: Callable[[str], None]) -> Flask:
    url = f"sqlite:///{folder / 'moisson.db'}"
    migrate(url)
    web, provider = _free_ports(2)
    market = create_app(
        {
            "MOISSON_INSTANCE": str(folder),
            "MOISSON_DATABASE_URL": url,
            "MOISSON_BASE_URL": f"http://{HOST}:{web}",
            "MOISSON_STRIPE_KEY": STAND_IN_KEY,
            "MOISSON_STRIPE_API_BASE": f"http://{HOST}:{provider}",
            # What is earned is paid at once: nobody wants to wait for two weeks here.
            "MOISSON_REFUND_DAYS": "0",
            "MOISSON_REVIEW_DAYS": "0",
        }
    )
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    return market


def _environment(folder: Path, settings: Settings) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MOISSON_")}
    return {
        **kept,
        "MOISSON_INSTANCE": str(folder),
        "MOISSON_BASE_URL": settings.base_url,
        "MOISSON_STRIPE_WEBHOOK_SECRET": settings.stripe_webhook_secret,
    }


def _free_ports(count: int) -> list[int]:
    """Find ports that nobody listens on, all different."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind((HOST, 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def _serve(stack: ExitStack, market: Flask) -> None:
    """Serve the market, so that the provider's messages can arrive."""
    port = urlsplit(market_of(market).settings.base_url).port or 0
    server = make_server(HOST, port, market, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    stack.callback(server.server_close)
    stack.callback(thread.join)
    stack.callback(server.shutdown)


def _start_stand_in(stack: ExitStack, base: str, environment: dict[str, str]) -> None:
    """Run the payment provider's stand-in as a process of its own."""
    port = urlsplit(base).port or 0
    process = subprocess.Popen(  # noqa: S603 (our own module, no shell)
        [sys.executable, "-m", "stripe_stand_in", "--port", str(port)],
        cwd=PROJECT,
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    stack.callback(process.wait, 10)
    stack.callback(process.terminate)
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.05)
    raise DemoRefused("The stand-in for Stripe did not start.")


class _Walk:
    """One dataset's way, step by step."""

    def __init__(self, market: Market, runner: Runner, say: Say) -> None:
        self.db = market.db
        self.paying = sending.paying(market)
        self.stage = Stage.of(market, runner)
        self.say = say
        self.steps = 0
        self.producer = self.stage.account("house@example.org", "Survey house", Role.PRODUCER)
        self.buyer = self.stage.account("reader@example.org", "Research institute", Role.BUYER)

    def go(self) -> None:
        """Walk the whole path."""
        dataset_id = self._upload()
        collection_id = self._list(dataset_id)
        edition_id = self._release(collection_id)
        order_id = self._buy(edition_id)
        self._download(order_id)
        self._earn()
        self._agree()

    def _step(self, title: str) -> None:
        self.steps += 1
        self.say(f"\n{self.steps}. {title}")

    def _upload(self) -> str:
        content = files.wages(0, 2010, 2018)
        self._step(f"A survey house uploads a CSV file of {len(content) // 1000} kB")
        dataset_id = self.stage.upload(self.producer, content, "Interviews")
        with self.db.unit_of_work(write=False):
            profiles = datasets.understood(self.producer, self.stage.doors, dataset_id)
        self.say("   What was understood of its columns (the owner alone sees this):")
        for column in profiles:
            some = ", ".join(column.values[:4]) + (" …" if len(column.values) > 4 else "")
            self.say(f"   {column.name:<10} {column.kind:<10} {column.distinct:>5} values  {some}")
        self.say("   They say: people are told apart by “person”; categories and bounds are public")
        for answer in WORK.columns:
            what = f"{answer.lower} to {answer.upper} {answer.unit}"
            if answer.role == "dimension":
                what = ", ".join(answer.categories.splitlines()) + (", other" * answer.other)
            self.say(f"   {answer.name:<10} {answer.role:<10} {what}")
        state = self.stage.check(self.producer, dataset_id, WORK.answers)
        self.say(f"   The worker reads every row against that: {state}")
        return dataset_id

    def _list(self, dataset_id: str) -> str:
        self._step("They found a collection, read what will be published, and agree")
        collection_id = self.stage.found(self.producer, dataset_id, WORK.proposal())
        with self.db.unit_of_work(write=False):
            rules = collections.rules(collection_id)
        plan, right = rules.plan(sources=2), ceil(rules.guesses)
        self.say(f"   {rules.title}: epsilon {rules.epsilon:g}, delta {rules.delta:g}")
        self.say(f"   Of 100 guesses whether somebody took part, at most {right} are right")
        self.say(f"   {len(plan.workload.marginals)} tables; 95 of 100 counts are off by less than")
        for name in ("gender", "education"):
            off = [f"{t.name} ±{margin(plan.cell_sd((name,), t)):.0f}" for t in plan.tiers]
            self.say(f"   by {name}: {', '.join(off)}")
        self.stage.publish(self.producer, dataset_id, EVERY_PURPOSE)
        self.say(f"   Consent receipts: {', '.join(sorted(EVERY_PURPOSE))}; the dataset is listed")
        return collection_id

    def _release(self, collection_id: str) -> str:
        self._step("The edition closes; the worker charges, measures and publishes")
        (edition_id,) = self.stage.close(self.producer, collection_id)
        with self.db.unit_of_work(write=False):
            view = releases.release(edition_id)
            spent = releases.spent(self.producer.user_id)
            table = view.release.table(("gender", "income"), view.release.plan.tier("gold"))
        counted = people(view)
        self.say(f"   Charged to each person, before any noise is drawn: rho {spent / 1e6:g}")
        self.say(f"   Released people: {counted.value:.0f} ±{counted.high - counted.value:.0f}")
        for one in table.estimates():
            where = ", ".join(value for _, value in one.coordinates)
            if one.coordinates and one.statistic in ("contributions", "mean"):
                self.say(
                    f"   {where:<8} {one.statistic:<14} {one.value:>9.0f}"
                    f"   noise interval (95 %) {one.low:.0f} to {one.high:.0f} {one.unit}"
                )
        self.say(f"   sha256 of the release: {view.digest[:32]}…")
        return edition_id

    def _buy(self, edition_id: str) -> str:
        self._step("A research institute composes a bundle and pays")
        tables = [("education", "income"), ("gender", "income"), ("gender", "education")]
        keys = self.stage.keys(edition_id, tables, "gold")
        quote = self.stage.compose(self.buyer, keys).quote
        for line in quote.lines if quote else ():
            about = " × ".join(line.item[1]) if line.item else ""
            self.say(f"   {line.kind:<9} {about:<24} {_money(line.amount):>12}")
        order_id = self.stage.order(self.buyer, keys, Purpose.RESEARCH)
        self.say(f"   {'total':<34} {_money(self.stage.shown_order(order_id).total):>12}")
        self.stage.pay(self.buyer, order_id)
        self.say("   Paid with the test card on the provider's page, for research")
        self._await_message(order_id)
        return order_id

    def _await_message(self, order_id: str) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            self.stage.work()
            if self.stage.shown_order(order_id).state is OrderState.PAID:
                self.say("   The provider's signed message arrived; the worker fulfilled the order")
                return
            time.sleep(0.05)
        raise DemoRefused("The payment provider's message did not arrive.")

    def _download(self, order_id: str) -> None:
        self._step("They download a table; these are its first lines")
        key = self.stage.shown_order(order_id).products[-1]
        with self.db.unit_of_work(write=False):
            content = downloads.table_csv(*catalog.found(key)).decode()
        for line in content.splitlines()[:6]:
            self.say(f"   {line}")

    def _earn(self) -> None:
        self._step("The survey house sees the sale, connects an account and is paid")
        who = self.producer.user_id
        with self.db.unit_of_work(write=False):
            (line,) = income.income_lines(who, self.paying.terms)
        self.say(
            f"   {line.purpose}: {_money(line.per_share)} a share × {line.shares} shares"
            f" = {_money(line.amount)}"
        )
        self.stage.connect(self.producer, "FR")
        sending.run(self.paying)
        with self.db.unit_of_work(write=False):
            (payout,) = payouts.payouts_of(who)
        self.say(f"   {payout.state}: {_money(payout.amount)}, transfer {payout.transfer_id}")
        self.say("   What is below a cent stays in the balance")

    def _agree(self) -> None:
        self._step("The book of money: debits above zero, credits below")
        with self.db.unit_of_work():
            balances = ledger.trial_balance(currency())
            compared = reconciliation.compare(SYSTEM, self.paying.gateway)
        for account, amount in balances.items():
            self.say(f"   {account:<12} {_money(amount):>16}")
        total = sum(amount.micros for amount in balances.values())
        self.say(f"   {'sum':<12} {_money(Money(total, compared.book.currency)):>16}")
        agrees = "agree" if compared.agrees else "DO NOT AGREE"
        self.say(f"   Book and provider {agrees}, on {compared.matched} movements")
        if total or not compared.agrees:
            raise DemoRefused("The book is not right; please report this.")


def _money(amount: Money) -> str:
    digits = 2 if amount.micros % 10_000 == 0 else 6
    return f"{amount.micros / 1_000_000:.{digits}f} {amount.currency}"
