import pytest
from flask import Flask

from app.core.permissions import Actor, Role
from app.datasets import queries, service
from app.datasets.states import DatasetState
from app.market import market_of
from tests.support import factories
from tests.support.browser import Browser

COLUMNS = ("who", "day", "place", "spend")


def answered(**changes: str) -> dict[str, str]:
    """The columns form as a browser sends it."""
    fields = {"person": "who", "bound": "2"}
    for number, column in enumerate(COLUMNS):
        fields |= {
            f"columns-{number}-column": column,
            f"columns-{number}-role": "leave",
            f"columns-{number}-name": column,
            f"columns-{number}-transform": "",
            f"columns-{number}-rule": "sum",
        }
    fields |= {
        "columns-1-role": "dimension",
        "columns-1-categories": "\n".join(factories.DAYS),
        "columns-1-source": "the restaurants",
        "columns-2-role": "dimension",
        "columns-2-categories": "north\nsouth",
        "columns-2-source": "the restaurants",
        "columns-3-role": "measure",
        "columns-3-unit": "EUR",
        "columns-3-lower": "0",
        "columns-3-upper": "50",
        "columns-3-resolution": "0.01",
        "columns-3-source": "the menu card",
    }
    return fields | {name.replace("_", "-"): value for name, value in changes.items()}


def state_of(app: Flask, producer: Actor, dataset_id: str) -> DatasetState:
    with market_of(app).db.unit_of_work():
        return queries.dataset(producer, dataset_id).state


def test_good_answers_are_checked_and_pass(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    dataset_id = factories.uploaded(lite_app, producer)
    assert browser.post(f"/datasets/{dataset_id}/columns", answered()).status_code == 302
    assert state_of(lite_app, producer, dataset_id) is DatasetState.CHECKING
    assert "checking" in browser.get(f"/datasets/{dataset_id}").text.lower()
    factories.run_jobs(lite_app)
    assert state_of(lite_app, producer, dataset_id) is DatasetState.CHECKED
    assert "All 800 rows fit" in browser.get(f"/datasets/{dataset_id}").text


def test_bad_bounds_are_told_and_what_was_typed_stays(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    dataset_id = factories.uploaded(lite_app, producer)
    wrong = answered(columns_3_lower="fifty", columns_3_unit="Swiss francs")
    answer = browser.post(f"/datasets/{dataset_id}/columns", wrong)
    assert answer.status_code == 422
    assert "Column spend: enter bounds and step as numbers" in answer.text
    for page in (answer.text, browser.get(f"/datasets/{dataset_id}/columns").text):
        assert 'value="fifty"' in page
        assert 'value="Swiss francs"' in page
        assert 'value="the menu card"' in page
    assert state_of(lite_app, producer, dataset_id) is DatasetState.UPLOADED


def test_no_category_at_all_is_told(lite_app: Flask, browser: Browser, producer: Actor) -> None:
    dataset_id = factories.uploaded(lite_app, producer)
    wrong = answered(columns_1_role="leave", columns_2_role="leave")
    answer = browser.post(f"/datasets/{dataset_id}/columns", wrong)
    assert answer.status_code == 422
    assert "at least one column as a category" in answer.text


def test_a_bound_out_of_range_is_told(lite_app: Flask, browser: Browser, producer: Actor) -> None:
    dataset_id = factories.uploaded(lite_app, producer)
    answer = browser.post(f"/datasets/{dataset_id}/columns", answered(bound="51"))
    assert answer.status_code == 422
    assert "1 to 50 cells" in answer.text


def test_nothing_is_filled_in_from_the_rows(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    """Accepted as they were shown, answers published one patient's illness and age."""
    rows = [f"p{n},{'Huntington disease' if n == 7 else 'cold'},{n % 90}.5\n" for n in range(300)]
    content = ("who,illness,age\n" + "".join(rows)).encode() + b"p301,cold,900000\n"
    dataset_id = factories.uploaded(lite_app, producer, content)
    page = browser.get(f"/datasets/{dataset_id}/columns").text
    assert "Huntington" not in page
    assert "cold" not in page
    for name in ("categories", "lower", "upper", "resolution", "source", "unit"):
        for column in range(3):
            field = page.split(f'id="columns-{column}-{name}"')[1].split(">")[0]
            assert "value=" not in field or 'value=""' in field, name
    assert page.count('<option selected value="dimension">') == 1
    assert page.count('<option selected value="measure">') == 1


def test_categories_and_bounds_need_a_source(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    dataset_id = factories.uploaded(lite_app, producer)
    for column in (1, 3):
        answer = browser.post(
            f"/datasets/{dataset_id}/columns", answered(**{f"columns_{column}_source": " "})
        )
        assert answer.status_code == 422
        assert "say where its categories or bounds come from" in answer.text
        assert state_of(lite_app, producer, dataset_id) is DatasetState.UPLOADED


def test_a_list_of_the_market_brings_its_categories_and_its_source(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    content = b"who,meal\n" + b"".join(b"p%d,dinner\n" % n for n in range(40))
    dataset_id = factories.uploaded(lite_app, producer, content)
    fields = {
        "person": "who",
        "sure": "who",
        "bound": "1",
        "columns-0-column": "who",
        "columns-0-role": "leave",
        "columns-0-rule": "sum",
        "columns-1-column": "meal",
        "columns-1-role": "dimension",
        "columns-1-transform": "",
        "columns-1-listed": "meals",
        "columns-1-rule": "sum",
    }
    assert browser.post(f"/datasets/{dataset_id}/columns", fields).status_code == 302
    factories.run_jobs(lite_app)
    assert state_of(lite_app, producer, dataset_id) is DatasetState.CHECKED
    page = browser.get(f"/datasets/{dataset_id}/columns").text
    assert "breakfast\nlunch\ndinner\nsnack" in page.replace("\r", "")
    assert "eating occasions of usual dietary surveys" in page


def test_an_owner_is_told_what_falls_into_other(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    """All of a column did, because its words were French, and nothing said so."""
    rows = [f"p{n},{'dîner' if n % 4 else 'dinner'}\n" for n in range(40)]
    dataset_id = factories.uploaded(lite_app, producer, ("who,meal\n" + "".join(rows)).encode())
    fields = {"person": "who", "sure": "who", "bound": "1"}
    fields |= {"columns-0-column": "who", "columns-0-role": "leave", "columns-0-rule": "sum"}
    fields |= {"columns-1-column": "meal", "columns-1-role": "dimension", "columns-1-other": "y"}
    fields |= {"columns-1-transform": "", "columns-1-listed": "meals", "columns-1-rule": "sum"}
    browser.post(f"/datasets/{dataset_id}/columns", fields)
    factories.run_jobs(lite_app)
    page = browser.get(f"/datasets/{dataset_id}").text
    assert "Column meal: 30 of 40 rows are none of its categories" in page
    assert "use the same words as the categories" in page
    browser.post(f"/datasets/{dataset_id}/erase")
    assert "30 of 40" not in browser.get(f"/datasets/{dataset_id}").text


def test_a_column_the_file_does_not_have_is_refused(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    dataset_id = factories.uploaded(lite_app, producer)
    for wrong in (answered(columns_1_column="salary"), answered(person="salary")):
        assert browser.post(f"/datasets/{dataset_id}/columns", wrong).status_code in (302, 422)
        factories.run_jobs(lite_app)
        assert state_of(lite_app, producer, dataset_id) is DatasetState.UPLOADED


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("resolution", "1e-30"),
        ("upper", "1e30"),
        ("upper", "1e999999"),
        ("lower", "sNaN"),
        ("rule", "nope"),
        ("transform", "nope"),
    ],
)
def test_what_cannot_be_reckoned_with_is_told_at_its_field(
    lite_app: Flask, browser: Browser, producer: Actor, field: str, value: str
) -> None:
    dataset_id = factories.uploaded(lite_app, producer)
    column = 1 if field == "transform" else 3
    wrong = answered(**{f"columns_{column}_{field}": value})
    page = browser.post(f"/datasets/{dataset_id}/columns", wrong)
    assert page.status_code == 422
    assert f'href="#columns-{column}-{field}"' in page.text


def test_a_column_that_the_collection_does_not_have_is_refused(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    owner = factories.account(lite_app, *producer.roles)
    _, collection_id = factories.listed(lite_app, owner)
    dataset_id = factories.uploaded(lite_app, producer, collection_id=collection_id)
    wrong = {"person": "who", "columns-0-name": "salary", "columns-0-column": "spend"}
    answer = browser.post(f"/datasets/{dataset_id}/columns", wrong)
    assert answer.status_code == 422
    assert "does not have" in answer.text


def test_cells_that_do_not_fit_are_told_by_row_without_repeating_them(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    content = factories.csv_rows(2, 1) + b"p9,=HYPERLINK(1),north,4\np10,Sunday,north,many\n"
    dataset_id = factories.uploaded(lite_app, producer, content)
    browser.post(f"/datasets/{dataset_id}/columns", answered(sure="who"))
    factories.run_jobs(lite_app)
    page = browser.get(f"/datasets/{dataset_id}").text
    assert "Row 4, column day: This begins like a spreadsheet formula" in page
    assert "Row 5, column day" in page
    assert "Row 5, column spend: This is not a number" in page
    assert "HYPERLINK" not in page
    assert "Sunday" not in page
    assert 'value="the menu card"' in browser.get(f"/datasets/{dataset_id}/columns").text


def test_joining_asks_for_the_collections_columns(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    owner = factories.account(lite_app, *producer.roles)
    _, collection_id = factories.listed(lite_app, owner)
    renamed = factories.csv_rows().replace(b"who,day,place,spend", b"guest,day,where,paid")
    dataset_id = factories.uploaded(lite_app, producer, renamed, collection_id=collection_id)
    page = browser.get(f"/datasets/{dataset_id}/columns")
    assert "feeds which column of" in page.text
    joined = {
        "person": "guest",
        "columns-0-name": "day",
        "columns-0-column": "day",
        "columns-1-name": "place",
        "columns-1-column": "",
        "columns-2-name": "spend",
        "columns-2-column": "paid",
    }
    missing = browser.post(f"/datasets/{dataset_id}/columns", joined)
    assert missing.status_code == 422
    assert "Choose the column of your file that holds “place”" in missing.text
    answer = browser.post(f"/datasets/{dataset_id}/columns", joined | {"columns-1-column": "where"})
    assert answer.status_code == 302
    factories.run_jobs(lite_app)
    assert state_of(lite_app, producer, dataset_id) is DatasetState.CHECKED


def test_all_that_is_wrong_is_told_at_once_each_at_its_field(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    dataset_id = factories.uploaded(lite_app, producer)
    wrong = answered(
        bound="51",
        columns_1_categories="Mon",
        columns_2_source="",
        columns_2_aliases="N = nowhere",
        columns_3_lower="fifty",
        columns_3_resolution="",
    )
    page = browser.post(f"/datasets/{dataset_id}/columns", wrong)
    assert page.status_code == 422
    fields = (
        "bound",
        "columns-1-categories",
        "columns-2-source",
        "columns-2-aliases",
        "columns-3-lower",
        "columns-3-resolution",
    )
    for field in fields:
        assert f'id="{field}-error"' in page.text, field
    assert 'id="columns-3-upper-error"' not in page.text
    for field in fields[:5]:
        assert f'<a href="#{field}">' in page.text
    assert "5 answers need a change" in page.text
    assert 'value="fifty"' in page.text


def test_who_the_people_are_and_wrong_columns_are_told_together(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    content = factories.csv_rows(400, 1)
    dataset_id = factories.uploaded(lite_app, producer, content)
    page = browser.post(f"/datasets/{dataset_id}/columns", answered(columns_3_lower="x")).text
    assert "This would be 400 different people" in page
    assert 'id="columns-3-lower-error"' in page


def test_words_of_the_file_stand_for_categories_and_stay_with_their_owner(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    content = factories.csv_rows().replace(b",north,", "Café du Nord".join(",,").encode())
    content = content.replace(b",south,", b",  SOUTH ,").replace(b",Mon,", b",mon,")
    dataset_id = factories.uploaded(lite_app, producer, content)
    typed = answered(columns_2_aliases="CAFE DU  NORD = north\n\n")
    assert browser.post(f"/datasets/{dataset_id}/columns", typed).status_code == 302
    factories.run_jobs(lite_app)
    assert state_of(lite_app, producer, dataset_id) is DatasetState.CHECKED
    rules = factories.proposal()
    with market_of(lite_app).db.unit_of_work():
        collection_id = service.found_collection(producer, dataset_id, rules)
        doors = service.checking(market_of(lite_app))
        service.publish(producer, doors, dataset_id, factories.EVERY_PURPOSE)
        kept = queries.dataset(producer, dataset_id).answers
    assert "CAFE" not in str(kept)
    stranger = Browser(lite_app, factories.account(lite_app, Role.PRODUCER, Role.BUYER))
    public = stranger.get(f"/collections/{collection_id}")
    assert public.status_code == 200
    assert "north" in public.text
    assert "CAFE" not in public.text
    assert "du Nord" not in public.text


def test_a_collection_that_is_joined_takes_the_words_of_a_file_too(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    owner = factories.account(lite_app, *producer.roles)
    _, collection_id = factories.listed(lite_app, owner)
    content = factories.csv_rows().replace(b",north,", b",up,")
    dataset_id = factories.uploaded(lite_app, producer, content, collection_id=collection_id)
    joined = {"person": "who"}
    for number, name in enumerate(("day", "place", "spend")):
        joined |= {f"columns-{number}-name": name, f"columns-{number}-column": name}
    wrong = browser.post(f"/datasets/{dataset_id}/columns", joined | {"columns-1-aliases": "up"})
    assert 'id="columns-1-aliases-error"' in wrong.text
    typed = joined | {"columns-1-aliases": "Up = North"}
    assert browser.post(f"/datasets/{dataset_id}/columns", typed).status_code == 302
    factories.run_jobs(lite_app)
    assert state_of(lite_app, producer, dataset_id) is DatasetState.CHECKED


def test_a_founded_collection_is_not_fed_by_other_answers(
    lite_app: Flask, browser: Browser, producer: Actor
) -> None:
    """Rows were checked against new answers, and listed under the rules of the earlier ones."""
    dataset_id = factories.uploaded(lite_app, producer)
    browser.post(f"/datasets/{dataset_id}/columns", answered())
    factories.run_jobs(lite_app)
    with market_of(lite_app).db.unit_of_work():
        service.found_collection(producer, dataset_id, factories.proposal())
    other = answered(columns_2_categories="north\nsouth\neast")
    page = browser.post(f"/datasets/{dataset_id}/columns", other)
    assert page.status_code == 422
    assert "The rules of the collection are set" in page.text
    assert state_of(lite_app, producer, dataset_id) is DatasetState.UPLOADED
    assert browser.post(f"/datasets/{dataset_id}/columns", answered()).status_code == 302
    factories.run_jobs(lite_app)
    assert state_of(lite_app, producer, dataset_id) is DatasetState.CHECKED
