from __future__ import annotations

from pathlib import Path

import pytest

from app import create_app
from app.core.errors import UnsafeConfiguration
from app.payments.mode import STAND_IN_BASE, STAND_IN_KEY, STRIPE_BASE, decide


def test_its_own_key_means_the_stand_in_on_this_machine() -> None:
    chosen = decide(STAND_IN_KEY, "", "whsec_x", production=False)
    assert (chosen.mode, chosen.api_base) == ("stand-in", STAND_IN_BASE)


def test_nothing_starts_without_a_chosen_provider(tmp_path: Path) -> None:
    with pytest.raises(UnsafeConfiguration, match="MOISSON_STRIPE_KEY"):
        create_app({"MOISSON_INSTANCE": str(tmp_path)})


@pytest.mark.parametrize(
    ("key", "production", "mode"),
    [
        ("sk_test_1", False, "test"),
        ("rk_test_1", True, "test"),
        ("sk_live_1", True, "live"),
        ("rk_live_1", True, "live"),
    ],
)
def test_stripe_keys_go_to_stripe(key: str, production: bool, mode: str) -> None:
    chosen = decide(key, "", "whsec_x", production=production)
    assert (chosen.mode, chosen.api_base) == (mode, STRIPE_BASE)


@pytest.mark.parametrize(
    ("key", "base", "secret", "production"),
    [
        ("", "", "whsec_x", True),
        ("", "", "whsec_x", False),
        ("", "http://127.0.0.1:12111", "whsec_x", False),
        ("standin", "", "whsec_x", False),
        ("sk_live_1", "https://api.stripe.com.example.org", "whsec_x", True),
        ("rk_live_1", "http://127.0.0.1:12111", "whsec_x", True),
        ("standin_sk_1", "", "whsec_x", True),
        ("sk_live_1", "", "whsec_x", False),
        ("sk_live_1", "http://127.0.0.1:12111", "whsec_x", True),
        ("sk_test_1", "http://127.0.0.1:12111", "whsec_x", False),
        ("sk_test_1", "https://api.stripe.com.example.org", "whsec_x", False),
        ("standin_sk_1", "http://192.0.2.1:12111", "whsec_x", False),
        ("standin_sk_1", "https://api.stripe.com", "whsec_x", False),
        ("standin_sk_1", "http://example.org", "whsec_x", False),
        ("pk_test_1", "", "whsec_x", False),
        ("sk_test_1", "", "", False),
        ("sk_test_1", "", " , ", False),
        ("sk_test_1", "", "secret", False),
    ],
)
def test_refuses_unsafe_combinations(key: str, base: str, secret: str, production: bool) -> None:
    with pytest.raises(UnsafeConfiguration):
        decide(key, base, secret, production=production)


def test_secrets_stay_out_of_logs() -> None:
    shown = repr(decide("sk_test_abc", "", "whsec_def", production=False))
    assert "abc" not in shown
    assert "def" not in shown
