from datetime import datetime

from sqlalchemy import BigInteger, Boolean, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Base, Moment, new_id


class LedgerTransaction(Base):
    """One event of the book. Sealing it is refused by the database unless it sums to zero."""

    __tablename__ = "ledger_transaction"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(30), index=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    currency: Mapped[str] = mapped_column(String(3))
    sealed: Mapped[bool] = mapped_column(Boolean, default=False)
    at: Mapped[datetime] = mapped_column(Moment, default=now)


class LedgerEntry(Base):
    """One line of a transaction; triggers refuse to change or remove it."""

    __tablename__ = "ledger_entry"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    transaction_id: Mapped[str] = mapped_column(ForeignKey("ledger_transaction.id"), index=True)
    account: Mapped[str] = mapped_column(String(60), index=True)
    micros: Mapped[int] = mapped_column(BigInteger)


class LedgerLink(Base):
    """A sealed transaction's place in the chain; triggers refuse to change or remove it."""

    __tablename__ = "ledger_link"
    __table_args__ = (CheckConstraint("number > 0", name="number"),)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    transaction_id: Mapped[str] = mapped_column(ForeignKey("ledger_transaction.id"), unique=True)
    previous: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    linked_at: Mapped[datetime] = mapped_column(Moment, default=now)
