"""Acting as the people of the market do: each verb is the service behind one button."""

import dataclasses
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from app.bundles import bundle as bundles
from app.bundles import quotes
from app.catalog.products import ProductKey, products
from app.collections.rules import Purpose
from app.collections.service import Proposal
from app.core.config import Settings
from app.core.db import Database
from app.core.permissions import SYSTEM, Actor, Role
from app.datasets import queries as dataset_queries
from app.datasets import service as datasets
from app.datasets.states import DatasetState
from app.datasets.understanding import Answers
from app.demo.browsing import send_form
from app.jobs.runner import Runner
from app.market import Market
from app.orders import holdings, paying
from app.orders import queries as order_queries
from app.orders import service as orders
from app.payments.gateway import CheckoutRequest, CheckoutSession, PaymentGateway
from app.payouts import service as payouts
from app.refunds import service as refunding
from app.releases import queries as release_queries
from app.releases import service as releases
from app.users import queries as users
from app.users import service as users_service
from app.users import teams
from app.users.parts import Part

PASSWORD = "moisson demonstration"  # noqa: S105 (printed for everybody to use)
PAGE_LIFE = timedelta(hours=2)


class PresentPages:
    """A gateway whose payment pages expire in the real future.

    The demonstration tells of past weeks with the clock held there; the provider's own
    clock is not held, and refuses a page that has expired.
    """

    def __init__(self, gateway: PaymentGateway) -> None:
        self._gateway = gateway

    def open_checkout(self, request: CheckoutRequest) -> CheckoutSession:
        """Open a payment page that can be paid now."""
        later = datetime.now(UTC) + PAGE_LIFE
        return self._gateway.open_checkout(dataclasses.replace(request, expires_at=later))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)


@dataclass(frozen=True)
class Stage:
    """One market, what does its jobs, and the doors its services need.

    For the demonstration, and for the builders of tests and measurements.
    """

    db: Database
    doors: datasets.Checking
    gateway: PaymentGateway
    settings: Settings
    runner: Runner
    password: str = PASSWORD

    @classmethod
    def of(cls, market: Market, runner: Runner) -> "Stage":
        """Act in a market whose clock may be held in the past."""
        doors = datasets.checking(market)
        return cls(market.db, doors, PresentPages(market.gateway), market.settings, runner)

    def account(self, email: str, name: str, *roles: Role, locale: str = "en") -> Actor:
        """Open an account whose address is confirmed."""
        with self.db.unit_of_work():
            user_id = users_service.open_account(
                SYSTEM, email, self.password, name, set(roles), locale
            )
        return Actor(user_id, frozenset(roles))

    def known(self, email: str) -> Actor | None:
        """Return the account with an address."""
        with self.db.unit_of_work(write=False):
            view = users.by_email(email)
        return None if view is None else view.actor

    def upload(
        self, producer: Actor, content: bytes, title: str, collection_id: str | None = None
    ) -> str:
        """Upload a file."""
        with self.db.unit_of_work():
            return datasets.upload(producer, self.doors, io.BytesIO(content), title, collection_id)

    def check(self, producer: Actor, dataset_id: str, answers: Answers) -> DatasetState:
        """Answer what the columns mean and have every row checked."""
        with self.db.unit_of_work():
            datasets.answer(producer, self.doors, dataset_id, answers)
        self.work()
        with self.db.unit_of_work(write=False):
            return dataset_queries.dataset(producer, dataset_id).state

    def found(self, producer: Actor, dataset_id: str, proposal: Proposal) -> str:
        """Publish the rules of the collection that a dataset begins."""
        with self.db.unit_of_work():
            return datasets.found_collection(producer, dataset_id, proposal)

    def publish(self, producer: Actor, dataset_id: str, purposes: frozenset[Purpose]) -> None:
        """List a dataset, with consent for these purposes."""
        with self.db.unit_of_work():
            datasets.publish(producer, self.doors, dataset_id, purposes)

    def close(self, owner: Actor, collection_id: str) -> tuple[str, ...]:
        """Close the present edition and have it measured."""
        with self.db.unit_of_work():
            editions = releases.close(owner, collection_id)
        self.work()
        return editions

    def work(self) -> int:
        """Do the jobs that are due, as the worker would."""
        return self.runner.run_due()

    def keys(
        self, edition_id: str, tables: Iterable[tuple[str, ...]], tier: str
    ) -> list[ProductKey]:
        """Name tables of an edition by their columns, in any order."""
        with self.db.unit_of_work(write=False):
            view = release_queries.release(edition_id)
            offered = {
                frozenset(p.marginal): p.key for p in products(view, view.release.plan.tier(tier))
            }
        return [offered[frozenset(table)] for table in tables]

    def single_tables(self, edition_id: str, tier: str) -> list[ProductKey]:
        """Return the tables of an edition that are about one column."""
        with self.db.unit_of_work(write=False):
            view = release_queries.release(edition_id)
            made = products(view, view.release.plan.tier(tier))
        return [one.key for one in made if len(one.key.axes) == 1]

    def compose(self, buyer: Actor, keys: list[ProductKey]) -> bundles.Bundle:
        """Put tables into the bundle and see its price."""
        with self.db.unit_of_work():
            bundles.add(buyer, [str(key) for key in keys])
            return holdings.bundle_of(buyer.user_id)

    def order(self, buyer: Actor, keys: list[ProductKey], purpose: Purpose) -> str:
        """Order what is in the bundle, and these tables, at the price that was shown."""
        return self.place(buyer, self.compose(buyer, keys), purpose)

    def place(self, buyer: Actor, shown: bundles.Bundle, purpose: Purpose) -> str:
        """Order a bundle at the price that was shown."""
        key = self.settings.secret_key
        signed = quotes.sign(key, buyer.user_id, shown)
        with self.db.unit_of_work():
            return orders.place(buyer, key, purpose, signed)

    def check_out(self, buyer: Actor, order_id: str) -> str:
        """Open the provider's page for an order; return its address."""
        site = f"{self.settings.base_url}/orders/{order_id}"
        back = orders.Return(f"{site}/back?session={{CHECKOUT_SESSION_ID}}", site, "en")
        with self.db.unit_of_work():
            return orders.check_out(buyer, self.gateway, order_id, back)

    def pay(self, buyer: Actor, order_id: str) -> None:
        """Pay an order on the provider's page, with its test card."""
        send_form(self.check_out(buyer, order_id), card="good")

    def buy(self, buyer: Actor, keys: list[ProductKey], purpose: Purpose) -> str:
        """Order, pay, and have the order fulfilled."""
        order_id = self.order(buyer, keys, purpose)
        self.pay(buyer, order_id)
        if not self.fulfil(order_id):
            raise RuntimeError("the payment did not arrive")
        return order_id

    def fulfil(self, order_id: str) -> bool:
        """Ask the provider about an order, as its message makes the worker do."""
        with self.db.unit_of_work():
            return paying.fulfil(self.gateway, order_id, receipt=False)

    def team(self, owner: Actor, name: str, analysts: Sequence[Actor]) -> str:
        """Have somebody found a team that others join as analysts."""
        with self.db.unit_of_work():
            team_id = teams.found(owner, name)
            for each in analysts:
                address = users.address_of(each.user_id)
                teams.invite(owner, team_id, address, Part.ANALYST)
                (asked,) = teams.invitations_to(address)
                teams.answer(each, address, asked.id, join=True)
        return team_id

    def shown_order(self, order_id: str) -> order_queries.OrderView:
        """Return an order as its page shows it."""
        with self.db.unit_of_work(write=False):
            return order_queries.order(SYSTEM, order_id)

    def refund(self, operator: Actor, order_id: str) -> None:
        """Give a buyer their money back."""
        with self.db.unit_of_work():
            refunding.refund(operator, self.gateway, order_id)

    def onboard(self, producer: Actor, country: str, bank: str = "") -> None:
        """Connect a payout account and complete it on the provider's page."""
        page = f"{self.settings.base_url}/income"
        links = payouts.Links(f"{page}/account/return", page)
        with self.db.unit_of_work():
            page = payouts.connect(producer, self.gateway, country, links)
        send_form(page, bank=bank)

    def connect(self, producer: Actor, country: str) -> None:
        """Connect a payout account, and hear at once that it is complete."""
        self.onboard(producer, country)
        with self.db.unit_of_work():
            payouts.refresh(self.gateway, producer.user_id)
