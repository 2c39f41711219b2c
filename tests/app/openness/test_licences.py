import hashlib
import re

import pytest
from flask import Flask

from app.collections.rules import Purpose
from app.downloads import files
from app.openness.licences import COMMON, LICENCES, SINGLE_OUT, VERSIONS, named
from app.openness.wording import LOCALES, both
from tests.support.browser import Browser


@pytest.mark.parametrize("purpose", Purpose)
def test_each_licence_has_an_address_and_both_languages(shop: Flask, purpose: Purpose) -> None:
    for locale in LOCALES:
        page = Browser(shop).get(f"/licences/{purpose}", headers={"Accept-Language": locale})
        assert page.status_code == 200
        parts = re.findall(r'<section lang="(..)">(.*?)</section>', page.text, re.DOTALL)
        assert sorted(language for language, _ in parts) == ["en", "fr"]
        assert parts[0][0] == locale
        told = dict(parts)
        with shop.test_request_context():
            for text in (LICENCES[purpose].allows, *COMMON):
                words = both(lambda text=text: text)
                assert words.en in told["en"]
                assert words.fr in told["fr"].replace("&#39;", "'")


def test_the_licences_say_what_files_say_of_people(shop: Flask) -> None:
    with shop.test_request_context():
        assert str(SINGLE_OUT) in files.LICENCE


def test_all_licences_are_listed_and_there_is_no_other(shop: Flask) -> None:
    page = Browser(shop).get("/licences").text
    assert all(f"/licences/{purpose}" in page for purpose in Purpose)
    assert Browser(shop).get("/licences/any").status_code == 404


#: Of the English text of each version that was ever sold; a new text is a new line.
SOLD = {
    "moisson-research-1": "21caa59243c87700",
    "moisson-public-1": "3a3f9709afa53316",
    "moisson-commercial-1": "fc36c9f7f7eefe6d",
}


def test_a_text_that_was_sold_never_changes_and_keeps_its_address(shop: Flask) -> None:
    found = {}
    for one in VERSIONS:
        lines = [str(line) for line in (one.allows, *one.common)]
        found[one.name] = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
        page = Browser(shop).get(one.path)
        assert page.status_code == 200
        assert one.name in page.text
        assert named(one.name) is one
    assert found == SOLD
    assert Browser(shop).get("/licences/research/0").status_code == 404
    assert Browser(shop).get("/licences/any/1").status_code == 404
