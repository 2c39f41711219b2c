"""The jobs that send e-mails: each composes one letter, and hands it over."""

from collections.abc import Callable, Mapping
from typing import Any

from app.core.config import Settings
from app.core.db import Database
from app.jobs.runner import Handlers
from app.letters.letter import Letter, message
from app.letters.post import Post

#: An SMTP server may be silent for most of a day.
ATTEMPTS = 16

Compose = Callable[[Mapping[str, Any], str], Letter | None]


def install_worker(
    handlers: Handlers,
    db: Database,
    settings: Settings,
    post: Post,
    job: str,
    compose: Compose,
    attempts: int = ATTEMPTS,
) -> None:
    """Tell the worker how a kind of e-mail is made and sent.

    Parameters
    ----------
    job : str
        The kind of job that sends one.
    compose : callable
        Makes the letter of a job's payload, with the address of the market; None where there is
        nothing to say any more.
    attempts : int
        How often one is tried, at most an hour apart.
    """

    def send(payload: Mapping[str, Any], _progress: Callable[[int], None]) -> None:
        with db.unit_of_work(write=False):
            letter = compose(payload, settings.base_url)
        if letter is not None:
            post(message(letter, settings))

    handlers.add(job, send, many=True, attempts=attempts)
