"""Measuring an edition: charge, then measure, then publish.

Each step is a unit of work and happens at most once: the charge is committed before any
noise is drawn, and noise that was drawn but not published was seen by nobody.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa
from sqlalchemy import select

from app.collections import queries as collections
from app.consent import queries as consent
from app.core import audit, jobs
from app.core.clock import now
from app.core.db import Database, session
from app.core.permissions import SYSTEM
from app.datasets import service as datasets_service
from app.releases.models import (
    Edition,
    EditionDataset,
    PrivacyAccount,
    PrivacyCharge,
    PublishedRelease,
)
from app.releases.states import Event, State, next_state
from app.vault.local import LocalVault
from pricing.split import denominator
from privacy.accountant import Account
from privacy.errors import BudgetExceeded
from privacy.loss import Rho
from privacy.plan import NoisePlan
from privacy.release import Release

JOB = "measure-edition"
#: A source without rows, so that no plan tells whether one dataset came or several.
NOBODY = "none"
NO_OBJECT = "0" * 32


class Measurer(Protocol):
    """Runs the engine and draws the noise; imported by the worker alone."""

    def __call__(
        self,
        rows: "EditionRows",
        objects: Mapping[str, str],
        plan: NoisePlan,
        secret: str,
        on_progress: Callable[[int], None],
    ) -> Release:
        """Measure the objects of an edition together."""
        ...


@dataclass(frozen=True)
class EditionRows:
    """The rows of an edition: those of an object that was erased are none."""

    vault: LocalVault

    def batches(self, object_id: str) -> Iterator[pa.RecordBatch]:
        """Read an object, batch by batch."""
        return self.vault.batches(object_id) if self.vault.exists(object_id) else iter(())


@dataclass(frozen=True)
class Measuring:
    """What a measurement needs from outside: doors, the edition secret, the ceiling."""

    db: Database
    vault: LocalVault
    measure: Measurer
    secret: str
    ceiling: Rho


def measure(doors: Measuring, edition_id: str, progress: Callable[[int], None]) -> None:
    """Charge, then measure, then publish: each a unit of work, each done at most once.

    A crash after the charge wastes nothing: the charge stands and the noise that was drawn
    but not published was seen by nobody.
    """
    with doors.db.unit_of_work():
        state, plan, objects = _charge(doors, edition_id)
    if state is not State.CHARGED or plan is None:
        return
    progress(10)
    release = doors.measure(
        EditionRows(doors.vault),
        objects,
        plan,
        _edition_secret(doors.secret, edition_id),
        lambda percent: progress(10 + percent * 85 // 100),
    )
    with doors.db.unit_of_work():
        _publish(edition_id, release)


def _charge(doors: Measuring, edition_id: str) -> tuple[State, NoisePlan | None, dict[str, str]]:
    """Lock, check and charge everybody's account; leave out whom it would put over."""
    edition = (
        session().scalars(select(Edition).where(Edition.id == edition_id).with_for_update()).one()
    )
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
    if edition.state == State.CLOSED:
        for member in members:
            member.left_out = (
                _charge_one(doors, edition_id, member.producer_id, rho)
                if doors.vault.exists(member.rows_object)
                else "erased"
            )
            if member.left_out in ("paused", "ceiling"):
                datasets_service.relist(SYSTEM, member.dataset_id)
        anybody = any(not member.left_out for member in members)
        event = Event.CHARGE if anybody else Event.NOBODY
        edition.state = next_state(State(edition.state), event)
        if anybody:
            audit.record(SYSTEM.user_id, "charge-privacy", "edition", edition_id, rho=rho.micro)
    objects = {m.dataset_id: m.rows_object for m in members if not m.left_out}
    objects[NOBODY] = NO_OBJECT
    plan = rules.plan(sources=len(objects))
    if plan.rho > rho:
        raise RuntimeError("the plan costs more than was charged")
    return State(edition.state), plan, objects


def _charge_one(doors: Measuring, edition_id: str, producer_id: str, rho: Rho) -> str:
    """Charge one producer's people; return why they are left out, or an empty text."""
    choices = consent.choices(producer_id)
    if choices.paused:
        return "paused"
    if session().get(PrivacyCharge, (producer_id, edition_id)) is not None:
        return ""
    account = (
        session()
        .scalars(
            select(PrivacyAccount)
            .where(PrivacyAccount.producer_id == producer_id)
            .with_for_update()
        )
        .one_or_none()
    )
    if account is None:
        account = PrivacyAccount(producer_id=producer_id, spent_micro_rho=0)
        session().add(account)
    own = choices.ceiling_micro_rho
    ceiling = doors.ceiling if own is None else Rho(min(own, doors.ceiling.micro))
    try:
        after = Account(ceiling, Rho(account.spent_micro_rho)).charge(rho)
    except BudgetExceeded:
        return "ceiling"
    account.spent_micro_rho = after.spent.micro
    session().add(
        PrivacyCharge(producer_id=producer_id, edition_id=edition_id, micro_rho=rho.micro)
    )
    session().flush()
    return ""


def _publish(edition_id: str, release: Release) -> None:
    edition = (
        session().scalars(select(Edition).where(Edition.id == edition_id).with_for_update()).one()
    )
    if edition.state == State.PUBLISHED:
        return
    edition.state = next_state(State(edition.state), Event.PUBLISH)
    edition.published_at = now()
    content = release.to_bytes()
    given = _give_shares(edition_id, release)
    session().add(
        PublishedRelease(
            edition_id=edition_id,
            content=content,
            digest=hashlib.sha256(content).hexdigest(),
            shares_total=max(given, _released_denominator(release)),
            micro_rho=release.plan.rho.micro,
        )
    )
    session().flush()
    audit.record(SYSTEM.user_id, "publish-release", "edition", edition_id)


def _give_shares(edition_id: str, release: Release) -> int:
    """Write the released shares; an account that is one person has the bound, a public number."""
    bound = release.plan.schema.bound
    given = 0
    members = session().scalars(
        select(EditionDataset).where(
            EditionDataset.edition_id == edition_id, EditionDataset.left_out == ""
        )
    )
    for member in members:
        measured = release.shares.get(member.dataset_id, 0)
        member.shares = bound if member.everyone_is_me else measured
        given += member.shares
    return given


def _released_denominator(release: Release) -> int:
    finest = release.plan.tiers[0]
    total = float(release.table((), finest).contributions()[()])
    return int(denominator(total, release.plan.cell_sd((), finest)))


def _edition_secret(master: str, edition_id: str) -> str:
    return hmac.new(bytes.fromhex(master), edition_id.encode(), hashlib.sha256).hexdigest()


def register(doors: Measuring) -> None:
    """Tell the worker how an edition is measured."""

    @jobs.handler(JOB)
    def run(payload: dict[str, Any], progress: Callable[[int], None]) -> None:
        measure(doors, payload["edition"], progress)
