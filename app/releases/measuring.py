"""Measuring an edition: count its people, and only where enough came measure it.

Two stages, each charged, then drawn, then kept. Whoever looks on learns what the noisy count says
and nothing else: the same steps are taken, and the same words said, whether none, one or few came.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa
from sqlalchemy import select

from app.collections import queries as collections
from app.collections import service as collections_service
from app.collections.rules import CollectionRules
from app.core import audit
from app.core.clock import this_hour
from app.core.db import Database, session
from app.core.permissions import SYSTEM
from app.datasets import service as datasets_service
from app.jobs.runner import Handlers
from app.releases import one_draw, rarity, shares
from app.releases.charging import Charge
from app.releases.members import (
    Sources,
    charge_all,
    give_shares,
    leave_out,
    members_of,
    sources_of,
)
from app.releases.models import (
    Edition,
    PublishedRelease,
)
from app.releases.queries import COUNT
from app.releases.states import EditionEvent, EditionState, next_state
from app.vault.errors import ObjectMissing
from app.vault.interface import Vault
from privacy.loss import Rho
from privacy.plan.counting import CountPlan
from privacy.plan.noise_plan import NoisePlan
from privacy.release import Release

JOB = "measure-edition"
#: An edition asks of each buyer at least what its collection says, but no more than this for each
#: released person: a floor set at will would make invented people dear.
FLOOR_PER_PERSON_MICROS = 100_000


class Counter(Protocol):
    """Counts people with noise; imported by the worker alone."""

    def __call__(
        self,
        rows: "EditionRows",
        sources: Sources,
        plan: CountPlan,
        before_noise: Callable[[], None],
        *,
        link: str = "",
    ) -> int:
        """Count the people of an edition; call `before_noise` before any noise is drawn.

        `link` is the edition's secret where a person in several sources is one.
        """
        ...


class Measurer(Protocol):
    """Runs the engine and draws the noise; imported by the worker alone."""

    def __call__(
        self,
        rows: "EditionRows",
        sources: Sources,
        plan: NoisePlan,
        secret: str,
        on_progress: Callable[[int], None],
        before_noise: Callable[[], None],
        *,
        linked: bool = False,
    ) -> Release:
        """Measure the files of an edition together; call `before_noise` before any is drawn."""
        ...


@dataclass(frozen=True)
class EditionRows:
    """The rows of an edition: those of an object that was erased are none."""

    vault: Vault

    def batches(self, object_id: str) -> Iterator[pa.RecordBatch]:
        """Read an object, batch by batch."""
        try:
            yield from self.vault.batches(object_id)
        except ObjectMissing:
            return


@dataclass(frozen=True)
class Measuring:
    """What a measurement needs from outside: doors, the edition secret, the ceiling.

    `listed` puts a published edition into the lists of what is on sale, in its transaction.
    """

    db: Database
    vault: Vault
    count: Counter
    measure: Measurer
    secret: str
    ceiling: Rho
    listed: Callable[[str], None]


def measure(doors: Measuring, edition_id: str, progress: Callable[[int], None]) -> None:
    """Charge, count, mark, draw, keep: first the people, then the tables.

    See `app.releases.one_draw`. Progress is told in three steps that are the same for all.
    """
    progress(10)
    with doors.db.unit_of_work(write=False):
        rules = collections.rules(session().get_one(Edition, edition_id).collection_id)
    # Planned before anything is locked, and kept for what is.
    most = _most_measuring(rules)
    _count(doors, edition_id, rules)
    progress(40)
    with doors.db.unit_of_work():
        state, attempt, sources = _charge_measuring(doors, edition_id)
    if state is not EditionState.CHARGED:
        return
    plan = rules.plan(sources=len(sources))
    if plan.rho > most:
        raise RuntimeError("the plan costs more than was charged")
    release = doors.measure(
        EditionRows(doors.vault),
        sources,
        plan,
        _edition_secret(doors.secret, edition_id),
        lambda _: None,
        lambda: _mark_drawn(doors, edition_id, attempt, EditionState.CHARGED),
        linked=bool(rules.identifier),
    )
    progress(90)
    with doors.db.unit_of_work():
        _publish(doors, edition_id, attempt, release)


def _locked(edition_id: str) -> Edition:
    chosen = select(Edition).where(Edition.id == edition_id).with_for_update()
    return session().scalars(chosen).one()


def _count(doors: Measuring, edition_id: str, rules: CollectionRules) -> None:
    """Count the people of an edition, unless that is done."""
    with doors.db.unit_of_work():
        state, attempt, plan, sources = _charge_counting(doors, edition_id)
    if state is not EditionState.COUNTING:
        return
    counted = doors.count(
        EditionRows(doors.vault),
        sources,
        plan,
        lambda: _mark_drawn(doors, edition_id, attempt, EditionState.COUNTING),
        link=_edition_secret(doors.secret, edition_id) if rules.identifier else "",
    )
    with doors.db.unit_of_work():
        _decide(doors, edition_id, attempt, counted)


def _charge_counting(
    doors: Measuring, edition_id: str
) -> tuple[EditionState, int, CountPlan, Sources]:
    """Lock, check and charge everybody for being counted; leave out whom both charges put over."""
    edition = _locked(edition_id)
    rules = collections.rules(edition.collection_id)
    members = members_of(edition_id)
    if one_draw.needs_charge(edition, EditionState.CLOSED, EditionState.COUNTING):
        edition.attempt += 1
        edition.state = next_state(EditionState(edition.state), EditionEvent.COUNT)
        cost, room = rules.count.rho, _most_measuring(rules)
        charge_all(doors, edition, members, Charge(f"{COUNT}{edition.id}", 0, cost, room=room))
        audit.record(SYSTEM.user_id, "charge-count", "edition", edition_id, rho=cost.micro)
    leave_out(doors, edition, members)
    return EditionState(edition.state), edition.attempt, rules.count, sources_of(members, rules)


def _decide(doors: Measuring, edition_id: str, attempt: int, counted: int) -> None:
    """Keep the noisy count; charge for the tables where it is enough, else carry all over."""
    edition = _locked(edition_id)
    if not one_draw.is_ours(edition, attempt, EditionState.COUNTING):
        return
    rules = collections.rules(edition.collection_id)
    edition.counted = counted
    if counted < rules.minimum_people or rules.withdrawn:
        _carry_over(edition)
        return
    _charge_tables(doors, edition, rules)


def _carry_over(edition: Edition) -> None:
    """Let everything wait for the next date."""
    edition.state = next_state(EditionState(edition.state), EditionEvent.CARRY_OVER)
    for member in members_of(edition.id):
        if not member.left_out:
            datasets_service.relist(SYSTEM, member.dataset_id)
    audit.record(SYSTEM.user_id, "carry-over", "edition", edition.id)


def _charge_tables(doors: Measuring, edition: Edition, rules: CollectionRules) -> None:
    edition.attempt += 1
    edition.state = next_state(EditionState(edition.state), EditionEvent.CHARGE)
    rho = _most_measuring(rules)
    charge_all(doors, edition, members_of(edition.id), Charge(f"edition:{edition.id}", 0, rho))
    audit.record(SYSTEM.user_id, "charge-privacy", "edition", edition.id, rho=rho.micro)


def _charge_measuring(doors: Measuring, edition_id: str) -> tuple[EditionState, int, Sources]:
    """Lock, and charge anew where what the last charge paid for was lost."""
    edition = _locked(edition_id)
    lost = edition.state == EditionState.CHARGED and edition.drawn == edition.attempt
    if lost:
        _charge_tables(doors, edition, collections.rules(edition.collection_id))
    members = members_of(edition_id)
    if edition.state == EditionState.CHARGED:
        leave_out(doors, edition, members)
    rules = collections.rules(edition.collection_id)
    return EditionState(edition.state), edition.attempt, sources_of(members, rules)


def _most_measuring(rules: CollectionRules) -> Rho:
    """Return what measuring costs, however many sources there are."""
    return rules.plan(sources=2).rho


def _mark_drawn(doors: Measuring, edition_id: str, attempt: int, charged: EditionState) -> None:
    one_draw.mark_drawn(doors.db, lambda: _locked(edition_id), attempt, charged)


def _publish(doors: Measuring, edition_id: str, attempt: int, release: Release) -> None:
    edition = _locked(edition_id)
    if not one_draw.is_ours(edition, attempt, EditionState.CHARGED):
        return
    rules = collections.rules(edition.collection_id)
    if rules.withdrawn and not rules.released:
        _carry_over(edition)
        return
    edition.state = next_state(EditionState(edition.state), EditionEvent.PUBLISH)
    edition.published_at = this_hour()
    edition.people = int(release.people(release.plan.tiers[0]).value)
    most = max(0, edition.people) * FLOOR_PER_PERSON_MICROS
    edition.floor_micros = min(edition.floor_micros, most)
    # Numbered one by one, so that a catalogue is named by its last number.
    edition.catalogue_number = rarity.next_catalogue()
    content = release.to_bytes()
    collections_service.mark_released(edition.collection_id)
    counted = None if edition.counted is None else (edition.counted, rules.count)
    divided = shares.divided(release, counted)
    give_shares(edition_id, divided)
    session().add(
        PublishedRelease(
            edition_id=edition_id,
            content=content,
            digest=hashlib.sha256(content).hexdigest(),
            shares_total=divided.total,
            shares_expected=divided.expected,
            micro_rho=release.plan.rho.micro,
            published_at=edition.published_at,
        )
    )
    session().flush()
    doors.listed(edition_id)
    audit.record(SYSTEM.user_id, "publish-release", "edition", edition_id)


def _edition_secret(master: str, edition_id: str) -> str:
    return hmac.new(bytes.fromhex(master), edition_id.encode(), hashlib.sha256).hexdigest()


def install_worker(handlers: Handlers, doors: Measuring) -> None:
    """Tell the worker how an edition is measured."""

    def run(payload: dict[str, Any], progress: Callable[[int], None]) -> None:
        measure(doors, payload["edition"], progress)

    handlers.add(JOB, run)
