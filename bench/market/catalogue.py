"""What is published in one period, as products of the pricing library."""

from __future__ import annotations

from collections.abc import Mapping

from bench.market.world import Collection, Table, World
from pricing.item import Answer, Item, Question, subsets
from pricing.price_book import DEFAULT_BOOK
from pricing.rarity import Rarity
from pricing.volume import MICRORESPONDENTS, effective_respondents
from privacy.plan.tiers import TIERS

FINEST = TIERS[-1].variance_factor
"""Precision is counted in units: a gold table has 16, a silver one 4, a bronze one 1."""

UNITS = {tier.name: FINEST // tier.variance_factor for tier in TIERS}
FACTORS = {tier.name: tier.variance_factor for tier in TIERS}


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
        answering = {
            Question(one.name, axes): len(self.editions[one.name])
            for one in self.collections.values()
            for axes in one.noise.variances
            if self.editions[one.name]
        }
        return Rarity(len(self.people), answering)

    def item(self, collection: str, edition: str, table: Table, tier: str) -> Item:
        """Return a product, the same object each time."""
        key = (edition, table, tier)
        if key not in self._items:
            variances = self.collections[collection].noise.variances
            answers = tuple(
                Answer(Question(collection, axes), variances[axes] * FACTORS[tier])
                for axes in sorted(subsets(table), key=sorted)
            )
            self._items[key] = Item(
                edition, collection, table, tier, self.people[edition], 1.0, answers
            )
        return self._items[key]

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
        variance = collection.noise.variances[frozenset(table)] * FINEST / units
        return effective_respondents(self.people[edition], variance) / MICRORESPONDENTS
