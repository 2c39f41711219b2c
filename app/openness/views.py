import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, Response, g, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse

from app.catalog.products import ProductKey, product
from app.collections import queries as collections
from app.collections import wording
from app.collections.rules import TOPICS, Purpose
from app.collections.texts import topic_name
from app.core.errors import NotFound
from app.openness import citations, croissant, dcat, queries, registry, schema_org, site, sitemaps
from app.openness.description import Description, describe
from app.openness.feeds import Feed, atom
from app.openness.licences import LICENCES, VERSIONS, Licence
from app.openness.linked import Node, json_ld, turtle
from app.openness.site import Site
from app.openness.vocabulary import vocabulary
from app.openness.wording import LOCALES, spoken_in
from app.releases import queries as releases
from app.releases.queries import ReleaseView
from app.web.limits import limited
from app.web.security import same_for_everybody

bp = Blueprint("openness", __name__)
TURTLE, JSON_LD, ATOM = "text/turtle", "application/ld+json", "application/atom+xml"
#: How the same graph is written, by the ending of its address.
GRAPHS: dict[str, tuple[str, Callable[[Iterable[Node], Site], bytes]]] = {
    "jsonld": (JSON_LD, json_ld),
    "ttl": (TURTLE, turtle),
}
ENTRIES = {
    "yaml": ("application/yaml", registry.as_yaml),
    "json": ("application/json", registry.as_json),
}
SECONDS = 300
#: Pages that are there in every market.
FIXED = (
    "/",
    "/catalogue",
    "/rarity",
    "/how-a-person-is-protected",
    "/what-data-costs",
    "/words-and-purposes",
    "/licences",
    *(f"/licences/{purpose}" for purpose in Purpose),
)


def _document(content: bytes, kind: str, about: Description | None = None) -> AnyResponse:
    """Answer with metadata: any page may read it, any cache may keep it for a short time."""
    answer = Response(content, mimetype=kind)
    answer.set_etag(hashlib.sha256(content).hexdigest()[:32])
    answer.headers["Cache-Control"] = f"public, max-age={SECONDS}"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Access-Control-Expose-Headers"] = "ETag, Link"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if about is not None:
        answer.headers["Link"] = f'<{about.address}>; rel="cite-as"'
    return answer.make_conditional(request)


def _graph(nodes: list[Node], graph: str, about: Description | None = None) -> AnyResponse:
    kind, write = GRAPHS[graph]
    return _document(write(nodes, site.present()), kind, about)


def _language() -> str:
    """Return the language that the address asks for: documents are the same for everybody."""
    asked = request.args.get("language", "")
    return asked if asked in LOCALES else "en"


@bp.get("/catalogue.<any(jsonld, ttl):graph>")
@same_for_everybody
@limited("60/minute")
def catalogue(graph: str) -> AnyResponse:
    asked = request.args.get("page", "1")
    number = int(asked) if asked.isdecimal() and len(asked) < 8 else 0
    listed = queries.page(number, site.present())
    page = dcat.Page(number, queries.pages(), graph)
    return _graph(dcat.catalogue(site.present(), listed, page), graph)


@bp.get("/catalogue/<edition_id>.<any(jsonld, ttl):graph>")
@same_for_everybody
def edition(edition_id: str, graph: str) -> AnyResponse:
    about = queries.described(edition_id, site.present())
    return _graph(dcat.edition(about), graph, about)


@bp.get("/catalogue/<edition_id>/dp-deployment.<any(yaml, json):notation>")
@same_for_everybody
def deployment(edition_id: str, notation: str) -> AnyResponse:
    about = queries.described(edition_id, site.present())
    kind, write = ENTRIES[notation]
    return _document(write(about), kind, about)


@bp.get("/catalogue/<edition_id>/citation.<any(txt, bib, 'csl.json', ris):style>")
@same_for_everybody
def citation(edition_id: str, style: str) -> AnyResponse:
    about = queries.described(edition_id, site.present())
    form = citations.FORMS[style]
    return _document(form.write(about, _language()).encode(), form.kind, about)


@bp.get("/catalogue/<edition_id>/<key>/croissant.json")
@same_for_everybody
def table(edition_id: str, key: str) -> AnyResponse:
    about = queries.described(edition_id, site.present())
    chosen = product(releases.release(edition_id), _key(edition_id, key))
    file_url = about.site.base + url_for("api.file", key=key, kind="csv")
    cite_as = citations.bibtex(about, "en")
    return _document(croissant.croissant(about, chosen, file_url, cite_as), JSON_LD, about)


def _key(edition_id: str, text: str) -> ProductKey:
    key = ProductKey.parse(text)
    if key.edition != edition_id:
        raise NotFound(_l("There is no such table."))
    return key


@bp.get("/ns/dp")
@same_for_everybody
def terms() -> AnyResponse:
    return _graph(vocabulary(site.present()), "ttl")


@bp.get("/feeds/editions.atom")
@same_for_everybody
def feed() -> AnyResponse:
    topic, collection_id = request.args.get("topic", ""), request.args.get("collection", "")
    if topic and topic not in TOPICS:
        raise NotFound(_l("There is no such page, or it is not yours."))
    locale = _language()
    with spoken_in(locale):
        title, about = _("New editions"), "all"
        if topic:
            title, about = f"{title}: {topic_name(topic)}", f"topic/{topic}"
        if collection_id:
            rules = collections.seen_by("", collection_id)
            title, about = f"{title}: {wording.title(rules)}", f"collection/{collection_id}"
        entries = queries.newest(topic, collection_id)
    own: dict[str, Any] = {
        name: value
        for name, value in (
            ("topic", topic),
            ("collection", collection_id),
            ("language", locale if "language" in request.args else ""),
        )
        if value
    }
    address = site.present().base + url_for("openness.feed", **own)
    found = Feed(address, about, title, locale, entries)
    return _document(atom(found, site.present()), ATOM)


@bp.get("/sitemap.xml")
@same_for_everybody
@limited("60/minute")
def sitemap() -> AnyResponse:
    asked = request.args.get("page")
    page = int(asked) if asked and asked.isdecimal() and len(asked) < 8 else None
    addresses = queries.public_addresses(site.present(), FIXED)
    written = sitemaps.sitemap(addresses, site.present(), page)
    if written is None:
        raise NotFound(_l("There is no such page, or it is not yours."))
    return _document(written, "application/xml")


@bp.get("/robots.txt")
@same_for_everybody
def robots() -> AnyResponse:
    return _document(sitemaps.robots(site.present()), "text/plain")


@bp.get("/licences")
def licences() -> str:
    return render_template("openness/licences.html", licences=LICENCES.values())


@bp.get("/licences/<purpose>")
def licence(purpose: str) -> str:
    if purpose not in set(Purpose):
        raise NotFound(_l("There is no such page, or it is not yours."))
    return _licence(LICENCES[Purpose(purpose)])


@bp.get("/licences/<purpose>/<int(max=9999):number>")
def licence_version(purpose: str, number: int) -> str:
    for one in VERSIONS:
        if (one.purpose, one.version) == (purpose, number):
            return _licence(one)
    raise NotFound(_l("There is no such page, or it is not yours."))


def _licence(chosen: Licence) -> str:
    mine = str(get_locale())
    return render_template(
        "openness/licence.html",
        licence=chosen,
        common=chosen.common,
        other=next(locale for locale in LOCALES if locale != mine),
        spoken_in=_said_in,
    )


def _said_in(locale: str, text: Any) -> str:
    with spoken_in(locale):
        return str(text)


@dataclass(frozen=True)
class OpenFacts:
    """What the page of an edition shows to programs, and to people who cite it."""

    about: Description
    locale: str

    @property
    def dataset(self) -> dict[str, Any]:
        """The block for search engines."""
        return schema_org.dataset(self.about, self.locale)

    @property
    def cited(self) -> list[tuple[str, citations.Form, str]]:
        """Each form of citation: the ending of its file, the form, the text."""
        return [
            (ending, form, form.write(self.about, self.locale).strip())
            for ending, form in citations.FORMS.items()
        ]


def open_facts(view: ReleaseView) -> OpenFacts | None:
    """Return what the page of an edition shows; None where it is not in the catalogue."""
    place = view.edition.id, str(get_locale())
    # The head of the page asks, and its body.
    made: dict[tuple[str, str], OpenFacts | None] = g.setdefault("open_facts", {})
    if place not in made:
        made[place] = _facts_of(view)
    return made[place]


def _facts_of(view: ReleaseView) -> OpenFacts | None:
    if not queries.offered(view):
        return None
    about = describe(view, site.present())
    g.links = _links(about)
    return OpenFacts(about, str(get_locale()))


def _links(about: Description) -> list[str]:
    """Say in the headers where programs find what a page is about (Signposting)."""
    described = {f"{about.address}.{graph}": kind for graph, (kind, _) in GRAPHS.items()}
    described |= {
        f"{about.address}/dp-deployment.{notation}": kind for notation, (kind, _) in ENTRIES.items()
    }
    return [
        f'<{about.address}>; rel="cite-as"',
        *(f'<{url}>; rel="describedby"; type="{kind}"' for url, kind in described.items()),
        *(f'<{about.licence(purpose)}>; rel="license"' for purpose in about.purposes),
    ]


def install(app: Flask) -> None:
    """Add these pages to an application, and what others show of it."""

    @app.after_request
    def point(response: Response) -> Response:
        for link in g.pop("links", ()):
            response.headers.add("Link", link)
        return response

    app.context_processor(lambda: {"open_facts": open_facts})
    app.register_blueprint(bp)
