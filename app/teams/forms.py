from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, SelectChoice, SelectField, StringField, SubmitField
from wtforms.validators import DataRequired, Length

from app.users.forms import ADDRESS
from app.users.parts import NAMES, Part
from app.users.teams import LONGEST, SHORTEST


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
    part = SelectField(
        _l("Part in the team"),
        choices=[SelectChoice(part.value, NAMES[part]) for part in reversed(Part)],
        default=Part.ANALYST.value,
        description=_l(
            "Analysts read what was bought and choose tables; buyers order and pay, too; owners "
            "also say who is in the team."
        ),
    )
    submit = SubmitField(_l("Send the invitation"))
