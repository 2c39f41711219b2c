"""A market that reaches the payment provider through something else."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from flask import Flask

from app.market import KEY, market_of


@contextmanager
def reached_by(app: Flask, gateway: Any) -> Iterator[None]:
    """Put a gateway in the place of a market's own for a while."""
    before = market_of(app)
    app.extensions[KEY] = replace(before, gateway=gateway)
    try:
        yield
    finally:
        app.extensions[KEY] = before
