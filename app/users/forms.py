from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    EmailField,
    PasswordField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    SubmitField,
    ValidationError,
    widgets,
)
from wtforms.validators import DataRequired, Email, EqualTo, Length

from app.users.access_tokens import Scope

LOCALES = [("en", "English"), ("fr", "Français")]
PASSWORD = [
    DataRequired(_l("Choose a password.")),
    Length(min=10, max=128, message=_l("Use 10 to 128 characters: a few words do well.")),
]
ADDRESS = [
    DataRequired(_l("Enter your e-mail address.")),
    Length(max=254),
    Email(_l("This does not look like an e-mail address, such as name@example.org.")),
]


class SignUpForm(FlaskForm):
    display_name = StringField(
        _l("Public name"),
        [DataRequired(_l("Enter the name others will see.")), Length(max=80)],
        description=_l("Shown beside collections you own. It need not be your real name."),
        render_kw={"autocomplete": "nickname"},
    )
    email = EmailField(_l("E-mail"), ADDRESS, render_kw={"autocomplete": "email"})
    password = PasswordField(
        _l("Password"),
        PASSWORD,
        description=_l("At least 10 characters."),
        render_kw={"autocomplete": "new-password"},
    )
    producer = BooleanField(_l("I want to offer data"), default=True)
    buyer = BooleanField(_l("I want to buy or analyse data"))
    submit = SubmitField(_l("Open an account"))

    def validate_buyer(self, field: BooleanField) -> None:
        if not (field.data or self.producer.data):
            raise ValidationError(_l("Choose at least one of the two."))


class LoginForm(FlaskForm):
    email = EmailField(_l("E-mail"), ADDRESS, render_kw={"autocomplete": "email"})
    password = PasswordField(
        _l("Password"),
        [DataRequired(_l("Enter your password."))],
        render_kw={"autocomplete": "current-password"},
    )
    submit = SubmitField(_l("Sign in"))


class PasswordForm(FlaskForm):
    password = PasswordField(
        _l("Password"),
        [DataRequired(_l("Enter your password."))],
        render_kw={"autocomplete": "current-password"},
    )
    submit = SubmitField(_l("Confirm"))


class ForgotForm(FlaskForm):
    email = EmailField(_l("E-mail"), ADDRESS, render_kw={"autocomplete": "email"})
    submit = SubmitField(_l("Send me a link"))


class ResetForm(FlaskForm):
    password = PasswordField(
        _l("New password"),
        PASSWORD,
        description=_l("At least 10 characters."),
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _l("New password, again"),
        [EqualTo("password", _l("The two passwords differ."))],
        render_kw={"autocomplete": "new-password"},
    )
    submit = SubmitField(_l("Set the new password"))


class ProfileForm(FlaskForm):
    display_name = StringField(
        _l("Public name"),
        [Length(max=80)],
        description=_l("May stay empty. It is shown beside collections you own."),
        render_kw={"autocomplete": "nickname"},
    )
    locale = SelectField(_l("Language"), choices=[SelectChoice(*locale) for locale in LOCALES])
    producer = BooleanField(_l("I want to offer data"))
    buyer = BooleanField(_l("I want to buy or analyse data"))
    submit = SubmitField(_l("Save"))


class ButtonForm(FlaskForm):
    """A single button: its only field is the CSRF token."""

    submit = SubmitField()


class TokenForm(FlaskForm):
    name = StringField(
        _l("What it is for"),
        [DataRequired(_l("Give it a name, by which you will know it again.")), Length(max=80)],
        description=_l("For example: the notebook on my computer."),
    )
    scopes = SelectMultipleField(
        _l("What it may read"),
        [DataRequired(_l("Choose at least one thing that it may read."))],
        choices=[
            SelectChoice(Scope.TABLES.value, _l("the tables that I own")),
            SelectChoice(Scope.ORDERS.value, _l("my purchases, and prices for me")),
        ],
        default=[Scope.TABLES.value],
        option_widget=widgets.CheckboxInput(),
        widget=widgets.ListWidget(prefix_label=False),
    )
    days = SelectField(
        _l("How long it lasts"),
        choices=[
            SelectChoice("30", _l("30 days")),
            SelectChoice("90", _l("90 days")),
            SelectChoice("365", _l("a year")),
        ],
        default="90",
    )
    edition = StringField(
        _l("Only this edition (optional)"),
        [Length(max=32)],
        description=_l("The last part of the address of its page. Empty for all that you own."),
    )
    submit = SubmitField(_l("Make a token"))
