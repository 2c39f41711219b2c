"""Copies of the pass over everybody, each with one mistake; a check that lets one by is none."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import BigInteger, Float, Select, cast, func, select
from sqlalchemy.exc import DatabaseError

from app.earnings import settlement
from app.ledger.errors import LedgerError
from app.orders.models import SaleEdition

#: A mistake may also be stopped by the book itself, before any check sees it.
REFUSED_BY_THE_BOOK = (LedgerError, DatabaseError)


class Killed(BaseException):
    """The worker is gone."""


def dies(*_: Any) -> None:
    raise Killed


def forgets_refunds(patch: pytest.MonkeyPatch) -> None:
    def every_sale() -> Select[str, int]:
        total = cast(func.sum(SaleEdition.per_share_micros), BigInteger)
        return select(SaleEdition.edition_id, total.label("per_share_micros")).group_by(
            SaleEdition.edition_id
        )

    patch.setattr(settlement.orders, "per_share_select", every_sale)


def _changed(patch: pytest.MonkeyPatch, change: Callable[[Any], Any]) -> None:
    real = settlement._moves

    def moves(edition_id: str) -> Select[str, int]:
        given = real(edition_id)
        account, micros = given.selected_columns
        return given.with_only_columns(account, change(micros), maintain_column_froms=True)

    patch.setattr(settlement, "_moves", moves)


def counts_in_floating_point(patch: pytest.MonkeyPatch) -> None:
    _changed(patch, lambda micros: cast(cast(micros, Float(53)) * 1.1 / 1.1, BigInteger))


def rounds_to_cents(patch: pytest.MonkeyPatch) -> None:
    _changed(patch, lambda micros: micros - micros % 10_000)


def forgets_what_it_moved(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(settlement, "_remember", lambda *_: None)


def leaves_out_who_was_never_settled(patch: pytest.MonkeyPatch) -> None:
    real = settlement._moves

    def moves(edition_id: str) -> Select[str, int]:
        return real(edition_id).where(settlement.EarningPosition.user_id.is_not(None))

    patch.setattr(settlement, "_moves", moves)


COPIES = (
    forgets_refunds,
    counts_in_floating_point,
    rounds_to_cents,
    forgets_what_it_moved,
    leaves_out_who_was_never_settled,
)
