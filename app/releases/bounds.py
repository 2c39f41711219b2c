"""What each bound would have left out of a published edition: worked out once, and only read after.

It takes a plan for every bound, seconds for a large collection, so no request does it, and nothing
is locked meanwhile. It is a function of the release and of public rules alone.
"""

import json
from functools import lru_cache

from sqlalchemy import exists, select

from app.collections.rules import CollectionRules
from app.core.db import Database, session
from app.releases import queries
from app.releases.models import PublishedRelease, ReleaseBounds
from app.releases.queries import EditionView, ReleaseView
from privacy.bounds import Bounds, choices


def keep_missing(db: Database) -> None:
    """Work out the bounds of each release that has none yet: the schedule's task."""
    with db.unit_of_work(write=False):
        kept = exists().where(ReleaseBounds.edition_id == PublishedRelease.edition_id)
        missing = session().scalars(select(PublishedRelease.edition_id).where(~kept)).all()
    for edition_id in missing:
        with db.unit_of_work(write=False):
            view = queries.release(edition_id)
        # Planned before anything is locked.
        content = _content(view)
        with db.unit_of_work():
            if session().get(ReleaseBounds, edition_id) is None:
                session().add(ReleaseBounds(edition_id=edition_id, content=content))


def of_edition(edition_id: str) -> Bounds | None:
    """Return the bounds of an edition; None while they are not kept, or where there is one only."""
    kept = session().get(ReleaseBounds, edition_id)
    return None if kept is None else _read(kept.content)


def latest_of(rules: CollectionRules) -> tuple[EditionView, Bounds] | None:
    """Return the latest edition of a collection that bounds are kept of, the largest of its day."""
    shown = [one for one in queries.editions_of(rules) if one.published_at is not None]
    shown.sort(key=lambda one: (one.closed_at, one.people), reverse=True)
    for edition in shown:
        found = of_edition(edition.id)
        if found is not None:
            return edition, found
    return None


def _content(view: ReleaseView) -> str:
    # To a template nobody brings more than its bound: files and diaries are cut before.
    most = view.rules.schema.bound if view.rules.template else None
    found = choices(view.release, most=most)
    return json.dumps(None if found is None else found.to_dict(), separators=(",", ":"))


@lru_cache(maxsize=128)
def _read(content: str) -> Bounds | None:
    data = json.loads(content)
    return None if data is None else Bounds.from_dict(data)
