from datetime import datetime

from sqlalchemy import (
    ForeignKey,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Base, Moment


class BundleItem(Base):
    """A product a buyer is thinking about."""

    __tablename__ = "bundle_item"
    buyer_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    product: Mapped[str] = mapped_column(String(120), primary_key=True)
    added_at: Mapped[datetime] = mapped_column(Moment, default=now)
