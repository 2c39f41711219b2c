"""Which insights fit which template."""

import pytest

from app.collections.templates import every_template
from app.contributions.cells import Cell
from app.contributions.insights.choices import choice, choices, counted, figures


def test_every_choice_is_of_a_template_and_its_own_columns() -> None:
    for key, chosen in choices().items():
        template = every_template()[key]
        measures = {each.key for each in template.measures}
        domains = {each.key: set(each.domain) for each in template.dimensions}
        assert {chosen.measure, chosen.each} - {""} <= measures, key
        assert set(chosen.sections) <= {"budget", "tariff", "carbon"}, key
        assert set(chosen.leave_out) <= domains.get(chosen.dimension, set()), key
        if "budget" in chosen.sections:
            assert chosen.measure, key
            assert chosen.each, key
            assert chosen.dimension in domains, key


@pytest.mark.parametrize("key", sorted(every_template()))
def test_every_template_has_a_measure_that_is_shown_first(key: str) -> None:
    template = every_template()[key]
    cell = Cell(template.cells()[0], tuple(1 for _ in template.measures))
    known = figures(template, {"2026-10": (cell,)})
    assert {each.key for each in known} == {each.key for each in template.measures}
    assert known[0].key == (choice(template).measure or template.measures[0].key)


def test_a_measure_that_no_file_tells_of_is_not_shown() -> None:
    template = every_template()["sport"]
    known = figures(template, {"2026-10": (Cell(("gym",), (9, 4.5, 0)),)})
    assert [each.key for each in known] == ["hours", "sessions"]


def test_a_template_that_nobody_thought_of_loses_no_cell() -> None:
    template = every_template()["listening"]
    months = {"2026-10": (Cell(("weekday", "09-12"), (31,)),)}
    assert counted(template, months) == months


@pytest.mark.parametrize("key", sorted(every_template()))
def test_a_value_has_one_name_in_all_columns_of_a_template(key: str) -> None:
    """Pages name values by their key alone."""
    values = [value for each in every_template()[key].dimensions for value in each.values]
    assert len({each.key for each in values}) == len({(each.key, each.label) for each in values})
