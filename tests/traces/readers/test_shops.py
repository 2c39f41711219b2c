import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.traces.making import shops
from tests.traces.making.maker import KEY, File, given, read_all, totals_of
from tests.traces.making.nasty import nasty
from tests.traces.making.shops import DECLARED, FOODS, GOODS, Basket, Bought, groceries, orders
from tests.traces.promises import Promises, read_or_refuse
from traces import QuestionKind, Reason, Result, formats, templates
from traces import read as read_traces
from traces.catalogue import domains
from traces.errors import UnknownFormat
from traces.keywords import keywords

NASTY = {
    "groceries": nasty(shops.make_groceries(1, "new").files),
    "orders": nasty(shops.make_orders(1, "new").files),
}


class TestNewPurchasesKeepThePromises(Promises):
    maker = shops.grocery_maker("new")


class TestOldPurchasesKeepThePromises(Promises):
    maker = shops.grocery_maker("old")


class TestNewOrdersKeepThePromises(Promises):
    maker = shops.order_maker("new")


class TestOldOrdersKeepThePromises(Promises):
    maker = shops.order_maker("old")


class TestTheReportOfOrdersKeepsThePromises(Promises):
    maker = shops.order_maker("report")


def read(*files: File, **changed: Any) -> Result:
    return read_all(files, replace(DECLARED, **changed))


def cells(result: Result, template: str, month: str = "2025-03") -> dict[str, Any]:
    return {cell.values[0]: cell.measures for cell in result.cells(template, month)}


def bought(name: str = "XXXX", pieces: int = 2, cents: int = 500, **changed: Any) -> Bought:
    return replace(Bought(datetime(2025, 3, 14, 9, tzinfo=UTC), name, pieces, cents, 1), **changed)


@pytest.mark.parametrize("layout", ["new", "old"])
@pytest.mark.parametrize("seed", range(3))
def test_known_totals_of_groceries_come_out_exactly(layout: str, seed: int) -> None:
    made = shops.make_groceries(seed, layout)
    result = read_all(made.files, made.declared)
    assert totals_of(result) == made.totals
    assert (result.kept, result.dropped) == (made.kept, made.dropped)


@pytest.mark.parametrize("layout", ["new", "old", "report"])
@pytest.mark.parametrize("seed", range(3))
def test_known_totals_of_orders_come_out_exactly(layout: str, seed: int) -> None:
    made = shops.make_orders(seed, layout)
    result = read_all(made.files, made.declared)
    assert totals_of(result) == made.totals
    assert (result.kept, result.dropped) == (made.kept, made.dropped)


@pytest.mark.parametrize("template", sorted(NASTY))
@pytest.mark.parametrize("what", sorted(NASTY["orders"]))
def test_what_goes_wrong_with_files_is_told_apart(what: str, template: str) -> None:
    files, error = NASTY[template][what]
    tables = ["groceries"] if template == "groceries" else ["orders", "orders_gbp"]
    answer = read_or_refuse(list(files), DECLARED, tables)
    if error is None:
        plain = read_all(NASTY[template]["plain"].files, DECLARED, tables)
        assert isinstance(answer, Result)
        assert answer.slices == plain.slices
        assert answer.kept == plain.kept > 0
    else:
        assert type(answer) is error


@pytest.mark.parametrize("table", ["groceries", "orders"])
def test_every_category_of_the_words_is_in_the_domain(table: str) -> None:
    known = set(domains()[f"{table}_category"].domain)
    assert set(keywords(table).categories) - {"fuel"} == known - (
        set() if table == "groceries" else {"other"}
    )


@pytest.mark.parametrize(("category", "name"), FOODS)
def test_the_name_of_a_food_tells_its_shelf(category: str, name: str) -> None:
    assert list(cells(read(groceries([Basket((bought(name),))], 0)), "groceries")) == [category]


@pytest.mark.parametrize(("category", "name", "kind"), GOODS)
def test_the_name_or_the_shops_category_tells_the_department(
    category: str, name: str, kind: str
) -> None:
    files = orders([bought(name)], 0), orders([bought(kind=kind)], 0, "report")
    for file in files:
        assert list(cells(read(file), "orders_gbp")) == [category]


@pytest.mark.parametrize("single", [False, True])
def test_the_price_of_a_basket_tells_whether_prices_are_those_of_a_piece(single: bool) -> None:
    basket = Basket((bought(pieces=4, cents=1_000), bought("Milk", 1, 100)), single)
    assert cells(read(groceries([basket], 0)), "groceries") == {"other": (10, 4), "dairy": (1, 1)}


def test_what_is_taken_back_is_subtracted() -> None:
    rows = [
        Basket((bought("Milk", 3, 900),)),
        Basket((bought("Milk", 1, -300, time=datetime(2025, 3, 15, tzinfo=UTC)),)),
    ]
    assert cells(read(groceries(rows, 0)), "groceries") == {"dairy": (6, 2)}


@pytest.mark.parametrize("name", ["", "NA", None, "UNLEADED PETROL"])
def test_fuel_has_no_shelf(name: Any) -> None:
    result = read(groceries([Basket((bought(name), bought("Milk")))], 0))
    assert result.kept == 1
    assert result.dropped == {Reason.OUT_OF_DOMAIN: 1}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"timestamp": "yesterday"}, Reason.UNREADABLE),
        ({"timestamp": None}, Reason.UNREADABLE),
        ({"timestamp": "2027-01-01 10:00:00"}, Reason.FUTURE),
        ({"timestamp": "1980-01-01 10:00:00"}, Reason.OUT_OF_DOMAIN),
        ({"items": None}, Reason.UNREADABLE),
        ({"items": []}, Reason.MISSING),
        ({"items": ["x"]}, Reason.UNREADABLE),
        ({"items": [{"name": "x", "quantity": "NA", "price": "1"}]}, Reason.MISSING),
        ({"items": [{"name": "x", "quantity": "1", "price": "10000"}]}, Reason.OUT_OF_DOMAIN),
    ],
)
def test_each_reason_to_drop_a_basket_is_counted(changed: dict[str, Any], reason: Reason) -> None:
    name, content = groceries([Basket((bought("Milk"),)), Basket((bought("Bread"),))], 0)
    whole = json.loads(content)
    whole["purchases"][1].update(changed)
    result = read((name, json.dumps(whole).encode()))
    assert result.kept == 1
    assert result.dropped == {reason: 1}


def test_groceries_are_in_pounds_and_another_currency_is_never_added() -> None:
    file = groceries([Basket((bought("Milk"), bought("Bread")))], 0)
    assert templates()["groceries"].currency == "GBP"
    assert read(file).kept == 2
    euros = {
        key: replace(each, currency="EUR") if each.reader == "tesco" else each
        for key, each in formats().items()
    }
    result = read_traces(given(file), DECLARED, key=KEY, known=euros)
    assert result.slices == ()
    assert result.dropped == {Reason.OTHER_CURRENCY: 2}


def test_baskets_of_both_layouts_count_once() -> None:
    rows = [Basket((bought("Milk"),))]
    result = read(groceries(rows, 0, "old"), groceries(rows, 1, "new"))
    assert result.kept == 1
    assert result.dropped == {Reason.DUPLICATE: 1}


def test_the_day_of_an_order_is_local() -> None:
    """Half past eleven in the evening of 31 March in UTC is April in London."""
    rows = [bought(time=datetime(2025, 3, 31, 23, 30, tzinfo=UTC))]
    assert read(orders(rows, 0)).months == ("2025-04",)


def test_orders_of_each_currency_have_a_table_of_their_own() -> None:
    more = bought(currency="EUR", cents=900, number=2), bought(currency="PLN", number=3)
    result = read(orders([bought(), *more], 0))
    assert not result.questions
    assert cells(result, "orders") == {"other": (9, 2)}
    assert cells(result, "orders_gbp") == {"other": (5, 2)}
    assert result.dropped == {Reason.OTHER_CURRENCY: 1}


def test_the_currency_of_orders_that_name_none_is_asked() -> None:
    file = orders([bought(currency="")], 0)
    (question,) = read(file).questions
    assert question.kind is QuestionKind.CURRENCY
    assert question.options == ("EUR", "GBP", "XXX")
    assert cells(read(file, currency="EUR"), "orders") == {"other": (5, 2)}
    assert read(file, currency="XXX").dropped == {Reason.OTHER_CURRENCY: 1}


def test_two_equal_rows_of_one_order_are_both_real() -> None:
    file = orders([bought(), bought()], 0)
    assert cells(read(file), "orders_gbp") == {"other": (10, 4)}
    assert cells(read(file, file), "orders_gbp") == {"other": (10, 4)}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("'5.00'", "Not Available", Reason.MISSING),
        ("'5.00'", "'-0.68'", Reason.OUT_OF_DOMAIN),
        ("'5.00'", "many", Reason.UNREADABLE),
        ("Closed", "Cancelled", Reason.NOT_COMPLETED),
        ("2025-03-14T", "2027-03-14T", Reason.FUTURE),
        ("2025-03-14T", "1994-03-14T", Reason.OUT_OF_DOMAIN),
        ("2025-03-14T", "2025-14-14T", Reason.UNREADABLE),
        ("2025-03-14T09:00:00Z", "Not Available", Reason.MISSING),
    ],
)
def test_each_reason_to_drop_an_order_is_counted(old: str, new: str, reason: Reason) -> None:
    name, content = orders([bought()], 0)
    text = content.decode("utf-8-sig")
    assert old in text
    assert read((name, text.replace(old, new).encode())).dropped == {reason: 1}


def test_dates_of_the_report_begin_with_the_month() -> None:
    result = read(orders([bought(time=datetime(2025, 3, 4, tzinfo=UTC))], 0, "report"))
    assert result.months == ("2025-03",)


def test_exports_without_orders_are_valid() -> None:
    assert read(orders([], 0)).dropped == {Reason.NO_DATA: 1}
    for layout in ("new", "old"):
        result = read(groceries([], 0, layout))
        assert result.dropped == {Reason.NO_DATA: 1}
        assert result.format_ids == (f"tesco/purchases/v{2 if layout == 'new' else 1}",)


def test_an_object_without_the_array_of_purchases_is_not_known() -> None:
    for text in ('{"customerId": 1}', '{"purchases": 1, "x": []}', '{"purchases": [1], "x": 1}'):
        answer = read_or_refuse([("Tesco-Customer-Data.json", text.encode())], DECLARED, [])
        assert type(answer) is UnknownFormat
