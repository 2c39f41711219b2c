"""From what the owner answered about the columns to a schema and a way to read the file.

Answers are what was typed, kept as text; nothing here reads rows.
"""

from dataclasses import asdict, dataclass, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import partial
from typing import Any

from flask_babel import lazy_gettext as _l

from app.collections.errors import BadRules
from app.collections.rules import ColumnRule
from app.datasets.ingest.mapping import (
    ColumnMapping,
    DimensionFeed,
)
from app.datasets.ingest.transforms.table import transform
from app.datasets.ingest.transforms.transform import Written
from app.datasets.wrong_answers import Findings, Wrong
from privacy.errors import PrivacyError
from privacy.schema import CubeSchema, Dimension, Measure, MeasureRule
from traces.text import normalise

OTHER = "other"
#: Powers of ten: the last digit of a bound or an edge, and its first.
FINEST, LARGEST = -12, 15


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
    decimal: str = ""
    #: Lines of "what the file says = category": the owner's private answers, never public.
    aliases: str = ""

    @property
    def written(self) -> Written:
        """How the column's cells are written."""
        return Written(self.date_form, self.decimal)


@dataclass(frozen=True)
class Answers:
    """All answers about a file.

    Attributes
    ----------
    person : str
        Which column tells people apart, "" for "all rows are me".
    sure : str
        The column of which the owner has said, after the numbers were shown, that it does.
    topic : str
        What the rows are about, where that was asked; it chooses what is suggested.
    """

    person: str
    bound: int
    columns: tuple[ColumnAnswer, ...]
    sure: str = ""
    topic: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready copy."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Answers":
        """Read what `to_dict` wrote."""
        columns = tuple(ColumnAnswer(**column) for column in data.get("columns", ()))
        person, bound = data.get("person", ""), int(data.get("bound", 1))
        return cls(person, bound, columns, data.get("sure", ""), data.get("topic", ""))

    def without_aliases(self) -> "Answers":
        """Return the same answers without the words of the file."""
        return replace(self, columns=tuple(replace(each, aliases="") for each in self.columns))


def schema_of(answers: Answers) -> tuple[CubeSchema, tuple[ColumnRule, ...], dict[str, str]]:
    """Build the public schema, how its columns are read, and which file column feeds which.

    Raises
    ------
    WrongAnswers
        All that is wrong, each with its column and field.
    """
    dimensions, measures, rules, feeds = [], [], [], {}
    findings = Findings()
    chosen = [a for a in answers.columns if a.role in (ColumnRole.DIMENSION, ColumnRole.MEASURE)]
    for answer in chosen:
        name = (answer.name or answer.column).strip()
        is_dimension = answer.role == ColumnRole.DIMENSION
        key = answer.transform if is_dimension else ""
        edges = findings.of(answer.column, partial(_edges, answer, name, key))
        if is_dimension and edges is not None:
            dimensions.append(findings.of(answer.column, partial(_dimension, answer, name, edges)))
        elif not is_dimension:
            measures.append(_measure(answer, name, findings))
        findings.of(answer.column, partial(_check_source, answer, name))
        rules.append(ColumnRule(name, key, tuple(map(str, edges or ())), answer.source.strip()))
        feeds[name] = answer.column
    findings.tell()
    if not dimensions:
        raise BadRules(_l("Choose at least one column as a category: tables need one."))
    built = tuple(d for d in dimensions if d is not None), tuple(m for m in measures if m)
    try:
        schema = CubeSchema(*built, answers.bound)
    except PrivacyError as error:
        raise BadRules(error.user_message) from None
    return schema, tuple(rules), feeds


def _check_source(answer: ColumnAnswer, name: str) -> None:
    """Refuse categories, edges or bounds of which nobody says where they come from."""
    chosen = answer.role == ColumnRole.MEASURE or answer.edges.strip() or answer.categories.strip()
    if chosen and not answer.source.strip():
        raise Wrong(
            "source",
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
    WrongAnswers
        Where a column of the schema has none, or what its words stand for cannot be read.
    """
    told = {(answer.name or answer.column).strip(): answer for answer in answers.columns}
    dimensions, measures, decimals = {}, {}, {}
    findings = Findings()
    for rule in rules:
        column = findings.of(rule.name, partial(_fed, rule.name, feeds))
        if column is None:
            continue
        answer = told.get(rule.name, ColumnAnswer(column, ""))
        if rule.name in schema.soft:
            measures[rule.name], decimals[rule.name] = column, answer.decimal
        else:
            edges = tuple(Decimal(edge) for edge in rule.edges)
            read = transform(rule.transform).configured(edges, answer.written)
            domain = schema.dimension(rule.name).domain
            place = answer.column if answer.role else rule.name
            aliases = findings.of(place, partial(aliases_of, answer, rule.name, domain))
            dimensions[rule.name] = DimensionFeed(column, read, aliases or {})
    findings.tell()
    return ColumnMapping(answers.person or None, dimensions, measures, decimals)


def check_columns(
    answers: Answers,
    rules: tuple[ColumnRule, ...] | None = None,
    schema: CubeSchema | None = None,
) -> None:
    """Refuse answers that no schema can be made of, or that do not feed one that is given.

    Raises
    ------
    WrongAnswers, BadRules
    """
    if rules is None or schema is None:
        made, own, feeds = schema_of(answers)
        mapping_of(answers, own, feeds, made)
    else:
        feeds = {each.name: each.column for each in answers.columns if each.column}
        mapping_of(answers, rules, feeds, schema)


def _fed(name: str, feeds: dict[str, str]) -> str:
    if not feeds.get(name, ""):
        raise Wrong(
            "column", _l("Choose the column of your file that holds “%(name)s”."), name=name
        )
    return feeds[name]


def aliases_of(answer: ColumnAnswer, name: str, domain: tuple[str, ...]) -> dict[str, str]:
    """Return which words of the file stand for which category, as the owner typed it."""
    alike = {normalise(value): value for value in domain}
    found: dict[str, str] = {}
    for line in answer.aliases.splitlines():
        said, sign, value = (part.strip() for part in line.rpartition("="))
        if not line.strip():
            continue
        category = value if value in domain else alike.get(normalise(value))
        if not (sign and said) or category is None:
            raise Wrong(
                "aliases",
                _l(
                    "Column %(column)s: write each line as “what your file says = category”, with "
                    "a category from its list."
                ),
                column=name,
            )
        found[said] = category
    return found


def _dimension(answer: ColumnAnswer, name: str, edges: tuple[Decimal, ...]) -> Dimension:
    listed = tuple(v.strip() for v in answer.categories.splitlines() if v.strip())
    values = transform(answer.transform).values(listed, edges)
    if len(values) + answer.other < 2:
        raise Wrong(
            "categories",
            _l("Column %(column)s: list at least two categories, one a line."),
            column=name,
        )
    if len({*values, OTHER} if answer.other else set(values)) < len(values) + answer.other:
        raise Wrong("categories", _l("Column %(column)s: a category is listed twice."), column=name)
    try:
        dimension = Dimension(name, values, OTHER if answer.other else None)
    except PrivacyError as error:
        raise Wrong(
            "categories",
            _l("Column %(column)s: %(problem)s"),
            column=name,
            problem=error.user_message,
        ) from None
    aliases_of(answer, name, dimension.domain)
    return dimension


def _edges(answer: ColumnAnswer, name: str, key: str) -> tuple[Decimal, ...]:
    if not transform(key).HAS_EDGES:
        return ()
    edges = tuple(_number(e, name, "edges") for e in answer.edges.replace(";", " ").split())
    if not edges or list(edges) != sorted(set(edges)):
        raise Wrong(
            "edges",
            _l("Column %(column)s: give the bin edges as increasing numbers, such as 10 20 50."),
            column=name,
        )
    return edges


def _measure(answer: ColumnAnswer, name: str, findings: Findings) -> Measure | None:
    lower, upper, step = (
        findings.of(answer.column, partial(_number, text, name, field))
        for field, text in (
            ("lower", answer.lower),
            ("upper", answer.upper),
            ("resolution", answer.resolution),
        )
    )
    if lower is None or upper is None or step is None:
        return None
    return findings.of(answer.column, partial(_bounded, answer, name, lower, upper, step))


def _bounded(
    answer: ColumnAnswer, name: str, lower: Decimal, upper: Decimal, step: Decimal
) -> Measure:
    if lower >= upper or step <= 0:
        raise Wrong(
            "upper" if lower >= upper else "resolution",
            _l("Column %(column)s: the highest must be above the lowest, the step above 0."),
            column=name,
        )
    if lower % step or upper % step:
        raise Wrong(
            "resolution",
            _l("Column %(column)s: lowest and highest must be multiples of the step."),
            column=name,
        )
    try:
        return Measure(name, answer.unit.strip(), lower, upper, step, MeasureRule(answer.rule))
    except PrivacyError as error:
        raise Wrong(
            "lower", _l("Column %(column)s: %(problem)s"), column=name, problem=error.user_message
        ) from None


def _number(text: str, name: str, field: str) -> Decimal:
    try:
        value = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        value = Decimal("NaN")
    if not _is_usual(value):
        raise Wrong(
            field,
            _l("Column %(column)s: enter bounds and step as numbers, such as 0, 100 and 1."),
            column=name,
        )
    return value


def _is_usual(value: Decimal) -> bool:
    """Say whether a number is one to reckon with: others cannot be divided exactly."""
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= FINEST and value.adjusted() <= LARGEST
