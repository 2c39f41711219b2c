from tests.app.orders.conftest import buyer, made, trade

__all__ = ["buyer", "made", "trade"]
