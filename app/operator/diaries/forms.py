from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    FieldList,
    Form,
    FormField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from app.collections.units import unit_of
from app.operator.diaries.questions import BadLine, key_of, options_of
from app.operator.price_books.fields import NumberField
from traces.diary import EPSILONS, FEWEST_PEOPLE, MOST_CELLS, OPTIONS, QUESTIONS, RESERVED, UNSAID
from traces.diary import Role as Use

MILLI = 1000
#: What a question is used for; the empty choice is its default.
USES = {
    Use.DIMENSION: _l("A column: how often each answer comes"),
    Use.SUM: _l("A number, added up over the month"),
    Use.SHARE: _l("A number, its mean over the month"),
}
#: Units that have words in both languages.
OFFERED = ("%", "points of 5", "minutes", "minutes per month", "hours per month", "euros per month")
_SAID = DataRequired(_l("Write it in both languages."))


def _words(
    english: Any, french: Any, most: int, description: Any = ""
) -> tuple[StringField, StringField]:
    rules = [_SAID, Length(max=most)]
    return StringField(english, rules, description=description), StringField(french, rules)


class QuestionForm(Form):
    title_en = StringField(_l("Question, in English"), [Length(max=120)])
    title_fr = StringField(_l("Question, in French"), [Length(max=120)])
    role = SelectField(
        _l("Used as"),
        choices=[SelectChoice(use.value, words) for use, words in USES.items()],
        default=Use.DIMENSION.value,
    )
    options = TextAreaField(
        _l("Answers, one a line"),
        [Length(max=3000)],
        description=_l("English | French, such as: Yes | Oui. With a number: Yes | Oui | 100."),
    )
    unit = SelectField(_l("Unit of the number"), default="%")
    high = NumberField(
        _l("Largest number of a month"),
        [Optional()],
        low="1",
        high="1000000",
        scale=1,
        description=_l("What is more counts as this. For a mean it may stay empty."),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.unit.choices = [SelectChoice(each, unit_of(each)) for each in OFFERED]

    @property
    def is_asked(self) -> bool:
        """Whether anything of it was written."""
        return any(f.data and f.data.strip() for f in (self.title_en, self.title_fr, self.options))

    def check(self) -> bool:
        """Check what several fields say together; the words stand at the field."""
        for title in (self.title_en, self.title_fr):
            if not (title.data or "").strip():
                title.errors = [_("Write it in both languages.")]
        try:
            count = len(self._options())
        except BadLine as error:
            self.options.errors = [self._explained(error.n)]
        else:
            if not OPTIONS[0] <= count <= OPTIONS[1]:
                least, most = OPTIONS
                self.options.errors = [
                    _("Write %(least)s to %(most)s answers.", least=least, most=most)
                ]
            elif self._has_numbers and not self.high.errors:
                self._check_high()
        return not any(field.errors for field in self)

    def _check_high(self) -> None:
        largest = max(int(each[3]) for each in self._options())
        if self.high.data is None and self.role.data == Use.SUM:
            self.high.errors = [_("Write a number here.")]
        elif (self.high.data or max(largest, 1)) < largest:
            self.high.errors = [_("An answer is more: write at least %(n)s.", n=largest)]

    def _explained(self, n: int) -> str:
        if self._has_numbers:
            said = _("Line %(n)s: write it as English | French | whole number.", n=n + 1)
        else:
            said = _("Line %(n)s: write it as English | French, without a number.", n=n + 1)
        return str(said)

    @property
    def _has_numbers(self) -> bool:
        return bool(self.role.data != Use.DIMENSION)

    def _options(self) -> list[list[str | int]]:
        return options_of(self.options.data or "", numbers=self._has_numbers, reserved=(UNSAID,))

    def facts(self, taken: list[str]) -> dict[str, Any]:
        """Return the question as `traces.diary` reads it; once it is valid."""
        options = self._options()
        made: dict[str, Any] = {
            "key": key_of(self.title_en.data, (*RESERVED, *taken)),
            "title": {"en": self.title_en.data.strip(), "fr": self.title_fr.data.strip()},
            "role": self.role.data,
            "options": options,
        }
        if self._has_numbers:
            largest = max(1, *(int(each[3]) for each in options))
            made |= {"unit": self.unit.data, "high": str(self.high.data or largest)}
        return made


class DiaryForm(FlaskForm):
    title_en, title_fr = _words(_l("Title, in English"), _l("Title, in French"), 80)
    question_en, question_fr = _words(
        _l("What it is for, as a question in English"),
        _l("What it is for, as a question in French"),
        200,
        _l("People read it before they begin."),
    )
    dropped_en, dropped_fr = _words(
        _l("What is dropped at once, in English"), _l("What is dropped at once, in French"), 200
    )
    minimum_people = NumberField(
        _l("Fewest people of an edition"),
        [InputRequired(_l("Write a number here."))],
        low=str(FEWEST_PEOPLE),
        high="1000000",
        scale=1,
    )
    epsilon = NumberField(
        _l("Privacy loss of a month (epsilon)"),
        [InputRequired(_l("Write a number here."))],
        low=str(EPSILONS[0]),
        high=str(EPSILONS[1]),
        scale=MILLI,
        description=_l("The preview tells it in guesses out of 100."),
    )
    k = NumberField(
        _l("Most cells of one person in a month"),
        [InputRequired(_l("Write a number here."))],
        low="1",
        high=str(MOST_CELLS),
        scale=1,
        description=_l("More is dropped at random. Fewer makes the numbers more accurate."),
    )
    questions = FieldList(
        FormField(QuestionForm), min_entries=QUESTIONS[1], max_entries=QUESTIONS[1]
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field, each question that was written, and how many there are."""
        fine = super().validate(extra_validators)
        asked = self.asked
        wrong = [each for each in asked if not each.check()]
        if len(asked) < QUESTIONS[0]:
            self.form_errors = [_("Write at least %(n)s questions.", n=QUESTIONS[0])]
        elif not any(each.role.data == Use.DIMENSION for each in asked):
            self.form_errors = [_("Use at least one question as a column.")]
        return fine and not wrong and not self.form_errors

    @property
    def asked(self) -> list[QuestionForm]:
        """The questions of which anything was written."""
        return [row.form for row in self.questions if row.form.is_asked]

    @property
    def name(self) -> str:
        """What all versions of the diary are called."""
        return key_of(self.title_en.data)

    def facts(self) -> dict[str, Any]:
        """Return what was typed as `traces.diary` reads it; once it is valid."""
        asks: list[dict[str, Any]] = []
        for each in self.asked:
            asks.append(each.facts([ask["key"] for ask in asks]))
        words = {
            name: {"en": self[f"{name}_en"].data.strip(), "fr": self[f"{name}_fr"].data.strip()}
            for name in ("title", "question", "dropped")
        }
        return {
            **words,
            "k": self.k.data,
            "epsilon": f"{self.epsilon.data / MILLI:g}",
            "minimum_people": self.minimum_people.data,
            "source": "Written for this diary by the operator of the market.",
            "ask": asks,
        }

    def refuse(self, place: tuple[str | int, ...], message: str) -> None:
        """Put the words of a refusal at the field that it is about."""
        if place[:1] == ("title",):
            self.title_en.errors = [message]
        elif len(place) > 1 and isinstance(place[1], int):
            field = self.asked[place[1]]["title_en" if "title" in place else "options"]
            field.errors = [message]
        elif place and place[0] in ("k", "epsilon", "minimum_people"):
            self[str(place[0])].errors = [message]
        else:
            self.form_errors = [message]


def at_first() -> dict[str, Any]:
    """Return what a new form is filled in with."""
    return {
        "dropped_en": "Single days and moments.",
        "dropped_fr": "Les jours et les moments précis.",
        "minimum_people": FEWEST_PEOPLE,
        "epsilon": 250,
        "k": 24,
    }
