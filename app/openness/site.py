"""Where this market is found, and who publishes its editions: configured once."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from app.core.config import Settings
from app.core.db import fact


@dataclass(frozen=True)
class Site:
    """The one address that all others begin with, and the publisher's name."""

    base: str
    publisher: str

    @classmethod
    def of(cls, settings: Settings) -> "Site":
        """Return the site that the settings name."""
        return cls(settings.base_url, settings.issuer_name or "Moisson")

    @property
    def host(self) -> str:
        """The name of the host alone."""
        return urlsplit(self.base).hostname or "localhost"

    @property
    def agent(self) -> str:
        """What identifies the publisher."""
        return f"{self.base}/#publisher"

    @property
    def catalogue(self) -> str:
        """The address of the catalogue."""
        return f"{self.base}/catalogue"

    @property
    def licences(self) -> str:
        """The address of all licences."""
        return f"{self.base}/licences"

    @property
    def interface(self) -> str:
        """Where programs of buyers fetch tables."""
        return f"{self.base}/api/v1"

    @property
    def terms(self) -> str:
        """What the names of our own vocabulary begin with."""
        return f"{self.base}/ns/dp#"

    def edition(self, edition_id: str) -> str:
        """Return the address of an edition, which stays."""
        return f"{self.catalogue}/{edition_id}"

    def collection(self, collection_id: str) -> str:
        """Return the address of a collection."""
        return f"{self.base}/collections/{collection_id}"

    def licence(self, purpose: str) -> str:
        """Return the address of the licence for a purpose."""
        return f"{self.licences}/{purpose}"


def present() -> Site:
    """Return the site of the present unit of work."""
    return fact(Site)
