from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.trading import Trade, trading


@pytest.fixture
def trade(database_url: str, tmp_path: Path) -> Iterator[Trade]:
    """A running market and provider, once on each database engine."""
    with trading(database_url, tmp_path) as running:
        yield running
