"""Products: one table of one edition at one tier, described by released figures alone."""

from dataclasses import dataclass
from functools import cached_property

from flask_babel import lazy_gettext as _l

from app.catalog.questions import questions_of
from app.collections.rules import CollectionRules
from app.core.errors import NotFound
from app.core.recent import Recent
from app.releases.queries import ReleaseView
from pricing.item import BY_DETAIL, Answer, Item, Question, subsets
from pricing.preview import multiplied_variance
from pricing.volume import MICRORESPONDENTS
from privacy.errors import PrivacyError
from privacy.noise.intervals import QUANTILE
from privacy.plan.planning import NoisePlan
from privacy.plan.tiers import PREVIEW as FREE
from privacy.plan.tiers import Tier
from privacy.plan.workload import Marginal, cells
from privacy.tables.table import Estimate, Table

SEPARATOR = "~"
#: The tier that is shown to everybody and never sold, in releases that have one.
PREVIEW = FREE.name
#: So many tables at a tier are kept described: a bundle of 1,000 and what lies beside it.
KEPT = 20_000


@dataclass(frozen=True, order=True)
class ProductKey:
    """What names a product; its text form stands in forms and addresses.

    The marginal is written as the positions of its axes in the schema, so that a column's
    name never has to be escaped.
    """

    edition: str
    axes: tuple[int, ...]
    tier: str

    def __str__(self) -> str:
        return SEPARATOR.join((self.edition, "-".join(map(str, self.axes)), self.tier))

    @classmethod
    def parse(cls, text: str) -> "ProductKey":
        """Read the text form.

        Raises
        ------
        NotFound
        """
        try:
            edition, axes, tier = text.split(SEPARATOR)
            return cls(edition, tuple(int(part) for part in axes.split("-")), tier)
        except ValueError:
            raise NotFound(_l("There is no such table.")) from None


@dataclass(frozen=True)
class Product:
    """A product with what a buyer may know before paying.

    Attributes
    ----------
    sd : float
        Noise standard deviation of a count in one cell, in contributions.
    cells : int
        Cells of its dimensions.
    """

    key: ProductKey
    marginal: Marginal
    tier: Tier
    dimensions: Marginal
    measures: Marginal
    sd: float
    cells: int
    item: Item

    @cached_property
    def respondents(self) -> int:
        """Asking so many people without noise would tell an average cell as precisely."""
        return self.item.respondents(BY_DETAIL) // MICRORESPONDENTS


_recent: Recent[tuple[str, str, Marginal, str], Product] = Recent(KEPT)
_told_recent: Recent[tuple[str, str], tuple[float, float]] = Recent(KEPT // 10)
_all_recent: Recent[tuple[str, str, str], tuple[Product, ...]] = Recent(KEPT // 10)


def product(view: ReleaseView, key: ProductKey) -> Product:
    """Return a product of a release.

    Raises
    ------
    NotFound
        For a table or a tier the release does not have.
    """
    plan = view.release.plan
    axes = plan.schema.axes
    try:
        marginal = tuple(axes[position] for position in key.axes)
        tier = plan.tier(key.tier)
    except (IndexError, PrivacyError):
        raise NotFound(_l("There is no such table.")) from None
    if marginal not in plan.workload.marginals or not marginal or tier not in sold_tiers(plan):
        raise NotFound(_l("There is no such table."))
    return _product(view, marginal, tier)


def products(view: ReleaseView, tier: Tier) -> tuple[Product, ...]:
    """Return every table of a release at a tier, small ones first."""
    place = (view.edition.id, view.digest, tier.name)
    return _all_recent.get(place, lambda: _every(view, tier))


def _every(view: ReleaseView, tier: Tier) -> tuple[Product, ...]:
    schema = view.release.plan.schema
    order = {axis: position for position, axis in enumerate(schema.axes)}

    def place(marginal: Marginal) -> tuple[int, int, list[int]]:
        dimensions = sum(axis in schema.hard for axis in marginal)
        return len(marginal) - dimensions, dimensions, [order[axis] for axis in marginal]

    marginals = (m for m in view.release.plan.workload.marginals if m)
    return tuple(_product(view, m, tier) for m in sorted(marginals, key=place))


def table(view: ReleaseView, chosen: Product) -> Table:
    """Rebuild the table of a product."""
    return view.release.table(chosen.marginal, chosen.tier)


def sold_tiers(plan: NoisePlan) -> tuple[Tier, ...]:
    """Return the tiers on sale, the finest first."""
    return tuple(tier for tier in plan.tiers if tier.name != PREVIEW)


def preview_tier(plan: NoisePlan) -> Tier:
    """Return the tier of the free preview: its own, or the coarsest where there is none."""
    return next((tier for tier in plan.tiers if tier.name == PREVIEW), plan.tiers[-1])


def preview_table(view: ReleaseView, axis: str) -> Table:
    """Return the free preview of a column, at a tier of its own where there is one."""
    return view.release.table((axis,), preview_tier(view.release.plan))


def preview(view: ReleaseView) -> tuple[Table, ...]:
    """Return the whole free preview: each one-way table."""
    plan = view.release.plan
    return tuple(preview_table(view, axis) for axis in plan.schema.axes if (axis,) in plan.closure)


def is_mostly_noise(view: ReleaseView) -> bool:
    """Tell whether noise outweighs most counts by one column, even at the finest tier.

    By the released number of people, were they spread evenly.
    """
    finest = view.release.plan.tiers[0]
    came = people(view).value
    singles = [one for one in products(view, finest) if len(one.marginal) == 1 and one.dimensions]
    drowned = [one for one in singles if QUANTILE * one.sd > came / one.cells]
    return 2 * len(drowned) > len(singles)


def people(view: ReleaseView) -> Estimate:
    """Return the released number of people, at the finest tier."""
    return view.release.people(view.release.plan.tiers[0])


def product_title(view: ReleaseView, chosen: Product) -> str:
    """Name a product in one line: collection, edition, columns."""
    return f"{view.rules.title} {view.edition.number}: {' × '.join(chosen.marginal)}"


def _product(view: ReleaseView, marginal: Marginal, tier: Tier) -> Product:
    # A release never changes, so its products are described once while they are in demand.
    place = (view.edition.id, view.digest, marginal, tier.name)
    return _recent.get(place, lambda: _described(view, marginal, tier))


def _described(view: ReleaseView, marginal: Marginal, tier: Tier) -> Product:
    plan = view.release.plan
    schema = plan.schema
    hard = tuple(axis for axis in marginal if axis in schema.hard)
    return Product(
        ProductKey(view.edition.id, tuple(schema.axes.index(a) for a in marginal), tier.name),
        marginal,
        tier,
        hard,
        tuple(axis for axis in marginal if axis in schema.soft),
        plan.cell_sd(hard, tier),
        cells(schema, hard),
        Item(
            edition=view.edition.id,
            collection=view.rules.id,
            marginal=marginal,
            tier=tier.name,
            people=int(_told(view)[1]),
            quality=1.0,
            answers=answers_to(view.rules, plan, marginal, tier, contributions(view)),
            floor_micros=view.edition.floor_micros,
            each=each(view),
        ),
    )


def each(view: ReleaseView) -> float:
    """Return the contributions of a person on average, from 1 to k, by released numbers."""
    told, came = _told(view)
    return min(float(view.release.plan.schema.bound), max(1.0, told / max(1.0, came)))


def contributions(view: ReleaseView) -> float:
    """Return the released contributions, at least one a person."""
    return each(view) * max(1.0, _told(view)[1])


def _told(view: ReleaseView) -> tuple[float, float]:
    """Return the released contributions and people, at the finest tier."""

    def read() -> tuple[float, float]:
        total = view.release.table((), view.release.plan.tiers[0]).contributions()
        return float(total[()]), people(view).value

    return _told_recent.get((view.edition.id, view.digest), read)


def answers_to(
    rules: CollectionRules, plan: NoisePlan, marginal: Marginal, tier: Tier, all_told: float
) -> tuple[Answer, ...]:
    """Return how precisely a table answers its own question and each smaller one inside it.

    Parameters
    ----------
    all_told : float
        Contributions, by released numbers: what the free preview tells depends on them.
    """
    order = {axis: position for position, axis in enumerate(plan.schema.axes)}
    alike = {asks.question: asks.alike for asks in questions_of(rules)}
    found = []
    for axes in sorted(subsets(marginal), key=lambda axes: (len(axes), sorted(axes))):
        inside = tuple(sorted(axes, key=order.__getitem__))
        question = Question(rules.id, axes)
        found.append(
            Answer(
                question,
                plan.cell_variance(inside, tier),
                cells(plan.schema, inside),
                alike[question],
                _shown(plan, inside, all_told),
            )
        )
    return tuple(found)


def _shown(plan: NoisePlan, marginal: Marginal, all_told: float) -> float | None:
    """Return the variance of a cell as the free one-way tables tell it at best, multiplied."""
    tier = preview_tier(plan)
    if not all((axis,) in plan.closure for axis in marginal):
        return None
    # Earlier releases show bronze, from which all bronze tables would follow as nearly.
    if len(marginal) > 1 and tier.name != PREVIEW:
        return None
    if not marginal:
        return plan.cell_variance((), tier)
    margins = ((plan.schema.size(axis), plan.cell_variance((axis,), tier)) for axis in marginal)
    return multiplied_variance(all_told, margins)
