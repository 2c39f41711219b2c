"""Several who do the same at the same time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from threading import Barrier

from app.core.db import Database

SO_MANY = 4


def at_once(db: Database, do: Callable[[], object]) -> list[BaseException | None]:
    """Do something in units of work that begin together; return what each was refused with."""
    begun = Barrier(SO_MANY)

    def one() -> BaseException | None:
        begun.wait(30)
        try:
            with db.unit_of_work():
                do()
        except Exception as error:  # noqa: BLE001 - the test says which it expects
            return error
        return None

    with ThreadPoolExecutor(SO_MANY) as pool:
        runs = [pool.submit(copy_context().run, one) for _ in range(SO_MANY)]
        return [run.result() for run in runs]
