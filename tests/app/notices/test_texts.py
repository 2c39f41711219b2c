"""What a notice says."""

from flask import Flask

from app.collections.rules import Purpose
from app.core.clock import now
from app.notices.events import Notice
from app.notices.kinds import Kind
from app.notices.texts import sentence
from pricing.money import Money


def test_a_sale_that_earned_nothing_in_the_end_says_so(lite_app: Flask) -> None:
    nothing = Money(0, "EUR")
    told = Notice(Kind.SOLD, now(), "Lunches", "/", purpose=Purpose.RESEARCH, amount=nothing)
    with lite_app.test_request_context():
        assert sentence(told) == "Lunches: sold (Research). You earned €0.00."
