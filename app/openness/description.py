"""One description of a released edition, from which every document is made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil

from flask_babel import format_decimal
from flask_babel import gettext as _

from app.catalog.products import Product, people, products, sold_tiers
from app.collections import wording
from app.collections.rules import CollectionRules, Purpose
from app.collections.texts import topic_name
from app.openness.site import Site
from app.openness.wording import Both, both, both_each, joined
from app.releases.queries import ReleaseView
from privacy.noise.intervals import LEVEL
from privacy.schema import CubeSchema


@dataclass(frozen=True)
class Column:
    """A column of an edition: a category with its values, or a number with its bounds.

    Attributes
    ----------
    name : str
        As it stands in files.
    values : tuple of str
        Empty for a number.
    low, high : str
        Empty for a category.
    """

    name: str
    title: Both
    values: tuple[str, ...] = ()
    unit: Both = Both("", "")
    low: str = ""
    high: str = ""

    @property
    def is_number(self) -> bool:
        """Whether it is a number."""
        return not self.values


@dataclass(frozen=True)
class TableFacts:
    """A table of an edition, at each level of accuracy on sale, the finest first."""

    levels: tuple[Product, ...]
    columns: tuple[Column, ...]
    title: Both

    @property
    def finest(self) -> Product:
        """The table at its finest level."""
        return self.levels[0]

    @property
    def place(self) -> str:
        """What names the table within its edition."""
        return "-".join(map(str, self.finest.key.axes))


@dataclass(frozen=True)
class PrivacyFacts:
    """How each person behind an edition is protected.

    Attributes
    ----------
    unit : Both
        Whose data is protected as a whole.
    bound : int
        In so many cells one unit counts at most.
    guesses : float
        Of 100 guesses whether somebody took part, so many are right at most.
    level : float
        Of the noise intervals.
    """

    unit: Both
    contribution: Both
    bound: int
    epsilon: float
    delta: float
    rho: float
    guesses: float
    mechanism: str
    noise: str
    level: float = LEVEL


@dataclass(frozen=True)
class Description:
    """What is public of a released edition.

    Attributes
    ----------
    question : Both
        What its collection is for; the collection's title where nobody said so.
    about : Both
        That, with what everybody should know of the tables.
    period : str
        The month it is about, "YYYY-MM"; empty where it is not about one.
    people : int
        As released, with noise.
    digest : str
        SHA-256 of the release.
    """

    site: Site
    edition_id: str
    collection_id: str
    number: int
    title: Both
    collection_title: Both
    question: Both
    about: Both
    topic: str
    keywords: tuple[Both, ...]
    purposes: tuple[Purpose, ...]
    issued: datetime
    period: str
    people: int
    columns: tuple[Column, ...]
    tables: tuple[TableFacts, ...]
    privacy: PrivacyFacts
    digest: str

    @property
    def address(self) -> str:
        """Where it is found, and will be."""
        return self.site.edition(self.edition_id)

    @property
    def version(self) -> str:
        """Its number as a version of three parts: a release never changes."""
        return f"{self.number}.0.0"

    @property
    def days(self) -> tuple[date, date] | None:
        """First and last day of the month it is about."""
        if not self.period:
            return None
        first = date.fromisoformat(f"{self.period}-01")
        following = (first + timedelta(days=31)).replace(day=1)
        return first, following - timedelta(days=1)

    def licence(self, purpose: Purpose) -> str:
        """Return the address of the licence for a purpose."""
        return self.site.licence(purpose)

    def slug(self, product: Product) -> str:
        """Return a name for a table's files: letters, digits and hyphens."""
        place = "-".join(map(str, product.key.axes))
        return f"moisson-{self.edition_id[:8]}-{place}-{product.tier.name}"


def describe(view: ReleaseView, site: Site) -> Description:
    """Describe a released edition by public facts alone."""
    rules, edition = view.rules, view.edition
    title = both(lambda: wording.title(rules))
    columns = _columns(rules, view.release.plan.schema)
    counted = max(0, round(people(view).value))
    if edition.published_at is None:
        raise ValueError("an edition is described once it is released")
    return Description(
        site,
        edition.id,
        rules.id,
        edition.number,
        both(lambda: _("%(title)s, edition %(n)s", title=wording.title(rules), n=edition.number)),
        title,
        both(lambda: wording.about(rules) or wording.title(rules)),
        both(lambda: about_tables(rules, counted)),
        rules.topic,
        (both(lambda: topic_name(rules.topic)), *(column.title for column in columns)),
        tuple(purpose for purpose in Purpose if purpose in edition.purposes),
        edition.published_at,
        edition.period,
        counted,
        columns,
        _tables(view, columns),
        _privacy(view),
        view.digest,
    )


def about_tables(rules: CollectionRules, counted: int) -> str:
    """Say what a collection is for, and what everybody should know of its tables."""
    protected = _(
        "Tables with random noise, which protects each participant (unit: %(person)s). "
        "About %(people)s took part.",
        person=wording.person(rules),
        people=format_decimal(counted),
    )
    said = wording.about(rules).strip()
    stop = "" if said.endswith((".", "?", "!", "…")) or not said else "."
    return f"{said}{stop} {protected}".strip()


def _columns(rules: CollectionRules, schema: CubeSchema) -> tuple[Column, ...]:
    titles = both_each(lambda: wording.columns(schema.axes, rules))
    units = both_each(lambda: [wording.unit(m.unit, rules) for m in schema.measures])
    named = dict(zip(schema.axes, titles, strict=True))
    categories = (Column(d.name, named[d.name], tuple(d.domain)) for d in schema.dimensions)
    numbers = (
        Column(m.name, named[m.name], (), unit, f"{m.lower:f}", f"{m.upper:f}")
        for m, unit in zip(schema.measures, units, strict=True)
    )
    return (*categories, *numbers)


def _tables(view: ReleaseView, columns: Sequence[Column]) -> tuple[TableFacts, ...]:
    by_name = {column.name: column for column in columns}
    by_tier = [products(view, tier) for tier in sold_tiers(view.release.plan)]
    found = []
    for levels in zip(*by_tier, strict=True):
        mine = tuple(by_name[name] for name in levels[0].marginal)
        found.append(TableFacts(levels, mine, joined((column.title for column in mine), " × ")))
    return tuple(found)


def _privacy(view: ReleaseView) -> PrivacyFacts:
    rules, plan = view.rules, view.release.plan
    counting = 0 if view.edition.counted is None else rules.count.rho.micro
    return PrivacyFacts(
        both(lambda: wording.person(rules)),
        both(lambda: wording.record(rules)),
        plan.schema.bound,
        rules.epsilon,
        plan.delta,
        (plan.rho.micro + counting) / 1_000_000,
        ceil(rules.guesses * 10) / 10,
        plan.mechanism.value,
        plan.noise.words.noise,
    )
