from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import ENGINES
from tests.money.mortal import Mortals
from tests.money.world import World, built


@pytest.fixture(scope="session")
def worlds(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], World]]:
    """Markets that are built once in each process, one on each engine."""
    made: dict[str, World] = {}
    with ExitStack() as stack:

        def world(engine: str) -> World:
            if engine not in made:
                server = request.getfixturevalue("postgres_url") if engine != "sqlite" else ""
                folder: Path = tmp_path_factory.mktemp("money")
                made[engine] = stack.enter_context(built(engine, folder, server, "money"))
            return made[engine]

        yield world


@pytest.fixture(params=ENGINES)
def world(request: pytest.FixtureRequest, worlds: Callable[[str], World]) -> World:
    """A market as it was built, on each engine."""
    made = worlds(request.param)
    made.reset()
    return made


@pytest.fixture(scope="session")
def mortals(worlds: Callable[[str], World]) -> Iterator[Callable[[World], Mortals]]:
    """Processes that can be killed, one source of them for each market."""
    made: dict[str, Mortals] = {}

    def of(world: World) -> Mortals:
        if world.engine not in made:
            made[world.engine] = Mortals(world)
        return made[world.engine]

    yield of
    for each in made.values():
        each.end()
