"""From what the owner answered about the columns to a schema and a way to read the file.

Answers are what was typed, kept as text; nothing here reads rows.
"""

from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

from app.collections.errors import BadRules
from app.collections.rules import ColumnRule
from app.datasets.ingest.mapping import (
    ColumnMapping,
    DimensionFeed,
)
from app.datasets.ingest.transforms.table import transform
from privacy.errors import PrivacyError
from privacy.schema import CubeSchema, Dimension, Measure, MeasureRule

OTHER = "other"


class ColumnRole(StrEnum):
    """What a column of a file is for."""

    LEAVE = "leave"
    PERSON = "person"
    DIMENSION = "dimension"
    MEASURE = "measure"


@dataclass(frozen=True)
class ColumnAnswer:
    """What the owner said about one column of their file, as typed."""

    column: str
    role: str
    name: str = ""
    transform: str = ""
    categories: str = ""
    edges: str = ""
    other: bool = False
    unit: str = ""
    lower: str = ""
    upper: str = ""
    resolution: str = ""
    rule: str = "sum"
    source: str = ""
    date_form: str = ""


@dataclass(frozen=True)
class Answers:
    """All answers about a file.

    Attributes
    ----------
    person : str
        Which column tells people apart, "" for "all rows are me".
    sure : str
        The column of which the owner has said, after the numbers were shown, that it does.
    """

    person: str
    bound: int
    columns: tuple[ColumnAnswer, ...]
    sure: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready copy."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Answers":
        """Read what `to_dict` wrote."""
        columns = tuple(ColumnAnswer(**column) for column in data.get("columns", ()))
        person, bound = data.get("person", ""), int(data.get("bound", 1))
        return cls(person, bound, columns, data.get("sure", ""))


def schema_of(answers: Answers) -> tuple[CubeSchema, tuple[ColumnRule, ...], dict[str, str]]:
    """Build the public schema, how its columns are read, and which file column feeds which.

    Raises
    ------
    BadRules
        Naming the column and what to change.
    """
    dimensions, measures, rules, feeds = [], [], [], {}
    for answer in answers.columns:
        name = (answer.name or answer.column).strip()
        if answer.role == ColumnRole.DIMENSION:
            dimensions.append(_dimension(answer, name))
        elif answer.role == ColumnRole.MEASURE:
            measures.append(_measure(answer, name))
        else:
            continue
        _check_source(answer, name)
        key = answer.transform if answer.role == ColumnRole.DIMENSION else ""
        edges = tuple(str(edge) for edge in _edges(answer, name, key))
        rules.append(ColumnRule(name, key, edges, answer.source.strip()))
        feeds[name] = answer.column
    if not dimensions:
        raise BadRules(_l("Choose at least one column as a category: tables need one."))
    try:
        schema = CubeSchema(tuple(dimensions), tuple(measures), answers.bound)
    except PrivacyError as error:
        raise BadRules(error.user_message) from None
    return schema, tuple(rules), feeds


def _check_source(answer: ColumnAnswer, name: str) -> None:
    """Refuse categories, edges or bounds of which nobody says where they come from."""
    chosen = answer.role == ColumnRole.MEASURE or answer.edges.strip() or answer.categories.strip()
    if chosen and not answer.source.strip():
        raise BadRules(
            _l(
                "Column %(column)s: say where its categories or bounds come from. They become "
                "public, and may not be read off your file."
            ),
            column=name,
        )


def mapping_of(
    answers: Answers, rules: tuple[ColumnRule, ...], feeds: dict[str, str], schema: CubeSchema
) -> ColumnMapping:
    """Say how a file becomes rows of the schema.

    Parameters
    ----------
    feeds : dict
        The file's column for each column of the schema.

    Raises
    ------
    BadRules
        When a column of the schema has none.
    """
    forms = {answer.column: answer.date_form for answer in answers.columns}
    dimensions, measures = {}, {}
    for rule in rules:
        column = feeds.get(rule.name, "")
        if not column:
            raise BadRules(
                _l("Choose the column of your file that holds “%(name)s”."), name=rule.name
            )
        if rule.name in schema.soft:
            measures[rule.name] = column
        else:
            edges = tuple(Decimal(edge) for edge in rule.edges)
            read = transform(rule.transform).configured(edges, forms.get(column, ""))
            dimensions[rule.name] = DimensionFeed(column, read)
    return ColumnMapping(answers.person or None, dimensions, measures)


def _dimension(answer: ColumnAnswer, name: str) -> Dimension:
    listed = tuple(v.strip() for v in answer.categories.splitlines() if v.strip())
    edges = _edges(answer, name, answer.transform)
    values = transform(answer.transform).values(listed, edges)
    if len(values) + answer.other < 2:
        raise BadRules(
            _l("Column %(column)s: list at least two categories, one a line."), column=name
        )
    if len({*values, OTHER} if answer.other else set(values)) < len(values) + answer.other:
        raise BadRules(_l("Column %(column)s: a category is listed twice."), column=name)
    try:
        return Dimension(name, values, OTHER if answer.other else None)
    except PrivacyError as error:
        raise BadRules(
            _l("Column %(column)s: %(problem)s"), column=name, problem=error.user_message
        ) from None


def _edges(answer: ColumnAnswer, name: str, key: str) -> tuple[Decimal, ...]:
    if not transform(key).HAS_EDGES:
        return ()
    edges = tuple(_number(e, name) for e in answer.edges.replace(";", " ").split())
    if not edges or list(edges) != sorted(set(edges)):
        raise BadRules(
            _l("Column %(column)s: give the bin edges as increasing numbers, such as 10 20 50."),
            column=name,
        )
    return edges


def _measure(answer: ColumnAnswer, name: str) -> Measure:
    lower, upper, step = (
        _number(text, name) for text in (answer.lower, answer.upper, answer.resolution)
    )
    if lower >= upper or step <= 0:
        raise BadRules(
            _l("Column %(column)s: the highest must be above the lowest, the step above 0."),
            column=name,
        )
    if lower % step or upper % step:
        raise BadRules(
            _l("Column %(column)s: lowest and highest must be multiples of the step."), column=name
        )
    try:
        return Measure(name, answer.unit.strip(), lower, upper, step, MeasureRule(answer.rule))
    except PrivacyError as error:
        raise BadRules(
            _l("Column %(column)s: %(problem)s"), column=name, problem=error.user_message
        ) from None


def _number(text: str, name: str) -> Decimal:
    try:
        value = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise BadRules(
            _l("Column %(column)s: enter bounds and step as numbers, such as 0, 100 and 1."),
            column=name,
        )
    return value
