from decimal import Decimal
from fractions import Fraction

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    EmailField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    SubmitField,
)
from wtforms.validators import DataRequired, InputRequired, NumberRange

from app.collections.rules import Purpose
from app.contributions.insights.carbon import speeds
from app.contributions.insights.tariffs import HOURS, Prices, hours_between, listed
from app.datasets.forms import AmountField
from app.users.forms import ADDRESS, PASSWORD

#: What somebody can agree to, from the least to the most.
RESEARCH, EVERYTHING = "research", "everything"
LEVELS = {
    RESEARCH: frozenset({Purpose.RESEARCH, Purpose.PUBLIC}),
    EVERYTHING: frozenset(Purpose),
}


#: What the levels are called in a line.
NAMES = {
    RESEARCH: _l("research and public interest"),
    EVERYTHING: _l("research, public interest and companies"),
}


def level_of(purposes: frozenset[Purpose]) -> str:
    """Return the highest level that some purposes hold wholly; empty where none is."""
    held = [key for key, level in LEVELS.items() if level <= purposes]
    return held[-1] if held else ""


class LevelForm(FlaskForm):
    level = RadioField(
        _l("What may the statistics be sold for?"),
        [DataRequired(_l("Choose one of the two, or leave this page: nothing is kept then."))],
        choices=[
            SelectChoice(RESEARCH, _l("Research and public interest only")),
            SelectChoice(EVERYTHING, _l("Companies too: this earns more")),
        ],
    )
    submit = SubmitField(_l("Save"))


class AgreeForm(LevelForm):
    explicit = BooleanField(
        _l(
            "These are data about health. I agree explicitly that Moisson makes statistics of them "
            "for what I chose above, until I stop."
        )
    )
    submit = SubmitField(_l("Agree and continue"))

    def agreed_to(self, *, sensitive: bool, seen: bool) -> bool:
        """Say whether all that is needed was agreed to, and seen; of health, explicitly."""
        agreed: bool = self.validate_on_submit()
        if agreed and not seen:
            added = _l("Lines were added after you opened this page. Check them first.")
            self.level.errors = (added,)
            return False
        if agreed and sensitive and not self.explicit.data:
            wrong = _l("Tick this to give data about health, or take those lines out.")
            self.explicit.errors = (wrong,)
            return False
        return agreed


class AccountForm(FlaskForm):
    email = EmailField(_l("E-mail"), ADDRESS, render_kw={"autocomplete": "email"})
    password = PasswordField(
        _l("Choose a password"),
        PASSWORD,
        description=_l("At least 10 characters."),
        render_kw={"autocomplete": "new-password"},
    )
    submit = SubmitField(_l("Finish"))


PRICE = [
    InputRequired(_l("Type a price, such as 0.20.")),
    NumberRange(0, 10, _l("Between 0 and 10.")),
]
SPEED = [
    InputRequired(_l("Type a number.")),
    NumberRange(0, 400, _l("Between 0 and 400.")),
]
#: Nobody pays or drives by finer steps; a number of a million digits would take all memory.
FINEST = Decimal("0.000001")
CLOCK = [SelectChoice(str(hour), f"{hour:02d}:00") for hour in range(HOURS)]
MAYBE = [SelectChoice("", "–"), *CLOCK]


class TariffForm(FlaskForm):
    class Meta:
        """Nothing is kept of it: what is supposed stands in the address."""

        csrf = False

    flat = AmountField(_l("One price for all hours (€ per kWh)"), PRICE, places=4)
    peak = AmountField(_l("Two prices: full hours (€ per kWh)"), PRICE, places=4)
    off_peak = AmountField(_l("Two prices: cheap hours (€ per kWh)"), PRICE, places=4)
    cheap_from = SelectField(_l("Cheap hours from"), choices=CLOCK)
    cheap_until = SelectField(_l("Cheap hours until"), choices=CLOCK)
    also_from = SelectField(_l("More cheap hours from"), choices=MAYBE)
    also_until = SelectField(_l("More cheap hours until"), choices=MAYBE)
    submit = SubmitField(_l("Work it out"))

    def fill(self) -> None:
        """Show the prices on record."""
        start = listed()
        for name in ("flat", "peak", "off_peak"):
            exact: Fraction = getattr(start.prices, name)
            self[name].data = Decimal(exact.numerator) / Decimal(exact.denominator)
        self.cheap_from.data, self.cheap_until.data = str(start.cheap_from), str(start.cheap_until)

    def prices(self) -> Prices:
        """Return what was typed."""
        typed = (self.flat.data, self.peak.data, self.off_peak.data)
        return Prices(*map(_exact, typed))

    def cheap(self) -> frozenset[int]:
        """Return the cheap hours that were chosen."""
        hours = hours_between(int(self.cheap_from.data), int(self.cheap_until.data))
        if self.also_from.data and self.also_until.data:
            hours |= hours_between(int(self.also_from.data), int(self.also_until.data))
        return hours


class SpeedForm(FlaskForm):
    class Meta:
        """Nothing is kept of it: what is supposed stands in the address."""

        csrf = False

    car = AmountField(_l("By car (km per hour)"), SPEED, places=None)
    bus = AmountField(_l("By bus or tram (km per hour)"), SPEED, places=None)
    train = AmountField(_l("By train or metro (km per hour)"), SPEED, places=None)
    submit = SubmitField(_l("Work it out"))

    def fill(self) -> None:
        """Show the speeds that surveys found."""
        for value, speed in speeds().items():
            self[value].data = Decimal(speed.kmh.numerator) / Decimal(speed.kmh.denominator)

    def kmh(self) -> dict[str, Fraction]:
        """Return what was typed, by the means of transport."""
        return {value: _exact(self[value].data) for value in speeds()}


def _exact(typed: Decimal | None) -> Fraction:
    return Fraction((typed or Decimal(0)).quantize(FINEST))
