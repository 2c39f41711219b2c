from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField, SubmitField
from wtforms.validators import Length, Optional

from app.operator.price_books.fields import NumberField


class RefundForm(FlaskForm):
    """How much of a payment is given back, in hundredths; all that is left by default."""

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
