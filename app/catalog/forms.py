from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, SubmitField
from wtforms.validators import InputRequired, NumberRange

from app.catalog.estimates import MOST_PEOPLE, MOST_SALES, Assumptions


class EstimateForm(FlaskForm):
    class Meta:
        """Nothing is changed by it: what is supposed stands in the address."""

        csrf = False

    people = IntegerField(
        _l("How many take part in the edition?"),
        [
            InputRequired(_l("Type a whole number.")),
            NumberRange(1, MOST_PEOPLE, _l("Between 1 and 10,000,000.")),
        ],
    )
    mine = IntegerField(
        _l("How many of them are yours?"),
        [
            InputRequired(_l("Type a whole number.")),
            NumberRange(1, MOST_PEOPLE, _l("Between 1 and 10,000,000.")),
        ],
        description=_l("One if you bring your own data; as many as your file is about otherwise."),
    )
    sales = IntegerField(
        _l("Buyers"),
        [
            InputRequired(_l("Type a whole number.")),
            NumberRange(1, MOST_SALES, _l("Between 1 and 100,000.")),
        ],
    )
    submit = SubmitField(_l("Work it out"))

    def fill(self, start: Assumptions) -> None:
        """Show where an estimate starts."""
        self.people.data, self.mine.data = start.people, start.mine
        self.sales.data = start.sales

    def assumptions(self) -> Assumptions:
        """Return what was typed."""
        return Assumptions(self.people.data, self.mine.data, self.sales.data)
