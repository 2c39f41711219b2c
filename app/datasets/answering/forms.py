from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    SelectChoice,
    SelectField,
    StringField,
    SubmitField,
    TextAreaField,
)
from wtforms.validators import Length, NumberRange

from app.collections.lists import LISTS
from app.datasets.ingest.transforms.table import TRANSFORMS
from app.datasets.understanding import ColumnRole
from privacy.schema import MeasureRule

ROLES = [
    SelectChoice(ColumnRole.LEAVE.value, _l("leave out")),
    SelectChoice(ColumnRole.DIMENSION.value, _l("category")),
    SelectChoice(ColumnRole.MEASURE.value, _l("number")),
]
READ_AS = [SelectChoice(each.KEY, each.WORDS) for each in TRANSFORMS]
RULES = [
    SelectChoice(MeasureRule.SUM.value, _l("added up")),
    SelectChoice(MeasureRule.MEAN.value, _l("averaged")),
    SelectChoice(MeasureRule.LAST.value, _l("the last one")),
]


class ColumnForm(Form):
    column = HiddenField()
    role = SelectField(_l("Use it as"), choices=ROLES)
    name = StringField(_l("Public name"), [Length(max=80)])
    transform = SelectField(_l("Read it"), choices=READ_AS)
    categories = TextAreaField(
        _l("Categories, one a line"),
        description=_l("These are published. Do not list what only one person has."),
    )
    listed = SelectField(
        _l("or take a list of the market"),
        choices=[SelectChoice("", "–"), *(SelectChoice(each.key, each.title) for each in LISTS)],
        default="",
    )
    edges = StringField(_l("Bin edges"), description=_l("Such as 10 20 50."))
    aliases = TextAreaField(
        _l("Your file says it otherwise? One a line: your word = category"),
        description=_l(
            "Such as: Ketchup 570 g = ketchup. Only you see this. Capitals, accents and spaces "
            "make no difference."
        ),
    )
    other = BooleanField(_l("Put everything else into “other”"))
    unit = StringField(_l("Unit"), [Length(max=30)])
    lower = StringField(_l("Lowest that counts"), render_kw={"list": "round"})
    upper = StringField(_l("Highest that counts"), render_kw={"list": "round"})
    resolution = StringField(_l("Step"))
    rule = SelectField(_l("Several rows of one person in one cell are"), choices=RULES)
    source = StringField(
        _l("Where these categories or bounds come from"),
        [Length(max=200)],
        description=_l("Choose them from what the field knows, not from this file."),
    )


class PeopleForm(FlaskForm):
    """Who the people are, and the answer to the question about them (in columns.html)."""

    person = SelectField(_l("Who are the people in this file?"))
    #: The column that the answer is about.
    sure = StringField()


class ColumnsForm(PeopleForm):
    bound = IntegerField(
        _l("In how many cells may one person count, at most?"),
        [NumberRange(1, 50, _l("A person may count in 1 to 50 cells."))],
        default=1,
        description=_l(
            "More keeps more of what active people did; fewer means less noise for everybody."
        ),
    )
    columns = FieldList(FormField(ColumnForm))
    submit = SubmitField(_l("Check the whole file"))


class JoinColumnForm(Form):
    name = HiddenField()
    column = SelectField(_l("Column of your file"))
    aliases = TextAreaField(
        _l("Your file says it otherwise? One a line: your word = category"),
        description=_l("Only you see this. Capitals, accents and spaces make no difference."),
    )


class JoinForm(PeopleForm):
    columns = FieldList(FormField(JoinColumnForm))
    submit = SubmitField(_l("Check the whole file"))


class SimpleColumnForm(Form):
    column = HiddenField()
    use = SelectField()


class SimpleForm(PeopleForm):
    """Three questions: what a row is about, who the people are, what is given of each column."""

    about = SelectField(_l("1. What is each row about?"))
    person = SelectField(_l("2. Who is it about?"))
    #: What the columns below were suggested for.
    shown = HiddenField()
    columns = FieldList(FormField(SimpleColumnForm))
    submit = SubmitField(_l("Check the whole file"))
