"""What is true of a market at every moment, and what is true of it when everything has ended.

Each function returns the promises that are broken, in words; none is good. Both sides are
looked at: our tables, and the stand-in's own file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import func, select

from app.core.db import Database, session
from app.core.permissions import SYSTEM
from app.jobs.models import Job
from app.jobs.states import JobState
from app.ledger.models import LedgerEntry, LedgerTransaction
from app.orders import holdings
from app.orders.models import Order, OrderDispute, Refund, SaleEdition
from app.orders.paying import SETTLED
from app.payments.gateway import PaymentGateway
from app.payouts import queries as payouts
from app.payouts.models import Payout, PayoutReversal
from app.payouts.queries import PayoutTerms
from app.reconciliation import service as reconciliation
from tests.money.provider import Provider
from tests.money.world import People

TERMS = PayoutTerms(refund_days=0, minimum_cents=50)
CENT = 10_000
#: What a job says that waits for an answer, or has done.
WORDS = ("", "OutcomeUnknown")


def broken(db: Database, there: Provider, people: People) -> list[str]:
    """Return what is not as it has to be after every step."""
    with db.unit_of_work(write=False):
        return [
            *_book(),
            *_orders(there),
            *_refunds(there),
            *_payouts(there),
            *_reversals(there),
            *_holdings(people),
            *_standings(people),
            *_jobs(),
        ]


def balances() -> dict[str, int]:
    """Return every account's balance; inside a unit of work."""
    rows = session().execute(
        select(LedgerEntry.account, func.sum(LedgerEntry.micros)).group_by(LedgerEntry.account)
    )
    return {account: int(micros) for account, micros in rows}


def keys(kind: str) -> set[str]:
    """Return the keys of the transactions of a kind; inside a unit of work."""
    chosen = select(LedgerTransaction.key).where(LedgerTransaction.kind == kind)
    return set(session().scalars(chosen))


def _book() -> list[str]:
    total = func.sum(LedgerEntry.micros)
    joined = select(LedgerTransaction.key, total).join(
        LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id
    )
    by_key = joined.group_by(LedgerTransaction.key).having(total != 0)
    found = [f"{key} sums to {micros}" for key, micros in session().execute(by_key)]
    by_currency = (
        select(LedgerTransaction.currency, total)
        .join(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
        .group_by(LedgerTransaction.currency)
        .having(total != 0)
    )
    found += [f"the book sums to {m} {code}" for code, m in session().execute(by_currency)]
    open_ones = select(LedgerTransaction.key).where(LedgerTransaction.sealed.is_(False))
    return found + [f"{key} is not sealed" for key in session().scalars(open_ones)]


def _orders(there: Provider) -> list[str]:
    found, charges, sales = [], there.charges, keys("sale")
    orders = {row.id: row for row in session().scalars(select(Order))}
    used = Counter(row.charge for row in orders.values() if row.charge)
    found += [f"charge {name} pays {count} orders" for name, count in used.items() if count > 1]
    for name, several in charges.items():
        if name not in orders:
            found.append(f"a charge for the unknown order {name}")
        if len(several) > 1:
            found.append(f"order {name} was charged {len(several)} times")
    for order in orders.values():
        booked = f"sale:{order.id}" in sales
        paid = order.state in SETTLED
        if paid != (order.paid_at is not None):
            found.append(f"order {order.id} is {order.state} and paid at {order.paid_at}")
        if booked != (paid and order.total_cents > 0):
            found.append(f"order {order.id} is {order.state}; booked: {booked}")
        if paid and order.total_cents:
            found += _payment(order, charges.get(order.id, []))
    return found + _sales(orders)


def _sales(orders: dict[str, Order]) -> list[str]:
    found = []
    lines = select(LedgerTransaction.key, LedgerEntry.account, LedgerEntry.micros)
    joined = lines.join(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
    for key, account, micros in session().execute(joined.where(LedgerTransaction.kind == "sale")):
        sold = orders.get(key.split(":", 1)[1])
        if sold is None:
            found.append(f"{key} is the sale of no order")
            continue
        left = (sold.total_cents - sold.fee_cents) * CENT
        if account == sold.funding and micros != left:
            found.append(f"{key} brought {micros}, not {left}")
    return found


def _payment(order: Order, charges: list[dict[str, object]]) -> list[str]:
    if order.funding != "provider":
        return [f"order {order.id} was paid with earnings and by card"] if charges else []
    for charge in charges:
        if charge["id"] == order.charge:
            amount = (charge["status"], charge["amount"], str(charge["currency"]).upper())
            if amount == ("succeeded", order.total_cents, order.currency):
                return []
    return [f"order {order.id} is {order.state} without a charge of {order.total_cents}"]


def _refunds(there: Provider) -> list[str]:
    found = []
    rows = {row.id: row for row in session().scalars(select(Refund))}
    ours: Counter[str] = Counter()
    given: Counter[str] = Counter()
    for refund in there.all("refund"):
        if refund["status"] not in ("failed", "canceled"):
            given[refund["charge"]] += refund["amount"]
        if "refund" in refund["metadata"]:
            row = rows.get(refund["metadata"]["refund"])
            ours[refund["metadata"]["refund"]] += 1
            if row is None or row.cents != refund["amount"]:
                found.append(f"refund {refund['id']} is not the one we asked for")
            elif row.state == "refused":
                found.append(f"refund {row.id} was carried out and counts as refused")
    found += [f"refund {name} was given {n} times" for name, n in ours.items() if n > 1]
    for charge in there.all("charge"):
        if given[charge["id"]] > charge["amount"]:
            found.append(f"charge {charge['id']} was given back more than whole")
    return found + _taken(rows.values()) + _parts()


def _taken(refunds: Iterable[Refund]) -> list[str]:
    """What is taken of each order is what its refunds and disputes took, and is in the book."""
    found = []
    booked, undone = keys("refund"), keys("refund-failed")
    taken: Counter[str] = Counter()
    for row in refunds:
        stands = f"refund:{row.id}" in booked and f"refund-failed:{row.id}" not in undone
        if row.booked != stands:
            found.append(f"refund {row.id} is booked: {row.booked}, in the book: {stands}")
        taken[row.order_id] += row.cents if row.booked else 0
    for dispute in session().scalars(select(OrderDispute)):
        taken[dispute.order_id] += dispute.taken_cents
    for order in session().scalars(select(Order)):
        if order.taken_cents != taken[order.id] or not 0 <= taken[order.id] <= order.total_cents:
            found.append(f"of order {order.id} {order.taken_cents} are taken, not {taken}")
    return found


def _parts() -> list[str]:
    """What a sale earned each share goes back with the whole, and no more."""
    rows = session().execute(
        select(SaleEdition, Order.taken_cents, Order.total_cents).join(
            Order, Order.id == SaleEdition.order_id
        )
    )
    return [
        f"of {part.order_id} a share lost {part.taken_micros} of {part.per_share_micros}"
        for part, taken, total in rows
        if not 0 <= part.taken_micros <= part.per_share_micros
        or (taken == total and part.taken_micros != part.per_share_micros)
        or (taken == 0 and part.taken_micros)
    ]


def _payouts(there: Provider) -> list[str]:
    found, held = [], balances()
    rows = {row.id: row for row in session().scalars(select(Payout))}
    sent = keys("transfer")
    groups = Counter(each["transfer_group"] for each in there.all("transfer"))
    found += [
        f"payout {name} was sent {count} times" for name, count in groups.items() if count > 1
    ]
    for transfer in there.all("transfer"):
        row = rows.get(transfer["transfer_group"])
        wanted = None if row is None else (row.cents, row.account_id)
        if wanted != (transfer["amount"], transfer["destination"]):
            found.append(f"transfer {transfer['id']} is of no payout of ours")
        elif row is not None and row.state == "refused":
            found.append(f"payout {row.id} was carried out and counts as refused")
    names = {each["id"] for each in there.all("transfer")}
    for row in rows.values():
        if row.state == "sent" and row.transfer_id not in names:
            found.append(f"payout {row.id} counts as sent and was not")
        booked = f"transfer:{row.id}" in sent
        if booked != (row.state == "sent"):
            found.append(f"payout {row.id} is {row.state}; booked: {booked}")
        waits = -row.cents * CENT if row.state == "intended" else 0
        if held.get(f"transit:{row.id}", 0) != waits:
            found.append(f"payout {row.id} is {row.state}, not on its way as it should")
    known = {f"transit:{name}" for name in rows}
    return found + [n for n in held if n.startswith("transit:") and n not in known]


def _reversals(there: Provider) -> list[str]:
    found = []
    rows = {row.id: row for row in session().scalars(select(PayoutReversal))}
    counted = Counter(each["metadata"].get("reversal") for each in there.all("transfer_reversal"))
    for name, count in counted.items():
        row = rows.get(str(name))
        if count > 1 or row is None or row.state == "refused":
            found.append(f"reversal {name}: {count} times, {row and row.state}")
    done: Counter[str] = Counter()
    for row in rows.values():
        done[row.payout_id] += row.cents if row.state == "done" else 0
        if row.state == "done" and counted[row.id] != 1:
            found.append(f"reversal {row.id} counts as done and was not")
    for payout in session().scalars(select(Payout)):
        if payout.reversed_cents != done[payout.id]:
            found.append(f"of payout {payout.id} {payout.reversed_cents} came back, not {done}")
    return found


def _holdings(people: People) -> list[str]:
    found = []
    orders = {row.id: row for row in session().scalars(select(Order))}
    for who in people.everybody:
        for product, name in holdings.held(who.user_id).items():
            order = orders[name]
            whole = order.total_cents and order.taken_cents >= order.total_cents
            if order.state != "paid" or order.buyer_id != who.user_id or whole:
                found.append(f"{product} is held by order {name}, which is {order.state}")
    return found


def _standings(people: People) -> list[str]:
    found = []
    for who in people.producers:
        now = payouts.standing(who.user_id, TERMS)
        parts = (now.owed, now.paid, now.spent, now.given, now.under_way)
        if now.earned.micros != sum(part.micros for part in parts):
            found.append(f"earned {now.earned} is not {parts}")
    return found


def _jobs() -> list[str]:
    rows = session().scalars(select(Job).where(Job.message.not_in(WORDS)))
    found = [f"job {row.kind} said {row.message}" for row in rows]
    odd = select(Job).where(Job.state == JobState.FAILED, Job.message == "")
    return found + [f"job {row.kind} failed" for row in session().scalars(odd)]


def unfinished(db: Database, there: Provider) -> list[str]:
    """Return what still waits although nothing is left that could come."""
    with db.unit_of_work(write=False):
        found = [
            f"order {row.id} is still {row.state}"
            for row in session().scalars(select(Order))
            if row.state in ("paying", "pending", "refunding")
        ]
        waiting = ("intended", "pending")
        rows = session().execute(
            select(Refund.key, Refund.state)
            .where(Refund.state.in_(waiting))
            .union_all(
                select(PayoutReversal.key, PayoutReversal.state).where(
                    PayoutReversal.state.in_(waiting)
                )
            )
        )
        found += [f"{key} is still {state}" for key, state in rows]
        paid = {row.charge for row in session().scalars(select(Order)) if row.paid_at}
        for order, charges in there.charges.items():
            found += [
                f"charge {each['id']} took money and order {order} is not paid"
                for each in charges
                if each["id"] not in paid
            ]
        held = balances()
        for name, micros in held.items():
            if name.startswith("transit:") and micros:
                found.append(f"{name} holds {micros}, though nothing is on its way")
        if held.get("provider", 0) != there.net_cents * CENT:
            found.append(f"provider holds {held.get('provider', 0)}, not {there.net_cents} cents")
        return found


def differences(db: Database, gateway: PaymentGateway) -> list[str]:
    """Compare the book with the provider as the market does each day; return what differs."""
    with db.unit_of_work():
        view = reconciliation.compare(SYSTEM, gateway)
    found = [f"{one.kind} {one.what} {one.name}" for one in view.differences]
    if not found and not view.agrees:
        found.append(f"{view.book} in the book, {view.provider} at the provider")
    return found
