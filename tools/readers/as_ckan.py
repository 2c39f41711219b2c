"""Read a catalogue as CKAN's harvester does: python as_ckan.py FOLDER."""

import sys
from pathlib import Path

from ckanext.dcat.processors import RDFParser

folder = Path(sys.argv[1])
for ending, form in (("jsonld", "json-ld"), ("ttl", "turtle")):
    parser = RDFParser(profiles=["euro_dcat_ap_3"])
    parser.parse((folder / f"catalogue.{ending}").read_text(), _format=form)
    found = list(parser.datasets())
    for dataset in found:
        assert dataset["title"], dataset
        assert dataset["notes"], dataset
        assert dataset["tags"], dataset
        assert dataset["resources"], dataset
        assert all(one["license"].endswith("/licences") for one in dataset["resources"]), dataset
    tables = sum(len(dataset["resources"]) for dataset in found)
    assert found
    print(f"ckan, {ending}: {len(found)} datasets, {tables} resources, next {parser.next_page()}")
