"""What one reader finds: sums, counts and questions; and its ways into the files."""

from __future__ import annotations

import codecs
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from traces.dates import EARLIEST, midnight
from traces.declared import Declared, Question, QuestionKind
from traces.errors import UnknownFormat
from traces.json_stream import elements
from traces.local_time import Clock
from traces.reasons import Reason
from traces.recognising import Match
from traces.schema import Template
from traces.tables import Row, rows
from traces.tally import Tally
from traces.text import open_text

_DAY = 86_400_000


class Findings:
    """Where a reader puts what it finds.

    Parameters
    ----------
    declared : Declared
        What the person said.
    templates : mapping of str to Template
        All public templates.
    """

    def __init__(self, declared: Declared, templates: Mapping[str, Template]) -> None:
        self.declared = declared
        self.clock = Clock(declared.place)
        self.kept = 0
        self.dropped: Counter[Reason] = Counter()
        self.questions: list[Question] = []
        self.tallies: dict[str, Tally] = {}
        #: Number of the file that is being read; an error names it.
        self.file: int | None = None
        self._templates = templates
        self._met: set[bytes] = set()
        self._earliest = midnight(EARLIEST)
        # Everywhere on earth the day has ended by then.
        self._latest = midnight(declared.last_day) + 2 * _DAY

    def tally(self, template: str) -> Tally:
        """Return the sums of a template."""
        if template not in self.tallies:
            self.tallies[template] = Tally(self._templates[template], self.clock)
        return self.tallies[template]

    def currencies(self, table: str) -> Mapping[str, str]:
        """Return the templates of a table of money by currency: `spending`, `spending_gbp`."""
        found = self._templates.items()
        return {
            each.currency: key
            for key, each in found
            if key in (table, f"{table}_{each.currency.casefold()}")
        }

    def keep(self) -> None:
        """Count a record that is in the cells."""
        self.kept += 1

    def drop(self, reason: Reason, count: int = 1) -> None:
        """Count what is not."""
        if count:
            self.dropped[reason] += count

    def repeated(self, *key: object) -> bool:
        """Return whether a record with this key was met before, in any file.

        Only a hash of the key is kept, and only while reading.
        """
        text = "\x1f".join(map(repr, key))
        met = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if met in self._met:
            return True
        self._met.add(met)
        return False

    def implausible(self, moment: int) -> Reason | None:
        """Return why an instant cannot be one of a record, or None."""
        if moment < self._earliest:
            return Reason.OUT_OF_DOMAIN
        return Reason.FUTURE if moment >= self._latest else None

    def ask(self, kind: QuestionKind, format_id: str, options: tuple[str, ...]) -> None:
        """Ask the owner. All cells of this reader wait until the answer is declared."""
        self.questions.append(Question(kind, format_id, options))

    def open(self, match: Match) -> BinaryIO:
        """Return the bytes of a member; use it in a `with`."""
        self.file = match.file
        return match.member.opened()

    def elements(self, match: Match) -> Iterator[Any]:
        """Iterate over the elements of a member's JSON array, at the path of its format."""
        self.file = match.file
        with match.member.opened() as stream:
            wide = stream.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        with open_text(match.member.opened, "utf-16" if wide else "utf-8") as text:
            yield from elements(text, match.format.path)

    def rows(self, match: Match) -> Iterator[Row]:
        """Iterate over the rows of a member's table, by the layout of its format."""
        self.file = match.file
        if match.format.layout is None:
            raise UnknownFormat()
        with open_text(match.member.opened) as text:
            yield from rows(text, match.format.layout)
