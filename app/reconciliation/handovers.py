"""Handing over what contributors gave away: out of the market's bank account, and of the book."""

from flask_babel import lazy_gettext as _l

from app.catalog.price_lists import currency
from app.core import audit
from app.core.clock import now
from app.core.db import new_id, session
from app.core.permissions import Actor, Role, require
from app.ledger import accounts
from app.ledger import queries as ledger_queries
from app.ledger import service as ledger
from app.payouts.errors import TooMuch
from app.reconciliation.models import Handover
from pricing.money import MICROS_PER_CENT


def hand_over(actor: Actor, cents: int, to_whom: str, reference: str) -> str:
    """Book that the operator handed gifts over, from the market's own bank account.

    Parameters
    ----------
    cents : int
        At most what was given away and not handed over yet.
    to_whom, reference : str
        Who got it, and what the bank's statement calls it.

    Raises
    ------
    Forbidden, TooMuch
    """
    require(actor, Role.OPERATOR)
    ledger.hold([accounts.DONATIONS])
    code = currency()
    given = -ledger_queries.balance(accounts.DONATIONS, code).micros
    micros = cents * MICROS_PER_CENT
    if not 0 < micros <= given:
        raise TooMuch(_l("That is more than contributors gave away and still stands."))
    row = Handover(
        id=new_id(),
        cents=cents,
        currency=code,
        to_whom=to_whom.strip()[:200],
        reference=reference.strip()[:120],
        operator_id=actor.user_id,
        at=now(),
    )
    session().add(row)
    session().flush()
    lines = {accounts.DONATIONS: micros, accounts.BANK: -micros}
    ledger.post("handover", f"handover:{row.id}", code, lines)
    audit.record(actor.user_id, "hand-over", "handover", row.id, cents=cents)
    return row.id
