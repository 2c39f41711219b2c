from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, SelectChoice, SelectField, StringField, SubmitField
from wtforms.validators import DataRequired, Length

from app.users.forms import ADDRESS
from app.users.parts import MAY, NAMES, Part
from app.users.teams import LONGEST, SHORTEST


def _choices() -> list[SelectChoice]:
    return [
        SelectChoice(part.value, _l("%(name)s: %(may)s", name=NAMES[part], may=MAY[part]))
        for part in (Part.ANALYST, Part.BUYER, Part.OWNER)
    ]


class TeamForm(FlaskForm):
    name = StringField(
        _l("Name of the team"),
        [
            DataRequired(_l("Give the team a name of 2 to 80 letters.")),
            Length(
                min=SHORTEST, max=LONGEST, message=_l("Give the team a name of 2 to 80 letters.")
            ),
        ],
        description=_l("Those in it see the name, and those whom you ask into it."),
        render_kw={"autocomplete": "organization"},
    )
    submit = SubmitField(_l("Create the team"))


class InviteForm(FlaskForm):
    email = EmailField(_l("E-mail"), ADDRESS, render_kw={"autocomplete": "off"})
    part = SelectField(_l("Part in the team"), choices=_choices(), default=Part.ANALYST.value)
    submit = SubmitField(_l("Send the invitation"))
