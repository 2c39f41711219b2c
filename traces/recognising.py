"""Which formats some files have, by the beginning of what they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from traces.archive import LIMITS, Given, Limits, Member, members
from traces.errors import Ambiguous, ChooseJson, NestedArchive, Refused, UnknownFormat
from traces.formats import Format, Kind, formats
from traces.sniffing import Beginning


@dataclass(frozen=True)
class Match:
    """A member whose format we know.

    Parameters
    ----------
    format : Format
        What it is.
    member : Member
        Where to read it.
    file : int
        Number of the file that it lies in.
    empty : bool
        It holds nothing; its format is that of its name.
    """

    format: Format
    member: Member
    file: int = 0
    empty: bool = False


@dataclass(frozen=True)
class Recognition:
    """What one file is.

    Parameters
    ----------
    file : int
        Its number among those given, from zero.
    matches : tuple of Match
        Members that can be read, by path.
    others : int
        Members that no format knows; they stay closed.
    refusal : Refused, optional
        Why the file is not read.
    """

    file: int
    matches: tuple[Match, ...] = ()
    others: int = 0
    refusal: Refused | None = field(default=None)

    @property
    def format_ids(self) -> tuple[str, ...]:
        """Ids of the formats, sorted."""
        return tuple(sorted({match.format.id for match in self.matches}))


def recognise(
    files: Sequence[Given],
    *,
    known: Mapping[str, Format] | None = None,
    limits: Limits = LIMITS,
) -> tuple[Recognition, ...]:
    """Return what each file is; nothing is raised for a file that is refused.

    Parameters
    ----------
    files : sequence of Given
        What a person chose.
    known : mapping of str to Format, optional
        By default every format we know.
    limits : Limits, optional
        How much is opened at most.
    """
    table = tuple((formats() if known is None else known).values())
    return tuple(_recognised(number, given, table, limits) for number, given in enumerate(files))


def _recognised(number: int, given: Given, known: Sequence[Format], limits: Limits) -> Recognition:
    refused: Refused | None = None
    try:
        return _look(number, given, known, limits)
    except Refused as error:
        refused = error
    bare = refused.bare(number)
    return Recognition(number, refusal=bare if isinstance(bare, Refused) else None)


def _look(number: int, given: Given, known: Sequence[Format], limits: Limits) -> Recognition:
    nested = tuple(pattern for each in known for pattern in each.nested)
    found: list[Match] = []
    others = archives = 0
    pages: set[str] = set()
    for member in members(given, limits, nested):
        if member.is_archive:
            archives += 1
        elif member.path != given.name and not _candidate(member, known):
            others += 1
        else:
            try:
                match = match_of(member, known, number)
            except ChooseJson as page:
                pages.add(page.family or "")
                continue
            if match is None:
                others += 1
            else:
                found.append(match)
    # Some services add a page as a guide: it counts only where nothing else can be read.
    if not found and pages:
        raise ChooseJson(family=min(pages))
    if not found:
        raise NestedArchive() if archives else UnknownFormat()
    found.sort(key=lambda match: (match.format.id, match.member.path))
    return Recognition(number, tuple(found), others + archives)


def _candidate(member: Member, known: Sequence[Format]) -> bool:
    """Return whether a member of an archive ends like any member of any format.

    What a file is, its content says. This spares opening ten thousand pictures.
    """
    ending = _ending(member.path)
    return any(ending == _ending(pattern) for each in known for pattern in each.members) or (
        ending in ("html", "htm")
    )


def _ending(path: str) -> str:
    return path.rsplit("/", 1)[-1].rpartition(".")[2].casefold().removesuffix(".gz")


def match_of(member: Member, known: Sequence[Format], file: int = 0) -> Match | None:
    """Return the format of a member, or None.

    Where several fit, one wins whose signs include all those of the others; else one whose names
    fit; else nobody.

    Raises
    ------
    Ambiguous
        Two formats fit.
    ChooseJson
        It is a web page where an export should be.
    """
    beginning = Beginning(member)
    named = [each for each in known if member.fits(each.members)]
    if beginning.empty:
        return Match(named[0], member, file, empty=True) if named else None
    if beginning.html:
        return _page(beginning, member, known, named, file)
    signs = {each.id: found for each in known if (found := _signs(each, member, beginning))}
    fitting = [each for each in known if each.id in signs]
    widest = [
        each
        for each in fitting
        if all(each is other or signs[each.id] > signs[other.id] for other in fitting)
    ]
    for few in (fitting, widest, [each for each in fitting if each in named]):
        if len(few) == 1:
            return Match(few[0], member, file)
    if fitting:
        raise Ambiguous()
    bare = (each for each in named if each.kind is Kind.JSON and beginning.bare(each.path))
    return next((Match(each, member, file, empty=True) for each in bare), None)


def _page(
    beginning: Beginning,
    member: Member,
    known: Sequence[Format],
    named: Sequence[Format],
    file: int,
) -> Match | None:
    """Return the format of a web page that can be read, by its marks, else by its name.

    Where a page has the marks or the name of an export that cannot be read so, JSON is asked for.
    """
    marked = [each for each in known if each.kind is Kind.HTML and _marked(each, beginning)]
    fitting = [*marked, *named]
    for each in fitting:
        if each.kind is Kind.HTML and each.templates:
            return Match(each, member, file)
    if fitting:
        raise ChooseJson(family=fitting[0].family)
    return None


def _signs(each: Format, member: Member, beginning: Beginning) -> frozenset[str]:
    """Return the signs by which a format knows the beginning; none where it does not."""
    if member.is_workbook != (each.kind is Kind.WORKBOOK):
        return frozenset()
    return frozenset(_WAYS[each.kind](each, beginning))


def _in_json(each: Format, beginning: Beginning) -> Iterable[str]:
    keys = beginning.keys(each.path)
    some = not each.any_keys or any(key in keys for key in each.any_keys)
    if not (some and keys.issuperset(each.keys) and keys.isdisjoint(each.no_keys)):
        return ()
    return (key for key in (*each.keys, *each.any_keys) if key in keys)


def _in_table(each: Format, beginning: Beginning) -> Iterable[str]:
    if each.layout is None:
        return ()
    for names in beginning.rows(each.layout.delimiter):
        if (header := each.layout.named(names)) is not None:
            return {header.names[place] for place in header.places.values()}
    return ()


def _in_xml(each: Format, beginning: Beginning) -> Iterable[str]:
    marks = _marked(each, beginning)
    fits = beginning.root == each.root and len(marks) == len(each.marks)
    return (each.root, *marks) if fits else ()


def _in_bytes(each: Format, beginning: Beginning) -> Iterable[str]:
    return (each.magic,) if beginning.bytes.startswith(each.magic.encode(), each.magic_at) else ()


def _marked(each: Format, beginning: Beginning) -> tuple[str, ...]:
    """Return the marks of a format, where all of them are there."""
    return each.marks if all(mark in beginning.text for mark in each.marks) else ()


#: How each kind of format is told; web pages have a way of their own.
_WAYS: Mapping[Kind, Callable[[Format, Beginning], Iterable[str]]] = {
    Kind.BINARY: _in_bytes,
    Kind.HTML: lambda each, beginning: (),
    Kind.JSON: _in_json,
    Kind.TABLE: _in_table,
    Kind.TEXT: _marked,
    Kind.WORKBOOK: _marked,
    Kind.XML: _in_xml,
}
