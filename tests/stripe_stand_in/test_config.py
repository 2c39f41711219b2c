from __future__ import annotations

from pathlib import Path

import pytest

from stripe_stand_in.__main__ import settings
from stripe_stand_in.config import StandInConfig, UnsafeStandIn


@pytest.mark.parametrize(
    "environment",
    [
        {"MOISSON_ENV": "production"},
        {"MOISSON_STRIPE_KEY": "sk_live_123"},
        {"ANYTHING": "rk_live_123"},
    ],
)
def test_refuses_to_start_beside_real_money(environment: dict[str, str]) -> None:
    with pytest.raises(UnsafeStandIn) as refusal:
        settings([], environment)
    assert "_live_" not in str(refusal.value)


@pytest.mark.parametrize(
    "url", ["http://example.org/", "https://127.0.0.1/", "http://0.0.0.0:1/", "http://10.0.0.1/"]
)
def test_refuses_other_machines(url: str) -> None:
    with pytest.raises(UnsafeStandIn):
        StandInConfig(Path("x"), public_url=url)
    with pytest.raises(UnsafeStandIn):
        StandInConfig(Path("x"), webhook_url=url, webhook_secret="s")
    with pytest.raises(UnsafeStandIn):
        StandInConfig(Path("x"), webhook_url="http://127.0.0.1:1/")


def test_reads_command_line_then_environment() -> None:
    environment = {
        "MOISSON_INSTANCE": "/somewhere",
        "MOISSON_BASE_URL": "http://127.0.0.1:9000/",
        "MOISSON_STRIPE_WEBHOOK_SECRET": "whsec_x",
    }
    port, config = settings(["--port", "4711"], environment)
    assert port == 4711
    assert config.public_url == "http://127.0.0.1:4711"
    assert config.state == Path("/somewhere/stand_in.db")
    assert config.webhook_url == "http://127.0.0.1:9000/webhooks/stripe"
    assert config.webhook_secret == "whsec_x"
    _, config = settings(["--webhook-url", "http://localhost:1/x", "--state", "s.db"], environment)
    assert (config.webhook_url, config.state) == ("http://localhost:1/x", Path("s.db"))


def test_fee_never_exceeds_the_charge() -> None:
    config = StandInConfig(Path("x"))
    assert [config.fee(cents) for cents in (10, 100, 1_000, 1_033)] == [10, 27, 40, 40]
