"""What is compiled once in each process for all its markets: templates, addresses, statements."""

from collections.abc import Callable
from types import CodeType
from typing import Any

import sqlalchemy
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine
from sqlalchemy.engine import Dialect
from werkzeug.routing.rules import Rule

from app.core import db as databases


class Compiled(BytecodeCache):
    """Keeps compiled templates in memory; a changed source is compiled again."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._kept[bucket.key, bucket.checksum] = bucket.code


_compiled = Compiled()


def compile_once(app: Flask) -> Flask:
    """Let a market use what was compiled for another one; return the market."""
    app.jinja_env.bytecode_cache = _compiled
    return app


_builders: dict[Any, Callable[..., tuple[str, str]]] = {}
_compile_builder = Rule._compile_builder


def _kept_builder(self: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    """Compile what builds a rule's addresses, or take what was compiled for an equal rule."""
    if self.defaults:
        return _compile_builder(self, append_unknown)
    key = (self.rule, tuple(self._trace), append_unknown)
    if key not in _builders:
        _builders[key] = _compile_builder(self, append_unknown)
    return _builders[key]


def compile_addresses_once() -> None:
    """Let every market use the compiled addresses of the first: four fifths of making one."""
    Rule._compile_builder = _kept_builder  # type: ignore[method-assign]


_kept: dict[str, tuple[Dialect, Any]] = {}


def _create_engine(url: str, **more: Any) -> Engine:
    """Make an engine that knows the statements which others of its kind have compiled."""
    engine = sqlalchemy.create_engine(url, query_cache_size=5_000, **more)
    kept = _kept.setdefault(engine.dialect.name, (engine.dialect, engine._compiled_cache))
    if kept[0] is not engine.dialect:
        # What is learnt at the first connection is the same for all databases of a kind.
        engine.dialect, engine._compiled_cache = kept
    return engine


def compile_statements_once() -> None:
    """Let every database use the statements that were compiled for the first of its kind."""
    databases.create_engine = _create_engine  # type: ignore[attr-defined]
