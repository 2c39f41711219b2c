"""Finding the categories of a column in an uploaded file, once, at a charge."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.categories import queries as finding
from app.categories.models import FoundCategoriesRow
from app.categories.queries import (
    TERMS,
    SearchEvent,
    SearchState,
    SearchTerms,
    next_state,
)
from app.consent import queries as consent
from app.core import audit
from app.core.clock import this_hour
from app.core.db import Database, session
from app.core.errors import Conflict
from app.core.permissions import SYSTEM, Actor
from app.datasets import offering, people
from app.datasets import queries as datasets_queries
from app.datasets import service as datasets
from app.datasets.ingest.cells import is_formula
from app.datasets.understanding import OTHER
from app.jobs import service as jobs
from app.jobs.runner import Handlers
from app.releases import charging, one_draw, queries
from app.releases.charging import Charge
from app.vault.interface import Vault
from privacy.accountant import Account
from privacy.loss import Rho

if TYPE_CHECKING:
    from privacy.discovery import FoundCategories

JOB = "find-categories"
VALUE = "value"
COLUMNS = pa.schema([(name, pa.string()) for name in ("source", "person", VALUE)])
PAUSED = _l("You have paused, so nothing is charged to your people. Resume first.")
CEILING = _l("This would cross a ceiling of your privacy account. Nothing was searched.")
ERASED = _l("The rows of this dataset were erased.")
PEOPLE = _l("Another search named other people. Choose the same column for people in both.")
REASONS = {"paused": PAUSED, "ceiling": CEILING, "erased": ERASED, "people": PEOPLE}


class Finder(Protocol):
    """Runs the engine and draws the noise; imported by the worker alone."""

    def __call__(
        self,
        rows: Iterator[pa.RecordBatch],
        terms: SearchTerms,
        secret: str,
        before_noise: Callable[[], None],
    ) -> "FoundCategories":
        """Find the values of a column; call `before_noise` before any noise is drawn."""
        ...


@dataclass(frozen=True)
class Discovering:
    """What a search needs: doors, the secret that decides which values count, the ceiling."""

    db: Database
    vault: Vault
    find: Finder
    secret: str
    ceiling: Rho


@dataclass(frozen=True)
class _Search:
    dataset_id: str
    position: int
    attempt: int
    rows_object: str
    column: str
    person_column: str


def ask(
    actor: Actor,
    checking: datasets.Checking,
    ceiling: Rho,
    dataset_id: str,
    position: int,
    person_column: str,
) -> bool:
    """Have the categories of a column found; say whether they were found before, at no charge.

    Parameters
    ----------
    actor : Actor
        The dataset's owner.
    checking : app.datasets.service.Checking
        Where what was understood of the file is.
    ceiling : Rho
        The market's.
    position : int
        Of the column in the file, from 0.
    person_column : str
        The one that tells people apart.

    Raises
    ------
    NotFound
        For anybody but the owner.
    Conflict
        When nothing may be charged, or the dataset has its rules already.
    BadRules
        When something was found for other people before, or the column is no people.
    PeopleNotSure
        When the owner has to say first that the column tells people apart.
    """
    row = session().get(FoundCategoriesRow, (dataset_id, position))
    found = row is not None and row.state == SearchState.FOUND
    profiles = datasets.understood(actor, checking, dataset_id)
    if not found:
        # Whom the search protects is never guessed, nor left empty.
        answered = datasets_queries.dataset(actor, dataset_id).answers
        others = tuple(p for n, p in enumerate(profiles) if n != position)
        people.check(others, person_column, answered.get("sure", ""), somebody=True)
    uploaded = offering.uploaded_rows(actor, dataset_id)
    if row is not None and found:
        _offer(actor, row)
        return True
    offering.check_promise(uploaded.found_for, person_column)
    _check_charge(uploaded.producer_id, ceiling)
    if row is None:
        row = FoundCategoriesRow(
            dataset_id=dataset_id,
            position=position,
            column_name=profiles[position].name,
            person_column=person_column,
            state=SearchState.WANTED,
        )
        session().add(row)
    else:
        row.state, row.refused = next_state(SearchState(row.state), SearchEvent.ASK), ""
        if row.attempt == 0:
            row.person_column = person_column
    session().flush()
    jobs.enqueue(JOB, key(dataset_id, position), {"dataset": dataset_id, "position": position})
    audit.record(actor.user_id, JOB, "dataset", dataset_id)
    return False


def key(dataset_id: str, position: int) -> str:
    """Return the key of a search's job."""
    return f"{JOB}:{dataset_id}:{position}"


def _check_charge(producer_id: str, ceiling: Rho) -> None:
    """Tell at once what the worker would find out; it checks again under a lock."""
    choices = consent.choices(producer_id)
    if choices.paused:
        raise Conflict(PAUSED)
    own = choices.ceiling_micro_rho
    limit = ceiling if own is None else Rho(min(own, ceiling.micro))
    if not Account(limit, Rho(queries.spent(producer_id))).allows(TERMS.rho):
        raise Conflict(CEILING)


def find(
    doors: Discovering, dataset_id: str, position: int, progress: Callable[[int], None]
) -> None:
    """Charge, count, mark, draw, keep; see `app.releases.one_draw`.

    Raises
    ------
    Conflict
        When nothing may be charged.
    """
    with doors.db.unit_of_work():
        search, refused = _charge(doors, dataset_id, position)
    if refused:
        raise Conflict(REASONS[refused])
    if search is None:
        return
    progress(10)
    found = doors.find(
        _rows(doors.vault, search),
        TERMS,
        _secret(doors.secret, dataset_id, position),
        lambda: _mark_drawn(doors, search),
    )
    with doors.db.unit_of_work():
        _keep(search, dict(found.people))


def _locked(dataset_id: str, position: int) -> FoundCategoriesRow:
    chosen = (
        select(FoundCategoriesRow)
        .where(FoundCategoriesRow.dataset_id == dataset_id, FoundCategoriesRow.position == position)
        .with_for_update()
    )
    return session().scalars(chosen).one()


def _charge(doors: Discovering, dataset_id: str, position: int) -> tuple[_Search | None, str]:
    """Lock, check and charge; return what to search, or why not."""
    try:
        uploaded = offering.uploaded_rows(SYSTEM, dataset_id)
    except Conflict:
        uploaded = None
    row = _locked(dataset_id, position)
    if row.state in (SearchState.FOUND, SearchState.REFUSED):
        return None, row.refused
    if uploaded is None or not doors.vault.exists(uploaded.rows_object):
        return None, _refuse(row, "erased")
    if uploaded.found_for not in (None, row.person_column):
        return None, _refuse(row, "people")
    if one_draw.needs_charge(row, SearchState.WANTED, SearchState.CHARGED):
        wanted = Charge(
            finding.subject(dataset_id, position), row.attempt + 1, TERMS.rho, TERMS.threshold_delta
        )
        refused = charging.charge(doors.ceiling, doors.secret, uploaded.producer_id, wanted)
        if refused:
            return None, _refuse(row, refused)
        offering.promise(SYSTEM, dataset_id, row.person_column)
        row.attempt += 1
        row.state = next_state(SearchState(row.state), SearchEvent.CHARGE)
        audit.record(SYSTEM.user_id, "charge-privacy", "dataset", dataset_id, rho=TERMS.rho.micro)
    search = _Search(
        dataset_id,
        position,
        row.attempt,
        uploaded.rows_object,
        row.column_name,
        row.person_column,
    )
    return search, ""


def _refuse(row: FoundCategoriesRow, reason: str) -> str:
    row.state, row.refused = next_state(SearchState(row.state), SearchEvent.REFUSE), reason
    return reason


def _rows(vault: Vault, search: _Search) -> Iterator[pa.RecordBatch]:
    """Read the two columns; blank cells are no value."""
    for batch in vault.batches(search.rows_object):
        values = pc.utf8_trim_whitespace(batch.column(search.column))
        values = pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)
        people = pc.utf8_trim_whitespace(batch.column(search.person_column))
        source = pa.repeat(pa.scalar(search.dataset_id, pa.string()), batch.num_rows)
        yield pa.RecordBatch.from_arrays([source, people, values], schema=COLUMNS)


def _mark_drawn(doors: Discovering, search: _Search) -> None:
    one_draw.mark_drawn(
        doors.db,
        lambda: _locked(search.dataset_id, search.position),
        search.attempt,
        SearchState.CHARGED,
    )


def _keep(search: _Search, people: dict[str, int]) -> None:
    # The dataset is locked first, as everywhere, so that nobody waits in a circle.
    offering.lock(search.dataset_id)
    row = _locked(search.dataset_id, search.position)
    if not one_draw.is_ours(row, search.attempt, SearchState.CHARGED):
        return
    # Rules about a value, not about people: these cannot stand in a list of categories.
    named = [(v, n) for v, n in sorted(people.items()) if v != OTHER and not is_formula(v)]
    row.people, row.plan = json.dumps(named), json.dumps(asdict(TERMS))
    row.state, row.found_at = next_state(SearchState(row.state), SearchEvent.FIND), this_hour()
    _offer(SYSTEM, row)
    session().flush()
    audit.record(SYSTEM.user_id, "found-categories", "dataset", search.dataset_id)


def _offer(actor: Actor, row: FoundCategoriesRow) -> None:
    values = tuple(value for value, _ in finding.view(row).people)
    if values:
        offering.offer(actor, row.dataset_id, row.column_name, values)


def _secret(master: str, dataset_id: str, position: int) -> str:
    text = finding.subject(dataset_id, position).encode()
    return hmac.new(bytes.fromhex(master), text, hashlib.sha256).hexdigest()


def install_worker(handlers: Handlers, doors: Discovering) -> None:
    """Tell the worker how categories are found."""

    def run(payload: dict[str, Any], progress: Callable[[int], None]) -> None:
        find(doors, payload["dataset"], payload["position"], progress)

    handlers.add(JOB, run)
