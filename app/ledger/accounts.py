"""Names of the accounts of the book."""

PROVIDER = "provider"
PLATFORM = "platform"


def pool(edition_id: str) -> str:
    """Earned by an edition's contributors, not yet settled."""
    return f"pool:{edition_id}"


def reserve(collection_id: str) -> str:
    """Hold what the noise margin of a collection's earnings leaves."""
    return f"reserve:{collection_id}"


def contributor(user_id: str) -> str:
    """Owed to a contributor."""
    return f"contributor:{user_id}"


def transit(payout_id: str) -> str:
    """On its way to a contributor."""
    return f"transit:{payout_id}"
