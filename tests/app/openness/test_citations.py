import json
import re
from dataclasses import replace

import pytest

from app.openness.citations import FORMS, bibtex, csl_json, ris
from app.openness.description import Description
from app.openness.wording import Both


@pytest.mark.parametrize("style", FORMS)
def test_each_form_has_the_address_the_hash_and_the_year(about: Description, style: str) -> None:
    text = FORMS[style].write(about, "en")
    for part in (about.address, about.digest, str(about.issued.year), "Lunches, edition 1"):
        assert part in text
    assert "producer" not in text


def test_bibtex_takes_no_title_for_a_command(about: Description) -> None:
    odd = replace(about, title=Both(r"50 % of {A & B} \input{x} #1 ~_^$", "x"))
    text = bibtex(odd, "en")
    title = re.search(r"title = \{\{(.*)\}\},", text)
    assert title is not None
    assert title[1] == (r"50 \% of \{A \& B\} \textbackslash{}input\{x\} \#1 \~{}\_\^{}\$")
    plain = re.sub(r"\\[{}]", "", text)
    assert plain.count("{") == plain.count("}")


def test_csl_json_is_a_dataset_with_its_day(about: Description) -> None:
    (item,) = json.loads(csl_json(about, "fr"))
    assert item["type"] == "dataset"
    day = about.issued
    assert item["issued"]["date-parts"] == [[day.year, day.month, day.day]]
    assert item["language"] == "fr"


def test_ris_has_a_tag_on_each_line_and_ends(about: Description) -> None:
    lines = ris(about, "en").split("\r\n")
    assert lines[0] == "TY  - DATA"
    assert lines[-2:] == ["ER  - ", ""]
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in lines[:-1])
