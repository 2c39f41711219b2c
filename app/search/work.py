"""Work on the lists that is left to the worker: where it is asked for, and by which names."""

from app.jobs import service as jobs

LIST, PRICE = "list-editions", "price-editions"


def list_later(run: str, *, anew: bool = False) -> None:
    """Have the editions listed that are on sale and in no list; `anew`: those in one, too.

    Parameters
    ----------
    run : str
        Names the run, so that it is done once.
    """
    jobs.enqueue(LIST, f"{LIST}:{run}", {"run": run, "anew": anew})


def list_on(run: str, before: int, *, anew: bool) -> None:
    """Have a run continued with the editions before a place in the catalogue."""
    jobs.enqueue(LIST, f"{LIST}:{run}:{before}", {"run": run, "anew": anew, "before": before})


def price_later(book: str, catalogue: int, part: int = 0) -> None:
    """Have the lists priced anew, by a new book (catalogue 0) or a new catalogue."""
    payload = {"book": book, "catalogue": catalogue, "part": part}
    jobs.enqueue(PRICE, f"{PRICE}:{book}:{catalogue}:{part}", payload)
