"""Reading a person's files, in memory and nowhere else."""

import hashlib
import hmac
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Any, BinaryIO

from flask_babel import lazy_gettext as _l

from app.contributions import cells
from app.contributions.cells import Read
from app.contributions.families import Family, family, group_of
from app.contributions.texts import NOTHING_FOUND, OTHER_CURRENCY, looks_like
from app.core.errors import Invalid, Unavailable
from traces import Declared, Given, TracesError, central_directory, read
from traces.archive import Limits
from traces.declared import Question, QuestionKind
from traces.errors import Refused, TooLarge
from traces.formats import feeds, formats
from traces.reasons import Reason

#: Of all that a visitor's archives hold together, in bytes.
MOST_UNPACKED = 400 << 20
#: Of what one file may hold once it is unpacked; it is read in parts.
LIMITS = Limits(
    packed=32 << 20,
    unpacked=256 << 20,
    members=2_000,
    ratio=150,
    ratio_from=64 << 10,
    nested=64 << 20,
    together=MOST_UNPACKED,
)
MOST_FILES = 60
#: Where people live who do not say so.
ZONE = "Europe/Paris"


@dataclass(frozen=True)
class Asked:
    """What must be asked before the files can be read: which question, which answers."""

    questions: tuple[Question, ...]


class NotRead(Invalid):
    """Files that cannot be read, with what to do about it."""


class Elsewhere(NotRead):
    """Files that another page takes.

    Parameters
    ----------
    family : Family
        What they belong to.
    """

    def __init__(self, family: Family) -> None:
        self.family = family
        super().__init__(looks_like(family.title))


class Reader:
    """Reads the files of a few visitors at a time; others are asked to come again.

    Parameters
    ----------
    secret : str
        The market's, hexadecimal: chooses which cells are kept where there are too many.
    at_once : int
    """

    def __init__(self, secret: str, at_once: int = 2) -> None:
        self.key = hmac.new(bytes.fromhex(secret), b"cells", hashlib.sha256).digest()
        self._room = BoundedSemaphore(at_once)

    def read(
        self, chosen: Family, files: Iterable[BinaryIO], answers: Mapping[str, str]
    ) -> Read | Asked:
        """Return what some files say, or what must be asked first.

        Parameters
        ----------
        chosen : Family
            The page that they were chosen on.
        answers : mapping
            Of the questions asked before, by their kind.

        Raises
        ------
        NotRead
            Also `Elsewhere`.
        Unavailable
        """
        given = [Given(f"file {number}", stream) for number, stream in enumerate(files)]
        if not given:
            raise NotRead(_l("Choose your file first."))
        if len(given) > MOST_FILES:
            raise NotRead(_l("These are too many files at once."))
        if sum(map(_unpacked, given)) > MOST_UNPACKED:
            raise NotRead(_l(TooLarge.user_message))
        if not self._room.acquire(blocking=False):
            raise Unavailable(_l("Many people are giving at this moment. Try again in a minute."))
        wanted = tuple(name for name, _ in chosen.templates)
        try:
            result = read(given, _declared(answers), key=self.key, wanted=wanted, limits=LIMITS)
        except TracesError as error:
            raise NotRead(_l(error.user_message)) from None
        finally:
            self._room.release()
        if not feeds(result.format_ids, wanted):
            raise _elsewhere(result.format_ids)
        if result.questions:
            return Asked(result.questions)
        found = cells.read_from(chosen.key, result, wanted)
        if not found.traces:
            foreign = Reason.OTHER_CURRENCY in result.dropped
            raise NotRead(OTHER_CURRENCY if foreign else NOTHING_FOUND)
        return found


def _elsewhere(format_ids: Iterable[str]) -> NotRead:
    """Return what to say of files that were chosen on the page of something else."""
    known = formats()
    found = (family(group_of(known[each])) for each in format_ids)
    taken = next((each for each in found if each is not None), None)
    return NotRead(NOTHING_FOUND) if taken is None else Elsewhere(taken)


def _unpacked(given: Given) -> int:
    """Return how many bytes an archive says it holds; nought for what reading refuses, or none."""
    stream = given.stream
    try:
        central_directory.check(stream, LIMITS.members)
        with zipfile.ZipFile(stream) as archive:
            return sum(member.file_size for member in archive.infolist())
    except (Refused, zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return 0
    finally:
        stream.seek(0)


def _declared(answers: Mapping[str, str]) -> Declared:
    plain: dict[str, Any] = {
        kind.value: answers[kind.value] for kind in QuestionKind if answers.get(kind.value)
    }
    return Declared(zone=answers.get("zone") or ZONE, **plain)
