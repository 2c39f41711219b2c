from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    SubmitField,
    widgets,
)
from wtforms.validators import DataRequired

from app.collections.rules import Purpose
from app.consent.texts import TEXTS


class ConsentForm(FlaskForm):
    purposes = SelectMultipleField(
        _l("New datasets of mine may go into tables sold for"),
        choices=[SelectChoice(p.value, TEXTS[p].title) for p in Purpose],
        widget=widgets.ListWidget(prefix_label=False),
        option_widget=widgets.CheckboxInput(),
    )
    submit = SubmitField(_l("Save my choices"))


class CeilingForm(FlaskForm):
    ceiling = SelectField(_l("Never let my total privacy loss go above"))
    submit = SubmitField(_l("Set the ceiling"))


class EraseForm(FlaskForm):
    waive = BooleanField(_l("I give up the money that is still owed to me."))
    sure = BooleanField(
        _l("I understand that this cannot be undone."), [DataRequired(_l("Please confirm this."))]
    )
    submit = SubmitField(_l("Erase my account and all my rows"))
