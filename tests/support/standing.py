"""A market that stands for all tests of a file: for those that read what was made once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.trading import Trade, trading


@pytest.fixture(scope="module")
def trade(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trade]:
    folder = tmp_path_factory.mktemp("standing")
    (folder / "moisson.db").write_bytes(sqlite_template.read_bytes())
    with trading(f"sqlite:///{folder / 'moisson.db'}", folder) as running:
        yield running
