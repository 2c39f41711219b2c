"""Rules: messages, time, faults of the network, and processes that end."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from app import worker
from app.webhooks import replaying
from app.webhooks import service as webhooks
from tests.money.buying import NUMBER, Buying
from tests.money.giving_back import PART, GivingBack
from tests.money.paying_out import PayingOut

PATHS = (
    "*",
    "/v1/checkout/sessions",
    "/v1/checkout/sessions/*",
    "/v1/refunds*",
    "/v1/disputes*",
    "/v1/transfers*",
    "/v1/transfers/*/reversals",
    "/v1/payouts*",
    "/v1/balance*",
    "/v1/events",
    "/v2/core/*",
)
KINDS = ("429", "409", "500", "500-kept", "lost")


class Weather(Buying, GivingBack, PayingOut):
    """A market in the world as it is."""

    def remember(self, sold: int, *, paid: bool) -> None:
        """Sell so many tables before the history begins, and pay for them."""
        for number in range(sold):
            self.sell(number, {number, 3 + number})
        if paid:
            self.pay_everybody(again=False)

    @rule(data=st.data(), most=st.integers(3, 12), copies=st.integers(1, 3))
    @precondition(lambda self: self.world.inbox)
    def deliver(self, data: st.DataObject, most: int, copies: int) -> None:
        """Let some messages arrive, in any order, perhaps more than once."""
        order = data.draw(st.permutations(range(len(self.world.inbox))))[:most]
        chosen = [self.world.inbox[place] for place in order for _ in range(copies)]

        def work() -> None:
            for payload in chosen:
                self.world.deliver(payload)
            worker.runner(self.world.trade.app).run_due()

        if copies == 1:
            # Those that come twice may come again later, too.
            gone = set(order)
            kept = [each for place, each in enumerate(self.world.inbox) if place not in gone]
            self.world.inbox = kept
        self.act(work)

    @rule(place=NUMBER, count=st.integers(1, 5))
    @precondition(lambda self: self.world.inbox)
    def lose(self, place: int, count: int) -> None:
        """Lose messages for good."""
        del self.world.inbox[place % len(self.world.inbox) :][:count]
        self.world.inbox = self.world.inbox[: -count or None]

    @rule(who=NUMBER, tables=st.sets(NUMBER, min_size=1, max_size=4))
    def sell(self, who: int, tables: set[int]) -> None:
        """Sell something on a good day: paid by card, every message comes at once."""
        self.buy(who, tables, "good")
        self.world.collect()
        chosen, self.world.inbox = self.world.inbox, []

        def work() -> None:
            for payload in chosen:
                self.world.deliver(payload)
            worker.runner(self.world.trade.app).run_due()

        self.act(work)

    @rule()
    def work(self) -> None:
        """Let the worker do what is due."""
        self.act(lambda: worker.runner(self.world.trade.app).run_due())

    @rule()
    def catch_up(self) -> None:
        """Let the worker ask about everything unfinished, as it does each hour."""
        trade = self.world.trade
        self.act(lambda: webhooks.catch_up(trade.db, trade.gateway, lambda _: None))

    @rule()
    def replay(self) -> None:
        """Go through the provider's own list of events."""
        trade = self.world.trade
        self.act(lambda: replaying.replay(trade.db, trade.gateway))
        self.act(lambda: worker.runner(trade.app).run_due())

    @rule(minutes=st.sampled_from((1, 10, 70, 25 * 60)))
    def wait(self, minutes: int) -> None:
        """Let time pass for everybody."""
        self.world.wait(timedelta(minutes=minutes))

    @rule(
        kind=st.sampled_from(KINDS),
        path=st.sampled_from(PATHS),
        method=st.sampled_from(("*", "POST", "GET")),
        skip=st.integers(0, 3),
        times=st.sampled_from((1, 3, 4, 12, 40)),
    )
    def fault(self, kind: str, path: str, method: str, skip: int, times: int) -> None:
        """Order a fault for requests to come; three get past the library's own repeating."""
        self.world.controls.fault(kind, method, path, skip=skip, times=times)

    @rule()
    def clear_up(self) -> None:
        """Take all faults back."""
        self.world.controls.clear_faults()

    @rule()
    @precondition(lambda self: self.restarts < 2)
    def restart(self) -> None:
        """Let the process end, and another one begin on what is written."""
        self.restarts += 1
        self.world.restart()

    @rule(which=st.sampled_from(("refund", "payout", "reversal", "check out")), cents=PART)
    @precondition(lambda self: self.orders)
    def a_lost_reply_and_a_day(self, which: str, cents: int | None) -> None:
        """Lose the reply to something that was done, until the provider has forgotten its key."""
        paths = {
            "refund": "/v1/refunds",
            "payout": "/v1/transfers",
            "reversal": "/v1/transfers/*/reversals",
            "check out": "/v1/checkout/sessions",
        }
        controls = self.world.controls
        controls.clear_faults()
        controls.fault("lost", "POST", paths[which], times=3)
        order_id, buyer = self.orders[-1]
        if which == "refund":
            self._refunded(order_id, cents)
        elif which == "payout":
            self.pay_everybody(again=True)
        elif which == "reversal":
            self.take_back(0, cents)
        else:
            self._checked_out(order_id, buyer)
        controls.clear_faults()
        self.world.wait(timedelta(hours=25))
