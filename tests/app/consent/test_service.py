import pytest
from flask import Flask

from app.collections.rules import Purpose
from app.consent import queries, service
from app.core import audit
from app.core.permissions import Role
from app.market import market_of
from tests.support import factories

ALL = frozenset(Purpose)


@pytest.mark.both_databases
def test_a_receipt_is_written_for_each_answer_and_only_when_it_is_new(app: Flask) -> None:
    user = factories.account(app, Role.PRODUCER)
    with market_of(app).db.unit_of_work():
        assert queries.granted(user.user_id) == frozenset()
        for wanted, receipts in ((ALL, 3), (ALL, 3), (ALL - {Purpose.PUBLIC}, 4), (ALL, 5)):
            service.decide(user, wanted)
            assert queries.granted(user.user_id) == wanted
            assert len(queries.receipts(user.user_id)) == receipts


def test_refusing_everything_is_an_answer_with_receipts(app: Flask) -> None:
    user = factories.account(app, Role.PRODUCER)
    with market_of(app).db.unit_of_work():
        service.decide(user, frozenset())
        assert [receipt.granted for receipt in queries.receipts(user.user_id)] == [False] * 3


def test_consents_of_others_stay_their_own(app: Flask) -> None:
    one, two = (factories.account(app, Role.PRODUCER) for _ in range(2))
    with market_of(app).db.unit_of_work():
        service.decide(one, ALL)
        service.pause(two, True)
        service.set_ceiling(two, 5)
        assert queries.granted(two.user_id) == frozenset()
        assert queries.choices(one.user_id) == queries.Choices()
        assert queries.choices(two.user_id) == queries.Choices(True, 5)
        assert [line.action for line in audit.lines_about(two.user_id)][:2] == [
            "set-ceiling",
            "pause",
        ]
