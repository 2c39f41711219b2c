from tests.app.stand_in.conftest import market

__all__ = ["market"]
