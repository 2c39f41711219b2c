"""The check of requests itself: it must see what the description does not know."""

from __future__ import annotations

import pytest

from tests.stripe_stand_in.description import faults_of_request
from tests.support.provider import Market

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/transfers", b"amount=1&currency=eur&destination=a&metadata[k]=v&expand[0]=x"),
        ("/v1/refunds", b"payment_intent=pi_1&amount=10&reason=duplicate"),
        ("/v1/balance_settings", b"payments[payouts][minimum_balance_by_currency][eur]=5"),
    ],
)
def test_good_requests_pass(path: str, body: bytes) -> None:
    assert not faults_of_request("POST", path, "", FORM, body)


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("POST", "/v1/transfers", "", b"amount=1&destination=a"),
        ("POST", "/v1/transfers", "", b"amount=1.5&currency=eur&destination=a"),
        ("POST", "/v1/transfers", "", b"amount=1&currency=eur&destination=a&when=now"),
        ("POST", "/v1/refunds", "", b"payment_intent=pi_1&reason=odd"),
        ("POST", "/v1/refunds", "", b"metadata[a][b]=1"),
        ("GET", "/v1/transfers", "limit=many", b""),
        ("GET", "/v1/transfers", "state=paid", b""),
    ],
)
def test_bad_requests_are_seen(method: str, path: str, query: str, body: bytes) -> None:
    assert faults_of_request(method, path, query, FORM, body)


def test_json_is_typed(market: Market) -> None:
    market.payable_account()
    kinds = {(request[1], request[3]) for request in market.requests}
    assert ("/v2/core/accounts", "application/json") in kinds
    wrong = b'{"contact_email": 1}'
    assert faults_of_request("POST", "/v2/core/accounts", "", "application/json", wrong)
