from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, SubmitField
from wtforms.validators import DataRequired


class FindForm(FlaskForm):
    person = SelectField(
        _l("Which column tells people apart?"),
        [DataRequired(_l("Choose the column that tells people apart."))],
        description=_l("What is said above is promised to each of them."),
    )
    sure = BooleanField(
        _l("Charge this once to every person in the file."),
        [DataRequired(_l("Please confirm this."))],
    )
    submit = SubmitField(_l("Find the categories"))
