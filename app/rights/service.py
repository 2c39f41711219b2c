from flask_babel import lazy_gettext as _l

from app.alerts import service as alerts
from app.catalog.price_lists import currency
from app.collections import queries as collections
from app.contributions import diary_entries, drafts, reminders
from app.contributions import service as contributions
from app.core.dialects import hold_person
from app.core.errors import Conflict
from app.core.permissions import Actor
from app.datasets import queries as datasets
from app.datasets import service as datasets_service
from app.datasets.service import Checking
from app.datasets.states import DatasetState
from app.earnings import queries as earnings
from app.earnings import settlement
from app.endpoints import service as endpoints
from app.invoicing import service as invoicing
from app.ledger import accounts
from app.ledger import queries as ledger
from app.notices import service as notices
from app.orders import service as orders
from app.questions import service as questions
from app.releases import charging
from app.reviews import service as reviews
from app.rights import exports, teams
from app.sellers import service as sellers
from app.users import service as users
from app.users import teams as users_teams
from pricing.money import Money


def owed(actor: Actor) -> Money:
    """Return what is owed to an account: earned, whether settled yet or not, and not paid."""
    who, code = actor.user_id, currency()
    coming = Money(earnings.sums(who).coming, code)
    return coming - ledger.balance(accounts.contributor(who), code)


def erase_account(
    actor: Actor, doors: Checking, secret: str, waive: bool, *, again: bool = False
) -> None:
    """Erase every row and key, then the account's name and address.

    The book keeps its lines under the bare identifier; published releases stay. So do invoices
    and credit notes, with what they say: whoever keeps books has to keep them for years. What
    was spent of privacy stays too, under a hash of the address that `secret` keys.

    Parameters
    ----------
    again : bool
        Whether it was erased before, in a database that is a backup of an earlier time: then no
        payment that is under way in it holds it up.

    Raises
    ------
    Conflict
        When money is owed and the owner did not say to give it up.
    PaymentOpen
        While they may still pay for themselves, or for a team that they leave with nobody in it.
    """
    if not again:
        orders.refuse_open([actor.user_id, *users_teams.alone_in(actor.user_id)])
    if owed(actor).micros > 0 and not waive:
        raise Conflict(_l("Money is still owed to you. Wait for the payout, or give it up."))
    # First: settling may have to wait, and nothing else is to wait for this meanwhile.
    if waive:
        settlement.waive(actor.user_id)
    # What comes in at this moment is waited for, and erased; what comes later is refused.
    hold_person(actor.user_id)
    diary_entries.erase_all(actor, doors)
    drafts.erase_all(actor, doors)
    reminders.stop_all(actor.user_id)
    contributions.erase_all(actor, doors)
    for view in datasets.of_producer(actor.user_id):
        if view.state is not DatasetState.ERASED:
            datasets_service.erase(actor, doors, view.id)
    # What is counted of their collections, while these can still be told to be theirs.
    sellers.forget(actor.user_id)
    for owned in collections.owned_by(actor.user_id):
        if not owned.withdrawn:
            datasets_service.leave_collection(actor, owned.id)
    datasets_service.forget_titles(actor)
    exports.forget(actor, doors)
    notices.forget(actor.user_id)
    endpoints.forget(actor.user_id)
    questions.forget(actor.user_id)
    reviews.forget(actor.user_id)
    alerts.forget(actor.user_id)
    teams.leave_every(actor)
    charging.remember(secret, actor.user_id)
    invoicing.forget_details(actor)
    orders.forget_billing(actor)
    users.close(actor)
