"""Going through the provider's own list of events, for those whose message never came.

The provider gives up on a message after some days; its list goes back thirty. Each event is
taken as its message would have been, under the same number, so that whichever comes second
finds it known.
"""

from datetime import timedelta

from app.core.clock import now
from app.core.db import Database, session
from app.payments.gateway import PaymentGateway
from app.webhooks import queries, taking
from app.webhooks.models import ReplayCursor

#: So far back the provider's list goes.
LONGEST = timedelta(days=30)
#: The provider may list an event some time after the moment that it is dated with.
OVERLAP = timedelta(hours=2)


def replay(db: Database, gateway: PaymentGateway) -> int:
    """Take every event since the last replay that is not known yet; return how many.

    Raises
    ------
    GatewayUnavailable, GatewayRefused
        What was taken until then is kept; the next replay begins where this one did.
    """
    with db.unit_of_work(write=False):
        known = queries.replayed_until()
    begun = now()
    since = max(known or begun - LONGEST, begun - LONGEST)
    found = 0
    for listed in (gateway.events, gateway.account_events):
        for event in listed(since):
            with db.unit_of_work():
                found += taking.take_event(gateway, event)
    with db.unit_of_work():
        row = session().get(ReplayCursor, 1)
        if row is None:
            session().add(ReplayCursor(id=1, until=begun - OVERLAP))
        else:
            row.until = begun - OVERLAP
    return found
