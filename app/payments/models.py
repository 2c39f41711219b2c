from datetime import datetime

from sqlalchemy import CheckConstraint, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Moment


class Installation(Base):
    """One row: the kind of money this database belongs to. Triggers refuse to change it."""

    __tablename__ = "installation"
    __table_args__ = (
        CheckConstraint("id = 1", name="one"),
        CheckConstraint("mode IN ('stand-in', 'test', 'live')", name="mode"),
    )
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    mode: Mapped[str] = mapped_column(String(10))
    stamped_at: Mapped[datetime] = mapped_column(Moment)
