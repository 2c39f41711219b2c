"""Which engine counts: chosen by a setting, opened by the worker alone."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from app.core.config import Settings
from app.core.errors import UnsafeConfiguration
from app.engine.duckdb import DuckDBEngine
from privacy.cube.engine import Engine

Opened = AbstractContextManager[Engine]
#: A new kind is a file beside this one and a line here.
KINDS: dict[str, Callable[[], Opened]] = {"duckdb": DuckDBEngine}


def open_engine(settings: Settings) -> Opened:
    """Open the engine that the settings name; it forgets all rows when it is closed.

    Raises
    ------
    UnsafeConfiguration
        For a kind that does not exist.
    """
    if settings.engine not in KINDS:
        raise UnsafeConfiguration(f"MOISSON_ENGINE must be one of {', '.join(KINDS)}.")
    return KINDS[settings.engine]()
