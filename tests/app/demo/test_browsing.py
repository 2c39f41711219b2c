import pytest

from app.demo.browsing import send_form


def test_pays_on_this_machine_only() -> None:
    with pytest.raises(RuntimeError, match="this machine"):
        send_form("https://checkout.stripe.com/pay/1")
