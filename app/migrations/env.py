"""Alembic's environment: one metadata, one connection, batch mode for SQLite."""

import importlib
import pkgutil

from alembic import context

import app
from app.core.db import Base, Database, Moment

for module in pkgutil.walk_packages(app.__path__, "app."):
    if module.name.endswith(".models") or module.name in ("app.core.audit", "app.core.jobs"):
        importlib.import_module(module.name)


def render(kind: str, item: object, _context: object) -> str | bool:
    """Write our own column type as the plain one it stores."""
    if kind == "type" and isinstance(item, Moment):
        return "sa.DateTime(timezone=True)"
    return False


database = Database(context.config.attributes["url"])
with database.engine.connect() as opened:
    context.configure(
        connection=opened,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=render,
        compare_type=False,
    )
    with context.begin_transaction():
        context.run_migrations()
    opened.commit()
database.dispose()
