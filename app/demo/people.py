"""Individuals of the demonstration: invented people, and what they might give of their months.

Nobody's data: shapes that everybody knows, such as evenings before a screen, and a random number
for each person. The pages say that they are invented.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.collections.templates import collection_of, every_template, found_templates
from app.contributions import service
from app.contributions.cells import Cell, Months, Read
from app.core.clock import fixed_at
from app.core.permissions import SYSTEM, Actor, Role
from app.demo.acting import Stage
from app.demo.rules import EVERY_PURPOSE
from app.releases.periods import last_closing, period_of
from app.users import service as users
from traces.schema import Template

#: Which templates people give to, as far as the market has them, and how usual each value is.
SHAPES: dict[str, dict[str, float]] = {
    "listening": {
        "06-09": 0.5,
        "09-12": 0.4,
        "12-15": 0.4,
        "15-18": 0.6,
        "18-21": 0.9,
        "21-24": 0.7,
    },
    "viewing": {"12-15": 0.2, "18-21": 0.8, "21-24": 1.0, "weekend": 1.2},
    "home_energy_daily": {"saturday": 1.15, "sunday": 1.2},
    "spending": {"groceries": 1.0, "housing": 1.6, "transport": 0.5, "health": 0.2, "leisure": 0.4},
    "diary_shopping": {"supermarket": 1.0, "market": 0.4, "small_shop": 0.6, "online": 0.3},
    "diary_trip": {"walk": 0.7, "bike": 0.3, "car": 0.8, "bus": 0.4, "train": 0.4},
}
#: What an ordinary month comes to in the first measure, where a value is as usual as 1.
USUAL = {
    "listening": 55.0,
    "viewing": 60.0,
    "home_energy_daily": 10.0,
    "spending": 420.0,
    "diary_shopping": 7.0,
    "diary_trip": 9.0,
}
#: So many of the templates are filled, and each by about so many of a thousand people.
TEMPLATES, SHARE = 5, 0.32
#: How many accounts and months are written in one unit of work.
TOGETHER = 50
#: What an unlisted value weighs.
RARE = 0.12
MONTHS_BEFORE = 2
#: How many months of everybody are counted.
COUNTED = 3
#: So many months of somebody who has been here for long.
A_YEAR = 12


@dataclass
class Crowd:
    """Some invented people, and the months that they give."""

    stage: Stage
    today: datetime
    say: Callable[[str], None]
    draw: random.Random
    members: dict[str, list[Actor]]
    #: Who has a year of their own numbers.
    long_here: set[str] = field(default_factory=set)
    #: Who has been here for the last two counts alone.
    newer: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, stage: Stage, today: datetime, say: Callable[[str], None], people: int) -> "Crowd":
        """Open the market's templates and some accounts."""
        draw = random.Random(20)  # noqa: S311 (invented people, no noise)
        with stage.db.unit_of_work():
            found_templates()
            given = [key for key in SHAPES if collection_of(key)][:TEMPLATES]
        members: dict[str, list[Actor]] = {key: [] for key in given}
        for start in range(0, people, TOGETHER):
            with stage.db.unit_of_work():
                for number in range(start, min(people, start + TOGETHER)):
                    email = f"person-{number}@people.example"
                    who = Actor(users.open_invented(SYSTEM, email), frozenset({Role.PRODUCER}))
                    first = number % len(given)
                    members[given[first]].append(who)
                    for key in given[:first] + given[first + 1 :]:
                        if draw.random() < (SHARE * len(given) - 1) / (len(given) - 1):
                            members[key].append(who)
        return cls(stage, today, say, draw, members)

    def live(self) -> None:
        """Give some months, each counted on its day."""
        closings: list[datetime] = []
        for _ in range(COUNTED):
            with fixed_at(closings[0] - timedelta(days=1) if closings else self.today):
                closings.insert(0, last_closing())
        for number, closing in enumerate(closings):
            early = number < COUNTED - MONTHS_BEFORE
            with fixed_at(closing - timedelta(days=3)):
                self.give(period_of(closing), self.newer if early else set())
            with fixed_at(closing + timedelta(minutes=30)):
                self._close()
            self.say(f"{sum(map(len, self.members.values()))} months of people counted")

    def give(self, period: str, without: set[str]) -> None:
        """Have everybody but some import their files, up to a month."""
        for key, everybody in self.members.items():
            members = [who for who in everybody if who.user_id not in without]
            for start in range(0, len(members), TOGETHER):
                with self.stage.db.unit_of_work():
                    for who in members[start : start + TOGETHER]:
                        self.join(who, key, period)

    def join(self, who: Actor, key: str, period: str) -> None:
        """Have somebody give a template's months up to one; inside a unit of work."""
        read = Read(key, {key: self._months(who, key, period)})
        service.join(who, self.stage.doors, read, EVERY_PURPOSE)

    def _close(self) -> None:
        for key in self.members:
            collection = collection_id(self.stage, key)
            if collection:
                self.stage.close(SYSTEM, collection)

    def _months(self, who: Actor, key: str, period: str) -> Months:
        template = every_template()[key]
        before = A_YEAR if who.user_id in self.long_here else MONTHS_BEFORE
        return {month: self._month(template, month) for month in _until(period, before)}

    def _month(self, template: Template, month: str) -> tuple[Cell, ...]:
        shape, level = SHAPES[template.key], USUAL[template.key]
        person = self.draw.lognormvariate(0, 0.4)
        made = []
        for values in _every(template):
            usual = max(shape.get(value, RARE) for value in values)
            if template.key == "home_energy_daily":
                usual = shape.get(values[0], 1.0)
            elif self.draw.random() > usual:
                continue
            size = person * usual * self.draw.uniform(0.6, 1.4)
            numbers = []
            for place, measure in enumerate(template.measures):
                typical = level if place == 0 else float(measure.high) * 0.1
                steps = round(size * typical / float(measure.resolution))
                exact = measure.low + measure.resolution * steps
                numbers.append(float(min(measure.high, max(measure.low, exact))))
            made.append(Cell(values, tuple(numbers)))
        self.draw.shuffle(made)
        return tuple(made[: template.k])


def collection_id(stage: Stage, key: str) -> str | None:
    """Return a template's collection."""
    with stage.db.unit_of_work(write=False):
        return collection_of(key)


def _every(template: Template) -> Iterator[tuple[str, ...]]:
    combined: Sequence[tuple[str, ...]] = [()]
    for dimension in template.dimensions:
        known = [value for value in dimension.domain if value not in ("unsaid", "other")]
        combined = [(*before, value) for before in combined for value in known]
    yield from combined


def _until(period: str, before: int) -> list[str]:
    """Return a month and some before it."""
    place = int(period[:4]) * 12 + int(period[5:]) - 1
    months = range(place - before, place + 1)
    return [f"{month // 12}-{month % 12 + 1:02d}" for month in months]
