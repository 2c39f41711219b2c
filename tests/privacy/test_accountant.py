import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.accountant import Account
from privacy.errors import BudgetExceeded
from privacy.loss import Rho


@given(st.integers(0, 100), st.lists(st.integers(0, 40), max_size=10))
def test_never_spends_more_than_the_ceiling(ceiling, charges):
    account = Account(Rho(ceiling), Rho(0))
    for micro in charges:
        if account.allows(Rho(micro)):
            account = account.charge(Rho(micro))
        else:
            with pytest.raises(BudgetExceeded):
                account.charge(Rho(micro))
    assert account.spent <= account.ceiling
    assert account.left == Rho(ceiling - account.spent.micro)


def test_nothing_is_left_where_the_ceiling_was_lowered():
    assert Account(Rho(3), Rho(5)).left == Rho(0)
