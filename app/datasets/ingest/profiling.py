"""What the columns of a file seem to be, for the eyes of their owner alone."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc

from app.datasets.ingest.cells import (
    AFTER,
    BEFORE,
    FORMS,
    HAS_DIGIT,
    NUMBER,
    PARTING,
    WRITTEN,
    day,
    number,
)
from app.datasets.ingest.reading import ROW

DISTINCT_CAP = 10_000
VALUES_CAP = 60
DATE_SAMPLE = 2_000
PLAIN = rf"^(?:{NUMBER})$"
THOUSANDS = r"[ \x{a0}\x{202f}]"
#: Times of day, moments, and places by latitude and longitude: neither numbers nor names.
SHAPES = (
    r"^\d{1,2}\s*[:hH]\s*\d{2}(?:[:mM]\d{2}(?:[.,]\d+)?)?\s*(?:[AaPp][Mm])?$",
    r"^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}[ T,]+\d{1,2}[:hH]\d{2}.*$",
    r"^[(\[]?\s*-?\d{1,3}[.]\d+\s*[,; ]\s*-?\d{1,3}[.]\d+\s*[)\]]?$",
)


class ColumnKind(StrEnum):
    """What a column seems to be."""

    CATEGORY = "category"
    NUMBER = "number"
    DATE = "date"
    IDENTIFIER = "identifier"
    TEXT = "text"


@dataclass(frozen=True)
class ColumnProfile:
    """What was understood of one column: computed from raw rows, for their owner alone.

    Parameters
    ----------
    name : str
    kind : ColumnKind
        A guess.
    rows, blank : int
    distinct : int
        Different values that are not blank, counted up to `DISTINCT_CAP`.
    capped : bool
        Whether there may be more.
    values : tuple of str
        All of them, sorted, where there are at most 60; else empty.
    minimum, maximum : Decimal or None
        Of a number.
    decimals : int
        Most digits after the decimal sign, of a number.
    decimal_comma : bool
    decimal : str
        "." or ",", the decimal sign of a number, where the cells tell; else "".
    date_form : str
        "ymd", "dmy" or "mdy" of a date, else "".
    suggested_lower, suggested_upper : Decimal or None
        Round bounds around a number's range, coarse on purpose: bounds are published, so they
        should come from what is known of the field, not from these rows.
    shaped : bool
        Whether all values look like times of day, moments or coordinates.
    timed : bool
        Whether all look like times of day or moments.
    """

    name: str
    kind: ColumnKind
    rows: int
    blank: int
    distinct: int
    capped: bool
    values: tuple[str, ...]
    minimum: Decimal | None
    maximum: Decimal | None
    decimals: int
    decimal_comma: bool
    date_form: str
    suggested_lower: Decimal | None
    suggested_upper: Decimal | None
    shaped: bool = False
    decimal: str = ""
    timed: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready copy."""
        content = asdict(self)
        for name in ("minimum", "maximum", "suggested_lower", "suggested_upper"):
            content[name] = None if content[name] is None else str(content[name])
        return {**content, "kind": self.kind.value, "values": list(self.values)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote."""
        content = dict(data)
        for name in ("minimum", "maximum", "suggested_lower", "suggested_upper"):
            content[name] = None if content[name] is None else Decimal(content[name])
        kind, values = ColumnKind(content.pop("kind")), tuple(content.pop("values"))
        return cls(kind=kind, values=values, **content)


def profile(batches: Iterable[pa.RecordBatch]) -> tuple[ColumnProfile, ...]:
    """Look at every row of a file once; memory does not grow with the rows.

    Parameters
    ----------
    batches : iterable of pyarrow.RecordBatch
        Text columns, as `read_csv` yields them.
    """
    observers: list[_Observer] = []
    for batch in batches:
        if not observers:
            observers = [_Observer(name) for name in batch.schema.names if name != ROW]
        for observer in observers:
            observer.observe(batch.column(observer.name))
    return tuple(observer.conclude() for observer in observers)


class _Observer:
    def __init__(self, name: str) -> None:
        self.name = name
        self.rows = self.blank = 0
        self.seen: set[str] = set()
        self.capped = False
        self.readings = [_Reading(sign) for sign in ("", *WRITTEN)]
        self.spaced = False
        self.forms = set(FORMS)
        self.dates_tried = 0
        self.shapes: tuple[str, ...] = SHAPES

    def observe(self, column: pa.Array) -> None:
        trimmed = pc.utf8_trim_whitespace(column)
        filled = trimmed.filter(pc.not_equal(trimmed, ""))
        self.rows += len(column)
        self.blank += len(column) - len(filled)
        values = filled.unique()
        if len(values) == 0:
            return
        if self.readings:
            self._observe_numbers(values)
        if self.forms and self.dates_tried < DATE_SAMPLE:
            self._observe_dates(values)
        self.shapes = tuple(
            shape
            for shape in self.shapes
            if pc.all(pc.match_substring_regex(values, shape)).as_py()
        )
        if not self.capped:
            self.seen.update(values.to_pylist())
            self.capped = len(self.seen) > DISTINCT_CAP
        self.spaced = self.spaced or pc.any(pc.match_substring(values, " ")).as_py()

    def _observe_numbers(self, values: pa.Array) -> None:
        bare = pc.replace_substring_regex(values, BEFORE, r"\1")
        bare = pc.replace_substring_regex(bare, AFTER, "")
        if not pc.all(pc.match_substring_regex(bare, HAS_DIGIT)).as_py():
            self.readings = []
            return
        self.readings = [reading for reading in self.readings if reading.observe(bare)]

    def _reading(self) -> "_Reading | None":
        """Return how numbers are written: with the sign that alone fits, else as each one reads."""
        signed = [reading for reading in self.readings if reading.sign]
        if len(signed) == 1:
            return signed[0]
        return self.readings[0] if self.readings else None

    def _observe_dates(self, values: pa.Array) -> None:
        for text in values.slice(0, DATE_SAMPLE).to_pylist():
            self.dates_tried += 1
            self.forms = {form for form in self.forms if day(text, form) is not None}
            if not self.forms:
                return

    def conclude(self) -> ColumnProfile:
        reading = self._reading()
        kind = self._kind(reading)
        as_number = reading if kind is ColumnKind.NUMBER else None
        low = _exact(as_number.minimum) if as_number else None
        high = _exact(as_number.maximum) if as_number else None
        lower, upper = suggest_bounds(low, high)
        few = not self.capped and len(self.seen) <= VALUES_CAP
        form = next((f for f in FORMS if f in self.forms), "") if kind is ColumnKind.DATE else ""
        return ColumnProfile(
            name=self.name,
            kind=kind,
            rows=self.rows,
            blank=self.blank,
            distinct=min(len(self.seen), DISTINCT_CAP),
            capped=self.capped,
            values=tuple(sorted(self.seen, key=_order)) if few else (),
            minimum=low,
            maximum=high,
            decimals=as_number.decimals if as_number else 0,
            decimal_comma=as_number is not None and as_number.comma,
            date_form=form,
            suggested_lower=lower,
            suggested_upper=upper,
            shaped=bool(self.shapes) and self.blank < self.rows,
            decimal=reading.sign if reading else "",
            timed=bool(set(self.shapes) & set(SHAPES[:2])) and self.blank < self.rows,
        )

    def _kind(self, reading: "_Reading | None") -> ColumnKind:
        filled = self.rows - self.blank
        if filled == 0:
            return ColumnKind.TEXT
        if self.forms:
            return ColumnKind.DATE
        name = self.name.casefold()
        named = name in {"id", "person", "user", "household", "customer"} or name.endswith(
            ("_id", " id", ".id", "number", "uuid", "hhid")
        )
        whole = reading is None or reading.decimals == 0
        repeats = len(self.seen) > VALUES_CAP or named
        if named and whole and repeats:
            return ColumnKind.IDENTIFIER
        if reading is not None:
            return ColumnKind.NUMBER
        if len(self.seen) <= VALUES_CAP:
            return ColumnKind.CATEGORY
        return ColumnKind.TEXT if self.spaced else ColumnKind.IDENTIFIER


class _Reading:
    """Numbers read with one decimal sign; "" reads each cell alone."""

    def __init__(self, sign: str) -> None:
        self.sign = sign
        self.comma = False
        self.decimals = 0
        self.minimum: float | None = None
        self.maximum: float | None = None

    def observe(self, values: pa.Array) -> bool:
        """Look at some numbers; return whether all can be read so."""
        pattern = WRITTEN[self.sign] if self.sign else PLAIN
        if not pc.all(pc.match_substring_regex(values, pattern)).as_py():
            return False
        pointed = pc.replace_substring_regex(
            values, PARTING[self.sign] if self.sign else THOUSANDS, ""
        )
        self.comma = self.comma or pc.any(pc.match_substring(pointed, ",")).as_py()
        pointed = pc.replace_substring(pointed, ",", ".")
        pointed = pc.replace_substring_regex(pointed, r"^\+", "")
        pointed = pc.replace_substring_regex(pointed, r"^(-?)\.", r"\10.")
        pointed = pc.replace_substring_regex(pointed, r"\.($|[eE])", r"\1")
        bounds = pc.min_max(pc.cast(pointed, pa.float64()))
        low, high = bounds["min"].as_py(), bounds["max"].as_py()
        self.minimum = low if self.minimum is None else min(self.minimum, low)
        self.maximum = high if self.maximum is None else max(self.maximum, high)
        tails = pc.extract_regex(pointed, r"\.(?P<tail>[0-9]*)")
        longest = pc.max(pc.utf8_length(tails.field("tail"))).as_py() if len(tails) else 0
        self.decimals = max(self.decimals, longest or 0)
        return True


def suggest_bounds(
    low: Decimal | None, high: Decimal | None
) -> tuple[Decimal | None, Decimal | None]:
    """Widen a range to one significant digit on both sides; from zero where it is positive."""
    if low is None or high is None:
        return None, None
    upper = _round_out(high, ROUND_CEILING)
    lower = Decimal(0) if low >= 0 else _round_out(low, ROUND_FLOOR)
    if upper <= lower:
        upper = lower + 1
    return lower, upper


def _round_out(value: Decimal, rounding: str) -> Decimal:
    if value == 0:
        return Decimal(0)
    step = Decimal(1).scaleb(value.adjusted())
    rounded = (value / step).to_integral_value(rounding) * step
    return Decimal(f"{rounded:f}")


def _exact(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(f"{Decimal(str(value)):f}")


def _order(text: str) -> tuple[bool, Decimal, str]:
    value = number(text)
    return (value is None, value or Decimal(0), text)
