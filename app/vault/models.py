from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Base, Moment


class VaultKey(Base):
    """The wrapped data key of an object in the vault: away from the rows that it opens."""

    __tablename__ = "vault_key"
    # Of hundreds of thousands of small rows: their key is not kept twice.
    __table_args__ = {"sqlite_with_rowid": False}
    object_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    kept_at: Mapped[datetime] = mapped_column(Moment, default=now)


class SmallObject(Base):
    """A small object: its sealed frame."""

    __tablename__ = "small_object"
    object_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    frame: Mapped[bytes] = mapped_column(LargeBinary)
