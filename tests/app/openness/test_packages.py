import json
from dataclasses import replace
from pathlib import Path

import csvw as on_the_web
import frictionless
import pytest

from app.catalog.products import Product
from app.collections.rules import Purpose
from app.downloads import files
from app.downloads.facts import as_json, table_facts
from app.downloads.formats import as_csv
from app.openness.columns import columns_of
from app.openness.croissant import croissant
from app.openness.description import Description
from app.openness.packages import csvw, datapackage
from app.releases.queries import ReleaseView


def packed(view: ReleaseView, product: Product) -> dict[str, bytes]:
    return {
        "table.csv": files.table_csv(view, product),
        "dictionary.csv": files.dictionary_csv(view, product),
        "privacy.json": as_json(table_facts(view, product)),
        "README.txt": files.readme(view, product),
    }


def unpacked(folder: Path, contents: dict[str, bytes]) -> Path:
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder


def faults(folder: Path) -> list[str]:
    with frictionless.system.use_context(trusted=True):
        report = frictionless.validate(str(folder / "datapackage.json"))
    return [str(row) for row in report.flatten(["type", "message"])]


def test_a_data_package_holds_for_every_kind_of_table(
    about: Description, view: ReleaseView, tmp_path: Path
) -> None:
    for place in (0, len(about.tables) - 1):
        product = about.tables[place].finest
        contents = packed(view, product)
        contents["datapackage.json"] = datapackage(about, product, contents)
        assert faults(unpacked(tmp_path, contents)) == []


@pytest.mark.parametrize(
    ("old", "new"), [(b"Mon,", b"Noon,"), (b",true\n", b",perhaps\n"), (b"contributions", b"x")]
)
def test_a_changed_file_does_not_fit_its_package(
    about: Description, view: ReleaseView, tmp_path: Path, old: bytes, new: bytes
) -> None:
    product = about.tables[0].finest
    contents = packed(view, product)
    contents["datapackage.json"] = datapackage(about, product, contents)
    assert old in contents["table.csv"]
    contents["table.csv"] = contents["table.csv"].replace(old, new)
    assert faults(unpacked(tmp_path, contents))


def test_a_data_package_says_how_sure_figures_are_and_what_they_may_be_used_for(
    about: Description, view: ReleaseView
) -> None:
    product = about.tables[0].finest
    contents = packed(view, product)
    found = json.loads(datapackage(about, product, contents, Purpose.RESEARCH))
    assert [one["path"] for one in found["licenses"]] == [f"{about.site.base}/licences/research"]
    assert len(json.loads(datapackage(about, product, contents))["licenses"]) == 3
    assert found["moisson:privacy"]["epsilon"] == 1
    table = next(one for one in found["resources"] if one["path"] == "table.csv")
    fields = {field["name"]: field for field in table["schema"]["fields"]}
    assert fields["value"]["moisson:noise"]["low"] == "noise_interval_95_low"
    assert fields["value"]["type"] == "number"
    assert fields["day"]["constraints"]["enum"] == ["Mon", "Tue", "Wed"]
    assert datapackage(about, product, contents) == datapackage(about, product, contents)


@pytest.mark.parametrize("name", ["value", "=day", "statistic"])
def test_a_column_called_like_a_figure_or_a_formula_is_found_in_its_file(
    about: Description, view: ReleaseView, name: str
) -> None:
    schema = view.release.plan.schema
    product = about.tables[0].finest
    odd = replace(about.columns[0], name=name)
    told = replace(about, columns=(odd, *about.columns[1:]))
    renamed = replace(product, dimensions=(name,), marginal=(name,))
    held = replace(files.content(view, product), dimensions=(name,))
    found = columns_of(as_csv(held), told, renamed)
    assert found[0].values == schema.dimensions[0].values
    assert [one.name for one in found if one.kind == "category"] == [found[0].name]
    assert next(one for one in found if one.name == "value").kind == "number"
    fields = json.loads(croissant(told, renamed, "x", ""))["recordSet"][0]["field"]
    assert fields[0]["source"]["extract"]["column"] == found[0].name


def problems(folder: Path) -> list[str]:
    path = folder / "table.csv-metadata.json"
    return [] if on_the_web.CSVW(str(path), validate=True).is_valid else ["invalid"]


def test_csv_on_the_web_fits_the_table(
    about: Description, view: ReleaseView, tmp_path: Path
) -> None:
    for place in (0, len(about.tables) - 1):
        product = about.tables[place].finest
        contents = packed(view, product)
        beside = csvw(about, product, contents)
        assert set(beside) == {"table.csv-metadata.json", "dictionary.csv-metadata.json"}
        assert problems(unpacked(tmp_path, contents | beside)) == []


@pytest.mark.filterwarnings("always:Invalid column value:UserWarning")
@pytest.mark.parametrize(
    ("old", "new"), [(b",true\n", b",perhaps\n"), (b"contributions,,,", b"contributions,,,x")]
)
def test_csv_on_the_web_finds_a_line_that_does_not_fit(
    about: Description, view: ReleaseView, tmp_path: Path, old: bytes, new: bytes
) -> None:
    product = about.tables[0].finest
    contents = packed(view, product)
    beside = csvw(about, product, contents)
    assert old in contents["table.csv"]
    contents["table.csv"] = contents["table.csv"].replace(old, new, 1)
    unpacked(tmp_path, contents | beside)
    assert problems(tmp_path)
