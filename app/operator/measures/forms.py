from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectChoice, SelectField, StringField, SubmitField
from wtforms.validators import DataRequired, Length

from app.operator.measures.service import MEASURES


class MeasureForm(FlaskForm):
    measure = SelectField(
        _l("What to do"), choices=[SelectChoice(key, one.words) for key, one in MEASURES.items()]
    )
    about = StringField(
        _l("Identifier of the account, edition, collection or order"),
        [DataRequired(_l("Say which one.")), Length(max=32)],
    )
    reason = StringField(
        _l("Reason"),
        [DataRequired(_l("Give the reason: it is kept in the log.")), Length(max=300)],
        description=_l("The person concerned reads it where their payouts are held."),
    )
    submit = SubmitField(_l("Do it"))
