"""The month's letter: five lines about what somebody gives, and what became of it."""

from datetime import UTC, datetime, timedelta

from flask_babel import gettext as _
from flask_babel import ngettext

from app.catalog.price_lists import currency
from app.contributions import queries as contributions
from app.core.permissions import Actor
from app.earnings import queries as earnings
from app.notices.events import notices
from app.notices.kinds import Kind
from app.orders import queries as orders
from app.releases.periods import next_closing, open_period
from app.web.filters import earned as in_cents
from app.web.filters import moment
from app.web.filters import month as in_words
from pricing.money import Money


def lines(actor: Actor, month: str) -> tuple[str, ...]:
    """Return the five lines; none for somebody who gives nothing any more.

    Parameters
    ----------
    month : str
        The month in which the letter is sent, "YYYY-MM"; it tells of the 31 days before.
    """
    given = [tile for tile in contributions.tiles(actor) if not tile.stopped]
    if not given:
        return ()
    until = datetime.fromisoformat(f"{month}-12T00:00:00+00:00").astimezone(UTC)
    since, who = until - timedelta(days=31), actor.user_id
    counted = [each for each in notices(actor, since, until) if each.kind is Kind.MEASURED]
    sold = orders.count_sales(list(earnings.shares_of(who)), since, until)
    before, after = (sum(earnings.earned(who, at).values()) for at in (since, until))
    earned = after - before
    every = Money(sum(tile.earned.micros for tile in given), currency())
    return (
        _("You give: %(titles)s.", titles=", ".join(tile.rules.title for tile in given)),
        ngettext(
            "Counted and published with you: %(num)s month of statistics.",
            "Counted and published with you: %(num)s months of statistics.",
            len(counted),
        ),
        ngettext("Sold: %(num)s time.", "Sold: %(num)s times.", sold),
        _(
            "Earned: %(month)s since the last letter, %(all)s so far.",
            month=in_cents(Money(earned, currency())),
            all=in_cents(every),
        ),
        _(
            "Next: %(month)s goes in on %(day)s. Skip it or stop on the page “My data”.",
            month=in_words(open_period()),
            day=moment(next_closing(), "date"),
        ),
    )
