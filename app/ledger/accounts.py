"""Names of the accounts of the book."""

from sqlalchemy import ColumnElement, SQLColumnExpression, func, literal

PROVIDER = "provider"
PLATFORM = "platform"
#: The market's own account at its bank.
BANK = "bank"
#: The tax in what was sold, owed to the state.
VAT = "vat"
#: What contributors gave away, until the operator hands it over.
DONATIONS = "donations"
#: Not an account: the name of the lock of whoever settles all contributors at once.
EVERYBODY = "everybody"
_CONTRIBUTOR = "contributor:"


def pool(edition_id: str) -> str:
    """Earned by an edition's contributors, not yet settled."""
    return f"pool:{edition_id}"


def reserve(collection_id: str) -> str:
    """Hold what the noise margin of a collection's earnings leaves."""
    return f"reserve:{collection_id}"


def contributor(user_id: str) -> str:
    """Owed to a contributor."""
    return f"{_CONTRIBUTOR}{user_id}"


def contributors(user_id: SQLColumnExpression[str]) -> ColumnElement[str]:
    """Return the names of contributors' accounts, put together inside the database."""
    return literal(_CONTRIBUTOR) + user_id


def user_of(account: ColumnElement[str]) -> ColumnElement[str]:
    """Return the contributor that an account's name holds, taken out inside the database."""
    return func.substr(account, len(_CONTRIBUTOR) + 1)


def transit(payout_id: str) -> str:
    """On its way to a contributor."""
    return f"transit:{payout_id}"
