from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectChoice, SelectField, SubmitField
from wtforms.validators import DataRequired

from app.web.i18n import alphabetical

#: Where the provider can send money from a market in the European Economic Area.
COUNTRIES = (
    "AT BE BG CA CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO "
    "SE SI SK US"
).split()


class CountryForm(FlaskForm):
    country = SelectField(
        _l("In which country do you live?"),
        [DataRequired(_l("Choose a country."))],
        description=_l("Where your bank account is. It cannot be changed later."),
    )
    submit = SubmitField(_l("Connect a payout account"))

    def offer(self) -> None:
        """Offer the countries, by their names in the reader's language."""
        locale = get_locale()
        names = dict(locale.territories) if locale is not None else {}
        named = [SelectChoice(code, names.get(code, code)) for code in COUNTRIES]
        # None is chosen beforehand: it cannot be changed later.
        self.country.choices = [
            SelectChoice("", "–"),
            *sorted(named, key=lambda choice: alphabetical(str(choice.label))),
        ]
