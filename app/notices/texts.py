"""One sentence for each notice, in the reader's language."""

from flask_babel import gettext

from app.collections.texts import purpose_name
from app.notices.events import Notice
from app.notices.kinds import Kind
from app.web.filters import earned, moment, month, number


def _(text: str, **values: object) -> str:
    return str(gettext(text, **values))


def sentence(notice: Notice) -> str:
    """Return what somebody is told."""
    return _SENTENCES[notice.kind](notice)


def _needs(notice: Notice) -> str:
    values = {
        "about": notice.about,
        "month": month(notice.month),
        "day": moment(notice.day, "date"),
    }
    if notice.diary:
        return _("%(about)s: no entry for %(month)s yet. Add one before %(day)s.", **values)
    return _("%(about)s: import a newer file before %(day)s to be counted for %(month)s.", **values)


def _soon(notice: Notice) -> str:
    return _(
        "%(about)s: your %(month)s goes in on %(day)s.",
        about=notice.about,
        month=month(notice.month),
        day=moment(notice.day, "date"),
    )


def _measured(notice: Notice) -> str:
    return _(
        "%(about)s: statistics of about %(people)s people were published, and you are one of them. "
        "Guessing whether you took part is right at most %(n)s times in 100 (50 by chance).",
        about=notice.about,
        people=number(notice.people),
        n=notice.guesses,
    )


def _sold(notice: Notice) -> str:
    return _(
        "%(about)s: sold (%(purpose)s). You earned %(amount)s.",
        about=notice.about,
        purpose=purpose_name(notice.purpose or ""),
        amount="" if notice.amount is None else earned(notice.amount),
    )


def _paid(notice: Notice) -> str:
    amount = "" if notice.amount is None else earned(notice.amount)
    return _("%(amount)s is on its way to your bank account.", amount=amount)


def _asked(notice: Notice) -> str:
    return _("%(about)s: somebody asks about this edition. Please answer.", about=notice.about)


def _answered(notice: Notice) -> str:
    return _("%(about)s: your question was answered.", about=notice.about)


_SENTENCES = {
    Kind.NEEDS: _needs,
    Kind.SOON: _soon,
    Kind.MEASURED: _measured,
    Kind.SOLD: _sold,
    Kind.PAID: _paid,
    Kind.ASKED: _asked,
    Kind.ANSWERED: _answered,
}
