"""What the stand-in holds, read from its own file: the other side of every promise."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from stripe_stand_in.store import Store

Plain = dict[str, Any]
KINDS = (
    "charge",
    "refund",
    "transfer",
    "transfer_reversal",
    "dispute",
    "payout",
    "balance_transaction",
    "checkout.session",
    "payment_intent",
    "v2.core.account",
)


@dataclass(frozen=True)
class Provider:
    """Every object of the stand-in, oldest first."""

    objects: dict[str, list[Plain]]

    @classmethod
    def of(cls, store: Store) -> Provider:
        """Read everything past the doors."""
        with store.reading() as tx:
            return cls({kind: list(tx.all(kind))[::-1] for kind in KINDS})

    def all(self, kind: str) -> list[Plain]:
        """Return all objects of a kind."""
        return self.objects[kind]

    @property
    def net_cents(self) -> int:
        """What the movements of the balance come to."""
        return sum(each["net"] for each in self.all("balance_transaction"))

    @property
    def charges(self) -> dict[str, list[Plain]]:
        """Charges that took money, or still may, of each order."""
        intents = {each["id"]: each for each in self.all("payment_intent")}
        found: dict[str, list[Plain]] = {}
        for charge in self.all("charge"):
            if charge["status"] in ("succeeded", "pending"):
                order = intents[charge["payment_intent"]]["metadata"].get("order_id", "")
                found.setdefault(order, []).append(charge)
        return found

    def double(self) -> int:
        """Count what was done more than once of what is done once.

        Charges of an order, transfers of a payout, our refunds and our reversals.
        """
        counts = [
            Counter({order: len(charges) for order, charges in self.charges.items()}),
            Counter(each["transfer_group"] for each in self.all("transfer")),
            Counter(self._marked("refund", "refund")),
            Counter(self._marked("transfer_reversal", "reversal")),
        ]
        return sum(number - 1 for count in counts for number in count.values())

    def _marked(self, kind: str, label: str) -> list[str]:
        return [each["metadata"][label] for each in self.all(kind) if label in each["metadata"]]
