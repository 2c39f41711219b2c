from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectChoice, SelectField, StringField, SubmitField
from wtforms.validators import DataRequired, Length, Optional

from app.collections.rules import Purpose
from app.consent.texts import TEXTS
from app.invoicing.forms import BillingForm


class OrderBillingForm(BillingForm):
    purchase_number = StringField(
        _l("Your order number (optional)"),
        [Optional(), Length(max=60)],
        description=_l("Your purchasing department’s number. It is printed on the invoice."),
        render_kw={"autocomplete": "off"},
    )
    submit = SubmitField(_l("Continue to payment"))


class PlaceForm(FlaskForm):
    purpose = SelectField(
        _l("What will you use the tables for?"),
        [DataRequired(_l("Say what you will use the tables for."))],
        description=_l("Contributors see the kind of use. Singling out a person is forbidden."),
    )
    quote = HiddenField()
    submit = SubmitField(_l("Order at this price"))

    def offer(self, purposes: frozenset[Purpose]) -> None:
        """Offer the purposes that all chosen tables are sold for; none is chosen beforehand."""
        sold = [SelectChoice(p.value, TEXTS[p].title) for p in Purpose if p in purposes]
        self.purpose.choices = [SelectChoice("", _l("Choose")), *sold] if sold else []

    def keep(self, purpose: str) -> None:
        """Keep what was chosen before the bundle changed, where it is still offered."""
        if purpose in {choice.value for choice in self.purpose.choices}:
            self.purpose.data = purpose
