"""What somebody may open while they act for a team: what is not listed is for themselves alone.

A team buys and reads. Whatever is about a person, what they give, earn, agreed to or are told,
stays theirs: they switch back first.
"""

from flask_babel import lazy_gettext as _l

from app.core.errors import Forbidden
from app.users.parts import Part

#: What a visitor reads, too.
PUBLIC = """
    assets static health.live health.ready pages.home pages.protection pages.prices pages.terms
    pages.security catalog.search catalog.release catalog.collection catalog.rarity catalog.topic
    catalog.estimate openness.catalogue openness.edition openness.deployment openness.citation
    openness.table openness.terms openness.feed openness.sitemap openness.robots openness.licences
    openness.licence openness.licence_version developers.guide developers.try_out
    developers.client developers.example
"""
#: Answers to links that were sent to somebody, to programs, and how one signs out: they look at
#: no account, or at the person's own.
OWN_PROOF = """
    users.language users.logout users.login users.login_again users.verify users.forgot
    users.reset users.signup catalog.wish notices.unsubscribe notices.leave alerts.end
    webhooks.stripe api.openapi api.editions api.edition api.privacy api.collection api.book
    api.old_book api.rarity api.quote api.own_orders api.tables api.file api.noise api.roll_up
    api.roll_up_long api.compare api.changes
    teams.listed teams.show teams.act teams.change teams.part teams.invite teams.withdraw
    teams.join
"""
READING = """
    orders.bundle orders.change orders.add orders.again orders.mine orders.show orders.came_back
    orders.check orders.look orders.invoice orders.statement orders.statement_csv
    orders.statement_pdf documents.show documents.pdf documents.quote downloads.csv
    downloads.archive downloads.table_file downloads.synthesise downloads.synthetic_rows
    downloads.synthetic_archive desk.table desk.view users.access users.end_access
"""
BUYING = """
    orders.place orders.pay orders.bill orders.cancel billing.details billing.remove reviews.write
"""
OWNING = """
    endpoints.listed endpoints.show endpoints.change teams.close
"""
#: The pages that each part opens beside what every visitor reads.
PAGES: dict[Part, frozenset[str]] = {
    Part.ANALYST: frozenset(READING.split()),
    Part.BUYER: frozenset((READING + BUYING).split()),
    Part.OWNER: frozenset((READING + BUYING + OWNING).split()),
}
READS, ANY = frozenset(PUBLIC.split()), frozenset(OWN_PROOF.split())


def check(part: Part, page: str, method: str) -> None:
    """Refuse what a part in a team does not open.

    Raises
    ------
    Forbidden
    """
    if page in ANY or page in PAGES[part] or (page in READS and method in ("GET", "HEAD")):
        return
    if page in PAGES[Part.OWNER]:
        raise Forbidden(
            _l("Your part in this team does not allow that. Ask one of its owners for another.")
        )
    raise Forbidden(
        _l(
            "You act for a team, and this page is about you alone. Act for yourself again (at the "
            "top of the page) to open it."
        )
    )
