"""The parts that people have in a team, and what each allows."""

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from app.core.permissions import Role


class Part(StrEnum):
    """What somebody does in a team."""

    OWNER = "owner"
    BUYER = "buyer"
    ANALYST = "analyst"


#: An analyst reads and composes, a buyer orders and pays, an owner says who is in the team, too.
ROLES = {
    Part.OWNER: frozenset({Role.BUYER, Role.ANALYST}),
    Part.BUYER: frozenset({Role.BUYER, Role.ANALYST}),
    Part.ANALYST: frozenset({Role.ANALYST}),
}
NAMES = {
    Part.OWNER: _l("owner"),
    Part.BUYER: _l("buyer"),
    Part.ANALYST: _l("analyst"),
}
MAY = {
    Part.OWNER: _l("does everything, and says who is in the team"),
    Part.BUYER: _l("reads, orders and pays"),
    Part.ANALYST: _l("reads what was bought, and puts tables into the bundle"),
}
