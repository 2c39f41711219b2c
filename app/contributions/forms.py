from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField, RadioField, SelectChoice, SubmitField
from wtforms.validators import DataRequired

from app.collections.rules import Purpose
from app.users.forms import ADDRESS, PASSWORD

#: What somebody can agree to, from the least to the most.
RESEARCH, EVERYTHING = "research", "everything"
LEVELS = {
    RESEARCH: frozenset({Purpose.RESEARCH, Purpose.PUBLIC}),
    EVERYTHING: frozenset(Purpose),
}


class AgreeForm(FlaskForm):
    level = RadioField(
        _l("What may the statistics be sold for?"),
        [DataRequired(_l("Choose one of the two, or leave this page: nothing is kept then."))],
        choices=[
            SelectChoice(RESEARCH, _l("Research and public interest only")),
            SelectChoice(EVERYTHING, _l("Companies too: this earns more")),
        ],
    )
    submit = SubmitField(_l("Agree and continue"))


class AccountForm(FlaskForm):
    email = EmailField(_l("E-mail"), ADDRESS, render_kw={"autocomplete": "email"})
    password = PasswordField(
        _l("Choose a password"),
        PASSWORD,
        description=_l("At least 10 characters."),
        render_kw={"autocomplete": "new-password"},
    )
    submit = SubmitField(_l("Finish"))
