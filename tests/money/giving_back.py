"""Rules: money that goes back to buyers, by us, by hand, or by their banks."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from app.core.db import new_id
from app.core.permissions import SYSTEM
from app.refunds import service as refunding
from tests.money.buying import NUMBER
from tests.money.steps import Steps

#: Whole, or so many cents.
PART = st.one_of(st.none(), st.none(), st.integers(1, 120))


class GivingBack(Steps):
    """Refunds and disputes."""

    @rule(number=NUMBER, cents=PART)
    @precondition(lambda self: self.orders)
    def refund(self, number: int, cents: int | None) -> None:
        """Give an order back, whole or in part."""
        self._refunded(self.orders[-1 - number % len(self.orders)][0], cents)

    def _refunded(self, order_id: str, cents: int | None) -> None:
        trade = self.world.trade

        def work() -> None:
            with trade.db.unit_of_work():
                refunding.refund(SYSTEM, trade.gateway, order_id, cents)

        self.act(work)

    @rule(manner=st.sampled_from(("succeed", "pend")))
    def refunds(self, manner: str) -> None:
        """Let refunds from now on succeed at once, or wait for the buyer's bank."""
        self.world.controls.refunds(manner)

    @rule(number=NUMBER, outcome=st.sampled_from(("succeeded", "failed")))
    def end_refund(self, number: int, outcome: str) -> None:
        """Let the buyer's bank take a refund, or send it back, even later."""
        states = ("pending",) if outcome == "succeeded" else ("pending", "succeeded")
        refund = self.one("refund", number, status=states)
        if refund is not None:
            self.act(lambda: self.world.controls.end_refund(refund["id"], outcome))

    @rule(number=NUMBER, cents=PART)
    def refund_by_hand(self, number: int, cents: int | None) -> None:
        """Give a payment back in the provider's own pages."""
        charge = self.one("charge", number, status=("succeeded",))
        if charge is not None:
            gateway = self.world.trade.gateway
            intent = charge["payment_intent"]
            self.act(lambda: gateway.refund(intent, cents, f"by-hand:{new_id()}"))

    @rule(number=NUMBER, cents=PART, inquiry=st.sampled_from((False, False, False, True)))
    def dispute(self, number: int, cents: int | None, inquiry: bool) -> None:
        """Let a buyer's bank take a payment back, whole or in part; or only ask."""
        charge = self.one("charge", number, status=("succeeded",))
        if charge is not None:
            name = charge["id"]
            self.act(lambda: self.world.controls.dispute(name, cents, inquiry=inquiry))

    @rule(number=NUMBER, won=st.booleans())
    def decide(self, number: int, won: bool) -> None:
        """Let a dispute end; let a question become one, or rest."""
        dispute = self.one("dispute", number, status=("needs_response", "warning_needs_response"))
        if dispute is not None:
            asks = dispute["status"] == "warning_needs_response"
            outcomes = ("escalated", "warning_closed") if asks else ("won", "lost")
            outcome = outcomes[0] if won else outcomes[1]
            self.act(lambda: self.world.controls.decide(dispute["id"], outcome))
