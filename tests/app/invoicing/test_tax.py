"""Which tax a sale carries, by the seller's settings and by who buys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.config import load_settings
from app.core.errors import UnsafeConfiguration
from app.invoicing import vat_numbers
from app.invoicing.queries import Party
from app.invoicing.tax import EU, TaxRules, Treatment
from pricing.vat import vat_included
from tests.conftest import environment

RATES = {"DE": 1900, "CH": 810}
SELLER = TaxRules(2000, "FR", RATES)
STANDARD, REVERSE, OUTSIDE = Treatment
GERMAN = "DE136695976"


def person(country: str) -> Party:
    return Party("Ada", "2 Long Street", country)


def firm(country: str, number: str) -> Party:
    return Party("Ada & Co", "2 Long Street", country, number, organisation=True)


@pytest.mark.parametrize(
    ("rules", "buyer", "rate", "treatment"),
    [
        (TaxRules(), person("DE"), 0, STANDARD),
        (TaxRules(country="FR", rates=RATES), firm("DE", GERMAN), 0, STANDARD),
        (TaxRules(2000), firm("DE", GERMAN), 2000, STANDARD),
        (SELLER, None, 2000, STANDARD),
        (SELLER, person("FR"), 2000, STANDARD),
        (SELLER, firm("FR", "FR40303265045"), 2000, STANDARD),
        (SELLER, person("DE"), 1900, STANDARD),
        (SELLER, person("IT"), 2000, STANDARD),
        (SELLER, person("CH"), 810, STANDARD),
        (SELLER, person("US"), 0, OUTSIDE),
        (SELLER, firm("DE", ""), 1900, STANDARD),
        (SELLER, firm("DE", GERMAN), 0, REVERSE),
        (SELLER, firm("DE", GERMAN[:-1] + "7"), 1900, STANDARD),
        (SELLER, firm("IT", GERMAN), 2000, STANDARD),
        (SELLER, firm("GR", "EL094259216"), 0, REVERSE),
        (SELLER, firm("DE", f"DE{GERMAN}"), 1900, STANDARD),
        (SELLER, firm("GR", "ELEL094259216"), 2000, STANDARD),
        (SELLER, firm("GR", "GR094259216"), 2000, STANDARD),
        (SELLER, firm("US", GERMAN), 0, OUTSIDE),
        (SELLER, Party("Ada", "", "DE", GERMAN), 1900, STANDARD),
        (TaxRules(800, "CH", RATES), firm("DE", GERMAN), 1900, STANDARD),
        (TaxRules(800, "CH", {}), person("DE"), 0, OUTSIDE),
    ],
)
def test_the_rate_goes_by_country_and_by_who_buys(
    rules: TaxRules, buyer: Party | None, rate: int, treatment: Treatment
) -> None:
    found = rules.taxed(1200, buyer)
    assert (found.basis_points, found.treatment) == (rate, treatment)


def test_who_owes_no_tax_here_pays_the_price_without_it() -> None:
    net = TaxRules(2000, "FR", RATES, net=True)
    assert SELLER.taxed(1200, person("FR")).total_cents == 1200
    assert SELLER.taxed(1200, person("DE")).total_cents == 1200
    assert SELLER.taxed(1200, firm("DE", GERMAN)).total_cents == 1000
    assert SELLER.taxed(1200, person("US")).total_cents == 1000
    assert net.taxed(1000, person("FR")).total_cents == 1200
    assert net.taxed(1000, person("DE")).total_cents == 1190
    assert net.taxed(1000, firm("DE", GERMAN)).total_cents == 1000


@given(
    st.integers(0, 10**9),
    st.integers(0, 10_000),
    st.integers(0, 10_000),
    st.booleans(),
    st.sampled_from([None, person("FR"), person("DE"), person("US"), firm("DE", GERMAN)]),
)
def test_net_and_tax_add_up_and_the_seller_keeps_no_tax(
    cents: int, own: int, other: int, net: bool, buyer: Party | None
) -> None:
    rules = TaxRules(own, "FR", {"DE": other}, net)
    found = rules.taxed(cents, buyer)
    tax = vat_included(found.total_cents, found.basis_points)
    assert 0 <= tax <= found.total_cents
    if net:
        # On top of what the shop shows, to the cent.
        assert found.total_cents - tax == cents
    else:
        assert found.total_cents <= cents
    assert (found.total_cents == 0) == (cents == 0)
    if found.treatment is not STANDARD:
        assert tax == 0


@pytest.mark.parametrize(
    "number",
    ["FR40303265045", "DE136695976", "EL094259216", "IT00743110157", "GB980780684", "US12345"],
)
def test_numbers_of_the_right_form_are_taken(number: str) -> None:
    assert vat_numbers.valid(number)


@pytest.mark.parametrize(
    "number", ["", "FR", "FR40303265046", "DE136695977", "GR094259216X", "12345", "fr40303265045"]
)
def test_numbers_with_a_wrong_digit_or_form_are_not(number: str) -> None:
    assert not vat_numbers.valid(number)


def test_every_country_of_the_union_has_check_digits_or_a_form_of_its_own() -> None:
    for country in EU:
        prefix = "EL" if country == "GR" else country
        assert vat_numbers.country(prefix + "1") == country
        assert not vat_numbers.valid(prefix + "ZZZ"), country


def test_settings_are_read_and_strange_ones_refused(tmp_path: object) -> None:
    known = environment(tmp_path, "sqlite://")  # type: ignore[arg-type]
    assert TaxRules.of(load_settings(known)) == TaxRules()
    told = {
        **known,
        "MOISSON_VAT_BASIS_POINTS": "2000",
        "MOISSON_VAT_COUNTRY": "FR",
        "MOISSON_VAT_RATES": "DE=1900, CH=810",
    }
    assert TaxRules.of(load_settings(told)) == SELLER
    for name, value in (
        ("VAT_COUNTRY", "France"),
        ("VAT_RATES", "DE"),
        ("VAT_RATES", "DE=19.5"),
        ("VAT_RATES", "1900"),
        ("VAT_PRICES", "both"),
    ):
        with pytest.raises(UnsafeConfiguration, match=name):
            load_settings({**told, f"MOISSON_{name}": value})
