"""The public rules of the demonstration's collections.

Categories and bounds come from what the field knows, not from the files; each column says
from where, on the collection's page and in the dictionary of every download.
"""

from dataclasses import dataclass

from app.collections.rules import Purpose
from app.collections.service import Proposal
from app.datasets.understanding import Answers, ColumnAnswer, schema_of
from app.demo.files import SITES

EVERY_PURPOSE = frozenset(Purpose)


@dataclass(frozen=True)
class Design:
    """A collection before it is founded."""

    title: str
    description: str
    topic: str
    person: str
    record: str
    identifier: str
    bound: int
    epsilon_milli: int
    columns: tuple[ColumnAnswer, ...]
    steps: bool = False

    @property
    def answers(self) -> Answers:
        """What the founder answers about the columns of the first file."""
        return Answers(self.identifier, self.bound, self.columns, sure=self.identifier)

    @property
    def joining(self) -> Answers:
        """What everybody else answers: which column of theirs is which."""
        same = tuple(ColumnAnswer(column=c.column, role="", name=c.name) for c in self.columns)
        return Answers(self.identifier, 1, same, sure=self.identifier)

    def proposal(self) -> Proposal:
        """Return the rules to publish."""
        schema, columns, _feeds = schema_of(self.answers)
        return Proposal(
            title=self.title,
            description=self.description,
            topic=self.topic,
            person=self.person,
            record=self.record,
            schema=schema,
            columns=columns,
            ways=2,
            epsilon_milli=self.epsilon_milli,
            purposes=EVERY_PURPOSE,
            steps=self.steps,
            edition_days=90,
        )


def _category(
    column: str, source: str, values: tuple[str, ...], *, other: bool = False
) -> ColumnAnswer:
    return ColumnAnswer(
        column,
        "dimension",
        column,
        categories="\n".join(values),
        other=other,
        source=source,
    )


SHOPPING = Design(
    title="Household shopping trips",
    description=(
        "What households in the United States bought, trip by trip, and what they paid. Three "
        "scanner panels pooled: ketchup, canned tuna and yogurt, each brand by its standing in "
        "the market. Bought by retailers, makers and researchers who ask how loyal households "
        "are and what a house brand changes."
    ),
    topic="shopping",
    person="household",
    record="kind of brand bought",
    identifier="household",
    bound=2,
    epsilon_milli=2000,
    columns=(
        _category("product", "The three panels of this collection", ("ketchup", "tuna", "yogurt")),
        _category(
            "brand",
            "Heinz, StarKist and Dannon led their markets; Hiland is regional, private labels "
            "are house brands",
            ("market leader", "other national brand", "house or regional brand"),
        ),
        ColumnAnswer(
            "trips",
            "dimension",
            "trips",
            transform="bins",
            edges="5 10 20",
            source="Round numbers; panels of this kind observe a household for one to two years",
        ),
        ColumnAnswer(
            "price",
            "measure",
            "price",
            unit="US cents an ounce",
            lower="0",
            upper="20",
            resolution="0.1",
            rule="mean",
            source="US supermarket prices of the 1980s; a 6.5-ounce can of tuna counted by ounce",
        ),
    ),
)

WORK = Design(
    title="Work and pay in the United States",
    description=(
        "What people in the United States earn by education, gender and kind of work, as they "
        "told the General Social Survey. Incomes are in dollars of 1986, as that survey publishes "
        "them, so that years can be compared."
    ),
    topic="work",
    person="person",
    record="interview",
    identifier="person",
    bound=1,
    epsilon_milli=1000,
    columns=(
        _category(
            "year",
            "Years in which the General Social Survey was held",
            ("2010", "2012", "2014", "2016", "2018"),
        ),
        _category("gender", "Codebook of the General Social Survey", ("Female", "Male")),
        _category(
            "education",
            "Degrees in the codebook of the General Social Survey",
            ("Less Than High School", "High School", "Junior College", "Bachelor", "Graduate"),
        ),
        _category(
            "work",
            "Codebook of the General Social Survey; rarer answers together as “other”",
            ("Full-Time", "Part-Time", "Unemployed, Laid Off", "Retired"),
            other=True,
        ),
        ColumnAnswer(
            "income",
            "measure",
            "income",
            unit="USD of 1986 a year",
            lower="0",
            upper="75000",
            resolution="1",
            rule="last",
            source="75,000 dollars of 1986 are about 150,000 of 2010, which few Americans earned",
        ),
    ),
)

HEALTH = Design(
    title="Visits to the doctor",
    description=(
        "How often people saw a doctor when they paid nothing, a quarter, a half or nearly all of "
        "the bill: the RAND Health Insurance Experiment, the largest one ever made, at six places "
        "in the United States from 1974 to 1982."
    ),
    topic="health",
    person="person",
    record="year in the study",
    identifier="person",
    bound=3,
    epsilon_milli=2000,
    steps=True,
    columns=(
        _category(
            "year",
            "Families took part for three or five years (RAND)",
            ("1", "2", "3", "4", "5"),
        ),
        _category("site", "The six sites of the experiment (RAND, ICPSR 6439)", SITES),
        _category(
            "share",
            "Coinsurance rates of the experiment's plans (RAND)",
            tuple(f"pays {percent} %" for percent in (0, 25, 50, 95, 100)),
        ),
        ColumnAnswer(
            "visits",
            "measure",
            "visits",
            unit="visits a year",
            lower="0",
            upper="20",
            resolution="1",
            rule="sum",
            source="Americans see a doctor three to four times a year; few more than 20 times",
        ),
    ),
)
