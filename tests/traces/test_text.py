import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traces.errors import Damaged
from traces.text import decode_head, encoding_of, mended, normalise, open_text


def decoded(content: bytes) -> str:
    with open_text(lambda: io.BytesIO(content)) as text:
        return text.read()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "iso-8859-15"])
def test_each_encoding_is_found(encoding: str) -> None:
    text = "Libellé;Débit euros\r\nCafé à 3 €;œuvre\r\n"
    assert decoded(text.encode(encoding)) == text


def test_a_late_byte_of_another_encoding_is_seen() -> None:
    content = b"a" * 200_000 + "é".encode("cp1252")
    assert encoding_of(lambda: io.BytesIO(content)) == "cp1252"
    assert decoded(content).endswith("é")


def test_a_letter_cut_between_two_looks_is_still_utf8() -> None:
    content = b"a" * 65_535 + "é".encode() + b"b"
    assert encoding_of(lambda: io.BytesIO(content)) == "utf-8"


def test_what_is_not_text_is_damaged() -> None:
    with pytest.raises(Damaged):
        decoded(b"PNG\0\0")


@given(st.text())
def test_utf8_always_comes_back(text: str) -> None:
    plain = text.replace("\0", "").removeprefix("\ufeff")
    assert decoded(plain.encode()) == plain


def test_names_of_columns_compare() -> None:
    for name in ("Libellé", '\ufeff"LIBELLE"', " libelle\u0301 ", "'Libellé'"):
        assert normalise(name) == "libelle"
    assert normalise("Montant\u202f(EUR)") == normalise("montant  (eur)") == "montant (eur)"
    assert normalise("Date de l’opération") == "date de l'operation"


def test_broken_letters_of_some_exports_are_mended_and_others_stay() -> None:
    assert mended("MusÃ©e") == "Musée"
    assert mended("Musée") == "Musée"
    assert mended("日本") == "日本"


def test_a_beginning_may_end_inside_a_letter() -> None:
    assert decode_head("é".encode()[:1]) == ""
    assert decode_head(b"\0binary") is None
