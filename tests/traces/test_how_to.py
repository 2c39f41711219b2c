from typing import Any

import pytest

from traces import formats
from traces.errors import InvalidTemplate
from traces.how_to import MOST_STEPS, families, guide, how_to, ordered


def facts(**changed: Any) -> dict[str, Any]:
    return {
        "provider": "Somebody",
        "formats": ["a/b/v1"],
        "wait_en": "At once",
        "wait_fr": "Immédiat",
        "steps_en": ["Click."],
        "steps_fr": ["Cliquez."],
        "checked": False,
    } | changed


@pytest.mark.parametrize("family", families())
def test_every_guide_is_short_and_leads_to_formats_that_we_read(family: str) -> None:
    assert how_to(family)
    for each in how_to(family):
        assert 1 <= len(each.steps) <= MOST_STEPS
        assert set(each.formats) <= formats().keys()
        for step in each.steps:
            assert len(step.en) < 160
            assert len(step.fr) < 200


def test_banks_of_the_readers_country_come_first_and_formats_last() -> None:
    french = [each.provider.fr for each in ordered(how_to("bank"), "fr")]
    english = [each.provider.en for each in ordered(how_to("bank"), "en")]
    assert french[0] == "BNP Paribas, Hello bank!"
    assert french[7:9] == ["Revolut", "N26"]
    assert english[:3] == ["UK banks: midata", "Revolut", "N26"]
    for names in (french, english):
        assert [each.split()[-1] for each in names[-4:]] == ["QFX", "CAMT.053", "MT940", "QIF"]


def test_a_family_without_guides_has_none() -> None:
    assert how_to("nobody") == ()
    assert how_to("../domains") == ()


def test_the_invented_guide_is_valid() -> None:
    assert guide(facts()).steps[0].fr == "Cliquez."


@pytest.mark.parametrize(
    "changed",
    [
        {"steps_en": []},
        {"steps_en": ["Click."] * 6, "steps_fr": ["Cliquez."] * 6},
        {"steps_en": ["Click.", "Again."]},
        {"steps_fr": [""]},
        {"formats": []},
        {"wait_en": " "},
        {"surprise": 1},
    ],
)
def test_a_guide_that_lacks_something_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(InvalidTemplate):
        guide(facts(**changed))
