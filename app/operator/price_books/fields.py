"""Numbers as people type them, kept as the whole numbers that prices are made of."""

import re
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal, get_decimal_symbol
from flask_babel import get_locale
from flask_babel import gettext as _
from wtforms import StringField

_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?")
_PLAIN = re.compile(r"\d{1,15}(\.\d{0,30})?", re.ASCII)


def shown(value: Decimal, *, grouped: bool = False) -> str:
    """Write every digit of a number, in the reader's language."""
    text: str = format_decimal(
        value, locale=get_locale(), decimal_quantization=False, group_separator=grouped
    )
    return text


def exact(value: float) -> str:
    """Write every digit of a number that a price book holds."""
    return shown(Decimal(repr(value)), grouped=True)


def typed(text: str) -> Decimal:
    """Read a number as it is written in the reader's language, with or without groups.

    Raises
    ------
    ValueError
        With words for the person who typed it.
    """
    bare = re.sub(r"\s", "", text)
    if get_decimal_symbol(get_locale()) == ",":
        bare = bare.replace(",", ".", 1)
    elif _GROUPED.fullmatch(bare):
        bare = bare.replace(",", "")
    if not _PLAIN.fullmatch(bare):
        raise ValueError(_("Write a number such as %(example)s.", example=shown(Decimal("12.5"))))
    return Decimal(bare)


# WTForms carries no types.
class NumberField(StringField):  # type: ignore[misc]
    """A number between two bounds; what was typed stays in the field, right or wrong.

    Parameters
    ----------
    low, high : str
        The bounds, both allowed, in decimals.
    scale : int or None
        The data is a whole number of 1/scale, of which scale is a power of ten; with None
        it is a float.
    """

    def __init__(
        self,
        label: Any = None,
        validators: Any = None,
        *,
        low: str,
        high: str,
        scale: int | None = None,
        **more: Any,
    ) -> None:
        more["render_kw"] = {"inputmode": "decimal", "autocomplete": "off"}
        super().__init__(label, validators, **more)
        self.low, self.high, self.scale = Decimal(low), Decimal(high), scale

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was typed; an empty field is no number."""
        self.data: Any = None
        text = str(valuelist[0]).strip() if valuelist else ""
        self.raw_data = [text]
        if not text:
            return
        value = typed(text)
        if not self.low <= value <= self.high:
            raise ValueError(
                _(
                    "Write a number from %(low)s to %(high)s.",
                    low=shown(self.low, grouped=True),
                    high=shown(self.high, grouped=True),
                )
            )
        self.data = float(value) if self.scale is None else self._whole(value, self.scale)

    def _whole(self, value: Decimal, scale: int) -> int:
        if value * scale % 1:
            if scale == 1:
                raise ValueError(_("Write a whole number."))
            raise ValueError(_("Write at most %(digits)s decimals.", digits=len(str(scale)) - 1))
        return int(value * scale)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        if self.data is None:
            return ""
        if self.scale is None:
            return shown(Decimal(repr(self.data)))
        return shown(Decimal(self.data) / self.scale)
