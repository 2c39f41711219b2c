"""The bundle a buyer is composing, and what it would cost them now."""

from collections.abc import Collection
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from app.bundles.errors import OwnData
from app.bundles.models import BundleItem
from app.catalog import queries as catalog
from app.catalog.price_lists import catalogue_number, price_list
from app.catalog.products import Product, ProductKey
from app.collections.rules import Purpose
from app.core.db import session
from app.core.permissions import Actor, Role, require_any
from app.core.wording import in_words
from app.releases import queries as releases
from app.releases.queries import ReleaseView
from app.users import teams
from pricing.errors import PricingError
from pricing.quote import Quote, quote

#: A bundle holds so many tables at most.
MOST = 1_000


@dataclass(frozen=True)
class Chosen:
    """A product in the bundle."""

    key: ProductKey
    view: ReleaseView
    product: Product
    owned: bool


@dataclass(frozen=True)
class Bundle:
    """A bundle with its price for one buyer; quote is None when it is empty or unsellable.

    Attributes
    ----------
    problem : str
        Why there is no price, in the reader's language.
    owned : tuple of ProductKey
        Everything the buyer owns: the price takes it as paid for.
    catalogue_number : int
        Last edition of the catalogue the price was worked out for.
    """

    chosen: tuple[Chosen, ...]
    quote: Quote | None
    problem: str
    purposes: frozenset[Purpose]
    owned: tuple[ProductKey, ...]
    catalogue_number: int

    @property
    def keys(self) -> tuple[ProductKey, ...]:
        """The products chosen."""
        return tuple(one.key for one in self.chosen)


def add(actor: Actor, texts: list[str]) -> None:
    """Put products into the bundle.

    Raises
    ------
    Forbidden, NotFound, OwnData
    """
    require_any(actor, Role.BUYER, Role.ANALYST)
    present = {text for text in _texts(actor.user_id)}
    for text in texts[:MOST]:
        key = ProductKey.parse(text)
        catalog.found(key)
        refuse_own(actor, {key.edition})
        if str(key) not in present:
            present.add(str(key))
            session().add(BundleItem(buyer_id=actor.user_id, product=str(key)))
    session().flush()


def refuse_own(actor: Actor, editions: Collection[str]) -> None:
    """Refuse what the buyer has a part in, or anybody in a team that buys, and what was taken down.

    Whoever buys from themselves moves money from a card to a bank account, and may call the card's
    payment back afterwards.

    Raises
    ------
    OwnData
    """
    people = teams.people_behind(actor)
    mine = {part.edition_id for each in people for part in releases.participations(each)}
    for edition_id in sorted(editions):
        view = releases.release(edition_id)
        if view.edition.taken_down:
            raise OwnData(_l("A release in this bundle is not sold any more. Take it out."))
        if edition_id in mine or view.rules.owner_id in people:
            raise OwnData(
                _l(
                    "You have a part in %(title)s. Nobody buys what they earn from: use another "
                    "release, or ask the operator for your own tables."
                ),
                title=view.rules.title,
            )


def replace(actor: Actor, texts: list[str]) -> None:
    """Keep exactly these products in the bundle."""
    require_any(actor, Role.BUYER, Role.ANALYST)
    session().execute(delete(BundleItem).where(BundleItem.buyer_id == actor.user_id))
    add(actor, texts)


def empty(buyer_id: str) -> None:
    """Take everything out of the bundle."""
    session().execute(delete(BundleItem).where(BundleItem.buyer_id == buyer_id))


def composed(
    buyer_id: str,
    owned: Collection[ProductKey],
    texts: list[str] | None = None,
    version: str = "",
    number: int | None = None,
) -> Bundle:
    """Return the bundle with its price.

    Parameters
    ----------
    owned : collection of ProductKey
        Every product the buyer may fetch already.
    texts : list of str, optional
        Other products than the kept ones, for a what-if.
    version, number : str, int or None
        Of the price book and the catalogue; the present ones when not given.

    Raises
    ------
    NotFound
    """
    chosen_texts = _texts(buyer_id) if texts is None else texts[:MOST]
    keys = sorted({ProductKey.parse(text) for text in chosen_texts})
    found = catalog.found_all(keys)
    pairs = zip(keys, found, strict=True)
    chosen = tuple(Chosen(key, view, one, key in owned) for key, (view, one) in pairs)
    number = catalogue_number() if number is None else number
    priced, problem = None, ""
    if chosen:
        try:
            priced = quote(
                price_list(version, number),
                [one.product.item for one in chosen],
                catalog.items(sorted(owned)),
            )
        except PricingError as error:
            problem = in_words(error)
    return Bundle(
        chosen,
        priced,
        problem,
        catalog.sold_for(view.edition for view, _ in found),
        tuple(sorted(owned)),
        number,
    )


def _texts(buyer_id: str) -> list[str]:
    return list(
        session().scalars(
            select(BundleItem.product)
            .where(BundleItem.buyer_id == buyer_id)
            .order_by(BundleItem.product)
        )
    )
