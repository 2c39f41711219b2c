from decimal import Decimal

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    DecimalField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    SubmitField,
    TextAreaField,
    ValidationError,
    widgets,
)
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from app.collections.rules import EPSILONS_MILLI, MINIMUMS, TOPICS, Purpose
from app.collections.texts import TOPIC_NAMES
from app.consent.texts import TEXTS


class AmountField(DecimalField):
    """An amount of money, with a point or a comma."""

    data: Decimal | None

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata([text.strip().replace(",", ".") for text in valuelist])
        if self.data is not None and not self.data.is_finite():
            self.data = None
            raise ValueError(self.gettext("Not a valid decimal value."))


class UploadForm(FlaskForm):
    title = StringField(
        _l("Name of this dataset"),
        [DataRequired(_l("Give the dataset a name.")), Length(max=120)],
        description=_l("Only you see it."),
    )
    file = FileField(
        _l("Your file"),
        description=_l(
            "CSV, Excel (.xlsx) or JSON, also in a zip. With a line of column names, one row a "
            "record."
        ),
    )
    sample = SelectField(_l("or take a sample"), choices=[SelectChoice("", _l("none"))])
    submit = SubmitField(_l("Upload"))

    def validate_sample(self, field: SelectField) -> None:
        if not field.data and not (self.file.data and self.file.data.filename):
            raise ValidationError(_l("Choose a file or a sample."))


class CollectionForm(FlaskForm):
    title = StringField(
        _l("Title"), [DataRequired(_l("Give the collection a title.")), Length(max=120)]
    )
    description = TextAreaField(
        _l("What is in it, in plain words"),
        [DataRequired(_l("Describe the collection.")), Length(max=4000)],
    )
    topic = SelectField(_l("Topic"), choices=[SelectChoice(t, TOPIC_NAMES[t]) for t in TOPICS])
    person = StringField(
        _l("Who is protected?"),
        [DataRequired(_l("Say who is protected: a person, a household …")), Length(max=60)],
        description=_l("The unit of privacy: a person, a household, a patient …"),
    )
    record = StringField(
        _l("What is one contribution?"),
        [DataRequired(_l("Say what one contribution is: a visit, a trip …")), Length(max=60)],
        description=_l("Such as a shopping trip or a year of work."),
    )
    identifier = SelectField(
        _l("Is anything the same for a person in every file?"),
        choices=[
            SelectChoice("", _l("no: somebody in two producers’ files counts as two people")),
            SelectChoice("email", _l("yes, the e-mail address: they are one person")),
            SelectChoice("code", _l("yes, a code such as a member number: they are one person")),
        ],
        default="",
        description=_l(
            "Every file then has to name people by it. It is turned into a code that only this "
            "edition knows, and that code is never kept."
        ),
    )
    ways = SelectField(
        _l("Tables"),
        choices=[
            SelectChoice("1", _l("one category at a time")),
            SelectChoice("2", _l("also pairs of categories")),
        ],
        default="2",
    )
    epsilon_milli = SelectField(_l("Privacy loss of one edition"), choices=[], default="1000")
    purposes = SelectMultipleField(
        _l("What may the tables be sold for?"),
        choices=[SelectChoice(p.value, TEXTS[p].title) for p in Purpose],
        widget=widgets.ListWidget(prefix_label=False),
        option_widget=widgets.CheckboxInput(),
        default=[p.value for p in Purpose],
    )
    steps = SelectField(
        _l("May people agree to some of them only?"),
        choices=[
            SelectChoice("1", _l("yes: research first, then public interest, then commercial use")),
            SelectChoice("", _l("no: to all or none, so that all are in one edition")),
        ],
        default="1",
        description=_l(
            "Each step is an edition of its own; fewer steps bring more people together."
        ),
    )
    minimum_people = SelectField(
        _l("How many people must come?"),
        choices=[SelectChoice(str(people), str(people)) for people in MINIMUMS],
        default=str(MINIMUMS[1]),
        description=_l(
            "They are counted first, with noise. If fewer came, nothing is measured and everything "
            "waits for the next closing."
        ),
    )
    floor = AmountField(
        _l("Least price of an edition"),
        [
            Optional(),
            NumberRange(0, 1_000, _l("The least price of an edition lies between 0 and 1,000.")),
        ],
        places=2,
        default=Decimal(0),
        description=_l(
            "Each buyer pays at least this for an edition, whatever they take of it, and it goes "
            "to its contributors. The market’s own least price holds where it is higher."
        ),
    )
    edition_days = SelectField(
        _l("An edition closes every"),
        choices=[
            SelectChoice("7", _l("week")),
            SelectChoice("30", _l("month")),
            SelectChoice("90", _l("quarter")),
        ],
        default="30",
    )
    submit = SubmitField(_l("Keep these rules"))


class PublishForm(FlaskForm):
    purposes = SelectMultipleField(
        _l("I agree that protected tables with my data in them are sold for"),
        widget=widgets.ListWidget(prefix_label=False),
        option_widget=widgets.CheckboxInput(),
    )
    understood = BooleanField(
        _l("I have read what will be published and may list this data."),
        [DataRequired(_l("Please confirm this."))],
    )
    submit = SubmitField(_l("List the dataset"))


EPSILONS = tuple(EPSILONS_MILLI)
