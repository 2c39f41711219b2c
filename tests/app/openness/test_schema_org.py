import json
from dataclasses import replace

import extruct
from flask import Flask

from app.openness.description import Description
from app.openness.schema_org import dataset
from tests.support import factories
from tests.support.browser import Browser


def test_a_search_engine_finds_the_edition_in_the_head_of_its_page(
    shop: Flask, made: factories.Published, about: Description
) -> None:
    page = Browser(shop).get(f"/catalogue/{made.edition_id}")
    (found,) = extruct.extract(page.text, syntaxes=["json-ld"])["json-ld"]
    assert found == dataset(about, "en")
    assert found["@type"] == "Dataset"
    assert found["name"] == "Lunches, edition 1"
    assert 50 <= len(found["description"]) <= 5000
    assert found["isAccessibleForFree"] is False
    assert found["identifier"] == [about.address, f"sha256:{about.digest}"]


def test_no_title_ends_the_block(shop: Flask, about: Description) -> None:
    """What a founder wrote is text, wherever it stands."""
    odd = replace(about, title=replace(about.title, en="</script><script>alert(1)</script>"))
    with shop.test_request_context():
        template = "{{ block|tojson }}"
        text = shop.jinja_env.from_string(template).render(block=dataset(odd, "en"))
    assert "<" not in text
    assert json.loads(text)["name"] == odd.title.en


def test_a_month_and_both_languages_are_told(monthly: Description) -> None:
    english, french = dataset(monthly, "en"), dataset(monthly, "fr")
    assert english["temporalCoverage"] == "2026-02-01/2026-02-28"
    assert (english["inLanguage"], french["inLanguage"]) == ("en", "fr")
    assert english["name"] != french["name"]
    assert english["@id"] == french["@id"]
