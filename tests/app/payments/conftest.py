from tests.stripe_stand_in.conftest import market

__all__ = ["market"]
