from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import FieldList, Form, FormField, HiddenField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp

from app.operator.price_books.fields import NumberField, shown
from app.operator.price_books.queries import LABELS
from app.prices.service import VERSION
from pricing.item import RULES
from pricing.money import MICROS_PER_UNIT
from pricing.price_book import PriceBook

ROWS = 6
#: What is typed is a percentage with two decimals, what is kept are ten-thousandths.
PERCENT = 100
#: A digit keeps the name apart from the address of this form.
NAME = rf"(?=.*[0-9]){VERSION.pattern}\Z"
NEEDED = InputRequired(_l("Write a number here."))


def _amount(name: str, description: Any) -> NumberField:
    return NumberField(
        LABELS[name],
        [NEEDED],
        low="0",
        high="100000",
        scale=MICROS_PER_UNIT,
        description=description,
    )


class CurvePointForm(Form):
    points = NumberField(_l("Value points"), [Optional()], low="1", high="1000000000", scale=1)
    micros = NumberField(_l("Price"), [Optional()], low="0", high="1000000", scale=MICROS_PER_UNIT)


class PriceBookForm(FlaskForm):
    version = StringField(
        LABELS["version"],
        [
            InputRequired(_l("Give the price book a name.")),
            Regexp(
                NAME,
                message=_l(
                    "Write up to 20 letters, digits, points and hyphens, with a digit among "
                    "them, such as 2026-2."
                ),
            ),
        ],
        filters=[lambda text: text and text.strip()],
        description=_l("It stands on every offer and every invoice, and never changes."),
    )
    note = TextAreaField(
        _l("Why this change?"),
        [DataRequired(_l("Say in a sentence why prices change.")), Length(max=1000)],
        description=_l("For the history that operators read."),
    )
    based_on = HiddenField()
    fixed_micros = _amount("fixed_micros", _l("With the first purchase, never again."))
    floor_micros = _amount(
        "floor_micros",
        _l(
            "Goes to the contributors of each release that is new to the buyer, before anything "
            "is shared. A collection may ask for more."
        ),
    )
    respondent_micros = _amount(
        "respondent_micros",
        _l(
            "For each person that the best answer bought of a release is as precise as asking: "
            "larger releases get more, many small ones no more than one large."
        ),
    )
    minimum_micros = _amount(
        "minimum_micros",
        _l("What comes to less is raised to it, because each payment costs a fee."),
    )
    minimum_people = NumberField(
        LABELS["minimum_people"],
        [NEEDED],
        low="1",
        high="1000000000",
        scale=1,
        description=_l(
            "Nothing is sold from a release with fewer people, by the published number."
        ),
    )
    platform_basis_points = NumberField(
        LABELS["platform_basis_points"],
        [NEEDED],
        low="0",
        high="99.99",
        scale=PERCENT,
        description=_l("In percent of what is left after tax and the payment fee."),
    )
    base = NumberField(
        LABELS["base"],
        [NEEDED],
        low="0.000001",
        high="1000000",
        description=_l(
            "Value points of an answer by one column that is as precise as asking one person. "
            "Four times the people count twice as much."
        ),
    )
    detail = FieldList(
        NumberField(_l("Factor"), [Optional()], low="0.000001", high="1000000"),
        min_entries=1,
        max_entries=20,
    )
    rarity_lambda = NumberField(
        LABELS["rarity_lambda"],
        [NEEDED],
        low="0",
        high="1000",
        description=_l("0: rarity does not count. More: what few releases answer costs more."),
    )
    rarity_cap = NumberField(
        LABELS["rarity_cap"],
        [NEEDED],
        low="0",
        high="100",
        description=_l(
            "Rarity is measured as the logarithm of how many times fewer releases answer; it "
            "counts up to this."
        ),
    )
    curve = FieldList(FormField(CurvePointForm), min_entries=1, max_entries=20)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        columns = (_("No column: a total"), _("One column"))
        for n, factor in enumerate(self.detail):
            factor.label.text = columns[n] if n < 2 else _("%(n)s columns", n=n)
        for n, (points, micros) in enumerate(self._points(), 1):
            points.label.text = _("Point %(n)s: value points", n=n)
            micros.label.text = _("Point %(n)s: price", n=n)

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field, then what several of them say together."""
        fine = super().validate(extra_validators)
        wrong = [*self._detail_faults(), *self._curve_faults()]
        for field, text in wrong:
            field.errors = [*field.errors, text]
        return fine and not wrong

    def plain(self, currency: str) -> dict[str, Any]:
        """Return what was typed as `PriceBook.to_dict` writes it; once it is valid.

        A new book always measures by the newest rule.
        """
        alone = set(LABELS) - {"detail", "curve"}
        return {
            **{name: self[name].data for name in alone},
            "currency": currency,
            "rule": RULES[-1],
            "detail": [factor.data for factor in self.detail if factor.data is not None],
            "curve": [[0, 0], *([p.data, m.data] for p, m in self._points() if p.data)],
        }

    def _points(self) -> Iterator[tuple[NumberField, NumberField]]:
        for row in self.curve:
            yield row.form.points, row.form.micros

    def _detail_faults(self) -> Iterator[tuple[Any, str]]:
        given = [bool(factor.raw_data and factor.raw_data[0].strip()) for factor in self.detail]
        if True not in given:
            yield self.detail[0], _("Write at least the first factor.")
            return
        last = len(given) - 1 - given[::-1].index(True)
        for factor, there in zip(self.detail[:last], given, strict=False):
            if not there:
                yield factor, _("Write a factor here, or empty all that follow it.")

    def _curve_faults(self) -> Iterator[tuple[Any, str]]:
        """Yield the first thing wrong with the curve: what follows may come from it."""
        left, slope = (0, 0), None
        for points, micros in self._points():
            if points.errors or micros.errors:
                return
            if points.data is None and micros.data is None:
                continue
            if points.data is None or micros.data is None:
                empty = points if points.data is None else micros
                yield empty, _("Fill in both numbers of this point, or neither.")
                return
            right = (points.data, micros.data)
            if right[0] <= left[0]:
                least = shown(Decimal(left[0]), grouped=True)
                yield points, _("Points grow: write more than %(least)s here.", least=least)
                return
            if right[1] < left[1]:
                least = shown(Decimal(left[1]) / MICROS_PER_UNIT, grouped=True)
                yield micros, _("More never costs less: write at least %(least)s.", least=least)
                return
            step = Fraction(right[1] - left[1], right[0] - left[0])
            if slope is not None and step > slope:
                yield micros, _steepens(left, right[0], slope)
                return
            left, slope = right, step
        if slope is None:
            yield self.curve[0].form.points, _("Give the curve at least one point.")


def _steepens(left: tuple[int, int], right: int, slope: Fraction) -> str:
    most = left[1] + int(slope * (right - left[0]))
    text: str = _(
        "The curve never steepens: from %(left)s to %(right)s points each point would cost more "
        "than before. Write at most %(most)s here.",
        left=shown(Decimal(left[0]), grouped=True),
        right=shown(Decimal(right), grouped=True),
        most=shown(Decimal(most) / MICROS_PER_UNIT, grouped=True),
    )
    return text


def filled_in(book: PriceBook, name: str) -> dict[str, Any]:
    """Return the data of a form that holds a book's numbers under another name."""
    rows: list[dict[str, int]] = [{"points": p, "micros": m} for p, m in book.curve[1:]]
    return {
        **book.to_dict(),
        "version": name,
        "based_on": book.version,
        "detail": [*book.detail, *[None] * max(1, ROWS - len(book.detail))],
        "curve": [*rows, *[{}] * max(1, ROWS - len(rows))],
    }
