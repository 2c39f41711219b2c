from datetime import UTC, date, datetime, timedelta

import pytest

from app.core.errors import Invalid
from app.statements.periods import Period, month_of, read, read_month

TODAY = date(2026, 2, 17)
FEBRUARY = Period(date(2026, 2, 1), date(2026, 2, 28))


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("", "", FEBRUARY),
        ("2026-02-10", "", Period(date(2026, 2, 10), date(2026, 2, 28))),
        ("", "2026-02-10", Period(date(2026, 2, 1), date(2026, 2, 10))),
        ("2025-12-31", "2026-01-01", Period(date(2025, 12, 31), date(2026, 1, 1))),
        ("2024-02-29", "2024-02-29", Period(date(2024, 2, 29), date(2024, 2, 29))),
    ],
)
def test_days_are_read(since: str, until: str, expected: Period) -> None:
    assert read(since, until, TODAY) == expected


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        ("2026-02-30", "", "year-month-day"),
        ("yesterday", "", "year-month-day"),
        ("20260201", "", "year-month-day"),
        ("2026-W06-1", "", "year-month-day"),
        ("٢٠٢٦-٠٢-٠١", "", "year-month-day"),
        ("", "2026-2-1", "year-month-day"),
        ("1999-12-31", "", "2000 to 2999"),
        ("", "9999-12-31", "2000 to 2999"),
        ("2026-02-02", "2026-02-01", "before the first"),
    ],
)
def test_what_are_no_days_is_told(since: str, until: str, said: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read(since, until, TODAY)
    assert said in refusal.value.user_message


def test_a_month_is_read() -> None:
    assert read_month("", TODAY) == read_month("2026-02", TODAY) == FEBRUARY
    for text in ("2026-13", "2026", "2026-02-01", "x", "3000-01"):
        with pytest.raises(Invalid, match="2026-01"):
            read_month(text, TODAY)


def test_months_follow_each_other_without_a_gap() -> None:
    month = month_of(date(2023, 11, 30))
    for _ in range(30):
        assert month.first.day == 1
        assert month.after.start == month.end
        assert month.after.before == month
        month = month.after


def test_a_day_begins_at_midnight_in_utc() -> None:
    midnight = datetime(2026, 3, 1, tzinfo=UTC)
    assert (FEBRUARY.start, FEBRUARY.end) == (datetime(2026, 2, 1, tzinfo=UTC), midnight)
    assert FEBRUARY.holds(midnight - timedelta(microseconds=1))
    assert not FEBRUARY.holds(midnight)
    assert FEBRUARY.after.holds(midnight)
