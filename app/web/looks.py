"""What a public page notes of itself, so that it can be counted that it was looked at.

The note says which page it was; who looked is nowhere in it. It stays with a page that is kept
in memory, so that what is handed out from there counts as what is made anew.
"""

from dataclasses import dataclass

from flask import request

from app.web.page_cache import NOTE


@dataclass(frozen=True)
class Look:
    """A public page that was shown.

    Attributes
    ----------
    edition_id : str
        Empty for the page of the collection itself.
    preview : bool
        Whether the preview of a column was asked for.
    """

    collection_id: str
    edition_id: str = ""
    preview: bool = False


def looked_at(look: Look) -> None:
    """Note which page this request shows; whose looks do not count are not noted."""
    request.environ[NOTE] = look
