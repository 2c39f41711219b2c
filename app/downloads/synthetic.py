"""Synthetic rows from the tables of an edition that somebody owns, at no further price.

They are post-processing of what was bought: whoever owns the tables could make them alone. They
are made by a job, once for each set of tables, and kept.

The library beneath is optional (extra `synthetic`). Where it is missing nothing is offered, and a
job that was asked for all the same ends with an answer.
"""

import hashlib
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.catalog.products import ProductKey, product, table
from app.core.db import Database, session
from app.core.errors import Conflict, Invalid, NotFound
from app.core.permissions import Actor
from app.downloads import synthetic_files as rows
from app.downloads.models import SyntheticFile
from app.jobs import queries as jobs_queries
from app.jobs import service as jobs
from app.jobs.runner import Handlers
from app.orders import holdings
from app.releases import queries as releases
from app.releases.queries import ReleaseView
from privacy.errors import NotInstalled, PlanError
from privacy.tables.table import Table

if TYPE_CHECKING:  # The library beneath is heavy, and only the worker loads it.
    from privacy.synthetic.likeness import Likeness
    from privacy.synthetic.synthesis import SyntheticRows

JOB = "synthesise"


def N_(text: str) -> str:  # noqa: N802
    """Mark a text for translation where it is shown."""
    return text


NOT_INSTALLED = N_(
    "Synthetic rows are not available on this installation. Your tables can be downloaded as usual."
)
TOO_LARGE = N_("These tables have too many columns for synthetic rows.")


class Synthesiser(Protocol):
    """Fits, draws and compares; imported by the worker alone."""

    def __call__(
        self, tables: Sequence[Table], seed: int, on_progress: Callable[[int], None]
    ) -> "tuple[SyntheticRows, Sequence[Likeness]]":
        """Return rows that agree with the tables, and how well they do."""
        ...


@dataclass(frozen=True)
class Synthesising:
    """What making synthetic rows needs from outside."""

    db: Database
    synthesise: Synthesiser


@dataclass(frozen=True)
class SyntheticView:
    """Synthetic rows as their page shows them; no report until they are made.

    Attributes
    ----------
    problem : str
        Why they cannot be made, in the reader's language; empty where that is not known.
    """

    key: str
    view: ReleaseView
    products: tuple[ProductKey, ...]
    report: rows.Report | None
    job: jobs_queries.JobView | None
    problem: str


def offered() -> bool:
    """Say whether this installation can make synthetic rows."""
    return importlib.util.find_spec("mbi") is not None


def owned(actor: Actor, edition_id: str) -> tuple[ProductKey, ...]:
    """Return the tables of an edition that the actor holds."""
    return tuple(sorted(key for key in holdings.held(actor.user_id) if key.edition == edition_id))


def ask(actor: Actor, edition_id: str) -> str:
    """Have rows made from all tables of an edition that the actor owns; return their key.

    Raises
    ------
    NotFound
        When they own none.
    Conflict
        Where this installation cannot make them.
    """
    keys = owned(actor, edition_id)
    if not keys:
        raise NotFound(_l("You own no table of this edition."))
    if not offered():
        raise Conflict(_l(NOT_INSTALLED))
    digest = releases.release(edition_id).digest
    products = "\n".join(str(key) for key in keys)
    key = hashlib.sha256(f"{digest}\n{products}".encode()).hexdigest()
    if session().get(SyntheticFile, key) is None:
        session().add(SyntheticFile(key=key, edition_id=edition_id, products=products))
        session().flush()
    jobs.enqueue(JOB, f"{JOB}:{key}", {"key": key})
    return key


def show(actor: Actor, key: str) -> SyntheticView:
    """Return synthetic rows as their page shows them.

    Raises
    ------
    NotFound
    """
    file = _entitled(actor, key)
    job = jobs_queries.with_key(f"{JOB}:{key}")
    return SyntheticView(
        key,
        releases.release(file.edition_id),
        _products(file),
        rows.report_of(file.content) if file.content else None,
        job,
        # Any other message is the class of an error, which says nothing to a reader.
        gettext(job.message) if job and job.message in (NOT_INSTALLED, TOO_LARGE) else "",
    )


def fetch(actor: Actor, key: str) -> bytes | None:
    """Return the archive; None while it is being made.

    Raises
    ------
    NotFound
    """
    return _entitled(actor, key).content


def make(doors: Synthesising, key: str, progress: Callable[[int], None]) -> None:
    """Make the rows and keep them; whoever comes second finds them made.

    Raises
    ------
    Invalid
        Where the tables have more columns than one model can hold.
    Conflict
        Where this installation cannot make them.
    """
    with doors.db.unit_of_work(write=False):
        file = session().get_one(SyntheticFile, key)
        if file.content is not None:
            return
        view = releases.release(file.edition_id)
        tables = [table(view, product(view, each)) for each in _products(file)]
    progress(5)
    try:
        # The seed is no secret: no privacy hangs on it, only that the rows stay the same.
        made, report = doors.synthesise(tables, int(key, 16), progress)
    except PlanError:
        raise Invalid(TOO_LARGE) from None
    except NotInstalled:
        raise Conflict(NOT_INSTALLED) from None
    content = rows.archive(view, made, report)
    with doors.db.unit_of_work():
        file = session().get_one(SyntheticFile, key)
        file.content = file.content or content


def install_worker(handlers: Handlers, doors: Synthesising) -> None:
    """Tell the worker how synthetic rows are made."""

    def run(payload: dict[str, Any], progress: Callable[[int], None]) -> None:
        make(doors, payload["key"], progress)

    handlers.add(JOB, run)


def _entitled(actor: Actor, key: str) -> SyntheticFile:
    """Return a file if every table it was made from is owned still."""
    file = session().get(SyntheticFile, key)
    if file is None or any(
        holdings.entitled(actor.user_id, each) is None for each in _products(file)
    ):
        raise NotFound(_l("You do not own these tables, or one of them was refunded."))
    return file


def _products(file: SyntheticFile) -> tuple[ProductKey, ...]:
    return tuple(ProductKey.parse(text) for text in file.products.splitlines())
