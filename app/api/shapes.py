"""What the interface answers, as types: the description for programs is made of them."""

from typing import Any

import msgspec


class Problem(msgspec.Struct, kw_only=True):
    """What went wrong, in the form of RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    instance: str


class Price(msgspec.Struct, kw_only=True):
    """An amount: exact, in millionths, and rounded up to cents."""

    micros: int
    cents: int
    currency: str


class Level(msgspec.Struct, kw_only=True):
    """One level of accuracy of a table."""

    key: str
    tier: str
    price: Price
    noise_sd_of_a_count: float


class Offered(msgspec.Struct, kw_only=True):
    """A table that a release has."""

    columns: list[str]
    measures: list[str]
    cells: int
    levels: list[Level]


class EditionSummary(msgspec.Struct, kw_only=True):
    """A released edition in a list."""

    id: str
    collection: str
    title: str
    number: int
    period: str
    topic: str
    published_at: str
    people: int
    tables: int
    price_from: Price
    purposes: list[str]
    page: str


class Editions(msgspec.Struct, kw_only=True):
    """Some editions, and where the next ones are."""

    editions: list[EditionSummary]
    next: str | None


class Edition(msgspec.Struct, kw_only=True):
    """A released edition."""

    id: str
    collection: str
    title: str
    description: str
    number: int
    period: str
    published_at: str
    people: float
    people_low: float
    people_high: float
    purposes: list[str]
    columns: list[dict[str, Any]]
    privacy: dict[str, Any]
    tables: list[Offered]
    page: str


class Owned(msgspec.Struct, kw_only=True):
    """A table that the token's account owns."""

    key: str
    edition: str
    title: str
    columns: list[str]
    tier: str
    files: dict[str, str]


class OwnedTables(msgspec.Struct, kw_only=True):
    """All tables that the token reads."""

    tables: list[Owned]


class Figure(msgspec.Struct, kw_only=True):
    """A figure with its noise interval (95 %)."""

    cell: dict[str, str]
    statistic: str
    measure: str | None
    unit: str
    value: float
    sd: float
    low: float
    high: float
    level: float
    distinct: bool
    cells: int


class RolledUp(msgspec.Struct, kw_only=True):
    """Figures of a table, and where they come from."""

    table: str
    release_sha256: str
    figures: list[Figure]
    covariance: list[list[float]] | None = None


class Compared(msgspec.Struct, kw_only=True):
    """A figure less another, and over another."""

    cell: dict[str, str]
    difference: Figure
    ratio: list[float] | None
    told_apart_of_all: bool


class Comparisons(msgspec.Struct, kw_only=True):
    """All groups of a table beside one of them, or beside another edition."""

    table: str
    beside: str
    statistic: str
    false_discoveries_at_most: float
    comparisons: list[Compared]


class RareCollection(msgspec.Struct, kw_only=True):
    """How many editions answer what a collection asks, and what that does to a price."""

    collection: str
    title: str
    topic: str
    answering: int
    of_topic: int
    factor: float


class RarityMoment(msgspec.Struct, kw_only=True):
    """The mean factor of each topic's collections, once an edition was published."""

    at: str
    number: int
    topics: dict[str, float]


class RarityIndex(msgspec.Struct, kw_only=True):
    """The rarest collections, the index of each topic, and what something new would weigh."""

    book: str
    collections: int
    rarest: list[RareCollection]
    moments: list[RarityMoment]
    first_factor: float
    topics_without_release: list[str]


class Asked(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is asked of a table, where an address would be too long."""

    where: dict[str, list[str]] = {}
    groups: dict[str, dict[str, list[str]]] = {}
    over: list[str] = []
    statistic: list[str] = msgspec.field(default_factory=lambda: ["contributions"])
    measure: str | None = None
    covariance: bool = False


class Bundle(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Tables whose price together is asked for."""

    products: list[str]


class Quoted(msgspec.Struct, kw_only=True):
    """What a bundle costs now; nothing is bought here."""

    products: list[str]
    price: Price | None
    problem: str
    book: str
    page: str


class OrderLine(msgspec.Struct, kw_only=True):
    """An order of the token's account."""

    id: str
    state: str
    purpose: str
    total: Price
    created_at: str
    paid_at: str | None
    products: list[str]


class Orders(msgspec.Struct, kw_only=True):
    """All orders of the token's account, newest first."""

    orders: list[OrderLine]
