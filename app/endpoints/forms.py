from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectChoice, SelectMultipleField, StringField, SubmitField, widgets
from wtforms.validators import DataRequired, Length

from app.endpoints.kinds import NAMES
from app.endpoints.sending import LONGEST


class EndpointForm(FlaskForm):
    url = StringField(
        _l("Address of your program"),
        [DataRequired(_l("Name the address, beginning with https://.")), Length(max=LONGEST)],
        description=_l("It begins with https:// and can be reached from everywhere."),
    )
    kinds = SelectMultipleField(
        _l("It is told when"),
        [DataRequired(_l("Choose at least one thing that it is told."))],
        choices=[SelectChoice(kind.value, name) for kind, name in NAMES.items()],
        default=[kind.value for kind in NAMES],
        option_widget=widgets.CheckboxInput(),
        widget=widgets.ListWidget(prefix_label=False),
    )
    submit = SubmitField(_l("Have it told"))
