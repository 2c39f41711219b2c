"""Rules: contributors, what they are paid, and the market's own money."""

from __future__ import annotations

import stripe
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from app.core.db import session
from app.core.permissions import SYSTEM
from app.earnings import giving
from app.payments.gateway import GatewayUnavailable
from app.payouts import reversals as taking_back
from app.payouts import sending
from app.payouts.models import Payout
from tests.money.buying import NUMBER
from tests.money.giving_back import PART
from tests.money.promises import TERMS
from tests.money.steps import Steps
from tests.money.world import connected
from tests.support.trading import post


class PayingOut(Steps):
    """Payouts, there and back."""

    @rule(again=st.booleans())
    def pay_everybody(self, again: bool) -> None:
        """Pay everybody who can be paid."""
        trade = self.world.trade
        paying = sending.Paying(trade.db, trade.gateway, TERMS)
        self.act(lambda: sending.run(paying, again=again))

    @rule(number=NUMBER)
    def onboard(self, number: int) -> None:
        """Connect a payout account and complete it on the provider's pages."""
        trade, who = self.world.trade, self.world.people.producers[number % 2]

        def work() -> str:
            with trade.db.unit_of_work():
                return connected(trade, who)

        page = self.act(work)
        if page is not None:
            assert post(page) == 303

    @rule(number=NUMBER, status=st.sampled_from(("active", "active", "restricted", "pending")))
    def look_into_account(self, number: int, status: str) -> None:
        """Let the provider restrict an account, or be content with it again."""
        account = self.one("v2.core.account", number)
        if account is not None:
            self.act(lambda: self.world.controls.account_status(account["id"], status))

    @rule(number=NUMBER, bounces=st.booleans())
    def bank_of_contributor(self, number: int, bounces: bool) -> None:
        """Let an account's money go to its bank, or come back from there."""
        account = self.one("v2.core.account", number)
        if account is not None:
            controls = self.world.controls
            self.act(
                lambda: (controls.payout_failed if bounces else controls.pay_out)(account["id"])
            )

    @rule(number=NUMBER, cents=PART)
    def take_back(self, number: int, cents: int | None) -> None:
        """Take a payout back, whole or in part."""
        trade = self.world.trade

        def work() -> None:
            with trade.db.unit_of_work():
                names = [row.id for row in session().query(Payout).order_by(Payout.at, Payout.id)]
                if names:
                    name = names[number % len(names)]
                    taking_back.take_back(SYSTEM, trade.gateway, name, cents, "by mistake")

        self.act(work)

    @rule(cents=st.integers(10, 900))
    def withdraw(self, cents: int) -> None:
        """Let the market's own money go to its bank."""
        client = self.world.trade.gateway._client  # type: ignore[attr-defined]

        def work() -> None:
            try:
                client.v1.payouts.create({"amount": cents, "currency": "eur"})
            except stripe.StripeError as error:
                raise GatewayUnavailable from error

        self.act(work)

    @rule(number=NUMBER, outcome=st.sampled_from(("in_transit", "paid", "failed")))
    def own_bank(self, number: int, outcome: str) -> None:
        """Let the market's bank take that money, or send it back."""
        states = ("pending", "in_transit", "paid")
        payout = self.one("payout", number, status=states[: 3 if outcome == "failed" else 2])
        if payout is not None:
            self.act(lambda: self.world.controls.payout(payout["id"], outcome))

    @rule(number=NUMBER, gives=st.booleans())
    @precondition(lambda self: self.orders)
    def give_away(self, number: int, gives: bool) -> None:
        """Let a contributor give away what they earn, or keep it again."""
        trade, who = self.world.trade, self.world.people.producers[number % 2]

        def work() -> None:
            with trade.db.unit_of_work():
                (giving.give if gives else giving.keep)(who)

        self.act(work)
