"""What is published in one period, as products of the pricing library."""

from __future__ import annotations

from collections.abc import Mapping

from bench.market.world import AXES, Collection, Need, Table, World, cells_of, precision
from pricing.item import Answer, Item, Question, subsets
from pricing.preview import multiplied_variance
from pricing.price_book import DEFAULT_BOOK
from pricing.rarity import Rarity
from privacy.plan.tiers import TIERS

PREVIEW = "preview"
SOLD = tuple(tier for tier in TIERS if tier.name != PREVIEW)
FINEST = SOLD[-1].variance_factor
"""Precision is counted in units: a gold table has 16, a silver one 4, a bronze one 1."""

UNITS = {tier.name: FINEST // tier.variance_factor for tier in SOLD}
FACTORS = {tier.name: tier.variance_factor for tier in SOLD}


class Catalogue:
    """Every table at every tier of the editions with enough people; made when looked at.

    Parameters
    ----------
    world : World
    people : mapping of str to int
        Released number of people by edition.
    """

    def __init__(self, world: World, people: Mapping[str, int]) -> None:
        enough = DEFAULT_BOOK.minimum_people
        self.people = {name: count for name, count in people.items() if count >= enough}
        self.collections = {one.name: one for one in world.collections}
        self.preview = world.settings.preview
        self.houses = {g.name: g.house for one in world.collections for g in one.groups}
        self.editions = {
            one.name: sorted(
                (group.name for group in one.groups if group.name in self.people),
                key=lambda name: (-self.people[name], name),
            )
            for one in world.collections
        }
        self._items: dict[tuple[str, Table, str], Item] = {}

    @property
    def rarity(self) -> Rarity:
        """Count the editions behind every question, as for a catalogue made in full."""
        answering: dict[Question, int] = {}
        for one in self.collections.values():
            editions = self.editions[one.name]
            for axes in one.noise.variances if editions else ():
                # Houses that ask the same make each other's answers less rare.
                for name in {one.name, *(self.houses[edition] for edition in editions)}:
                    answering[Question(name, axes)] = len(editions)
        return Rarity(len(self.people), answering)

    def item(self, collection: str, edition: str, table: Table, tier: str) -> Item:
        """Return a product, the same object each time."""
        key = (edition, table, tier)
        if key not in self._items:
            variances, house = self.collections[collection].noise.variances, self.houses[edition]
            people = self.people[edition]
            answers = tuple(
                Answer(
                    Question(house, axes),
                    variances[axes] * FACTORS[tier],
                    cells_of(axes),
                    Question(collection, axes),
                    self._shown(variances, axes, people),
                )
                for axes in sorted(subsets(table), key=sorted)
            )
            self._items[key] = Item(edition, house, table, tier, people, 1.0, answers)
        return self._items[key]

    def _shown(
        self, variances: Mapping[frozenset[str], float], axes: frozenset[str], people: int
    ) -> float:
        """Return the variance of a cell as the free one-way tables tell it, multiplied."""
        if not axes:
            return variances[axes] * self.preview
        margins = ((AXES[axis], variances[frozenset((axis,))] * self.preview) for axis in axes)
        return multiplied_variance(people, margins)

    def everything(self) -> tuple[Item, ...]:
        """Return every product."""
        return tuple(
            self.item(one.name, edition, table, tier)
            for one in self.collections.values()
            for edition in self.editions[one.name]
            for table in one.tables
            for tier in UNITS
        )

    def respondents(self, collection: Collection, edition: str, table: Table, units: int) -> float:
        """Return the effective respondents of a table seen with so many units of precision."""
        return precision(collection.noise, self.people[edition], table, FINEST / units)

    def shows(self, need: Need) -> bool:
        """Say whether the free previews of all editions meet a need: of one-way tables only."""
        collection = self.collections[need.collection]
        return all(
            len(table) == 1
            and need.respondents
            <= sum(
                precision(collection.noise, self.people[edition], table, self.preview)
                for edition in self.editions[collection.name]
            )
            for table in need.tables
        )
