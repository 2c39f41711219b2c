"""A statement as CSV and as PDF, whatever words are in it."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask_babel import force_locale
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.spreadsheets import FORMULA
from app.statements import csv_file as written
from app.statements import pdf as printed
from app.statements import pdf_page as paper
from app.statements.periods import Period
from app.statements.statement import Heading, Line, Statement
from app.web.i18n import install_i18n
from pricing.money import Money

PERIOD = Period(date(2026, 2, 1), date(2026, 2, 28))
AT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
HEADING = Heading("Relevé de comptes", "Le solde est dû.", "Zoë Çelik", "0" * 32)


@pytest.fixture(scope="module", autouse=True)
def languages() -> Iterator[None]:
    """Enough of an application for languages."""
    app = Flask("app")
    install_i18n(app)
    with app.app_context():
        yield


def eur(micros: int) -> Money:
    return Money(micros, "EUR")


def stated(*what: str, amount: int = 1_250_001) -> Statement:
    lines = tuple(Line(AT, one, "settle 0123abcd 1", eur(amount)) for one in what)
    return Statement(PERIOD, eur(-500_000), lines)


def rows(statement: Statement) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(written.as_csv(statement).decode())))


def test_opening_lines_and_closing_to_the_millionth() -> None:
    first, one, two, last = rows(stated("a", "b", amount=-1_250_001))
    assert (first["day"], first["balance"], first["amount"]) == ("2026-02-01", "-0.500000", "")
    assert (one["day"], one["time_utc"], one["amount"]) == ("2026-02-03", "04:05:06", "-1.250001")
    assert (one["balance"], two["balance"]) == ("-1.750001", "-3.000002")
    assert (last["day"], last["balance"], last["currency"]) == ("2026-02-28", "-3.000002", "EUR")


@given(micros=st.integers(-(2**63), 2**63))
def test_amounts_are_exact(micros: int) -> None:
    sign, text = (-1, written.decimal(eur(micros))[1:]) if micros < 0 else (1, "")
    whole, part = (text or written.decimal(eur(micros))).split(".")
    assert len(part) == 6
    assert sign * (int(whole) * 1_000_000 + int(part)) == micros


@pytest.mark.parametrize("start", FORMULA)
def test_no_cell_is_run_as_a_formula(start: str) -> None:
    statement = stated(f"{start}1+1")
    risky = Statement(
        PERIOD, statement.opening, (replace(statement.lines[0], reference=f"{start}cmd"),)
    )
    _, line, _ = rows(risky)
    assert re.fullmatch(r"'.1\+1", line["what"])
    assert re.fullmatch(r"'.cmd", line["reference"])


def test_a_pdf_is_the_same_bytes_each_time_and_small() -> None:
    first, second = (printed.as_pdf(HEADING, stated("Gagné : Café crème")) for _ in range(2))
    assert first == second
    assert first.startswith(b"%PDF-")
    assert first.rstrip().endswith(b"%%EOF")
    assert b"D:20260228000000" in first
    assert len(first) < 60_000


def test_every_line_has_its_place_on_numbered_pages() -> None:
    assert b"/Count 4" in printed.as_pdf(HEADING, stated(*["x"] * 100))
    assert b"/Count 1" in printed.as_pdf(HEADING, stated())


def test_accents_and_the_euro_are_in_the_font() -> None:
    for text in ("éèêëàâçîïôùûüœŒÉ’« »\xa0\u202f€–…·", "Ελληνικά", "Кириллица", "हिन्दी", "�"):
        assert paper.known(text) == text
    assert paper.known("日本 ok \x00\x1b\ud800") == "�� ok ���"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=st.text(max_size=120), title=st.text(max_size=300))
def test_any_name_can_be_written_and_printed(name: str, title: str) -> None:
    heading = replace(HEADING, holder=name)
    assert printed.as_pdf(heading, stated(title)).startswith(b"%PDF-")
    assert len(rows(stated(title))) == 3


@pytest.mark.parametrize(
    "name",
    [
        "日本語",
        "العربية",
        "👩\u200d👩\u200d👧",
        "\ud800",
        "\x00\x01\n\r\t",
        "\u202eabc",
        "**b** {nb} <b>",
        "",
    ],
)
def test_hard_names_too(name: str) -> None:
    for language in ("en", "fr"):
        with force_locale(language):
            assert printed.as_pdf(replace(HEADING, holder=name), stated(name))
            assert written.as_csv(stated(name))
