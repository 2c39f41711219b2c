from babel import Locale
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectChoice, SelectField, StringField, SubmitField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from app.invoicing import vat_numbers
from app.invoicing.queries import Party
from app.web.i18n import alphabetical

_NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})
MOST_LINES = 6


class BillingForm(FlaskForm):
    kind = SelectField(
        _l("You buy"),
        [DataRequired(_l("Say whether you buy for yourself or for an organisation."))],
        choices=[
            SelectChoice("", _l("Choose")),
            SelectChoice("person", _l("for myself")),
            SelectChoice("organisation", _l("for an organisation or a business")),
        ],
    )
    name = StringField(
        _l("Name of the person or organisation"),
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
        _l("VAT number (optional)"),
        [Optional(), Length(max=40)],
        description=_l("Of an organisation that has one, with the letters of its country."),
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
        ordered = sorted(names.items(), key=lambda one: alphabetical(one[1]))
        self.country.choices = [
            SelectChoice("", "–"),
            *(SelectChoice(code, name) for code, name in ordered),
        ]

    def validate_address(self, field: TextAreaField) -> None:
        if len(field.data.strip().splitlines()) > MOST_LINES:
            raise ValidationError(_l("An address has at most six lines."))

    def validate_vat_number(self, field: StringField) -> None:
        field.data = vat_numbers.compact(field.data)
        if field.data and not vat_numbers.valid(field.data):
            raise ValidationError(
                _l(
                    "This is not a VAT number of that country. It begins with two letters, such "
                    "as FR40303265045. Check each digit."
                )
            )
        if field.data and self.kind.data == "person":
            raise ValidationError(
                _l("Only an organisation or a business has a VAT number. Choose that above.")
            )

    def keep(self, kept: Party | None) -> None:
        """Fill in what was said before, whom one buys for with it."""
        if kept is not None and not self.is_submitted():
            self.kind.data = "organisation" if kept.organisation else "person"

    def party(self) -> Party:
        """Return what was typed."""
        return Party(
            self.name.data,
            "\n".join(self.address.data.splitlines()),
            self.country.data,
            self.vat_number.data or "",
            self.kind.data == "organisation",
        )
