from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.traces.making import bank
from tests.traces.making.bank import DECLARED, LAYOUTS, PLACES, Pay, make, write
from tests.traces.making.maker import File, read_all, totals_of
from tests.traces.making.nasty import nasty
from tests.traces.promises import Promises, read_or_refuse
from traces import Declared, QuestionKind, Reason, Result
from traces.catalogue import domains
from traces.errors import Damaged
from traces.keywords import keywords

NASTY = {layout: nasty(make(1, layout).files) for layout in ("ofx 1", "camt", "revolut")}

for _layout in LAYOUTS:
    _name = f"Test{_layout.title().replace(' ', '')}KeepsThePromises"
    globals()[_name] = type(_name, (Promises,), {"maker": bank.maker(_layout)})


def read(*files: File, **changed: Any) -> Result:
    return read_all(files, replace(DECLARED, **changed))


def pay(cents: int = -4_250, label: str = "XXXX", **changed: Any) -> Pay:
    return replace(Pay(date(2025, 3, 14), cents, label, "xxxx", 1), **changed)


def spent(result: Result, month: str = "2025-03", table: str = "spending") -> dict[str, Any]:
    return {cell.values[0]: cell.measures for cell in result.cells(table, month)}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("seed", range(3))
def test_known_totals_come_out_exactly(layout: str, seed: int) -> None:
    made = make(seed, layout)
    result = read_all(made.files, made.declared)
    assert totals_of(result) == made.totals
    assert result.kept == made.kept
    dropped = dict(result.dropped)
    dropped.pop(Reason.TRAILER, None)
    dropped.pop(Reason.CLIPPED, None)
    assert dropped == made.dropped


@pytest.mark.parametrize("layout", sorted(NASTY))
@pytest.mark.parametrize("what", sorted(NASTY["camt"]))
def test_what_goes_wrong_with_files_is_told_apart(what: str, layout: str) -> None:
    files, error = NASTY[layout][what]
    answer = read_or_refuse(list(files), DECLARED, ["spending"])
    if error is None:
        plain = read_all(NASTY[layout]["plain"].files, DECLARED, ["spending"])
        assert isinstance(answer, Result)
        assert answer.slices == plain.slices
        assert answer.kept == plain.kept > 0
    else:
        assert type(answer) is error


def test_every_category_of_the_words_is_in_the_domain_or_dropped() -> None:
    known = set(keywords("spending").categories)
    assert known - {"own_transfer", "card_total"} <= set(domains()["spending_category"].domain)


@pytest.mark.parametrize(("category", "label", "name"), PLACES)
def test_the_words_of_a_label_or_a_banks_name_tell_the_category(
    category: str, label: str, name: str
) -> None:
    by_label = read(write([pay(label=label)], 0, "n26 2"))
    by_name = read(write([pay(name=name)], 0, "boursobank 2"))
    assert list(spent(by_label)) == list(spent(by_name)) == [category]


def test_a_banks_own_category_counts_before_the_words_of_the_label() -> None:
    name, content = write([pay(name="Santé")], 0, "boursobank 2")
    result = read((name, content.replace(b";1 X;", b";RESTAURANT;")))
    assert list(spent(result)) == ["health"]


def test_two_equal_purchases_on_a_day_are_both_real() -> None:
    """They differ in nothing; the same file again adds nothing."""
    file = write([pay(), pay()], 0, "banque postale")
    assert spent(read(file)) == spent(read(file, file)) == {"other": (90, 2)}
    one = write([pay()], 0, "banque postale")
    assert spent(read(one, file)) == spent(read(file, one)) == {"other": (90, 2)}


def test_an_account_in_two_kinds_of_file_counts_twice_as_the_page_to_give_it_says() -> None:
    files = write([pay()], 0, "ofx 1"), write([pay()], 0, "banque postale")
    result = read(*files)
    assert spent(result) == {"other": (90, 2)}
    assert result.kept == 2


def test_entries_with_one_name_of_the_bank_count_once() -> None:
    result = read(write([pay(), pay()], 0, "ofx 1"))
    assert spent(result) == {"other": (40, 1)}
    assert result.dropped == {Reason.DUPLICATE: 1}
    both = read(write([pay(), pay(number=2)], 0, "ofx 1"))
    assert spent(both) == {"other": (90, 2)}


@pytest.mark.parametrize("layout", ["boursobank 2", "ofx 1"])
def test_several_accounts_are_asked_about_and_masked(layout: str) -> None:
    rows = [pay(), pay(-10_000, account="99988877766", number=2)]
    file = write(rows, 0, layout)
    asked = read(file)
    assert asked.slices == ()
    (question,) = asked.questions
    assert question.kind is QuestionKind.ACCOUNT
    assert question.options == ("all", "…2233", "…7766")
    assert spent(read(file, account="all")) == {"other": (140, 2)}
    one = read(file, account="…7766")
    assert spent(one) == {"other": (100, 1)}
    assert one.dropped == {Reason.OTHER_ACCOUNT: 1}
    assert read(file, account="…0000").questions == asked.questions


def test_accounts_below_each_other_in_one_file_are_told_apart() -> None:
    _, first = write([pay()], 0, "crédit agricole")
    _, second = write([pay(-10_000)], 0, "crédit agricole")
    second = second.replace(bank.NUMBER.encode(), b"12345678901")
    result = read(("CA.csv", first + b"\r\n" + second), account="…8901")
    assert spent(result) == {"other": (100, 1)}
    assert result.dropped[Reason.OTHER_ACCOUNT] == 1


@pytest.mark.parametrize("layout", ["revolut", "camt", "société générale"])
@pytest.mark.parametrize("declared", [None, "EUR", "GBP"])
def test_each_currency_has_a_table_of_its_own_and_one_without_is_dropped(
    layout: str, declared: str | None
) -> None:
    """Whatever is declared: these files name the currency of each entry."""
    rows = [
        pay(),
        pay(-10_000, currency="GBP", number=2),
        pay(-70_000, currency="PLN", number=3),
        pay(-90_000, currency="PLN", number=4),
    ]
    result = read(write(rows, 0, layout), currency=declared)
    assert not result.questions
    assert spent(result) == {"other": (40, 1)}
    assert spent(result, table="spending_gbp") == {"other": (100, 1)}
    assert result.kept == 2
    assert result.dropped == {Reason.OTHER_CURRENCY: 2}


def test_pounds_are_never_added_to_euros() -> None:
    files = write([pay()], 0, "midata"), write([pay()], 0, "banque postale")
    for declared in (None, "EUR", "GBP"):
        result = read(*files, currency=declared)
        assert spent(result) == spent(result, table="spending_gbp") == {"other": (40, 1)}


def test_the_currency_is_asked_where_a_file_names_none() -> None:
    file = write([pay()], 0, "qif")
    asked = read(file, currency=None)
    assert asked.slices == ()
    (question,) = asked.questions
    assert question.kind is QuestionKind.CURRENCY
    assert question.options == ("EUR", "GBP", "XXX")
    assert spent(read(file, currency="EUR")) == {"other": (40, 1)}
    pounds = read(file, currency="GBP")
    assert {each.template for each in pounds.slices} == {"spending_gbp"}
    for another in ("XXX", "PLN"):
        assert read(file, currency=another).dropped == {Reason.OTHER_CURRENCY: 1}
        assert read(file, currency=another).slices == ()


@pytest.mark.parametrize("layout", ["revolut", "revolut en français", "camt"])
def test_what_is_not_booked_yet_is_dropped(layout: str) -> None:
    result = read(write([pay(), pay(booked=False, number=2)], 0, layout))
    assert result.kept == 1
    assert result.dropped == {Reason.NOT_COMPLETED: 1}


@pytest.mark.parametrize(
    ("kind", "label"),
    [("TOPUP", "XXXX"), ("EXCHANGE", "Exchanged to GBP"), ("CARD_PAYMENT", "To savings")],
)
def test_topups_exchanges_and_savings_are_own_transfers(kind: str, label: str) -> None:
    name, content = write([pay(label=label)], 0, "revolut")
    result = read((name, content.replace(b"CARD_PAYMENT", kind.encode())))
    assert result.dropped == {Reason.OWN_TRANSFER: 1}


def test_a_fee_is_part_of_what_was_spent() -> None:
    name, content = write([pay(-10_000)], 0, "revolut")
    assert spent(read((name, content.replace(b",0.00,EUR", b",20.00,EUR")))) == {"other": (120, 1)}


def test_the_total_of_a_card_with_deferred_debit_is_dropped() -> None:
    """Its payments are listed one by one; the total has a point where they have commas."""
    name, content = write([pay()], 0, "crédit agricole")
    content += "\r\nEncours débité le 30 juin 2025;-3 116.50 €;\r\n".encode("cp1252")
    result = read((name, content))
    assert result.kept == 1
    assert result.dropped == {Reason.CARD_TOTAL: 1}


def test_a_footer_is_no_entry() -> None:
    name, content = write([pay()], 0, "midata")
    result = read((name, content + b'"Arranged Overdraft Limit","\xa350.00"\r\n'))
    assert result.kept == 1
    assert result.dropped == {Reason.TRAILER: 1}


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("-3 116,50", 2000),
        ("-1\u00a0116,50", 1120),
        ("-1\u202f116,50 €", 1120),
        ("-1116.50", 1120),
        ("\u22121.116,50", 1120),
    ],
)
def test_amounts_are_read_as_banks_write_them(written: str, amount: int) -> None:
    name, content = write([pay(-100)], 0, "boursobank 2")
    result = read((name, content.replace(b";-1,00;", f";{written};".encode())))
    assert spent(result) == {"other": (amount, 1)}


def test_accents_of_old_encodings_tell_the_category() -> None:
    for layout in ("crédit agricole", "crédit mutuel"):
        result = read(write([pay(label="CRÊPERIE DE L'ÉGLISE")], 0, layout))
        assert list(spent(result)) == ["eating_out"]


def test_months_are_those_of_the_day_and_money_received_is_one_category() -> None:
    rows = [pay(), pay(4_250, day=date(2025, 4, 1), label="RESTAURANT", number=2)]
    result = read(write(rows, 0, "crédit mutuel"))
    assert spent(result) == {"other": (40, 1)}
    assert spent(result, "2025-04") == {"income": (40, 1)}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (pay(0), Reason.OUT_OF_DOMAIN),
        (pay(-2 * 10**9), Reason.OUT_OF_DOMAIN),
        (pay(day=date(1990, 1, 1)), Reason.OUT_OF_DOMAIN),
        (pay(day=date(2026, 5, 1)), Reason.FUTURE),
        (["31/02/2025", "x", "-1,00"], Reason.UNREADABLE),
        (["14/03/2025", "x", "many"], Reason.UNREADABLE),
        (["Total", "", "-1,00"], Reason.TRAILER),
    ],
)
def test_each_reason_to_drop_an_entry_is_counted(bad: Any, reason: Reason) -> None:
    result = read(write([pay(), bad], 0, "banque postale"))
    assert result.kept == 1
    assert result.dropped == {reason: 1}


def test_the_order_of_dates_of_qif_is_asked_where_it_is_open() -> None:
    file = write([pay(day=date(2025, 3, 4))], 0, "qif")
    (question,) = read(file, date_order=None).questions
    assert question.kind is QuestionKind.DATE_ORDER
    assert question.options == ("dmy", "mdy")
    assert list(read(file, date_order="mdy").months) == ["2025-04"]
    assert list(read(file, date_order="dmy").months) == ["2025-03"]
    told = write([pay(day=date(2025, 3, 4)), pay(day=date(2025, 3, 14), number=2)], 0, "qif")
    assert read(told, date_order=None).kept == 2


def test_a_qif_file_that_mixes_orders_gives_nothing() -> None:
    name, content = write([pay(day=date(2025, 3, 14))], 0, "qif")
    mixed = content + b"\nD03/14/25\nT-1\n^"
    assert read((name, mixed)).dropped == {Reason.AMBIGUOUS_DATE: 2}


def test_dates_and_transfers_of_qif_have_signs_of_their_own() -> None:
    content = b"!Type:CCard\nD3/ 4'25\nT-1,234.50\nPX\n^\nD14/3'25\nT-5\nL[Savings]\n^\n"
    result = read(("x.qif", content))
    assert spent(result, "2025-04") == {"other": (1230, 1)}
    assert result.dropped == {Reason.OWN_TRANSFER: 1}


def test_what_takes_back_an_entry_goes_the_other_way() -> None:
    text = (
        ":20:X\r\n:25:1\r\n:60F:C250301EUR0,00\r\n:61:250314RD40,NTRFNONREF\r\n:86:X\r\n"
        ":61:2503140314RC25,03NTRFNONREF\r\n:62F:C250331EUR0,00\r\n-"
    )
    assert spent(read(("x.sta", text.encode()))) == {"other": (30, 1), "income": (40, 1)}


def test_cash_is_told_by_the_codes_of_the_standards() -> None:
    name, content = write([pay()], 0, "camt")
    assert list(spent(read((name, content.replace(b"POSD", b"CWDL"))))) == ["cash"]
    name, content = write([pay()], 0, "ofx 2")
    assert list(spent(read((name, content.replace(b">POS<", b">ATM<"))))) == ["cash"]


def test_the_price_abroad_of_an_entry_is_not_its_currency() -> None:
    name, content = write([pay()], 0, "ofx 2")
    abroad = b"<ORIGCURRENCY><CURSYM>USD</CURSYM></ORIGCURRENCY></STMTTRN>"
    file = (name, content.replace(b"</STMTTRN>", abroad))
    assert read(file, currency="EUR").kept == 1


def test_a_statement_that_declares_entities_is_refused() -> None:
    name, content = write([pay()], 0, "camt")
    bomb = b'<!DOCTYPE d [<!ENTITY a "aaaa">]><Document'
    answer = read_or_refuse([(name, content.replace(b"<Document", bomb))], DECLARED, ["spending"])
    assert type(answer) is Damaged


@pytest.mark.parametrize("layout", ["ofx 1", "ofx 2", "camt"])
def test_a_statement_that_breaks_off_is_damaged(layout: str) -> None:
    name, content = make(1, layout).files[0]
    answer = read_or_refuse([(name, content[:-40])], DECLARED, ["spending"])
    assert type(answer) is Damaged


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_statement_without_entries_is_valid(layout: str) -> None:
    result = read(write([], 0, layout))
    assert result.slices == ()
    assert result.dropped == {Reason.NO_DATA: 1}


def test_readers_of_two_banks_add_up_and_a_question_holds_back_one() -> None:
    files = [write([pay()], 0, "banque postale"), write([pay()], 0, "qif")]
    result = read(*files, currency=None)
    assert len(result.questions) == 1
    assert spent(result) == {"other": (40, 1)}
    assert spent(read(*files, currency="EUR")) == {"other": (90, 2)}


def test_the_declared_zone_is_not_needed_for_days() -> None:
    file = write([pay(day=date(2025, 3, 31))], 0, "crédit mutuel")
    result = read_all([file], Declared(zone="Pacific/Auckland", today=DECLARED.today))
    assert result.months == ("2025-03",)
