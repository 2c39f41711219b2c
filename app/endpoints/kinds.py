from enum import StrEnum

from flask_babel import lazy_gettext as _l


class Kind(StrEnum):
    """What a program can be told of."""

    PUBLISHED = "edition.published"
    WITHDRAWN = "edition.withdrawn"
    REFUNDED = "order.refunded"
    EXPIRING = "token.expiring"
    TEST = "test"


NAMES = {
    Kind.PUBLISHED: _l("a release came into the catalogue"),
    Kind.WITHDRAWN: _l("a release was taken out of it, or corrected by another"),
    Kind.REFUNDED: _l("a purchase of mine was paid back"),
    Kind.EXPIRING: _l("a token of mine ends in a week"),
}
