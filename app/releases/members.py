"""Who is in an edition: whose files, as which sources, left out why, charged what, paid how."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from sqlalchemy import select

from app.collections.rules import CollectionRules, Identifier, Purpose
from app.consent import queries as consent
from app.core.db import session
from app.core.permissions import SYSTEM
from app.datasets import queries as datasets
from app.datasets import service as datasets_service
from app.releases import charging, shares
from app.releases.charging import Charge
from app.releases.models import Edition, EditionDataset
from app.users import queries as users
from app.vault.interface import Vault
from privacy.loss import Rho

#: All who are one person each: their rows are told apart by their accounts.
INDIVIDUALS = "individuals"
#: A source without rows, so that no plan tells whether a file about many people came.
NOBODY = "none"
NO_OBJECT = "0" * 32


@dataclass(frozen=True)
class SourceFile:
    """A file of a source; `person` is whom all its rows are about, empty where they say it."""

    rows_object: str
    person: str = ""


#: The files of each source: whose people are bounded, counted and paid together.
Sources = Mapping[str, Sequence[SourceFile]]


class Doors(Protocol):
    """What charging needs from outside."""

    @property
    def vault(self) -> Vault:
        """Where rows are."""
        ...

    @property
    def secret(self) -> str:
        """The market's own, hexadecimal."""
        ...

    @property
    def ceiling(self) -> Rho:
        """What nobody's privacy account goes above."""
        ...


def members_of(edition_id: str) -> Sequence[EditionDataset]:
    """Return everybody's files in an edition, those of one producer together."""
    return (
        session()
        .scalars(
            select(EditionDataset)
            .where(EditionDataset.edition_id == edition_id)
            .order_by(EditionDataset.producer_id, EditionDataset.dataset_id)
        )
        .all()
    )


def sources_of(
    members: Iterable[EditionDataset], rules: CollectionRules
) -> dict[str, tuple[SourceFile, ...]]:
    """Return the sources of an edition, files that were left out aside.

    All who are one person each are one source together; to a template nobody else comes. Everybody
    else is a source of their own, named by the first of their files, however many they bring.
    Where people are told apart by their e-mail addresses, a person's account is named by its own.
    """
    named: Callable[[str], str] = str
    if rules.identifier is Identifier.EMAIL:
        named = users.address_of
    mine: dict[str, list[EditionDataset]] = {}
    for member in members:
        if not member.left_out:
            mine.setdefault(member.producer_id, []).append(member)
    sources: dict[str, tuple[SourceFile, ...]] = {
        INDIVIDUALS: tuple(
            SourceFile(each.rows_object, named(producer))
            for producer, files in sorted(mine.items())
            if is_one_person(files)
            for each in files
        )
    }
    if rules.template:
        return sources
    sources[NOBODY] = (SourceFile(NO_OBJECT),)
    for files in mine.values():
        if not is_one_person(files):
            sources[files[0].dataset_id] = tuple(SourceFile(each.rows_object) for each in files)
    return sources


def is_one_person(files: Iterable[EditionDataset]) -> bool:
    """Say whether all files of a producer are about the producer alone."""
    return all(each.everyone_is_me for each in files)


def charge_all(
    doors: Doors, edition: Edition, members: Sequence[EditionDataset], wanted: Charge
) -> None:
    """Charge everybody who is not left out, once for this attempt; leave out whom it puts over."""
    leave_out(doors, edition, members)
    attempt = charging.next_attempt(wanted.subject)
    again = replace(wanted, attempt=attempt, edition_id=edition.id)
    present = [member for member in members if not member.left_out]
    producers = {member.producer_id for member in present}
    refused = charging.charge_all(doors.ceiling, doors.secret, producers, again)
    for member in present:
        member.left_out = refused[member.producer_id]
        if member.left_out:
            datasets_service.relist(SYSTEM, member.dataset_id)


def leave_out(doors: Doors, edition: Edition, members: Iterable[EditionDataset]) -> None:
    """Leave out whoever erased, refused, paused or was suspended, up to the last moment.

    Asked again each time before rows are read: a crash may lie between the charge and that.
    """
    present = [member for member in members if not member.left_out]
    purposes = {Purpose(purpose) for purpose in edition.purposes.split()}
    wishes = consent.wishes({member.producer_id for member in present})
    agreed = datasets.purposes_of([member.dataset_id for member in present])
    there = doors.vault.present([member.rows_object for member in present])
    suspended = users.suspended()
    for member in present:
        mine = wishes[member.producer_id]
        if member.rows_object not in there:
            member.left_out = "erased"
        elif not purposes <= mine.granted & agreed[member.dataset_id]:
            member.left_out = "consent"
        elif mine.paused:
            member.left_out = "paused"
        elif member.producer_id in suspended:
            member.left_out = "suspended"
        if member.left_out:
            datasets_service.relist(SYSTEM, member.dataset_id)


def give_shares(edition_id: str, divided: shares.Divided) -> None:
    """Write the released share of each producer; who is one person has one.

    It stands with the first of their files, the others have none: a file more pays nothing.
    """
    mine: dict[str, list[EditionDataset]] = {}
    for member in members_of(edition_id):
        if not member.left_out:
            mine.setdefault(member.producer_id, []).append(member)
    for first, *others in mine.values():
        alone = is_one_person((first, *others))
        first.shares = 1 if alone else divided.of_sources[first.dataset_id]
        for other in others:
            other.shares = 0
