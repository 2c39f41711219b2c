"""Steps say nothing finer than they promise, and a share of sales nothing of one seller."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import assume, given
from hypothesis import strategies as st

from app.sellers.queries import Traffic
from app.sellers.steps import BOUNDS, Step, rate, step_of
from app.sellers.topic_share import FEWEST, MOST_OF_ONE, share_of
from app.sellers.views import percent
from app.sellers.weeks import WEEKS, finished

COUNTS = st.integers(0, 10_000_000)


@given(COUNTS)
def test_a_count_lies_in_its_step_and_no_step_is_narrow(count: int) -> None:
    step = step_of(count)
    assert step.low <= count
    assert step.high is None or count < step.high
    if step.high is not None:
        assert step.high - step.low >= BOUNDS[0]
        assert step.high >= 3 * step.low


@given(COUNTS)
def test_a_step_is_the_same_whatever_count_of_it_there_was(count: int) -> None:
    step = step_of(count)
    last = step.low * 7 + 7 if step.most is None else step.most
    assert {step_of(step.low), step_of(last), step_of((step.low + last) // 2)} == {step}


@given(COUNTS, COUNTS, COUNTS)
def test_all_that_is_shown_of_looks_is_made_of_steps(looks: int, begun: int, paid: int) -> None:
    """Neighbours: whoever looks once more within a step changes nothing on the page."""

    def shown(more: int) -> tuple[object, ...]:
        made = Traffic(step_of(looks + more), step_of(looks + more), step_of(begun), paid)
        return made, made.conversion

    assume(step_of(looks) == step_of(looks + 1))
    assert shown(0) == shown(1)


@given(st.integers(10, 900_000), st.integers(0, 1_000))
def test_the_true_rate_lies_within_the_one_that_is_told(looks: int, paid: int) -> None:
    for part in (paid, step_of(paid)):
        told = rate(part, step_of(looks))
        assert told is not None
        assert told[0] <= paid / looks <= told[1]


def test_of_the_smallest_and_the_largest_step_no_rate_is_told() -> None:
    assert rate(1, step_of(9)) is None
    assert rate(1, step_of(10**9)) is None
    assert rate(step_of(10**9), Step(10, 30)) is None
    with pytest.raises(ValueError, match="not negative"):
        step_of(-1)


@given(st.integers(0, 3_000))
def test_no_day_of_the_present_week_is_shown_ever(hours: int) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
    weeks = finished(at)
    assert weeks.end.weekday() == weeks.begin.weekday() == 0
    assert weeks.until <= at < weeks.until + timedelta(weeks=1)
    assert len(weeks.mondays) == WEEKS


SOLD = st.dictionaries(st.sampled_from("abcdefghij"), st.integers(0, 200))


@given(SOLD, st.integers(0, 500), st.data())
def test_a_competitors_sales_cannot_be_worked_out(
    others: dict[str, int], own: int, data: st.DataObject
) -> None:
    """The same is shown where any of them sold what another did, and wherever sales are moved."""
    told = share_of({**others, "me": own}, "me")
    given_round = data.draw(st.permutations(list(others.values())))
    assert share_of({**dict(zip(others, given_round, strict=True)), "me": own}, "me") == told
    if told is None:
        return
    selling = [who for who, count in others.items() if count]
    giver, taker = data.draw(st.permutations(selling))[:2]
    room = int(MOST_OF_ONE * sum(others.values())) - others[taker]
    part = data.draw(st.integers(0, min(room, others[giver] - 1)))
    moved = {**others, giver: others[giver] - part, taker: others[taker] + part}
    assert share_of({**moved, "me": own}, "me") == told


@given(SOLD, st.integers(0, 500))
def test_a_share_is_told_in_five_steps_or_not_at_all(others: dict[str, int], own: int) -> None:
    told = share_of({**others, "me": own}, "me")
    selling = [count for count in others.values() if count]
    if len(selling) < FEWEST or max(selling) > sum(selling) / 2:
        assert told is None
    else:
        assert told is not None
        assert (told.low, told.high) in {(0, 10), (10, 25), (25, 50), (50, 75), (75, 100)}
        assert told.low <= 100 * own / (own + sum(selling)) <= told.high


def test_one_large_seller_among_small_ones_is_not_told_of() -> None:
    small = dict.fromkeys("abcdef", 1)
    assert share_of({**small, "large": 100, "me": 10}, "me") is None
    assert share_of({**small, "me": 10}, "me") is not None


def test_small_rates_are_told_with_two_decimals_and_no_rate_as_one_number(app: Flask) -> None:
    with app.test_request_context():
        assert percent(rate(1, step_of(3_000))) == "0.01 to 0.03 %"
        assert percent(rate(2, step_of(50))) == "2.0 to 6.7 %"
        assert percent(rate(0, step_of(50))) == "0.0 %"
        assert percent(rate(1, step_of(3))) == "too few to tell"
