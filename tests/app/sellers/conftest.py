from tests.app.payouts.conftest import trade

__all__ = ["trade"]
