"""Coming to rest: whatever waits is decided, whatever was held arrives, and time passes."""

from __future__ import annotations

from datetime import timedelta

from app import worker
from app.payouts import sending
from app.webhooks import service as webhooks
from tests.money.promises import TERMS
from tests.money.provider import Provider
from tests.money.world import World
from tests.support.controls import Controls

#: Hours after which the worker is looked after again: jobs rest, offers end, keys are forgotten.
LATER = (0, 1, 3, 25, 25)


def decide(controls: Controls, there: Provider) -> None:
    """Let banks and networks say what they have not said yet, sometimes yes and sometimes no."""
    controls.clear_faults()
    controls.refunds("succeed")
    charges = {each["payment_intent"]: each for each in there.all("charge")}
    for number, session in enumerate(there.all("checkout.session")):
        charge = charges.get(session["payment_intent"])
        if charge is not None and charge["status"] == "pending":
            controls.settle(session["id"], ("succeeded", "failed")[number % 2])
    for refund in there.all("refund"):
        if refund["status"] == "pending":
            controls.end_refund(refund["id"], "succeeded")
    for number, dispute in enumerate(there.all("dispute")):
        if dispute["status"] == "needs_response":
            controls.decide(dispute["id"], ("won", "lost")[number % 2])
        elif dispute["status"] == "warning_needs_response":
            controls.decide(dispute["id"], "warning_closed")
    for payout in there.all("payout"):
        if payout["status"] in ("pending", "in_transit"):
            controls.payout(payout["id"], "paid")


def work(world: World) -> None:
    """Do what a worker does when it starts: what is due, what was missed, what is to be paid."""
    db, gateway = world.trade.db, world.trade.gateway
    worker.runner(world.app).run_due()
    webhooks.catch_up(db, gateway, lambda _: None)
    worker.runner(world.app).run_due()
    sending.run(sending.Paying(db, gateway, TERMS), again=True)


def come_to_rest(world: World) -> None:
    """Let everything end that can."""
    decide(world.controls, Provider.of(world.provider))
    for hours in LATER:
        world.wait(timedelta(hours=hours))
        with world.at():
            world.collect()
            for payload in world.inbox:
                world.deliver(payload)
            world.inbox = []
            work(world)
