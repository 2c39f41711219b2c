from decimal import Decimal
from typing import Any

import pytest

from traces import domains, formats, templates
from traces.catalogue import template
from traces.errors import InvalidTemplate
from traces.formats import Kind, format_of
from traces.reading import READERS
from traces.schema import OF_TIME, Template

WORDS = {"en": "a", "fr": "b"}


def facts(**changed: Any) -> dict[str, Any]:
    measure = {"key": "n", "title": WORDS, "unit": "x", "low": "0", "high": "9", "resolution": "1"}
    return {
        "key": "t",
        "version": 1,
        "family": "f",
        "k": 2,
        "epsilon": "0.25",
        "minimum_people": 200,
        "sensitive": False,
        "title": WORDS,
        "question": WORDS,
        "dropped": WORDS,
        "dimension": [{"domain": "daytype"}],
        "measure": [measure | {"per": "day", "scale": 1} | changed.pop("of_measure", {})],
    } | changed


def signature(**changed: Any) -> dict[str, Any]:
    return {
        "id": "f/l/v1",
        "family": "f",
        "reader": "f",
        "kind": "json",
        "members": ["*.json"],
        "keys": ["a"],
        "templates": ["listening"],
        "source": "invented",
    } | changed


def test_every_template_keeps_to_the_house_limits() -> None:
    assert {"listening", "listening_kind"} <= templates().keys()
    for each in templates().values():
        assert Decimal("0.1") <= each.epsilon <= Decimal("0.5")
        assert each.minimum_people >= 200


@pytest.mark.parametrize("each", templates().values(), ids=templates().keys())
def test_every_template_of_money_is_in_one_currency_and_says_so(each: Template) -> None:
    words = {"euros": "EUR", "pounds": "GBP"}
    money = {code for name, code in words.items() for m in each.measures if m.unit.startswith(name)}
    assert money == ({each.currency} if each.currency else set())
    assert not any("currency" in measure.unit for measure in each.measures)


def test_every_format_of_one_currency_feeds_templates_of_it_alone() -> None:
    of_money = [each for each in formats().values() if each.currency and each.reader != "amazon"]
    assert len(of_money) > 10
    for each in of_money:
        assert {templates()[key].currency for key in each.templates} == {each.currency}


def test_every_domain_of_time_is_what_the_clock_gives() -> None:
    assert set(OF_TIME) <= domains().keys()
    assert domains()["hour"].domain == tuple(f"{hour:02d}" for hour in range(24))
    assert domains()["hour_block"].domain[-1] == "21-24"


def test_every_format_has_its_reader_and_templates() -> None:
    for each in formats().values():
        if each.kind is not Kind.HTML:
            assert each.reader in READERS
            assert set(each.templates) <= templates().keys()
    assert {each.reader for each in formats().values()} >= READERS.keys()


def test_the_invented_template_and_format_are_valid() -> None:
    assert template(facts()).size == 2
    assert format_of(signature()).kind is Kind.JSON


@pytest.mark.parametrize(
    "changed",
    [
        {"k": 3},
        {"k": 0},
        {"epsilon": "0"},
        {"epsilon": "NaN"},
        {"epsilon": "x"},
        {"key": "Not a key"},
        {"version": 0},
        {"period": "week"},
        {"currency": "euro"},
        {"currency": "€"},
        {"dimension": []},
        {"dimension": [{"domain": "nowhere"}]},
        {"dimension": [{"domain": "daytype"}, {"domain": "daytype"}]},
        {"title": {"en": "a", "fr": ""}},
        {"title": {"en": "a"}},
        {"surprise": 1},
        {"of_measure": {"low": "9"}},
        {"of_measure": {"resolution": "0"}},
        {"of_measure": {"resolution": "2"}},
        {"of_measure": {"scale": 0}},
        {"of_measure": {"per": "year"}},
        {"of_measure": {"unit": ""}},
    ],
)
def test_a_template_that_contradicts_itself_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(InvalidTemplate):
        template(facts(**changed))


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "f"},
        {"id": "g/l/v1"},
        {"kind": "cake"},
        {"keys": []},
        {"kind": "table"},
        {"kind": "xml"},
        {"members": []},
        {"source": " "},
        {"templates": []},
        {"surprise": 1},
    ],
)
def test_a_format_that_contradicts_itself_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(InvalidTemplate):
        format_of(signature(**changed))


def test_a_table_takes_names_of_columns_in_all_languages() -> None:
    made = format_of(
        signature(
            kind="table", columns={"date": ["Date", "Jour"], "label": "Libellé"}, delimiter=";"
        )
        | {"keys": []}
    )
    assert made.layout is not None
    assert made.layout.columns == {"date": ("date", "jour"), "label": ("libelle",)}
    assert made.layout.required == ("date", "label")
