"""What trips and electricity emit, to the digit, by factors that have a source."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.collections.templates import every_template
from app.contributions.cells import Cell
from app.contributions.insights import carbon
from app.contributions.insights.carbon import factor, factors, of_electricity, of_trips, total

MOBILITY, DIARY = every_template()["mobility"], every_template()["diary_trip"]


def test_a_month_of_driving_is_its_kilometres_times_the_factor() -> None:
    cells = (Cell(("weekday", "car"), (30, 20)), Cell(("weekend", "car"), (60, 40.5)))
    (driven,) = of_trips(MOBILITY, "2026-10", cells, {})
    assert driven.km == 22 * 20 + 9 * Fraction("40.5")
    assert driven.kilograms == driven.km * Fraction("0.2176")


def test_what_is_not_known_to_be_anything_is_not_counted() -> None:
    cells = (Cell(("weekday", "unknown"), (30, 31)), Cell(("weekday", "walk"), (30, 31)))
    walked, unknown = of_trips(MOBILITY, "2026-10", cells, {})
    assert (walked.km, walked.kilograms) == (22 * 31, 0)
    assert (unknown.km, unknown.factor, unknown.kilograms) == (22 * 31, None, None)
    assert total((walked, unknown)) == 0


def test_a_diary_of_times_is_told_by_speeds() -> None:
    cells = (Cell(("car", "work"), (10, 300)), Cell(("car", "leisure"), (2, 60)))
    (driven,) = of_trips(DIARY, "2026-10", cells, {"car": Fraction(40)})
    assert driven.km == 240
    assert driven.kilograms == 240 * Fraction("0.2176")


def test_a_diary_without_a_speed_counts_nothing_but_walking() -> None:
    cells = (Cell(("bus", "work"), (10, 300)), Cell(("walk", "errand"), (9, 90)))
    told = {each.value: each for each in of_trips(DIARY, "2026-10", cells, {})}
    assert (told["bus"].km, told["bus"].kilograms) == (None, None)
    assert (told["walk"].km, told["walk"].kilograms) == (None, 0)


def test_electricity_is_its_kwh_times_the_factor() -> None:
    assert of_electricity(Fraction(1000)) == Fraction("21.7")


KM = st.dictionaries(
    st.sampled_from(MOBILITY.cells()), st.integers(0, 1000).map(lambda tenths: tenths / 10)
)


@given(KM, st.integers(0, 2))
def test_emissions_are_linear_in_the_distance(km: dict[tuple[str, ...], float], times: int) -> None:
    once = tuple(Cell(values, (0, number)) for values, number in km.items())
    more = tuple(Cell(values, (0, float(times * number))) for values, number in km.items())
    told = total(of_trips(MOBILITY, "2026-10", once, {}))
    assert total(of_trips(MOBILITY, "2026-10", more, {})) == pytest.approx(float(times * told))


@pytest.mark.parametrize("template", [MOBILITY, DIARY], ids=lambda each: each.key)
def test_every_means_of_transport_but_the_unsaid_has_a_factor(template: object) -> None:
    known = factors(template)  # type: ignore[arg-type]
    domain = next(d for d in template.dimensions if d.key == "mode").domain  # type: ignore[attr-defined]
    assert set(domain) - set(known) <= {"other", "unknown", "unsaid"}


def test_every_figure_has_a_source_with_an_address() -> None:
    told = [*factors(MOBILITY).values(), *factors(DIARY).values(), factor("electricity")]
    for source in (*(each.source for each in told), *(s.source for s in carbon.speeds().values())):
        assert source.publisher
        assert 2010 <= source.year <= 2026
        assert source.address.startswith("http")


def test_every_speed_is_of_a_means_of_transport_that_needs_one() -> None:
    moving = {value for value, each in factors(DIARY).items() if each.grams}
    assert set(carbon.speeds()) == moving
    assert carbon.needs_speeds(DIARY)
    assert not carbon.needs_speeds(MOBILITY)
    assert not carbon.needs_speeds(every_template()["home_power"])
