from app.core.permissions import Role
from app.ledger import service as ledger
from tests.app.payouts.broken import Broken
from tests.support import factories
from tests.support.reached import reached_by
from tests.support.trading import Trade, published


def test_the_commands_pay_and_compare_and_fail_when_something_is_wrong(trade: Trade) -> None:
    made = published(trade.app)
    with trade.db.unit_of_work(write=False):
        keys = made.keys()
    trade.bought(factories.account(trade.app, Role.BUYER), keys)
    trade.onboard(made.producer)
    commands = trade.app.test_cli_runner()
    with reached_by(trade.app, Broken(trade.gateway, "transfer", after=True)):
        lost = commands.invoke(args=["payouts"])
    assert (lost.exit_code, lost.stdout) == (1, "0 sent, 0 refused, 1 without an answer\n")
    differs = commands.invoke(args=["reconcile"])
    assert differs.exit_code == 1
    assert "only-at-provider: transfer" in differs.output
    sent = commands.invoke(args=["payouts", "--again"])
    assert (sent.exit_code, sent.stdout) == (0, "1 sent, 0 refused, 0 without an answer\n")
    agrees = commands.invoke(args=["reconcile"])
    assert agrees.exit_code == 0
    assert "2 movements agree" in agrees.output
    with trade.db.unit_of_work():
        ledger.post("sale", "sale:invented", "EUR", {"provider": 10_000, "platform": -10_000})
    assert commands.invoke(args=["reconcile"]).exit_code == 1
    with reached_by(trade.app, Broken(trade.gateway, "balance_transactions")):
        silent = commands.invoke(args=["reconcile"])
    assert silent.exit_code == 1
    assert "did not answer" in silent.output
