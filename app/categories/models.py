from datetime import datetime

from sqlalchemy import (
    ForeignKey,
    Integer,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Base, Moment


class FoundCategoriesRow(Base):
    """What was found in one column of one dataset, once; a finding is never changed.

    `attempt` and `drawn` are as in an edition. `people` are the noisy numbers of people who
    have a value: like the values themselves, they were paid for.
    """

    __tablename__ = "found_categories"
    dataset_id: Mapped[str] = mapped_column(ForeignKey("dataset.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    column_name: Mapped[str] = mapped_column(String(80))
    person_column: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(12))
    refused: Mapped[str] = mapped_column(String(20), default="")
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    drawn: Mapped[int] = mapped_column(Integer, default=0)
    people: Mapped[str] = mapped_column(Text, default="[]")
    plan: Mapped[str] = mapped_column(Text, default="{}")
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    found_at: Mapped[datetime | None] = mapped_column(Moment)
