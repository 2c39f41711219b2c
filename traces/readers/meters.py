"""The meters that some files tell of, and what makes a record of one plausible."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from traces.amounts import parse_amount
from traces.dates import instant
from traces.findings import Findings
from traces.readers.load_curve import MINUTE, STEPS, LoadCurve, joules_of
from traces.reasons import Reason

_EMPTY = ("", "na", "n/a", "-", "null")
_DAY = 86_400_000


class Meters:
    """The meters met so far; counts what cannot be read.

    Parameters
    ----------
    findings : Findings
        Where the counts go.
    """

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.curves: dict[str, LoadCurve] = {}

    def curve(self, meter: str) -> LoadCurve:
        """Return what is known of a meter; "" where a file names none."""
        return self.curves.setdefault(meter, LoadCurve())

    def value(self, text: str | Decimal | None, decimal: str | None = None) -> Decimal | None:
        """Return a number, or None with its reason counted."""
        if text is None or (isinstance(text, str) and text.strip().casefold() in _EMPTY):
            self.findings.drop(Reason.MISSING)
            return None
        value = parse_amount(text, decimal) if isinstance(text, str) else text
        if value is None:
            self.findings.drop(Reason.UNREADABLE)
        return value

    def span(
        self, curve: LoadCurve, start: int | datetime, length: int, value: Decimal, unit: str
    ) -> None:
        """Add a span that is plausible."""
        moment = start if isinstance(start, int) else instant(start, self.findings.clock.zone)
        joules = joules_of(value, unit, length)
        reason = self.findings.implausible(moment)
        if joules is None or length not in STEPS or moment % (5 * MINUTE):
            reason = Reason.OUT_OF_DOMAIN
        if reason is not None or joules is None:
            self.findings.drop(reason or Reason.OUT_OF_DOMAIN)
        elif isinstance(start, int):
            curve.span(start, start + length, joules)
        else:
            curve.wall(start, length, joules)

    def day(self, curve: LoadCurve, day: date, value: Decimal, unit: str) -> None:
        """Add a day that is plausible."""
        joules = joules_of(value, unit, _DAY)
        noon = instant(datetime(day.year, day.month, day.day, 12), self.findings.clock.zone)  # noqa: DTZ001
        reason = Reason.OUT_OF_DOMAIN if joules is None else self.findings.implausible(noon)
        if reason is not None or joules is None:
            self.findings.drop(reason or Reason.OUT_OF_DOMAIN)
        else:
            curve.day(day, joules)
