import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from flask import (
    Blueprint,
    Flask,
    Response,
    render_template,
    request,
    send_from_directory,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.api import access, answers, description, shapes
from app.api.description import Operation, Parameter
from app.bundles import bundle as bundles
from app.catalog import products, queries
from app.catalog.price_lists import price_book
from app.catalog.products import ProductKey
from app.catalog.rarity_index import rarity_index
from app.collections import queries as collections
from app.collections import wording
from app.collections.rules import Purpose
from app.core.errors import Invalid, NotFound
from app.desk import asked, service
from app.desk.asked import Ask
from app.desk.service import Beside, Owned
from app.downloads import files
from app.downloads.facts import noise_facts, release_facts, table_facts
from app.downloads.formats import FORMATS
from app.openness.queries import offered
from app.orders import holdings
from app.orders import queries as orders
from app.prices import queries as prices
from app.releases import queries as releases
from app.releases.queries import ReleaseView
from app.search import queries as lists
from app.search.lists import Entry, Search
from app.search.paging import After
from app.users.access_tokens import Scope
from app.web.limits import unlimited
from app.web.security import signed_by_sender
from pricing.money import Money
from privacy.noise.intervals import LEVEL
from privacy.tables import rollup
from privacy.tables.rollup import STATISTICS, Figure

bp = Blueprint("api", __name__, url_prefix="/api/v1")
pages = Blueprint("developers", __name__)
CLIENTS, EXAMPLES = (Path(__file__).parents[2] / name for name in ("clients", "examples"))
#: What each example shows; the names stand in addresses.
SHOWN = {
    "regression.py": _l("A trend over groups: least squares that knows the noise"),
    "measurement_error.py": _l("A noisy figure as the cause of something"),
    "error_propagation.py": _l("A share made of figures, with its interval"),
    "in_duckdb.py": _l("SQL over a table"),
    "regression.R": _l("A trend, in R"),
}
bp.before_request(access.identify)
bp.after_request(access.tell)
PAGE = 50
MOST_COVARIANCES = 60
#: Tables of which the price is told to whoever asks, and for a token of one's own orders.
MOST_FOR_ANYBODY = 100
RATE = 0.05
#: How JSON writes a NUL byte: behind an even number of backslashes, else it is those letters.
ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
OPERATIONS: list[Operation] = []

KEY = Parameter("key", "The key of a table, as it stands in lists.", "path")
EDITION = Parameter("edition", "The id of an edition.", "path")
CHOOSING = (
    Parameter("statistic", "What to tell; several apart by commas.", many=True, values=STATISTICS),
    Parameter("measure", "Of which number; needed where a table has several."),
    Parameter("over", "Columns to sum over.", many=True),
    Parameter("where[column]", "Only these values of a column, apart by commas."),
    Parameter("groups[column]", "Groups of its values: `young:a,b;old:c,d`."),
)


def operation(method: str, path: str, about: str, **more: Any) -> Callable[[Any], Any]:
    """Register a view: its address, and what the description says of it."""

    def register(view: Any) -> Any:
        OPERATIONS.append(Operation(method, f"/api/v1{path}", view.__name__, about, **more))
        rule = path.replace("{", "<").replace("}", ">")
        # Counted by token or address before anything else, and without any form or cookie.
        marked = signed_by_sender(unlimited(view))
        bp.add_url_rule(rule, view.__name__, marked, methods=[method])
        return view

    return register


@bp.get("/openapi.json")
@unlimited
def openapi() -> Response:
    server = url_for("pages.home", _external=True).rstrip("/")
    return answers.answer(description.description(OPERATIONS, server), public=True)


@pages.get("/developers")
def guide() -> str:
    server = url_for("pages.home", _external=True).rstrip("/")
    return render_template("api/guide.html", operations=OPERATIONS, server=server, examples=SHOWN)


@pages.get("/developers/try")
def try_out() -> str:
    return render_template("api/try.html")


@pages.get("/clients/moisson.py")
def client() -> Response:
    return send_from_directory(CLIENTS, "moisson.py", mimetype="text/x-python")


@pages.get("/examples/<file_name>")
def example(file_name: str) -> Response:
    if file_name not in SHOWN:
        raise NotFound(_l("There is no such page, or it is not yours."))
    return send_from_directory(EXAMPLES, file_name, mimetype="text/plain")


@operation(
    "GET",
    "/editions",
    "List released editions, newest first.",
    parameters=(
        Parameter("q", "Words to look for."),
        Parameter("topic", "Only of this topic."),
        Parameter("purpose", "Only what is sold for this.", values=tuple(Purpose)),
        Parameter("cursor", "Where the last page ended."),
    ),
    answer=shapes.Editions,
)
def editions() -> Response:
    purpose = request.args.get("purpose", "")
    if purpose and purpose not in set(Purpose):
        raise Invalid(f"There is no purpose {purpose!r}; there are {', '.join(Purpose)}.")
    sought = Search(
        request.args.get("q", "")[:100],
        request.args.get("topic", "")[:40],
        purpose,
        after=After.parse(request.args.get("cursor", "")),
    )
    found = lists.every(sought, PAGE + 1)
    page, more = found[:PAGE], len(found) > PAGE
    return answers.answer(
        shapes.Editions(
            editions=[_summary(one) for one in page],
            next=str(After(page[-1].id, page[-1].id, page[-1].id)) if more else None,
        ),
        public=True,
    )


@operation(
    "GET",
    "/editions/{edition}",
    "Show a released edition with its tables and prices.",
    parameters=(EDITION,),
    answer=shapes.Edition,
)
def edition(edition: str) -> Response:
    return answers.answer(_edition(releases.release(edition)), public=True)


@operation(
    "GET",
    "/editions/{edition}/privacy",
    "Say how the people behind an edition are protected.",
    parameters=(EDITION,),
    answer=dict,
)
def privacy(edition: str) -> Response:
    return answers.answer(release_facts(releases.release(edition)), public=True)


@operation(
    "GET",
    "/collections/{collection}",
    "Show the public rules of a collection.",
    parameters=(Parameter("collection", "The id of a collection.", "path"),),
    answer=dict,
)
def collection(collection: str) -> Response:
    rules = collections.seen_by("", collection, operator=False)
    return answers.answer(
        {
            "id": rules.id,
            "title": rules.title,
            "description": rules.description,
            "topic": rules.topic,
            "person": rules.person,
            "one_contribution": rules.record,
            "schema": rules.schema.to_dict(),
            "epsilon": rules.epsilon,
            "at_most_right_guesses_of_100": round(rules.guesses, 1),
            "minimum_people": rules.minimum_people,
            "purposes": sorted(rules.purposes),
            "editions": [one.id for one in releases.editions_of(rules) if one.published_at],
        },
        public=True,
    )


@operation("GET", "/price-book", "Show the price book in force.", answer=dict)
def book() -> Response:
    return answers.answer(price_book().to_dict(), public=True)


@operation(
    "GET",
    "/price-books/{version}",
    "Show any price book that was ever in force.",
    parameters=(Parameter("version", "Its version.", "path"),),
    answer=dict,
)
def old_book(version: str) -> Response:
    return answers.answer(prices.book(version).to_dict(), public=True)


@operation(
    "GET",
    "/rarity",
    "Tell how rare what each collection asks is, and how that changed.",
    answer=shapes.RarityIndex,
)
def rarity() -> Response:
    found = rarity_index()
    return answers.answer(
        shapes.RarityIndex(
            book=price_book().version,
            collections=found.collections,
            rarest=[
                shapes.RareCollection(
                    collection=one.rules.id,
                    title=one.rules.title,
                    topic=one.rules.topic,
                    answering=one.answering,
                    of_topic=one.total,
                    factor=one.factor,
                )
                for one in found.standings
            ],
            moments=[
                shapes.RarityMoment(at=one.at.isoformat(), number=one.number, topics=one.index)
                for one in found.moments
            ],
            first_factor=found.first_factor,
            topics_without_release=[*found.missing],
        ),
        public=True,
    )


@operation(
    "POST",
    "/quotes",
    "Say what tables cost together; nothing is bought.",
    body=shapes.Bundle,
    answer=shapes.Quoted,
)
def quote() -> Response:
    sent = _body(shapes.Bundle)
    known = access.reads_orders()
    actor = access.reader(Scope.ORDERS) if known else access.NOBODY
    owned = holdings.owned(actor.user_id) if known else frozenset()
    most = bundles.MOST if known else MOST_FOR_ANYBODY
    found = bundles.composed(actor.user_id, owned, sent.products[:most])
    sold = all(offered(one.view) for one in found.chosen)
    gone = _("A release in this bundle is not sold any more. Take it out.")
    return answers.answer(
        shapes.Quoted(
            products=[str(key) for key in found.keys],
            price=_price(found.quote.total) if found.quote is not None and sold else None,
            problem=found.problem if sold else gone,
            book=price_book().version,
            page=url_for("orders.bundle", _external=True),
        )
    )


@operation(
    "GET", "/orders", "List one's own orders.", scope=Scope.ORDERS.value, answer=shapes.Orders
)
def own_orders() -> Response:
    actor = access.reader(Scope.ORDERS)
    lines = [
        shapes.OrderLine(
            id=one.id,
            state=one.state.value,
            purpose=one.purpose.value,
            total=_price(one.total),
            created_at=one.created_at.isoformat(),
            paid_at=one.paid_at.isoformat() if one.paid_at else None,
            products=[str(key) for key in one.products],
        )
        for one in orders.of_buyer(actor.user_id)
    ]
    return answers.answer(shapes.Orders(orders=lines))


@operation(
    "GET",
    "/tables",
    "List the tables that the token reads.",
    scope=Scope.TABLES.value,
    answer=shapes.OwnedTables,
)
def tables() -> Response:
    actor = access.reader(Scope.TABLES)
    only = access.only_edition()
    keys = sorted(key for key in holdings.held(actor.user_id) if only in ("", key.edition))
    found = [
        shapes.Owned(
            key=str(product.key),
            edition=product.key.edition,
            title=view.rules.title,
            columns=[*product.marginal],
            tier=product.tier.name,
            files={
                kind: url_for("api.file", key=str(product.key), kind=kind, _external=True)
                for kind in FORMATS
            },
        )
        for view, product in queries.found_all(keys)
    ]
    return answers.answer(shapes.OwnedTables(tables=found))


@operation(
    "GET",
    "/tables/{key}.{kind}",
    "Fetch a table as a file.",
    parameters=(KEY, Parameter("kind", "Its format.", "path", values=tuple(FORMATS))),
    scope=Scope.TABLES.value,
)
def file(key: str, kind: str) -> Response:
    one = _owned(key)
    if kind not in FORMATS:
        raise NotFound(f"There is no format {kind!r}; there are {', '.join(FORMATS)}.")
    tag = answers.tag_of(one.view.digest, key, kind)
    same = answers.known(tag)
    if same is not None:
        return same
    chosen, made = FORMATS[kind], files.content(one.view, one.product)
    return answers.file(chosen.write(made), chosen.media_type, f"{made.name}.{kind}", tag)


@operation(
    "GET",
    "/tables/{key}/noise",
    "Show all that there is to know of a table's noise.",
    parameters=(KEY,),
    scope=Scope.TABLES.value,
    answer=dict,
)
def noise(key: str) -> Response:
    one = _owned(key)
    return answers.answer(
        {
            **noise_facts(one.view, one.product),
            "facts": table_facts(one.view, one.product),
            "level": LEVEL,
        }
    )


@operation(
    "GET",
    "/tables/{key}/rollup",
    "Group, filter and sum up a table, with exact intervals.",
    parameters=(
        KEY,
        *CHOOSING,
        Parameter("covariance", "Also their covariances.", values=("true",)),
    ),
    scope=Scope.TABLES.value,
    answer=shapes.RolledUp,
)
def roll_up(key: str) -> Response:
    one = _owned(key)
    ask = asked.read(request.args.to_dict(flat=False), one.table)
    return _rolled(one, ask, request.args.get("covariance") == "true")


@operation(
    "POST",
    "/tables/{key}/rollup",
    "The same, where an address would be too long.",
    parameters=(KEY,),
    scope=Scope.TABLES.value,
    body=shapes.Asked,
    answer=shapes.RolledUp,
)
def roll_up_long(key: str) -> Response:
    one, sent = _owned(key), _body(shapes.Asked)
    return _rolled(one, asked.written(sent, one.table), sent.covariance)


@operation(
    "GET",
    "/tables/{key}/compare",
    "Set all groups of a table beside one of them.",
    parameters=(
        KEY,
        *CHOOSING,
        Parameter("beside", "The place of the one, from 0, as roll-up lists it."),
    ),
    scope=Scope.TABLES.value,
    answer=shapes.Comparisons,
)
def compare(key: str) -> Response:
    one = _owned(key)
    ask = asked.read(request.args.to_dict(flat=False), one.table)
    text = request.args.get("beside", "0")
    place = int(text) if text.isdecimal() and len(text) < 6 else -1
    found = service.beside(one, ask, place)
    names = [cell.name for cell in service.cells(one, ask)]
    pairs = [(name, each) for name, each in zip(names, found, strict=True) if each is not None]
    return _compared(one, ask, str(place), [(dict(name), each) for name, each in pairs])


@operation(
    "GET",
    "/tables/{key}/changes",
    "Say what changed since another edition that one owns.",
    parameters=(KEY, *CHOOSING, Parameter("since", "The key of the other edition's table.")),
    scope=Scope.TABLES.value,
    answer=shapes.Comparisons,
)
def changes(key: str) -> Response:
    one = _owned(key)
    ask = asked.read(request.args.to_dict(flat=False), one.table)
    since = request.args.get("since", "")
    actor = access.reader(Scope.TABLES)
    only = access.only_edition()
    keys = [product.key for _, product in service.earlier(actor, one)]
    # A token of one edition is told of no other.
    others = {str(key) for key in keys if only in ("", key.edition)}
    if since not in others:
        raise Invalid(f"Give `since`, one of: {', '.join(sorted(others)) or 'none that you own'}.")
    found = service.since(one, _owned(since), ask)
    return _compared(one, ask, since, [(dict(each.figure.cell), each) for each in found])


def _owned(key: str) -> Owned:
    parsed = ProductKey.parse(key)
    return service.owned(access.reader(Scope.TABLES, parsed.edition), parsed)


def _body(shape: type[Any]) -> Any:
    """Read the body as a shape.

    Raises
    ------
    Invalid
        For what is no such JSON; says where.
    """
    sent = request.get_data()
    if ESCAPED_NUL.search(sent):
        raise Invalid("The body is not what is asked for: it holds a NUL byte.")
    try:
        return msgspec.json.decode(sent, type=shape)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"The body is not what is asked for: {error}.") from error


def _rolled(one: Owned, ask: Ask, covariance: bool) -> Response:
    found = service.rolled(one, ask)
    spread = None
    if covariance:
        cells = service.cells(one, ask)
        plain = ask.statistics[0] in ("contributions", "sum") and len(ask.statistics) == 1
        if len(cells) > MOST_COVARIANCES or not plain:
            raise Invalid(
                f"Covariances are told of at most {MOST_COVARIANCES} contributions or sums."
            )
        measure = ask.measure if ask.statistics[0] == "sum" else None
        spread = rollup.covariances(cells, measure).tolist()
    return answers.answer(
        shapes.RolledUp(
            table=str(one.product.key),
            release_sha256=one.view.digest,
            figures=[_figure(one, each) for each in found],
            covariance=spread,
        )
    )


def _compared(
    one: Owned, ask: Ask, beside: str, found: list[tuple[dict[str, str], Beside]]
) -> Response:
    return answers.answer(
        shapes.Comparisons(
            table=str(one.product.key),
            beside=beside,
            statistic=ask.statistics[0],
            false_discoveries_at_most=RATE,
            comparisons=[
                shapes.Compared(
                    cell=cell,
                    difference=_figure(one, each.figure),
                    ratio=None if each.ratio is None else [*each.ratio],
                    told_apart_of_all=each.named,
                )
                for cell, each in found
            ],
        )
    )


def _figure(one: Owned, each: Figure) -> shapes.Figure:
    return shapes.Figure(
        cell=dict(each.cell),
        statistic=each.statistic,
        measure=each.measure,
        unit=service.unit_of(one, each),
        value=each.value,
        sd=each.sd,
        low=each.low,
        high=each.high,
        level=LEVEL,
        distinct=each.distinct,
        cells=each.cells,
    )


def _summary(one: Entry) -> shapes.EditionSummary:
    return shapes.EditionSummary(
        id=one.edition_id,
        collection=one.collection_id,
        title=wording.entry_title(one),
        number=one.number,
        period=one.period,
        topic=one.topic,
        published_at=one.published_at.isoformat(),
        people=one.people,
        tables=one.tables,
        price_from=_price(Money(one.price_micros, one.currency)),
        purposes=sorted(one.purposes),
        page=url_for("catalog.release", edition_id=one.edition_id, _external=True),
    )


def _edition(view: ReleaseView) -> shapes.Edition:
    people = products.people(view)
    return shapes.Edition(
        id=view.edition.id,
        collection=view.rules.id,
        title=view.rules.title,
        description=view.rules.description,
        number=view.edition.number,
        period=view.edition.period,
        published_at=_published(view),
        people=people.value,
        people_low=people.low,
        people_high=people.high,
        purposes=sorted(view.edition.purposes),
        columns=_columns(view),
        privacy=release_facts(view),
        tables=[
            shapes.Offered(
                columns=[*row.table.dimensions],
                measures=[*row.table.measures],
                cells=row.table.cells,
                levels=[
                    shapes.Level(
                        key=str(product.key),
                        tier=product.tier.name,
                        price=_price(price),
                        noise_sd_of_a_count=product.sd,
                    )
                    for product, price in row.offers
                ],
            )
            for row in (queries.priced(view) if offered(view) else ())
        ],
        page=url_for("catalog.release", edition_id=view.edition.id, _external=True),
    )


def _columns(view: ReleaseView) -> list[dict[str, Any]]:
    whole = view.rules.schema.to_dict()
    return [{**one, "kind": kind} for kind in ("dimensions", "measures") for one in whole[kind]]


def _published(view: ReleaseView) -> str:
    return view.edition.published_at.isoformat() if view.edition.published_at else ""


def _price(amount: Money) -> shapes.Price:
    return shapes.Price(micros=amount.micros, cents=amount.cents_up(), currency=amount.currency)


def install(app: Flask) -> None:
    """Add the interface to an application."""
    app.register_blueprint(bp)
    app.register_blueprint(pages)
