"""Money of a first or large sale waits for a look, so that a disputed card does not become cash."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.bundles import bundle
from app.bundles.errors import OwnData
from app.core.clock import fixed_at, now
from app.core.permissions import SYSTEM, Actor, Role
from app.orders import service as orders
from app.orders.models import Order, SaleEdition
from app.payouts import in_kind, queries, sending, service
from app.payouts.holds import Held
from app.payouts.queries import PayoutTerms
from app.releases import service as releases
from app.users import service as users
from tests.support import factories
from tests.support.browser import Browser
from tests.support.trading import Trade, published


@pytest.fixture
def made(trade: Trade) -> factories.Published:
    return published(trade.app)


CAREFUL = PayoutTerms(refund_days=0, minimum_cents=50, review_days=120, large_cents=100_000)


def sold(trade: Trade, made: factories.Published) -> str:
    return trade.bought(factories.account(trade.app, Role.BUYER), trade.keys(made, "gold"))


def standing(trade: Trade, who: Actor, terms: PayoutTerms) -> queries.PayoutStanding:
    with trade.db.unit_of_work(write=False):
        return queries.standing(who.user_id, terms)


def test_a_first_payout_waits_for_the_operator_or_for_120_days(
    trade: Trade, made: factories.Published
) -> None:
    sold(trade, made)
    trade.onboard(made.producer)
    assert standing(trade, made.producer, CAREFUL).held is Held.REVIEW
    assert sending.run(replace(trade.paying(), terms=CAREFUL)).sent == 0
    with trade.db.unit_of_work(write=False):
        assert in_kind.spendable_cents(made.producer.user_id, CAREFUL) == 0
        assert [who for who, _ in queries.looked_at_first(CAREFUL)] == [made.producer.user_id]
    with fixed_at(now() + timedelta(days=121)):
        assert standing(trade, made.producer, CAREFUL).held.sends
    operator = factories.account(trade.app, Role.OPERATOR)
    with trade.db.unit_of_work():
        service.clear(operator, made.producer.user_id, "known for years")
    assert sending.run(replace(trade.paying(), terms=CAREFUL)).sent == 1
    trade.check_agreement()


def test_an_old_sale_of_little_does_not_let_much_go(
    trade: Trade, made: factories.Published
) -> None:
    """A share in something sold long ago opened the way for three sales of the same day."""
    buyer = factories.account(trade.app, Role.BUYER)
    trade.bought(buyer, trade.keys(made, "silver")[:1])
    with trade.db.unit_of_work() as s:
        s.query(SaleEdition).update({"sold_at": now() - timedelta(days=121)})
    sold(trade, made)
    trade.onboard(made.producer)
    assert standing(trade, made.producer, CAREFUL).held is Held.REVIEW
    assert sending.run(replace(trade.paying(), terms=CAREFUL)).sent == 0


def test_a_large_payout_is_looked_at_although_a_small_one_was(
    trade: Trade, made: factories.Published
) -> None:
    buyer, operator = (
        factories.account(trade.app, Role.BUYER),
        factories.account(trade.app, Role.OPERATOR),
    )
    trade.bought(buyer, trade.keys(made, "silver")[:1])
    trade.onboard(made.producer)
    with trade.db.unit_of_work():
        service.clear(operator, made.producer.user_id, "small")
    first = standing(trade, made.producer, CAREFUL)
    assert first.held.sends
    terms = replace(CAREFUL, large_cents=first.free_cents + 1)
    sold(trade, made)
    with trade.db.unit_of_work() as s:
        s.query(Order).update({"reviewed_at": now()})
    assert standing(trade, made.producer, terms).held is Held.REVIEW


def test_nothing_goes_to_a_suspended_account(trade: Trade, made: factories.Published) -> None:
    sold(trade, made)
    trade.onboard(made.producer)
    operator = factories.account(trade.app, Role.OPERATOR)
    with trade.db.unit_of_work():
        users.suspend(operator, made.producer.user_id, "asked")
    assert sending.run(trade.paying()).sent == 0
    with trade.db.unit_of_work(write=False):
        assert in_kind.spendable_cents(made.producer.user_id, CAREFUL) == 0


def test_an_order_from_before_is_not_paid_after_a_release_was_taken_down(
    trade: Trade, made: factories.Published
) -> None:
    buyer = factories.account(trade.app, Role.BUYER)
    order_id = trade.place(buyer, trade.keys(made, "gold")[:1])
    operator = factories.account(trade.app, Role.OPERATOR)
    with trade.db.unit_of_work():
        releases.take_down(operator, made.edition_id, "invented")
    with pytest.raises(OwnData):
        trade.check_out(buyer, order_id)
    with pytest.raises(OwnData), trade.db.unit_of_work():
        bundle.add(buyer, [str(trade.keys(made, "gold")[0])])


def test_a_tenth_of_what_is_young_is_kept_back(trade: Trade, made: factories.Published) -> None:
    sold(trade, made)
    young = standing(trade, made.producer, CAREFUL)
    with fixed_at(now() + timedelta(days=121)):
        old = standing(trade, made.producer, CAREFUL)
    assert young.earned == old.earned
    assert young.free_cents == pytest.approx(old.free_cents * 0.9, abs=2)
    assert young.waiting.micros + young.free_cents * 10_000 <= young.earned.micros


def test_what_a_large_sale_earned_waits_until_somebody_looked(
    trade: Trade, made: factories.Published
) -> None:
    terms = replace(CAREFUL, large_cents=1)
    order_id = sold(trade, made)
    assert standing(trade, made.producer, terms).free_cents == 0
    with trade.db.unit_of_work():
        orders.review(SYSTEM, order_id)
    assert standing(trade, made.producer, terms).free_cents > 0


def test_the_operator_holds_payouts_and_the_contributor_reads_why(
    trade: Trade, made: factories.Published
) -> None:
    sold(trade, made)
    trade.onboard(made.producer)
    operator = Browser(trade.app, factories.account(trade.app, Role.OPERATOR))
    fields = {
        "measure": "hold-payouts",
        "about": made.producer.user_id[:8],
        "reason": "We ask you.",
    }
    assert operator.post("/operator/measures", {**fields, "reason": ""}).status_code == 422
    assert operator.post("/operator/measures", {**fields, "about": "nobody"}).status_code == 422
    assert operator.post("/operator/measures", fields).status_code == 302
    assert sending.run(trade.paying()).sent == 0
    page = Browser(trade.app, made.producer).get("/income").text
    assert "The operator holds your payouts: We ask you." in page
    fields |= {"measure": "clear-payouts", "reason": "Answered."}
    assert operator.post("/operator/measures", fields).status_code == 302
    assert sending.run(trade.paying()).sent == 1


def test_nobody_buys_what_they_have_a_part_in(trade: Trade, made: factories.Published) -> None:
    """One account founded, bought with a card that was later disputed, and was paid out."""
    both = Actor(made.producer.user_id, frozenset({Role.PRODUCER, Role.BUYER}))
    with pytest.raises(OwnData):
        trade.place(both, trade.keys(made, "gold")[:1])


def test_an_edition_that_was_taken_down_is_neither_listed_nor_sold(
    trade: Trade, made: factories.Published
) -> None:
    buyer = factories.account(trade.app, Role.BUYER)
    bought = trade.bought(buyer, trade.keys(made, "silver")[:1])
    operator = Browser(trade.app, factories.account(trade.app, Role.OPERATOR))
    fields = {"measure": "take-down", "about": made.edition_id, "reason": "Invented people."}
    assert operator.post("/operator/measures", fields).status_code == 302
    assert made.edition_id not in Browser(trade.app).get("/catalogue").text
    with pytest.raises(OwnData):
        trade.place(factories.account(trade.app, Role.BUYER), trade.keys(made, "gold")[:1])
    assert Browser(trade.app, buyer).get(f"/orders/{bought}").status_code == 200


def test_a_suspended_account_is_signed_out_and_stays_out(trade: Trade) -> None:
    person = factories.account(trade.app, Role.BUYER)
    inside = Browser(trade.app, person)
    operator = Browser(trade.app, factories.account(trade.app, Role.OPERATOR))
    fields = {"measure": "suspend", "about": person.user_id, "reason": "Stolen cards."}
    assert operator.post("/operator/measures", fields).status_code == 302
    assert inside.get("/rights/").status_code == 302
    with pytest.raises(AssertionError):
        Browser(trade.app, person)
    fields |= {"measure": "lift-suspension"}
    assert operator.post("/operator/measures", fields).status_code == 302
    assert Browser(trade.app, person).get("/rights/").status_code == 200


def test_a_card_is_asked_for_its_second_proof_from_a_limit_on(
    trade: Trade, made: factories.Published
) -> None:
    buyer = factories.account(trade.app, Role.BUYER)
    asked = []
    real = trade.gateway.open_checkout

    class Watched:
        def open_checkout(self, request):  # type: ignore[no-untyped-def]
            asked.append(request.strong)
            return real(request)

        def __getattr__(self, name: str) -> object:
            return getattr(trade.gateway, name)

    for limit, strong in ((0, False), (1, True), (10**9, False)):
        order_id = trade.place(buyer, trade.keys(made, "silver")[:1])
        back = orders.Return("http://localhost/back", "http://localhost/", "en", limit)
        with trade.db.unit_of_work():
            orders.check_out(buyer, Watched(), order_id, back)  # type: ignore[arg-type]
        assert asked[-1] is strong
        with trade.db.unit_of_work():
            orders.cancel(buyer, trade.gateway, order_id)
