"""A chain of hashes: each link holds the digest of the one before.

Whoever changes one link has to change every later one, and the last digest, which somebody else
may have written down, no longer fits.
"""

#: What the first link names as its predecessor.
GENESIS = "0" * 64


class Walk:
    """Goes along a chain from its first link and says of each whether it holds.

    Attributes
    ----------
    number : int
        Of the last link that held, 0 before the first.
    digest : str
        Its digest.
    """

    def __init__(self, number: int = 0, digest: str = GENESIS) -> None:
        self.number, self.digest = number, digest

    @property
    def next(self) -> int:
        """The number of the link that comes now."""
        return self.number + 1

    def holds(self, number: int, previous: str, digest: str, computed: str | None) -> bool:
        """Say whether a link holds, and go on behind it if it does.

        Parameters
        ----------
        number, previous, digest : int, str, str
            As the link says.
        computed : str or None
            Its digest worked out again; None where what it is about is gone.
        """
        if number != self.next or previous != self.digest or computed != digest:
            return False
        self.number, self.digest = number, digest
        return True
