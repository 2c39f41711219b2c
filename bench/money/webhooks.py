"""Messages at a fixed rate: random order, duplicates, and counted afterwards what they did."""

import importlib
import json
import os
import signal
import statistics
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from bench.money import buying
from bench.money.figures import BenchError, Row
from bench.money.market import Market, open_market
from bench.money.parts import until

WORKERS = ("worker-1", "worker-2")
WEB_WORKERS, WEB_THREADS = 2, 4
DONE_WITHIN = 900.0
#: How long making a paid order may take.
SECONDS_EACH = 0.1
#: Times one message is sent before timing starts, so that the web server is warm.
WARM_UP = 200
STORED = "SELECT event_id FROM provider_message"
WAITING = (
    "SELECT COUNT(*) FROM job WHERE kind = 'provider-message' AND state IN ('queued', 'running')"
)
#: Of each order: its sale in the book, its invoice, its line in the audit log.
EFFECTS = (
    "SELECT o.id, o.state,"
    " (SELECT COUNT(*) FROM ledger_transaction t WHERE t.key = 'sale:' || o.id),"
    " (SELECT COUNT(*) FROM billing_document d WHERE d.order_id = o.id),"
    " (SELECT COUNT(*) FROM audit_entry a WHERE a.object_id = o.id AND a.action = 'pay-order'),"
    " (SELECT COUNT(*) FROM sale_edition s WHERE s.order_id = o.id)"
    " FROM purchase_order o"
)
OFF = (
    "SELECT COUNT(*) FROM (SELECT t.id FROM ledger_transaction t JOIN ledger_entry e"
    " ON e.transaction_id = t.id WHERE t.kind = 'sale' GROUP BY t.id, t.key HAVING"
    " SUM(e.micros) <> 0 OR SUM(CASE WHEN e.account = 'provider' THEN e.micros ELSE 0 END) <>"
    " (SELECT (o.total_cents - o.fee_cents) * 10000.0 FROM purchase_order o"
    " WHERE 'sale:' || o.id = t.key)) AS wrong"
)


@dataclass(frozen=True)
class Load:
    """How many orders, messages and messages a second; whether jobs wait until all are sent."""

    orders: int
    deliveries: int
    rate: float
    jobs_later: bool = False

    def words(self) -> str:
        """Say so."""
        later = "job workers stopped until all were sent" if self.jobs_later else "2 job workers"
        return (
            f"{self.deliveries:,} deliveries of the messages of {self.orders:,} paid orders, all of"
            " them once and those with a task again, in random order at"
            f" {self.rate:g} a second after {WARM_UP} to warm up; {WEB_WORKERS} gunicorn workers"
            f" with {WEB_THREADS} threads, {later}, PostgreSQL with fsync, stand-in and sender"
            " on the same cores"
        )


@dataclass(frozen=True)
class Outcome:
    """What was measured, and what was counted afterwards."""

    milliseconds: list[float]
    failures: int
    accepted_seconds: float
    applied_seconds: float
    distinct: int
    lost: int
    doubled: int
    differences: int
    spent: dict[str, float]
    load: float

    @property
    def rate(self) -> float:
        """Return how many messages a second were taken."""
        return len(self.milliseconds) / self.accepted_seconds

    def percentile(self, percent: int) -> float:
        """Return the milliseconds within which `percent` % of the messages were answered 200."""
        return statistics.quantiles(self.milliseconds, n=100)[percent - 1]


def storm(load: Load) -> Outcome:
    """Send the messages of paid orders to a market of its own, and count what came of them."""
    _outside_the_hour(load)
    with open_market() as market:
        made = importlib.import_module("tests.support.trading").published(market.app)
        buying.hold(market)
        # Started before there are orders: what a worker looks for when it starts would else do
        # the work of the messages.
        workers = [market.worker(name) for name in WORKERS]
        market.web(WEB_WORKERS, WEB_THREADS)
        orders = buying.buy(market, made, load.orders)
        found = buying.messages(market)
        if len(found.handled) < len(orders):
            raise BenchError(f"{len(found.handled)} messages for {len(orders)} orders")
        if load.jobs_later:
            for worker in workers:
                worker.send(signal.SIGSTOP)
        return _sent(market, load, found)


def _outside_the_hour(load: Load) -> None:
    """Wait where the hour's catch-up would do the work of the messages."""
    seconds = load.deliveries / load.rate + SECONDS_EACH * load.orders + 60
    while (left := 3600 - time.time() % 3600) < seconds or left > 3600 - 20:
        time.sleep(5)


def _sent(market: Market, load: Load, found: buying.Messages) -> Outcome:
    job, result = market.folder / "job.json", market.folder / "result.json"
    orders = buying.job_of(market, found, (load.deliveries, load.rate))
    job.write_text(json.dumps({**orders, "warm_up": WARM_UP}))
    before, begun = market.processors(), time.monotonic()
    sender = market.start("sender", "-m", "bench.money.load", str(job), str(result))
    sender.wait(600)
    told: dict[str, Any] = json.loads(result.read_text())
    load_average = os.getloadavg()[0]
    for name in WORKERS:
        market.parts[name].send(signal.SIGCONT)
    until(lambda: not _number(market, WAITING), DONE_WITHIN, 0.25)
    applied, after = time.monotonic() - begun, market.processors()
    spent = {name: after[name] - before.get(name, 0.0) for name in after}
    spent["sender"] = told["processor"]
    lost, doubled = _counted(market, found, told["lost"])
    return Outcome(
        milliseconds=told["milliseconds"],
        failures=told["failures"],
        accepted_seconds=told["seconds"],
        applied_seconds=applied,
        distinct=len(found.handled),
        lost=lost,
        doubled=doubled,
        differences=_differences(market),
        spent=spent,
        load=load_average,
    )


def _number(market: Market, statement: str) -> int:
    with market.db.unit_of_work(write=False) as session:
        return int(session.scalar(text(statement)) or 0)


def _counted(market: Market, found: buying.Messages, unsent: int) -> tuple[int, int]:
    """Return how many messages were lost, and how many orders have more than one effect."""
    with market.db.unit_of_work(write=False) as session:
        stored = frozenset(session.scalars(text(STORED)))
        effects = [tuple(row) for row in session.execute(text(EFFECTS))]
    missing = sum(state != "paid" or min(counts) < 1 for _, state, *counts in effects)
    doubled = sum(max(counts) > 1 for _, _, *counts in effects) + _number(market, OFF)
    return len(set(found.handled) - stored) + missing + unsent, doubled


def _differences(market: Market) -> int:
    """Compare the whole book with the provider's list; also count totals that differ."""
    view = market.trade().compare()
    off = not view.differences and not view.agrees
    return len(view.differences) + off


def rows_of(load: Load, told: Outcome) -> list[Row]:
    """Write the figures of the main measurement."""
    how = load.words()
    spent = ", ".join(f"{name} {seconds:.0f}" for name, seconds in sorted(told.spent.items()))
    load_average = f"load average afterwards {told.load:.1f}"
    return [
        Row("webhooks_per_second", told.rate, "1/s", f"taken with 200; {how}; {load_average}"),
        Row("webhook_p50_ms", told.percentile(50), "ms", "from the moment each was due"),
        Row("webhook_p99_ms", told.percentile(99), "ms", "from the moment each was due"),
        Row("webhook_max_ms", max(told.milliseconds), "ms", "from the moment each was due"),
        Row("webhook_retries", told.failures, "", "answered with something else, and sent again"),
        Row(
            "lost_webhooks",
            told.lost,
            "",
            f"of {told.distinct:,} that ask for something: not stored, or without their effect",
        ),
        Row(
            "webhook_double_effects",
            told.doubled,
            "",
            f"of {load.orders:,} orders: more than one sale, invoice or audit line, or a sale"
            " that is not what was paid",
        ),
        Row(
            "webhooks_applied_seconds",
            told.applied_seconds,
            "s",
            f"from the first message until everything was booked; processor seconds: {spent}",
        ),
    ]


def measure(*, quick: bool) -> list[Row]:
    """Measure; for some seconds only when quick."""
    load = Load(20, 300, 100) if quick else Load(2_000, 30_000, 500)
    told = storm(load)
    found = rows_of(load, told)
    name = "webhook_reconciliation_differences"
    found.append(Row(name, told.differences, "", "after the messages: book beside provider"))
    later = Load(load.orders, load.deliveries, load.rate, jobs_later=True)
    told = storm(later)
    how = f"{later.words()}; load average afterwards {told.load:.1f}"
    if told.lost or told.doubled or told.differences:
        raise BenchError(f"{told.lost} lost, {told.doubled} doubled, {told.differences} differ")
    found += [
        Row("webhooks_per_second_jobs_later", told.rate, "1/s", f"taken with 200; {how}"),
        Row("webhook_p50_ms_jobs_later", told.percentile(50), "ms", "the same"),
        Row("webhook_p99_ms_jobs_later", told.percentile(99), "ms", "the same"),
        Row(
            "webhooks_jobs_per_second",
            told.distinct / (told.applied_seconds - told.accepted_seconds),
            "1/s",
            "messages acted upon afterwards by 2 job workers, nothing else of the market going on",
        ),
    ]
    return found
