"""A budget's lines, totals and changes, to the digit."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from app.collections.templates import every_template
from app.contributions.cells import Cell, Months
from app.contributions.insights.budget import budget

SPENDING = every_template()["spending"]
MONTHS: Months = {
    "2026-08": (Cell(("housing",), (600, 1)), Cell(("income",), (1800, 1))),
    "2026-09": (Cell(("housing",), (600, 1)), Cell(("groceries",), (200, 10))),
    "2026-10": (
        Cell(("groceries",), (300, 12)),
        Cell(("housing",), (450, 1)),
        Cell(("income",), (2000, 1)),
    ),
}


def test_each_line_stands_beside_the_months_before() -> None:
    told = budget(SPENDING, MONTHS, "2026-10")
    lines = {line.value: line for line in told.lines}
    assert [line.value for line in told.lines] == ["housing", "groceries"]
    assert lines["housing"].change.percent == -25
    assert lines["groceries"].amounts == {"2026-08": 0, "2026-09": 200, "2026-10": 300}
    assert lines["groceries"].change.before == 100
    assert lines["groceries"].mean == 25


def test_money_received_is_no_expense() -> None:
    told = budget(SPENDING, MONTHS, "2026-10")
    assert told.totals == {"2026-08": 600, "2026-09": 800, "2026-10": 750}
    assert (told.largest, told.share) == ("housing", 60)


def test_an_earlier_month_is_told_by_what_came_before_it() -> None:
    told = budget(SPENDING, MONTHS, "2026-09")
    assert (told.change.now, told.change.before, told.change.percent) == (800, 600, 33)


def test_a_month_without_expenses_has_no_largest() -> None:
    told = budget(SPENDING, {"2026-10": (Cell(("income",), (2000, 1)),)}, "2026-10")
    assert (told.lines, told.largest, told.change.now) == ((), "", 0)


def test_shopping_trips_tell_what_one_cost() -> None:
    diary = every_template()["diary_shopping"]
    cells = (Cell(("market", "no"), (2, 44, 0)), Cell(("market", "yes"), (1, 17, 100)))
    (line,) = budget(diary, {"2026-10": cells}, "2026-10").lines
    assert (line.count, line.mean) == (3, Fraction(61, 3))


CATEGORIES = st.sampled_from([v for v in SPENDING.dimensions[0].domain if v != "income"])
MONTH = st.dictionaries(CATEGORIES, st.integers(0, 200), max_size=13)


@given(st.lists(MONTH, min_size=1, max_size=4))
def test_lines_add_up_to_the_total_of_each_month(amounts: list[dict[str, int]]) -> None:
    months = {
        f"2026-{number:02d}": tuple(Cell((v,), (10 * n, 1)) for v, n in month.items())
        for number, month in enumerate(amounts, 1)
    }
    told = budget(SPENDING, months, max(months))
    for month, total in told.totals.items():
        assert sum(line.amounts[month] for line in told.lines) == total
