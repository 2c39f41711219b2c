"""One step of a random history: what is an answer, and what is kept of it."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from app.core.db import session
from app.core.errors import Conflict
from app.core.permissions import Actor
from app.ledger import accounts
from app.payments.gateway import GatewayError
from app.payouts.errors import OutcomeUnknown
from app.payouts.models import Payout
from tests.money import promises, rest
from tests.money.provider import Plain, Provider
from tests.money.world import World
from tests.support.controls import ControlRefused

T = TypeVar("T")
#: The provider's errors, "not in the present state", "try again": answers, not failures.
ANSWERS = (GatewayError, Conflict, OutcomeUnknown, ControlRefused)


class Report:
    """What was done in this process, for the benchmark: written where it says."""

    numbers: ClassVar[Counter[str]] = Counter()

    @classmethod
    def write(cls) -> None:
        """Write the numbers to the file that MOISSON_MONEY_REPORT names."""
        name = os.environ.get("MOISSON_MONEY_REPORT")
        if name:
            # Of tests that run in several processes each writes a file of its own.
            worker = os.environ.get("PYTEST_XDIST_WORKER", "")
            path = Path(f"{name}-{worker}" if worker else name)
            path.write_text(json.dumps(cls.numbers, indent=2, sort_keys=True) + "\n")


class Steps(RuleBasedStateMachine):
    """A market with its provider, whose promises are looked at after every step."""

    world: ClassVar[World]

    @initialize(sold=st.integers(0, 3), paid=st.booleans())
    def begin(self, sold: int, paid: bool) -> None:
        """Put the market back to its beginning, with some sales that went well."""
        self.world.reset()
        self.orders: list[tuple[str, Actor]] = []
        self.pages: dict[str, str] = {}
        self.credited: dict[str, int] = {}
        self.restarts = 0
        self.sound = True
        Report.numbers[f"examples_{self.world.engine}"] += 1
        self.remember(sold, paid=paid)

    def remember(self, sold: int, *, paid: bool) -> None:
        """Sell so many tables before the history begins, and pay for them."""

    def act(self, work: Callable[[], T]) -> T | None:
        """Do something inside the app; return None where the answer was no."""
        self.sound = False
        with self.world.at():
            try:
                return work()
            except ANSWERS as answer:
                Report.numbers[f"answered_{type(answer).__name__}"] += 1
                return None

    def there(self) -> Provider:
        """Return what the provider holds now."""
        return Provider.of(self.world.provider)

    def one(self, kind: str, number: int, **having: Any) -> Plain | None:
        """Return one of the provider's objects that are so, or None."""
        found = [
            each
            for each in self.there().all(kind)
            if all(each.get(name) in values for name, values in having.items())
        ]
        return found[number % len(found)] if found else None

    @invariant()
    def promises_are_kept(self) -> None:
        """Look at both sides."""
        if not hasattr(self, "orders"):
            return
        world = self.world
        with world.at():
            there = self.there()
            found = promises.broken(world.trade.db, there, world.people)
            found += self._sent_too_much(there)
        assert not found, "\n".join(found)
        world.collect()
        Report.numbers[f"steps_{world.engine}"] += 1
        self.sound = True

    def _sent_too_much(self, there: Provider) -> list[str]:
        """Nobody was ever sent more than the book had credited to them by then.

        Credited is what was settled for them, less what they spent: the balance of their
        account with what left it as payouts added. It falls with refunds, but what was sent
        before stays sent; so the highest it ever was is what counts.
        """
        found = []
        sent, gone = Counter[str](), Counter[str]()
        for each in there.all("transfer"):
            sent[each["destination"]] += each["amount"] - each["amount_reversed"]
        with self.world.trade.db.unit_of_work(write=False):
            held = promises.balances()
            accounts_of: dict[str, set[str]] = {}
            for row in session().query(Payout):
                accounts_of.setdefault(row.user_id, set()).add(row.account_id)
                if row.state != "refused":
                    gone[row.user_id] += (row.cents - row.reversed_cents) * promises.CENT
        for who in (producer.user_id for producer in self.world.people.producers):
            credited = gone[who] - held.get(accounts.contributor(who), 0)
            most = self.credited[who] = max(credited, self.credited.get(who, 0))
            cents = sum(sent[name] for name in accounts_of.get(who, ()))
            if cents * promises.CENT > most:
                found.append(f"{who} was sent {cents} cents, credited {most}")
        return found

    def teardown(self) -> None:
        """Let everything end, and compare."""
        if not getattr(self, "sound", False):
            return
        world = self.world
        with world.at():
            rest.come_to_rest(world)
        with world.at():
            there = self.there()
            db = world.trade.db
            differing = promises.differences(db, world.trade.gateway)
            found = promises.broken(db, there, world.people)
            found += promises.unfinished(db, there) + differing
        Report.numbers["reconciliations"] += 1
        Report.numbers["reconciliation_differences"] += len(differing)
        Report.numbers["double_effects"] += there.double()
        for kind in ("charge", "refund", "dispute", "transfer", "transfer_reversal", "payout"):
            Report.numbers[f"came to, {kind}"] += len(there.all(kind))
        assert not found, "\n".join(found)
