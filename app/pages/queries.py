from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.core.db import session


def database_answers() -> bool:
    """Say whether the database answers and has been migrated."""
    try:
        return bool(session().scalar(text("SELECT count(*) FROM alembic_version")) == 1)
    except SQLAlchemyError:
        return False
