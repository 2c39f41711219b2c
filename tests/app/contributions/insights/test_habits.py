"""What is most, the week beside its end, and the way it goes."""

from app.collections.templates import every_template
from app.contributions.cells import Cell
from app.contributions.insights.figures import Figure
from app.contributions.insights.habits import Top, Week, habits

LISTENING = Figure(every_template()["listening"], "minutes")


def test_the_block_with_most_is_told_with_its_share() -> None:
    months = {
        "2026-10": (
            Cell(("weekday", "09-12"), (31,)),
            Cell(("weekend", "09-12"), (0,)),
            Cell(("weekday", "18-21"), (62,)),
            Cell(("weekend", "18-21"), (62,)),
        )
    }
    told = habits(LISTENING, months, "2026-10")
    assert told.top == Top("hour_block", "18-21", told.top.level if told.top else 0, 74)
    assert told.top.level == 62
    assert told.week == Week(93, 62)  # type: ignore[arg-type]
    assert told.change.percent is None


def test_the_trend_is_that_of_the_months_before() -> None:
    months = {
        f"2026-{n:02d}": (
            Cell(("weekday", "09-12"), (minutes,)),
            Cell(("weekend", "09-12"), (minutes,)),
        )
        for n, minutes in ((8, 20), (9, 40), (10, 45))
    }
    assert habits(LISTENING, months, "2026-10").change.percent == 50


def test_days_of_the_week_are_averaged_into_its_parts() -> None:
    steps = Figure(every_template()["daily_steps"], "steps")
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    cells = tuple(Cell((d,), (1000 * n,)) for n, d in enumerate(days, 1))
    told = habits(steps, {"2026-02": cells}, "2026-02")
    assert told.week == Week(3000, 6500)  # type: ignore[arg-type]
    assert told.top is not None
    assert (told.top.value, told.top.level, told.top.share) == ("sunday", 7000, None)


def test_half_a_week_is_not_compared() -> None:
    steps = Figure(every_template()["daily_steps"], "steps")
    assert habits(steps, {"2026-02": (Cell(("monday",), (9,)),)}, "2026-02").week is None


def test_a_month_of_sport_has_no_week() -> None:
    sport = Figure(every_template()["sport"], "hours")
    told = habits(sport, {"2026-10": (Cell(("run",), (8, 6.5, 70)),)}, "2026-10")
    assert told.week is None
    assert told.top is not None
    assert (told.top.value, told.top.share) == ("run", 100)


def test_an_empty_month_has_nothing_that_is_most() -> None:
    told = habits(LISTENING, {"2026-10": (Cell(("weekday", "09-12"), (0,)),)}, "2026-10")
    assert told.top is None
