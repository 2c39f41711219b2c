"""On PostgreSQL each of these ended in an error page: the database cannot even be asked."""

import pytest
from flask import Flask

from tests.support.browser import Browser


@pytest.mark.parametrize("address", ["/catalogue/a%00b", "/catalogue?q=a%00b", "/my-traces/%00"])
def test_an_address_with_a_nul_byte_is_refused(lite_app: Flask, address: str) -> None:
    assert Browser(lite_app).get(address).status_code == 400


def test_a_form_with_a_nul_byte_is_refused(lite_app: Flask) -> None:
    who = {"email": "somebody@example.org", "password": "a\0password"}
    assert Browser(lite_app).post("/login", who).status_code == 400
    again = Browser(lite_app).post("/login", who, content_type="multipart/form-data")
    assert again.status_code == 400


def test_a_sign_of_percent_is_no_nul_byte(lite_app: Flask) -> None:
    assert Browser(lite_app).get("/catalogue?q=100%2500").status_code == 200
