"""Editions as catalogues of public bodies read them: DCAT-AP 3."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask_babel import format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.collections.texts import tier_name
from app.openness.description import Description, TableFacts
from app.openness.linked import Node, decimal, moment, node, ref, said, typed
from app.openness.offers import offer, offer_id
from app.openness.site import Site
from app.openness.wording import Both, both, both_each

AUTHORITY = "http://publications.europa.eu/resource/authority"
CSV = f"{AUTHORITY}/file-type/CSV"
CSV_MEDIA = "https://www.iana.org/assignments/media-types/text/csv"
RESTRICTED = f"{AUTHORITY}/access-right/RESTRICTED"
LANGUAGES = tuple(f"{AUTHORITY}/language/{code}" for code in ("ENG", "FRA"))
#: The themes of European catalogues, as they are called there.
THEMES = {
    "ECON": _l("Economy and finance"),
    "EDUC": _l("Education, culture and sport"),
    "ENER": _l("Energy"),
    "HEAL": _l("Health"),
    "SOCI": _l("Population and society"),
    "TRAN": _l("Transport"),
}
#: Which of them our topics belong to.
TOPIC_THEMES = {
    "shopping": "ECON",
    "work": "SOCI",
    "health": "HEAL",
    "mobility": "TRAN",
    "energy": "ENER",
    "leisure": "EDUC",
    "home": "SOCI",
    "other": "SOCI",
}


@dataclass(frozen=True)
class Page:
    """A page of the whole catalogue.

    Attributes
    ----------
    number, last : int
        From 1.
    ending : str
        Of the addresses of pages: jsonld or ttl.
    """

    number: int
    last: int
    ending: str

    def address(self, site: Site, number: int) -> str:
        """Return the address of a page in the same form."""
        return f"{site.catalogue}.{self.ending}?page={number}"


def edition(about: Description) -> list[Node]:
    """Return an edition with all that it points at."""
    return [*_edition(about), _series(about), *_shared(about.site, [about])]


def catalogue(site: Site, listed: Sequence[Description], page: Page) -> list[Node]:
    """Return a page of the catalogue, each edition whole: harvesters follow no addresses."""
    series = {about.collection_id: _series(about) for about in listed}
    name = both(lambda: _("Editions of %(name)s", name=site.publisher))
    text = both(
        lambda: _(
            "Tables with random noise about everyday life. They are made of what people gave "
            "and are paid for; each person is protected."
        )
    )
    return [
        node(
            site.catalogue,
            "dcat:Catalog",
            dct_title=said(name),
            dct_description=said(text),
            dct_publisher=ref(site.agent),
            dct_language=[ref(language) for language in LANGUAGES],
            foaf_homepage=ref(f"{site.base}/"),
            dcat_dataset=[ref(about.address) for about in listed],
            dcat_service=ref(site.interface),
        ),
        _paging(site, page),
        *series.values(),
        *(each for about in listed for each in _edition(about)),
        *_shared(site, listed),
    ]


def _paging(site: Site, page: Page) -> Node:
    def to(number: int) -> Node | None:
        return ref(page.address(site, number)) if 1 <= number <= page.last else None

    return node(
        page.address(site, page.number),
        ["hydra:PartialCollectionView", "hydra:PagedCollection"],
        hydra_first=to(1),
        hydra_previous=to(page.number - 1),
        hydra_next=to(page.number + 1),
        hydra_last=to(page.last),
    )


def _edition(about: Description) -> Iterable[Node]:
    yield node(
        about.address,
        "dcat:Dataset",
        dct_identifier=about.address,
        adms_identifier=[
            {"@type": "adms:Identifier", "skos:notation": f"sha256:{about.digest}"},
        ],
        dct_title=said(about.title),
        dct_description=said(about.about),
        dct_publisher=ref(about.site.agent),
        dct_issued=moment(about.issued),
        dct_language=[ref(language) for language in LANGUAGES],
        dct_accessRights=ref(RESTRICTED),
        dcat_version=about.version,
        dcat_contactPoint=ref(f"{about.site.base}/#contact"),
        dcat_keyword=[word for words in about.keywords for word in said(words)],
        dcat_theme=ref(_theme(about)),
        dct_temporal=_month(about),
        dcat_landingPage=ref(f"{about.address}#tables"),
        dcat_inSeries=ref(about.site.collection(about.collection_id)),
        odrl_hasPolicy=[ref(offer_id(about, purpose)) for purpose in about.purposes],
        prov_wasGeneratedBy=ref(f"{about.address}#measurement"),
        dpv_hasTechnicalMeasure=ref(f"{about.address}#dp"),
        dcat_distribution=[ref(_distribution_id(about, table)) for table in about.tables],
    )
    yield node(f"{about.address}#tables", "foaf:Document")
    levels = both_each(lambda: _levels(about.tables))
    yield from (
        _distribution(about, table, text) for table, text in zip(about.tables, levels, strict=True)
    )
    yield from (_description_of(about, table) for table in about.tables)
    yield from (offer(about, purpose) for purpose in about.purposes)
    yield node(
        f"{about.address}#measurement",
        "prov:Activity",
        rdfs_label=said(both(lambda: _("Measurement with differential privacy"))),
        prov_endedAtTime=moment(about.issued),
    )
    yield measure(about)


def measure(about: Description) -> Node:
    """Return how each person is protected, in the Data Privacy Vocabulary and our own."""
    facts = about.privacy
    return node(
        f"{about.address}#dp",
        "dpv:DifferentialPrivacy",
        mo_epsilon=decimal(facts.epsilon),
        mo_delta=typed(repr(facts.delta), "xsd:double"),
        mo_rho=decimal(facts.rho),
        mo_privacyUnit=said(facts.unit),
        mo_contributionBound=typed(facts.bound, "xsd:integer"),
        mo_mechanism=facts.noise,
        mo_guesses=decimal(facts.guesses),
        mo_level=decimal(facts.level),
    )


def _month(about: Description) -> Node | None:
    if about.days is None:
        return None
    first, last = about.days
    return {
        "@type": "dct:PeriodOfTime",
        "dcat:startDate": typed(first.isoformat(), "xsd:date"),
        "dcat:endDate": typed(last.isoformat(), "xsd:date"),
    }


def _distribution_id(about: Description, table: TableFacts) -> str:
    return f"{about.address}#distribution-{table.place}"


def _croissant(about: Description, table: TableFacts) -> str:
    return f"{about.address}/{table.finest.key}/croissant.json"


def _distribution(about: Description, table: TableFacts, levels: Both) -> Node:
    """Return a table: all its levels of accuracy together, as they stand on the page."""
    return node(
        _distribution_id(about, table),
        "dcat:Distribution",
        dct_title=said(table.title),
        dct_description=said(levels),
        # Each has its own: udata takes those with the same address for one.
        dcat_accessURL=ref(f"{about.address}#table-{table.place}"),
        dcat_accessService=ref(about.site.interface),
        dct_license=ref(about.site.licences),
        dct_format=ref(CSV),
        dcat_mediaType=ref(CSV_MEDIA),
        foaf_page=ref(_croissant(about, table)),
        mo_noiseSd=decimal(table.finest.sd),
    )


def _description_of(about: Description, table: TableFacts) -> Node:
    return node(_croissant(about, table), "foaf:Document")


def _levels(tables: Sequence[TableFacts]) -> Iterable[str]:
    """Say how large each table is and how exact at each level."""
    names = {one.tier.name: tier_name(one.tier.name) for one in tables[0].levels}
    for table in tables:
        levels = " · ".join(
            f"{names[one.tier.name]} {format_decimal(one.sd, '0.0')}" for one in table.levels
        )
        yield _(
            "Cells: %(cells)s. Standard deviation of the noise of a count: %(levels)s.",
            cells=table.finest.cells,
            levels=levels,
        )


def _series(about: Description) -> Node:
    return node(
        about.site.collection(about.collection_id),
        "dcat:DatasetSeries",
        dct_title=said(about.collection_title),
        dct_description=said(about.question),
        dct_publisher=ref(about.site.agent),
    )


def _theme(about: Description) -> str:
    return f"{AUTHORITY}/data-theme/{TOPIC_THEMES[about.topic]}"


def _shared(site: Site, listed: Sequence[Description]) -> Iterable[Node]:
    """Say what the things are that editions point at, so that a document stands on its own."""
    yield node(
        site.agent,
        "foaf:Agent",
        foaf_name=site.publisher,
        foaf_homepage=ref(f"{site.base}/"),
    )
    yield node(
        f"{site.base}/#contact",
        ["vcard:Kind", "vcard:Organization"],
        vcard_fn=site.publisher,
        vcard_hasURL=ref(f"{site.base}/"),
    )
    yield node(f"{site.base}/", "foaf:Document")
    yield node(
        site.interface,
        "dcat:DataService",
        dct_title=said(both(lambda: _("Interface for programs of buyers"))),
        dcat_endpointURL=ref(site.interface),
        dcat_endpointDescription=ref(f"{site.interface}/openapi.json"),
    )
    yield node(site.licences, "dct:LicenseDocument")
    yield node(RESTRICTED, "dct:RightsStatement")
    yield node(CSV, "dct:MediaTypeOrExtent")
    yield node(CSV_MEDIA, "dct:MediaType")
    yield from (node(language, "dct:LinguisticSystem") for language in LANGUAGES)
    yield from (_theme_node(theme) for theme in sorted({_theme(about) for about in listed}))


def _theme_node(theme: str) -> Node:
    name = THEMES[theme.rpartition("/")[2]]
    return node(theme, "skos:Concept", skos_prefLabel=said(both(lambda: name)))
