"""Cells that a page sends: anybody's, so nothing is taken that no page of ours can have sent."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction
from typing import Any

from flask_babel import lazy_gettext as _l

from app.collections.templates import every_template
from app.contributions import cells
from app.contributions.cells import Cell, Months, Read
from app.contributions.errors import NotTaken
from app.contributions.families import Family
from app.core.clock import now
from traces.dates import EARLIEST
from traces.formats import formats
from traces.reasons import Reason
from traces.schema import Measure, Template

MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
#: No export holds more records.
MOST_RECORDS = 1_000_000_000
#: Somewhere on earth the next month has begun by then.
AHEAD = timedelta(days=2)


def read_of(family: Family, text: str) -> Read:
    """Return what a page read of somebody's files, as the server's own reading returns it.

    Raises
    ------
    NotTaken
        It is not what `traces.in_page` can have made for this family.
    """
    try:
        return _read(family, json.loads(text))
    except (ValueError, OverflowError, RecursionError):
        pass
    raise NotTaken(
        _l("Something went wrong on the way. Open this page again and choose your file again.")
    )


def _read(family: Family, plain: Any) -> Read:
    told = _named(plain)
    _hold(told.keys() == {"traces", "kept", "dropped", "formats"})
    traces, named = _named(told["traces"]), told["formats"]
    _hold(bool(traces) and traces.keys() <= {name for name, _ in family.templates})
    known = formats()
    _hold(type(named) is list and all(type(each) is str and each in known for each in named))
    return Read(
        family.key,
        {name: _months(every_template()[name], each) for name, each in traces.items()},
        _count(told["kept"]),
        {Reason(key).value: _count(each) for key, each in _named(told["dropped"]).items()},
        tuple(sorted(set(named))),
    )


def _months(template: Template, plain: Any) -> Months:
    months = _named(plain)
    first, last = f"{EARLIEST:%Y-%m}", f"{now() + AHEAD:%Y-%m}"
    _hold(1 <= len(months) <= cells.MOST_MONTHS)
    _hold(all(MONTH.fullmatch(month) and first <= month <= last for month in months))
    return {month: _cells(template, each) for month, each in sorted(months.items())}


def _cells(template: Template, plain: Any) -> tuple[Cell, ...]:
    _hold(type(plain) is list and 1 <= len(plain) <= template.k)
    taken = cells.checked(template, [_cell(template, each) for each in plain])
    _hold(len(taken) == len(plain))
    return taken


def _cell(template: Template, plain: Any) -> Cell:
    _hold(type(plain) is list and len(plain) == 2 and all(type(each) is list for each in plain))
    values, numbers = plain
    _hold(all(type(value) is str for value in values))
    pairs = zip(numbers, template.measures, strict=True)
    return Cell(tuple(values), tuple(_number(each, measure) for each, measure in pairs))


def _number(plain: Any, measure: Measure) -> float:
    """Return a number of the measure's grid: finer digits could hold what is not to be sent."""
    _hold(type(plain) in (int, float))
    fitted, clipped = measure.fit(Fraction(plain))
    _hold(fitted == plain and not clipped)
    return fitted


def _count(plain: Any) -> int:
    _hold(type(plain) is int and 0 <= plain <= MOST_RECORDS)
    return int(plain)


def _named(plain: Any) -> Mapping[str, Any]:
    _hold(type(plain) is dict)
    found: Mapping[str, Any] = plain
    return found


def _hold(kept: bool) -> None:
    if not kept:
        raise ValueError
