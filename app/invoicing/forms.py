import re

from babel import Locale
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectChoice, SelectField, StringField, SubmitField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional, ValidationError

#: Two letters of a country, then up to thirteen letters and digits.
VAT_NUMBER = re.compile(r"[A-Z]{2}[0-9A-Z+*]{2,13}", re.ASCII)
_NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})
MOST_LINES = 6


class BillingForm(FlaskForm):
    name = StringField(
        _l("Name or company"),
        [DataRequired(_l("Enter the name invoices are made out to.")), Length(max=120)],
        render_kw={"autocomplete": "organization"},
    )
    address = TextAreaField(
        _l("Address"),
        [DataRequired(_l("Enter the address invoices are made out to.")), Length(max=400)],
        render_kw={"autocomplete": "street-address", "rows": 4},
    )
    country = SelectField(
        _l("Country"),
        [DataRequired(_l("Choose a country."))],
        render_kw={"autocomplete": "country"},
    )
    vat_number = StringField(
        _l("VAT number"),
        [Optional(), Length(max=40)],
        description=_l("Of a company that has one, with the letters of its country."),
    )
    submit = SubmitField(_l("Save"))

    def offer(self) -> None:
        """Offer every country by its name in the reader's language."""
        territories = Locale.parse(str(get_locale() or "en")).territories
        names = {
            code: name
            for code, name in territories.items()
            if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES  # noqa: PLR2004
        }
        ordered = sorted(names.items(), key=lambda one: one[1])
        self.country.choices = [
            SelectChoice("", "–"),
            *(SelectChoice(code, name) for code, name in ordered),
        ]

    def validate_address(self, field: TextAreaField) -> None:
        if len(field.data.strip().splitlines()) > MOST_LINES:
            raise ValidationError(_l("An address has at most six lines."))

    def validate_vat_number(self, field: StringField) -> None:
        field.data = re.sub(r"[\s.-]", "", field.data).upper()
        if field.data and not VAT_NUMBER.fullmatch(field.data):
            raise ValidationError(
                _l("A VAT number begins with two letters of a country, such as FR12345678901.")
            )
