"""Rules: what buyers do, and what their banks do."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from app.bundles import bundle, quotes
from app.collections.rules import Purpose
from app.invoicing.tax import TaxRules
from app.orders import holdings, service
from app.payouts import in_kind
from app.users import service as users_service
from tests.money.promises import TERMS
from tests.money.steps import Steps
from tests.support.trading import post

NUMBER = st.integers(0, 9)
#: No tax, tax in the price, tax on top of it.
RULES = st.sampled_from((TaxRules(), TaxRules(2_000), TaxRules(1_900, net=True)))
WAYS = st.sampled_from(("good", "good", "good", "debit", "declined", "poor"))


class Buying(Steps):
    """Orders from the price to the payment."""

    @rule(who=NUMBER, tables=st.sets(NUMBER, min_size=1, max_size=4), rules=RULES)
    def place(self, who: int, tables: set[int], rules: TaxRules) -> None:
        """Order some tables, perhaps better answers than are owned, at the price they have."""
        self._placed(who, tables, rules)

    def _placed(self, who: int, tables: set[int], rules: TaxRules) -> str | None:
        people, trade = self.world.people, self.world.trade
        buyer = people.everybody[who % len(people.everybody)]
        sold = people.for_sale(buyer)
        keys = {sold[number % len(sold)] for number in tables}

        def work() -> str:
            with trade.db.unit_of_work():
                bundle.replace(buyer, sorted(map(str, keys)))
                signed = quotes.sign(
                    trade.key,
                    buyer.user_id,
                    holdings.bundle_of(buyer.user_id),
                )
            with trade.db.unit_of_work():
                return service.place(buyer, trade.key, Purpose.RESEARCH, signed, rules)

        placed = self.act(work)
        if placed is not None and placed not in dict(self.orders):
            self.orders.append((placed, buyer))
        return placed

    @rule(number=NUMBER)
    @precondition(lambda self: self.orders)
    def check_out(self, number: int) -> None:
        """Open the payment page of an order."""
        self._checked_out(*self.orders[-1 - number % len(self.orders)])

    def _checked_out(self, order_id: str, buyer: object) -> None:
        page = self.act(lambda: self.world.trade.check_out(buyer, order_id))  # type: ignore[arg-type]
        if page is not None and "/checkout/" in page:
            self.pages[order_id] = page

    @rule(number=NUMBER, way=WAYS)
    @precondition(lambda self: self.pages)
    def pay(self, number: int, way: str) -> None:
        """Pay on a page that was opened, perhaps long ago."""
        pages = list(self.pages.values())
        assert post(pages[-1 - number % len(pages)], card=way) in (200, 303, 422)

    @rule(who=NUMBER, tables=st.sets(NUMBER, min_size=1, max_size=4), way=WAYS)
    def buy(self, who: int, tables: set[int], way: str) -> None:
        """Do all of it at once; the messages stay where they are."""
        order_id = self._placed(who, tables, TaxRules())
        if order_id is not None:
            self._checked_out(order_id, dict(self.orders)[order_id])
            if order_id in self.pages:
                assert post(self.pages[order_id], card=way) in (200, 303, 422)

    @rule(number=NUMBER)
    @precondition(lambda self: self.orders)
    def cancel(self, number: int) -> None:
        """Call an order off."""
        order_id, buyer = self.orders[-1 - number % len(self.orders)]
        trade = self.world.trade

        def work() -> None:
            with trade.db.unit_of_work():
                service.cancel(buyer, trade.gateway, order_id)

        self.act(work)

    @rule()
    @precondition(lambda self: self.pages)
    def abandon(self) -> None:
        """Leave every open page until it expires."""
        self.world.wait(timedelta(hours=3))

    @rule(number=NUMBER, outcome=st.sampled_from(("succeeded", "failed")))
    def settle_debit(self, number: int, outcome: str) -> None:
        """Let the bank of a debit pay, or not."""
        charge = self.one("charge", number, status=("pending",))
        if charge is not None:
            sessions = self.there().all("checkout.session")
            (name,) = (s["id"] for s in sessions if s["payment_intent"] == charge["payment_intent"])
            self.act(lambda: self.world.controls.settle(name, outcome))

    @rule(number=NUMBER, tables=st.sets(NUMBER, min_size=1, max_size=2))
    def spend(self, number: int, tables: set[int]) -> None:
        """Pay an order of a contributor's with what they earned."""
        who = len(self.world.people.buyers) + number % 2
        order_id = self._placed(who, tables, TaxRules())
        if order_id is None:
            return
        trade = self.world.trade

        def work() -> None:
            with trade.db.unit_of_work():
                buyer = dict(self.orders)[order_id]
                users_service.mark_identified(buyer.user_id)
                in_kind.pay(buyer, order_id, TERMS)

        self.act(work)
