"""Finding the categories of a column: its public terms, its life, and what pages show of it."""

import json
from dataclasses import dataclass
from enum import StrEnum

from flask_babel import lazy_gettext as _l

from app.categories.models import FoundCategoriesRow
from app.core.db import session
from app.core.states import step
from app.datasets.suggesting import FINDING_DELTA, FINDING_EPSILON
from privacy.loss import Rho


@dataclass(frozen=True)
class SearchTerms:
    """What finding costs each person, once; public, and computed without any row.

    Attributes
    ----------
    epsilon, delta : float
        What it stays within.
    bound : int
        Most values of one person that count.
    rho : Rho
        What is charged.
    threshold_delta : float
        What is added to delta beside.
    threshold : int
        Least noisy number of people at which a value is named.
    """

    epsilon: float
    delta: float
    bound: int
    rho: Rho
    threshold_delta: float
    threshold: int

    @property
    def stated_delta(self) -> str:
        """Delta as it is written: "1e-7"."""
        return f"{self.delta:.0e}".replace("e-0", "e-")


#: The plan of `privacy.discovery`, written down: that module draws noise, so no page loads it.
#: The worker refuses to work where the two differ.
TERMS = SearchTerms(FINDING_EPSILON, FINDING_DELTA, 1, Rho(5826), FINDING_DELTA / 2, 51)


class SearchState(StrEnum):
    """Where the finding of one column is."""

    WANTED = "wanted"
    CHARGED = "charged"
    REFUSED = "refused"
    FOUND = "found"


class SearchEvent(StrEnum):
    """What happens to it."""

    ASK = "ask"
    CHARGE = "charge"
    REFUSE = "refuse"
    FIND = "find"


_NEXT = {
    (SearchState.WANTED, SearchEvent.ASK): SearchState.WANTED,
    (SearchState.REFUSED, SearchEvent.ASK): SearchState.WANTED,
    # Charged people are not asked for twice: the work goes on where it broke off.
    (SearchState.CHARGED, SearchEvent.ASK): SearchState.CHARGED,
    (SearchState.WANTED, SearchEvent.CHARGE): SearchState.CHARGED,
    (SearchState.WANTED, SearchEvent.REFUSE): SearchState.REFUSED,
    # The noise of a charge was drawn and lost: it is charged again, or cannot be.
    (SearchState.CHARGED, SearchEvent.CHARGE): SearchState.CHARGED,
    (SearchState.CHARGED, SearchEvent.REFUSE): SearchState.REFUSED,
    (SearchState.CHARGED, SearchEvent.FIND): SearchState.FOUND,
}


def next_state(state: SearchState, event: SearchEvent) -> SearchState:
    """Return the state after an event.

    Raises
    ------
    Conflict
        When the event cannot happen in this state.
    """
    return step(_NEXT, state, event, _l("The categories of this column were found already."))


@dataclass(frozen=True)
class FindingView:
    """The finding of one column, for the owner of the dataset.

    Attributes
    ----------
    refused : str
        "paused", "ceiling", "erased", "people" (who are others than before) or empty.
    people : tuple of (str, int)
        What was found: each value with its noisy number of people.
    """

    dataset_id: str
    position: int
    column: str
    person_column: str
    state: SearchState
    refused: str
    attempt: int
    people: tuple[tuple[str, int], ...]


def subject(dataset_id: str, position: int) -> str:
    """Return what a charge for a column is called."""
    return f"categories:{dataset_id}:{position}"


def finding(dataset_id: str, position: int) -> FindingView | None:
    """Return the finding of a column, if it was ever asked for; says nothing of who may see it."""
    row = session().get(FoundCategoriesRow, (dataset_id, position))
    return None if row is None else view(row)


def charged_for(subject_of_charge: str) -> FindingView | None:
    """Return the finding that a charge paid for."""
    kind, dataset_id, position = (*subject_of_charge.split(":"), "", "")[:3]
    known = kind == "categories" and position.isdecimal()
    return finding(dataset_id, int(position)) if known else None


def view(row: FoundCategoriesRow) -> FindingView:
    """Read a row of the table."""
    return FindingView(
        row.dataset_id,
        row.position,
        row.column_name,
        row.person_column,
        SearchState(row.state),
        row.refused,
        row.attempt,
        tuple((value, count) for value, count in json.loads(row.people)),
    )
