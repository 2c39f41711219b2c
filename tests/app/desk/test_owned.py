"""What a reader owns of an edition stands on its page, with its level and the way to it."""

from app.core.permissions import Role
from tests.app.payouts.conftest import trade
from tests.support import factories
from tests.support.browser import Browser
from tests.support.trading import Trade

__all__ = ["trade"]


def test_a_release_names_the_tables_that_its_reader_owns_and_sells_them_no_second_time(
    trade: Trade,
) -> None:
    made = factories.published(trade.app)
    buyer, other = (factories.account(trade.app, Role.BUYER) for _ in range(2))
    (silver, *rest) = trade.keys(made, "silver")
    trade.bought(buyer, [silver])
    page = Browser(trade.app, buyer).get(f"/catalogue/{made.edition_id}").text
    assert "Yours already" in page
    assert page.count(f'href="/tables/{silver}"') == 2
    assert f'value="{silver}"' not in page
    assert f'value="{rest[0]}"' in page
    assert "/tables/" not in Browser(trade.app, other).get(f"/catalogue/{made.edition_id}").text
