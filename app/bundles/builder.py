"""The bundle builder: every table of the chosen releases, each with a slider for its tier.

What a slider would change is worked out on the server from released figures: the price of
the whole, the noise interval of the table, what it adds, and some other choices beside it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log
from statistics import median

from app.bundles.bundle import Bundle, Chosen
from app.catalog import queries as catalog
from app.catalog.price_lists import price_list
from app.catalog.products import Product, ProductKey, products, sold_tiers
from app.core.plots import Plot, Point, plot
from app.releases import queries as releases
from app.releases.queries import ReleaseView
from app.web.filters import number
from pricing.errors import PricingError
from pricing.item import Item
from pricing.money import MICROS_PER_UNIT, Money
from pricing.price_list import PriceList
from pricing.quote import QuoteLine
from pricing.routes import Route, other_routes
from pricing.split import parts_of, platform_share, share_out
from pricing.tariff import charge
from privacy.noise.intervals import QUANTILE

PREFIX = "level~"
#: Up to so many tables each row says what it adds to the price of the rest.
EACH_ADDS = 60
#: A bundle of up to so many tables has a slider for each; of a larger one only one release is
#: open, and the others are a line. Up to so many tables stand in the quote one by one.
OPEN, LINES = 20, 10
#: So many releases are left out one at a time, to show what the rest would cost.
WITHOUT = 3


@dataclass(frozen=True)
class Choice:
    """A table at a tier: what it would cost alone and how precise it is.

    Attributes
    ----------
    half_width : float
        Of the 95 % noise interval of a count in one cell.
    respondents : int
        Asking so many people without noise would tell an average cell as precisely.
    """

    product: Product
    price: Money
    half_width: float
    respondents: int


@dataclass(frozen=True)
class Row:
    """A table with its slider.

    Attributes
    ----------
    choices : tuple of Choice
        From the coarsest tier to the finest: level 1 is the first, level 0 leaves it out.
    level : int
        Where the slider stands.
    owned_level : int
        The finest tier owned already, 0 for none.
    adds : Money or None
        What leaving the table out would save.
    """

    field: str
    edition: str
    choices: tuple[Choice, ...]
    level: int
    owned_level: int
    adds: Money | None

    @property
    def place(self) -> str:
        """A name for the parts of the page that follow the slider."""
        return self.field.removeprefix(PREFIX).replace("~", "-")

    @property
    def choice(self) -> Choice | None:
        """The table at its tier, None where it is left out."""
        return self.choices[self.level - 1] if self.level else None

    @property
    def marginal(self) -> tuple[str, ...]:
        """The columns of the table."""
        return self.choices[0].product.marginal


@dataclass(frozen=True)
class Section:
    """A release with its chosen tables; with a row for each of its tables where it is open."""

    view: ReleaseView
    chosen: tuple[Product, ...]
    rows: tuple[Row, ...]

    @property
    def left_out(self) -> int:
        """How many of its tables are not chosen."""
        return sum(not row.level for row in self.rows)


@dataclass(frozen=True)
class Variant:
    """Another choice of tiers or releases, with its price beside the present one.

    Attributes
    ----------
    name : str
        A tier, or the identifier of the release that is left out.
    half_width : float
        The typical (median) half width of the noise interval of a count.
    """

    kind: str
    name: str
    total: Money
    half_width: float
    respondents: int
    present: bool


@dataclass(frozen=True)
class Shares:
    """Where the money of a bundle goes, before the payment provider's fee."""

    platform: Money
    contributors: Money
    editions: Mapping[str, Money]


@dataclass(frozen=True)
class More:
    """Tables of a quote that are not shown one by one, and what they add together."""

    tables: int
    amount: Money


@dataclass(frozen=True)
class Builder:
    """Everything the bundle page shows beside the quote."""

    sections: tuple[Section, ...]
    tiers: tuple[Variant, ...]
    without: tuple[Variant, ...]
    routes: tuple[Route, ...]
    shares: Shares | None
    lines: tuple[QuoteLine, ...] = ()
    more: More | None = None

    @property
    def views(self) -> dict[str, ReleaseView]:
        """The releases by identifier."""
        return {section.view.edition.id: section.view for section in self.sections}

    def curve(self) -> Plot:
        """Draw the price of the chosen tables by the noise of a typical count, widest first.

        The scale of the noise is logarithmic. Where the tiers are mixed, the present price
        lies on no tier's point and is not drawn.
        """
        points = [
            Point(-log(v.half_width), v.total.micros / MICROS_PER_UNIT, "here" if v.present else "")
            for v in self.tiers
        ]
        ticks = [(-log(v.half_width), f"± {number(v.half_width)}") for v in self.tiers]
        return plot([("", points)], ticks)

    @property
    def cheapest_route(self) -> Route | None:
        """The cheapest other way to the same answers."""
        return min(self.routes, key=lambda route: route.total, default=None)


def built(bundle: Bundle, first: str = "", *, whole: bool = False) -> Builder:
    """Return the builder for a bundle.

    Parameters
    ----------
    first : str
        The release to open; by default all, or the first where there are more than `OPEN` tables.
    whole : bool
        Whether each line of the quote is shown, however many there are.
    """
    prices = price_list(number=bundle.catalogue_number)
    views = {one.view.edition.id: one.view for one in bundle.chosen}
    owned = catalog.items(bundle.owned)
    chosen = tuple(one.product for one in bundle.chosen)
    sections = tuple(_sections(bundle, prices, owned, first))
    if bundle.quote is None:
        return Builder(sections, (), (), (), None)
    items = [product.item for product in chosen]
    every = {
        edition: [products(view, tier) for tier in reversed(sold_tiers(view.release.plan))]
        for edition, view in sorted(views.items())
    }
    offered = {
        edition: tuple(one.item for same in of for one in same) for edition, of in every.items()
    }
    return Builder(
        sections,
        _at_each_tier(prices, every, bundle, owned),
        _without_each(prices, chosen, owned),
        tuple(other_routes(prices, items, owned, offered)),
        _shares(prices, bundle, items, owned),
        *_shortened(bundle.quote.lines, len(bundle.quote.lines) if whole else LINES),
    )


def _sections(
    bundle: Bundle, prices: PriceList, owned: tuple[Item, ...], first: str
) -> Iterable[Section]:
    """Return the releases of a bundle; those in front, or the one that is asked for, open."""
    by_edition: dict[str, list[Chosen]] = defaultdict(list)
    for one in bundle.chosen:
        by_edition[one.view.edition.id].append(one)
    asked, room = first in by_edition, OPEN if len(bundle.chosen) <= OPEN else 1
    for edition, of in sorted(by_edition.items()):
        view = of[0].view
        is_open = edition == first if asked else room > 0
        room -= len(of)
        rows = tuple(_rows(view, bundle, prices, owned)) if is_open else ()
        yield Section(view, tuple(one.product for one in of), rows)


def _shortened(lines: Sequence[QuoteLine], most: int) -> tuple[tuple[QuoteLine, ...], More | None]:
    """Return the lines of a quote with so many tables, and what the other tables add."""
    tables = [line for line in lines if line.item]
    left = tables[most:]
    if not left:
        return tuple(lines), None
    hidden = {id(line) for line in left}
    amount = sum((line.amount for line in left[1:]), left[0].amount)
    return tuple(line for line in lines if id(line) not in hidden), More(len(left), amount)


def chosen_keys(form: Mapping[str, str], listed: Iterable[str] = ()) -> list[str]:
    """Return the products that the sliders of a form stand for.

    A form may also ask for all chosen tables at another tier ("all_at"), or leave a release
    out ("without").

    Raises
    ------
    NotFound
        For a release or table that does not exist.
    """
    keys = [key for text in listed for key in _moved(ProductKey.parse(text), form)]
    for field, value in form.items():
        if field.startswith(PREFIX) and value.isdigit() and int(value):
            edition, axes = field.removeprefix(PREFIX).split("~", 1)
            view = releases.release(edition)
            names = [tier.name for tier in reversed(sold_tiers(view.release.plan))]
            level = min(int(value), len(names))
            name = form["all_at"] if form.get("all_at") in names else names[level - 1]
            if edition != form.get("without"):
                keys.append(f"{edition}~{axes}~{name}")
    return keys


def _moved(key: ProductKey, form: Mapping[str, str]) -> Iterable[str]:
    """Return a table of a release that is not open, at the tier that all are to have."""
    if key.edition == form.get("without"):
        return
    wanted = form.get("all_at", "")
    if wanted:
        plan = releases.release(key.edition).release.plan
        if wanted in {tier.name for tier in sold_tiers(plan)}:
            key = replace(key, tier=wanted)
    yield str(key)


def _rows(
    view: ReleaseView, bundle: Bundle, prices: PriceList, owned: tuple[Item, ...]
) -> Iterable[Row]:
    edition = view.edition.id
    tiers = tuple(reversed(sold_tiers(view.release.plan)))
    chosen = {one.key for one in bundle.chosen}
    items = [one.product.item for one in bundle.chosen]
    for same in zip(*(products(view, tier) for tier in tiers), strict=True):
        levels = [place for place, one in enumerate(same, 1) if one.key in chosen]
        have = [place for place, one in enumerate(same, 1) if one.key in bundle.owned]
        level = max(levels, default=0)
        adds = None
        if level and bundle.quote and len(chosen) <= EACH_ADDS:
            gone = {one.item.key for one in same}
            rest = [item for item in items if item.key not in gone]
            adds = bundle.quote.total - (charge(prices, rest, owned) if rest else prices.money(0))
        yield Row(
            field=f"{PREFIX}{edition}~{'-'.join(map(str, same[0].key.axes))}",
            edition=edition,
            choices=tuple(_choice(prices, one) for one in same),
            level=level,
            owned_level=max(have, default=0),
            adds=adds,
        )


def _choice(prices: PriceList, product: Product) -> Choice:
    item = product.item
    return Choice(
        product,
        charge(prices, [item]),
        QUANTILE * product.sd,
        product.respondents,
    )


def _at_each_tier(
    prices: PriceList,
    every: Mapping[str, list[tuple[Product, ...]]],
    bundle: Bundle,
    owned: tuple[Item, ...],
) -> tuple[Variant, ...]:
    """Price all chosen tables at each tier: the curve of price against accuracy."""
    taken = {(one.key.edition, one.key.axes) for one in bundle.chosen}
    by_tier: dict[str, list[Product]] = defaultdict(list)
    for edition, of in every.items():
        for one in (one for same in of for one in same if (edition, one.key.axes) in taken):
            by_tier[one.tier.name].append(one)
    present = {one.key for one in bundle.chosen}
    return tuple(
        _variant(prices, "tier", name, same, owned, present)
        for name, same in by_tier.items()
        if len(same) == len(taken)
    )


def _without_each(
    prices: PriceList, chosen: tuple[Product, ...], owned: tuple[Item, ...]
) -> tuple[Variant, ...]:
    counted = Counter(product.key.edition for product in chosen)
    if len(counted) < 2:
        return ()
    editions = sorted(edition for edition, _ in counted.most_common(WITHOUT))
    return tuple(
        _variant(
            prices,
            "without",
            edition,
            [p for p in chosen if p.key.edition != edition],
            owned,
            set(),
        )
        for edition in editions
    )


def _variant(
    prices: PriceList,
    kind: str,
    name: str,
    chosen: list[Product],
    owned: tuple[Item, ...],
    present: set[ProductKey],
) -> Variant:
    return Variant(
        kind,
        name,
        charge(prices, [product.item for product in chosen], owned),
        QUANTILE * median(product.sd for product in chosen),
        round(median(product.respondents for product in chosen)),
        {product.key for product in chosen} == present,
    )


def _shares(
    prices: PriceList, bundle: Bundle, items: list[Item], owned: tuple[Item, ...]
) -> Shares | None:
    if bundle.quote is None or not bundle.quote.total:
        return None
    total = bundle.quote.total
    platform = platform_share(prices.book, total)
    try:
        parts = share_out(parts_of(prices, items, owned), total - platform)
    except PricingError:
        return None
    return Shares(platform, total - platform, parts)
