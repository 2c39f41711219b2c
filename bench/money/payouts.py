"""Everybody paid in one run whose worker is killed twice; then a run with nothing to do."""

import os
import time
from collections import Counter

from sqlalchemy import text

from app.core.db import session
from app.core.permissions import SYSTEM
from app.payouts import service
from bench.money.crowd import Earned, fill
from bench.money.figures import BenchError, Row
from bench.money.market import Market, open_market
from bench.money.parts import until

#: Shares of the contributors after which the worker is killed.
KILLS = (0.25, 0.6)
DONE_WITHIN = 1_800.0
SENT = "SELECT COUNT(*) FROM payout WHERE state = 'sent'"
OPEN = "SELECT COUNT(*) FROM job WHERE kind = 'payouts' AND state IN ('queued', 'running')"
SUM = "SELECT COALESCE(SUM(micros), 0) FROM ledger_entry"
#: A worker's lease, which the next one would wait for, ended by hand.
RELEASE = (
    "UPDATE job SET lease_until = CURRENT_TIMESTAMP - INTERVAL '1 second'"
    " WHERE kind = 'payouts' AND state = 'running'"
)


def _number(market: Market, statement: str) -> int:
    with market.db.unit_of_work(write=False):
        return int(session().scalar(text(statement)) or 0)


def _ask(market: Market) -> None:
    with market.db.unit_of_work():
        service.ask_for_run(SYSTEM)


def _lives(market: Market, contributors: int) -> tuple[float, float]:
    """Let one run be done by three workers; return their seconds, and payouts a second.

    Payouts a second are counted while the second worker works, from its first payout on.
    """
    seconds, rate, before = 0.0, 0.0, 0
    for number, share in enumerate((*KILLS, 1.0), 1):
        with market.db.unit_of_work():
            session().execute(text(RELEASE))
        begun = time.monotonic()
        worker = market.start(f"payer-{number}", "-m", "flask", "--app", "app.worker", "worker")
        until(lambda: _number(market, SENT) > before, 120, 0.05)  # noqa: B023 (called at once)
        first, start = _number(market, SENT), time.monotonic()
        least = int(share * contributors)
        until(lambda: _number(market, SENT) >= least, DONE_WITHIN, 0.05)  # noqa: B023
        before = _number(market, SENT)
        if number == 2:
            rate = (before - first) / (time.monotonic() - start)
        if share < 1:
            worker.kill()
            market.parts.pop(worker.name)
        else:
            until(lambda: not _number(market, OPEN), DONE_WITHIN)
        seconds += time.monotonic() - begun
    return seconds, rate


def _wrong(market: Market, earned: Earned) -> int:
    """Return how many contributors did not get exactly what is theirs, in one transfer."""
    with market.store.reading() as tx:
        transfers = list(tx.all("transfer"))
    times = Counter(str(one["destination"]) for one in transfers)
    got = {str(one["destination"]): int(one["amount"]) for one in transfers}
    strange = len(set(got) - set(earned.cents))
    return strange + sum(
        times[account] != 1 or got[account] != cents for account, cents in earned.cents.items()
    )


def measure(*, quick: bool) -> list[Row]:
    """Measure; with few contributors when quick.

    Raises
    ------
    BenchError
        When somebody got another amount, or the book does not agree.
    """
    contributors = 200 if quick else 10_000
    with open_market() as market:
        earned = fill(market, contributors)
        if len(earned.cents) != contributors or min(earned.cents.values()) < 100:
            raise BenchError("not everybody is owed enough")
        _ask(market)
        seconds, rate = _lives(market, contributors)
        wrong = _wrong(market, earned)
        _ask(market)
        begun = time.monotonic()
        until(lambda: not _number(market, OPEN), DONE_WITHIN, 0.05)
        again = time.monotonic() - begun
        wrong += _wrong(market, earned)
        view = market.trade().compare()
        differences = len(view.differences) + (not view.differences and not view.agrees)
        if wrong or _number(market, SUM):
            raise BenchError(f"{wrong} wrong payouts, {differences} differences")
    how = (
        f"{contributors:,} contributors, each account asked about first; PostgreSQL with fsync and"
        f" the stand-in on the same cores; load average afterwards {os.getloadavg()[0]:.1f}"
    )
    return [
        Row("payouts_per_second", rate, "1/s", f"sent and booked by one worker; {how}"),
        Row(
            "payout_run_seconds",
            seconds,
            "s",
            "the whole run with two workers killed at 25 % and 60 % and the start of the next,"
            f" without waiting for the lease of the dead; {how}",
        ),
        Row(
            "payout_run_again_seconds",
            again,
            "s",
            "a run after it, which finds nothing to do, and what the worker had begun before",
        ),
        Row("wrong_payouts", wrong, "", "contributors without exactly one transfer of their cents"),
        Row(
            "payout_reconciliation_differences",
            differences,
            "",
            "after the payouts: book beside provider",
        ),
    ]
