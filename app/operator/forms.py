from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, StringField, SubmitField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from app.core.db import new_id
from app.operator.price_books.fields import NumberField

#: What names a wish, so that a form that is sent twice is carried out once.
_ONCE = [Optional(), Regexp(r"[0-9a-f]{32}\Z")]


class RefundForm(FlaskForm):
    """How much of a payment is given back, in hundredths; all that is left by default."""

    once = HiddenField(default=new_id, validators=_ONCE)
    amount = NumberField(
        _l("Amount"),
        [Optional()],
        low="0.01",
        high="1000000",
        scale=100,
        description=_l("Leave it empty to give back all that is left and withdraw the tables."),
    )
    reason = StringField(
        _l("Reason"),
        [Length(max=200)],
        description=_l("The buyer reads it on the order."),
    )
    submit = SubmitField(_l("Refund now"))


class TakeBackForm(FlaskForm):
    """How much of a payout is taken back, in hundredths; all that is left by default."""

    once = HiddenField(default=new_id, validators=_ONCE)
    amount = NumberField(
        _l("Amount"),
        [Optional()],
        low="0.01",
        high="1000000",
        scale=100,
        description=_l("Leave it empty to take back all that is left of it."),
    )
    reason = StringField(
        _l("Reason"), [InputRequired(_l("Say why it is taken back.")), Length(max=200)]
    )
    submit = SubmitField(_l("Take it back"))


class HandOverForm(FlaskForm):
    """What contributors gave away, and to whom it went."""

    amount = NumberField(
        _l("Amount"),
        [InputRequired(_l("Write the amount that was handed over."))],
        low="0.01",
        high="10000000",
        scale=100,
    )
    to_whom = StringField(
        _l("To whom"), [InputRequired(_l("Say to whom it went.")), Length(max=200)]
    )
    reference = StringField(
        _l("Reference"),
        [Length(max=120)],
        description=_l("What the statement of the market’s bank calls it."),
    )
    submit = SubmitField(_l("Book the hand-over"))


class CorrectionForm(FlaskForm):
    """Against what a movement is booked that nothing of ours caused, and why."""

    movement = HiddenField(validators=[InputRequired()])
    against = SelectField(_l("Against"))
    reason = StringField(
        _l("Reason"), [InputRequired(_l("Say why it is booked.")), Length(max=200)]
    )
    submit = SubmitField(_l("Book it"))

    def offer(self, choices: list[tuple[str, str]]) -> None:
        """Offer the accounts, in the reader's language."""
        self.against.choices = choices
