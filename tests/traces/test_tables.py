import csv
import io

import pytest

from traces.errors import Damaged, UnknownFormat
from traces.tables import Layout, Row, rows

LAYOUT = Layout(
    columns={"date": ("date",), "label": ("libelle", "label"), "debit": ("debit euros",)},
    required=("date", "label"),
    absent=("solde",),
    delimiter=";",
)


def read(text: str, layout: Layout = LAYOUT) -> list[Row]:
    return list(rows(io.StringIO(text, newline=""), layout))


def test_the_header_is_found_below_a_preamble_in_any_language() -> None:
    text = (
        'Compte "joint" de M. X;12\r\n\r\nDate;Libellé;Débit euros;\r\n14/03/2025;Café;42,50;;\r\n'
    )
    (row,) = read(text)
    assert (row["date"], row["label"], row["debit"]) == ("14/03/2025", "Café", "42,50")
    assert read("date;label\n1;x\n")[0]["label"] == "x"


def test_ends_of_lines_inside_a_field_stay_there() -> None:
    (row,) = read('Date;Libellé\r\n14/03;"PAIEMENT   \nPAR CARTE"\r\n\r\n')
    assert row["label"] == "PAIEMENT   \nPAR CARTE"


def test_columns_that_share_a_name_are_told_apart() -> None:
    layout = Layout({"distance": ("distance",)}, ("distance",))
    (row,) = read("Distance,Elapsed,Distance\n7.81,1,7810\n", layout)
    assert (row["distance"], row.named("distance", 1), row.at(2)) == ("7.81", "7810", "7810")
    assert row.named("distance", 2) == row.named("other") == ""


def test_a_footer_is_not_complete() -> None:
    full, footer = read("Date;Libellé;Débit euros\n1;a;2\nTotal\n")
    assert full.complete
    assert not footer.complete
    assert footer["debit"] == ""


@pytest.mark.parametrize(
    "text", ["", "a;b\n", "Date;Libellé;Solde\n", "\n" * 41 + "Date;Libellé\n"]
)
def test_another_header_is_unknown(text: str) -> None:
    with pytest.raises(UnknownFormat):
        read(text)


@pytest.mark.parametrize("tail", ['1;"' + "x\n" * 100_000, "1;" * (1 << 20)])
def test_a_field_or_a_line_without_end_is_damaged(tail: str) -> None:
    # As some libraries do when they are loaded.
    csv.field_size_limit(10**9)
    with pytest.raises(Damaged):
        read("Date;Libellé\n" + tail)


def test_no_row_shows_its_cells() -> None:
    assert "secret" not in repr(read("Date;Libellé\n1;secret\n"))
