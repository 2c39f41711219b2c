"""Elements of a large XML file, one after another, in bounded memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import BinaryIO
from xml.parsers import expat

from traces.errors import Damaged

_CHUNK = 1 << 16
#: Characters of one element, elements within it, and levels of the file.
_SIZE, _COUNT, _DEPTH = 1 << 20, 1 << 16, 64


class Element:
    """One element: its name and attributes without namespaces, its text, what lies in it."""

    __slots__ = ("_texts", "attributes", "children", "name")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.children: list[Element] = []
        self._texts: list[str] = []

    @property
    def text(self) -> str:
        """Its own text, without spaces around."""
        return "".join(self._texts).strip()

    def add(self, text: str) -> None:
        """Add to its text."""
        self._texts.append(text)

    def first(self, *path: str) -> Element | None:
        """Return the first element at a path of names, or None."""
        here = self
        for name in path:
            found = next((each for each in here.children if each.name == name), None)
            if found is None:
                return None
            here = found
        return here

    def said(self, *path: str) -> str:
        """Return the text at a path; "" where there is nothing."""
        found = self.first(*path)
        return "" if found is None else found.text

    def every(self, name: str) -> Iterator[Element]:
        """Iterate over the elements of a name, however deep."""
        for each in self.children:
            if each.name == name:
                yield each
            yield from each.every(name)


def xml_elements(stream: BinaryIO, names: Collection[str]) -> Iterator[Element]:
    """Iterate over the outermost elements with one of some names, each whole.

    Parameters
    ----------
    stream : BinaryIO
        The file.
    names : collection of str
        Without namespaces.

    Raises
    ------
    Damaged
        It is not XML, declares a type of its own, or one element is out of bounds.
    """
    builder = _Builder(names)
    while True:
        chunk = stream.read(_CHUNK)
        broken = False
        try:
            builder.parser.Parse(chunk, not chunk)
        except (expat.ExpatError, ValueError, LookupError):
            broken = True
        if broken:
            raise Damaged()
        yield from builder.done
        builder.done.clear()
        if not chunk:
            return


class _Builder:
    """Builds the elements that are asked for; passes over all others."""

    def __init__(self, names: Collection[str]) -> None:
        self.done: list[Element] = []
        self._names = frozenset(names)
        self._open: list[Element] = []
        self._depth = self._size = self._count = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        name = name.rpartition(":")[2]
        if self._depth > _DEPTH:
            raise Damaged()
        if not self._open and name not in self._names:
            return
        made = Element(name, {key.rpartition(":")[2]: each for key, each in attributes.items()})
        if self._open:
            self._open[-1].children.append(made)
        else:
            self._size = self._count = 0
        self._open.append(made)
        self._count += 1
        self._grow(sum(map(len, attributes.values())))

    def _end(self, _: str) -> None:
        self._depth -= 1
        if self._open:
            ended = self._open.pop()
            if not self._open:
                self.done.append(ended)

    def _text(self, text: str) -> None:
        if self._open:
            self._open[-1].add(text)
            self._grow(len(text))

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > _SIZE or self._count > _COUNT:
            raise Damaged()

    def _doctype(self, *_: object) -> None:
        """Refuse types and entities of a file's own: they can grow without end."""
        raise Damaged()
