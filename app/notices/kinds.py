from enum import StrEnum

from flask_babel import lazy_gettext as _l


class Kind(StrEnum):
    """What there is to tell; each can be switched off by e-mail."""

    NEEDS = "needs"
    SOON = "soon"
    MEASURED = "measured"
    SOLD = "sold"
    PAID = "paid"
    MONTHLY = "monthly"
    REMIND = "remind"
    ASKED = "asked"
    ANSWERED = "answered"


#: What is not sent before somebody asks for it: a sale may come every hour.
OFF_AT_FIRST = frozenset({Kind.SOLD})
#: What is switched as a whole; reminders are, for each diary.
SWITCHED = tuple(kind for kind in Kind if kind is not Kind.REMIND)
#: What is listed on the page, too.
LISTED = tuple(kind for kind in SWITCHED if kind is not Kind.MONTHLY)
NAMES = {
    Kind.NEEDS: _l("Something needs you"),
    Kind.SOON: _l("Your month goes in next week"),
    Kind.MEASURED: _l("A month of yours was counted"),
    Kind.SOLD: _l("Statistics with your data were sold"),
    Kind.PAID: _l("You were paid"),
    Kind.MONTHLY: _l("A summary once a month, in five lines"),
    Kind.REMIND: _l("Evening reminders of your diaries"),
    Kind.ASKED: _l("Somebody asks about a collection of yours"),
    Kind.ANSWERED: _l("A question of yours was answered"),
}
