"""Read a catalogue as udata (data.gouv.fr) does, without its database: as_udata.py FOLDER."""

import sys
from pathlib import Path

import mongoengine
import mongomock
from rdflib import RDF, Graph
from udata.app import create_app
from udata.core.dataset.rdf import dataset_from_rdf
from udata.rdf import DCAT
from udata.settings import Testing

mongoengine.disconnect_all()
app = create_app("udata.settings.Defaults", override=Testing)
mongoengine.disconnect_all()
mongoengine.connect("udata", mongo_client_class=mongomock.MongoClient)
folder = Path(sys.argv[1])
for ending, form in (("jsonld", "json-ld"), ("ttl", "turtle")):
    graph = Graph().parse(folder / f"catalogue.{ending}", format=form)
    with app.app_context():
        found = [
            dataset_from_rdf(graph, node=node) for node in graph.subjects(RDF.type, DCAT.Dataset)
        ]
    assert found
    for dataset in found:
        assert dataset.title, dataset
        assert dataset.description, dataset
        assert dataset.tags, dataset
        assert dataset.resources, dataset
    tables = sum(len(dataset.resources) for dataset in found)
    print(f"udata, {ending}: {len(found)} datasets, {tables} resources")
