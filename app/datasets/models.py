from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Base, Moment, new_id


class Dataset(Base):
    """What one producer listed, or is about to; its rows are in the vault alone.

    Row counts, answers and check errors are for the owner only. `offered` are categories that
    were found in a column, at a charge, and wait to be taken into the answers. `found_for` is
    the column that told people apart then: what was promised to them binds the answers. `in_other`
    says how many rows of each column fell into "other".
    """

    __tablename__ = "dataset"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    producer_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    collection_id: Mapped[str | None] = mapped_column(ForeignKey("collection.id"), index=True)
    title: Mapped[str] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(12), index=True)
    joining: Mapped[bool] = mapped_column(Boolean, default=False)
    everyone_is_me: Mapped[bool] = mapped_column(Boolean, default=False)
    upload_object: Mapped[str | None] = mapped_column(String(32))
    profile_object: Mapped[str | None] = mapped_column(String(32))
    rows_object: Mapped[str | None] = mapped_column(String(32))
    answers: Mapped[str] = mapped_column(Text, default="{}")
    problems: Mapped[str] = mapped_column(Text, default="[]")
    offered: Mapped[str] = mapped_column(Text, default="{}")
    found_for: Mapped[str | None] = mapped_column(String(80))
    in_other: Mapped[str] = mapped_column(Text, default="{}")
    row_count: Mapped[int] = mapped_column(Integer, default=0)
    #: Of the file as it came, while rows of it are here.
    file_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    #: The month it is about, where it is one of a person's traces.
    period: Mapped[str] = mapped_column(String(7), default="")
    purposes: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    listed_at: Mapped[datetime | None] = mapped_column(Moment)
    erased_at: Mapped[datetime | None] = mapped_column(Moment)
