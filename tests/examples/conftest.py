from tests.support.standing import trade

__all__ = ["trade"]
