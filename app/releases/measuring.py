"""Measuring an edition: charge, then measure, then publish."""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa
from sqlalchemy import func, select

from app.collections import queries as collections
from app.core import audit
from app.core.clock import this_hour
from app.core.db import Database, session
from app.core.permissions import SYSTEM
from app.datasets import service as datasets_service
from app.jobs.runner import Handlers
from app.ledger import service as ledger
from app.releases import charging, one_draw
from app.releases.charging import Charge
from app.releases.models import (
    Edition,
    EditionDataset,
    PublishedRelease,
)
from app.releases.states import EditionEvent, EditionState, next_state
from app.vault.interface import Vault
from pricing.split import denominator
from privacy.loss import Rho
from privacy.plan.noise_plan import NoisePlan
from privacy.release import Release

JOB = "measure-edition"
#: A source without rows, so that no plan tells whether one producer came or several.
NOBODY = "none"
NO_OBJECT = "0" * 32
#: The rows of each source: all that one producer has in the edition.
Sources = Mapping[str, Sequence[str]]


class Measurer(Protocol):
    """Runs the engine and draws the noise; imported by the worker alone."""

    def __call__(
        self,
        rows: "EditionRows",
        objects: Sources,
        plan: NoisePlan,
        secret: str,
        on_progress: Callable[[int], None],
        before_noise: Callable[[], None],
    ) -> Release:
        """Measure the objects of an edition together; call `before_noise` before any is drawn."""
        ...


@dataclass(frozen=True)
class EditionRows:
    """The rows of an edition: those of an object that was erased are none."""

    vault: Vault

    def batches(self, object_id: str) -> Iterator[pa.RecordBatch]:
        """Read an object, batch by batch."""
        return self.vault.batches(object_id) if self.vault.exists(object_id) else iter(())


@dataclass(frozen=True)
class Measuring:
    """What a measurement needs from outside: doors, the edition secret, the ceiling."""

    db: Database
    vault: Vault
    measure: Measurer
    secret: str
    ceiling: Rho


def measure(doors: Measuring, edition_id: str, progress: Callable[[int], None]) -> None:
    """Charge, count, mark, draw, publish; see `app.releases.one_draw`."""
    with doors.db.unit_of_work():
        state, attempt, plan, objects = _charge(doors, edition_id)
    if state is not EditionState.CHARGED or plan is None:
        return
    progress(10)
    release = doors.measure(
        EditionRows(doors.vault),
        objects,
        plan,
        _edition_secret(doors.secret, edition_id),
        lambda percent: progress(10 + percent * 85 // 100),
        lambda: _mark_drawn(doors, edition_id, attempt),
    )
    with doors.db.unit_of_work():
        _publish(edition_id, attempt, release)


def _locked(edition_id: str) -> Edition:
    chosen = select(Edition).where(Edition.id == edition_id).with_for_update()
    return session().scalars(chosen).one()


def _charge(
    doors: Measuring, edition_id: str
) -> tuple[EditionState, int, NoisePlan | None, dict[str, tuple[str, ...]]]:
    """Lock, check and charge everybody's account; leave out whom it would put over."""
    edition = _locked(edition_id)
    rules = collections.rules(edition.collection_id)
    members = (
        session()
        .scalars(
            select(EditionDataset)
            .where(EditionDataset.edition_id == edition_id)
            .order_by(EditionDataset.producer_id, EditionDataset.dataset_id)
        )
        .all()
    )
    rho = rules.plan(sources=2).rho
    if one_draw.needs_charge(edition, EditionState.CLOSED, EditionState.CHARGED):
        edition.attempt += 1
        for member in members:
            _charge_member(doors, edition, member, rho)
        anybody = any(not member.left_out for member in members)
        event = EditionEvent.CHARGE if anybody else EditionEvent.NOBODY
        edition.state = next_state(EditionState(edition.state), event)
        if anybody:
            audit.record(SYSTEM.user_id, "charge-privacy", "edition", edition_id, rho=rho.micro)
    objects = {
        source: tuple(member.rows_object for member in mine)
        for source, mine in _by_source(members).items()
    }
    objects[NOBODY] = (NO_OBJECT,)
    plan = rules.plan(sources=len(objects))
    if plan.rho > rho:
        raise RuntimeError("the plan costs more than was charged")
    return EditionState(edition.state), edition.attempt, plan, objects


def _by_source(members: Iterable[EditionDataset]) -> dict[str, list[EditionDataset]]:
    """Return what each producer has in an edition, files that were left out aside.

    However many files one producer brings, their people have one bound, one charge and one share.
    A source is named by the first of its datasets.
    """
    mine: dict[str, list[EditionDataset]] = {}
    for member in sorted(members, key=lambda member: (member.producer_id, member.dataset_id)):
        if not member.left_out:
            mine.setdefault(member.producer_id, []).append(member)
    return {files[0].dataset_id: files for files in mine.values()}


def _charge_member(doors: Measuring, edition: Edition, member: EditionDataset, rho: Rho) -> None:
    if member.left_out:
        return
    member.left_out = (
        charging.charge(
            doors.ceiling,
            member.producer_id,
            Charge(f"edition:{edition.id}", edition.attempt, rho, edition_id=edition.id),
        )
        if doors.vault.exists(member.rows_object)
        else "erased"
    )
    if member.left_out in ("paused", "ceiling"):
        datasets_service.relist(SYSTEM, member.dataset_id)


def _mark_drawn(doors: Measuring, edition_id: str, attempt: int) -> None:
    one_draw.mark_drawn(doors.db, lambda: _locked(edition_id), attempt, EditionState.CHARGED)


def _publish(edition_id: str, attempt: int, release: Release) -> None:
    edition = _locked(edition_id)
    if not one_draw.is_ours(edition, attempt, EditionState.CHARGED):
        return
    edition.state = next_state(EditionState(edition.state), EditionEvent.PUBLISH)
    edition.published_at = this_hour()
    edition.people = int(release.people(release.plan.tiers[0]).value)
    # Numbered one by one, so that a catalogue is named by its last number.
    ledger.hold(["catalogue"])
    last = session().scalar(select(func.max(Edition.catalogue_number)))
    edition.catalogue_number = (last or 0) + 1
    content = release.to_bytes()
    given = _give_shares(edition_id, release)
    session().add(
        PublishedRelease(
            edition_id=edition_id,
            content=content,
            digest=hashlib.sha256(content).hexdigest(),
            shares_total=max(given, _released_denominator(release)),
            micro_rho=release.plan.rho.micro,
            published_at=edition.published_at,
        )
    )
    session().flush()
    audit.record(SYSTEM.user_id, "publish-release", "edition", edition_id)


def _give_shares(edition_id: str, release: Release) -> int:
    """Write the released share of each producer; who is one person has the bound, a public number.

    It stands with the first of their datasets, the others have none: a file more pays nothing.
    """
    bound = release.plan.schema.bound
    given = 0
    chosen = select(EditionDataset).where(EditionDataset.edition_id == edition_id)
    for source, files in _by_source(session().scalars(chosen)).items():
        alone = all(each.everyone_is_me for each in files)
        for each in files:
            each.shares = 0
        files[0].shares = bound if alone else release.shares.get(source, 0)
        given += files[0].shares
    return given


def _released_denominator(release: Release) -> int:
    finest = release.plan.tiers[0]
    total = float(release.table((), finest).contributions()[()])
    return int(denominator(total, release.plan.cell_sd((), finest)))


def _edition_secret(master: str, edition_id: str) -> str:
    return hmac.new(bytes.fromhex(master), edition_id.encode(), hashlib.sha256).hexdigest()


def install_worker(handlers: Handlers, doors: Measuring) -> None:
    """Tell the worker how an edition is measured."""

    def run(payload: dict[str, Any], progress: Callable[[int], None]) -> None:
        measure(doors, payload["edition"], progress)

    handlers.add(JOB, run)
