"""Reading: from files to cells and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from types import TracebackType

from traces.archive import LIMITS, Given, Limits
from traces.catalogue import templates
from traces.declared import Declared, Question
from traces.errors import InvalidDeclaration, ReadingFailed, TracesError
from traces.findings import Findings
from traces.formats import Format
from traces.readers import (
    amazon,
    electricity,
    google,
    netflix,
    sensor,
    spotify,
    tesco,
    timeline,
    uber,
)
from traces.readers.bank import camt, mt940, ofx, qif, tables
from traces.readers.body import reader as body
from traces.reasons import Reason
from traces.recognising import Match, Recognition, recognise
from traces.result import Result, Slice
from traces.schema import Template
from traces.tally import Tally

#: Reads all members of its formats together, and puts what they say into the findings.
Reader = Callable[[Sequence[Match], Findings], None]

#: By the name that formats give.
READERS: Mapping[str, Reader] = {
    "amazon": amazon.read,
    "banque_postale": tables.read,
    "bnp": tables.read,
    "body": body.read,
    "boursobank": tables.read,
    "bpce": tables.read,
    "camt": camt.read,
    "credit_agricole": tables.read,
    "credit_mutuel": tables.read,
    "electricity": electricity.read,
    "google": google.read,
    "home_assistant": sensor.read,
    "midata": tables.read,
    "mt940": mt940.read,
    "n26": tables.read,
    "netflix": netflix.read,
    "netflix_history": netflix.read_history,
    "ofx": ofx.read,
    "qif": qif.read,
    "revolut": tables.read,
    "sensor": sensor.read,
    "societe_generale": tables.read,
    "spotify": spotify.read,
    "tesco": tesco.read,
    "timeline": timeline.read,
    "uber": uber.read,
}


def read(
    files: Sequence[Given],
    declared: Declared,
    *,
    key: bytes,
    wanted: Collection[str] | None = None,
    known: Mapping[str, Format] | None = None,
    readers: Mapping[str, Reader] = READERS,
    limits: Limits = LIMITS,
) -> Result:
    """Return what some files say, in cells of the public templates.

    All files are read together: splitting one, or giving it twice, changes no cell.

    Parameters
    ----------
    files : sequence of Given
        What a person chose.
    declared : Declared
        What they said about it.
    key : bytes
        The caller's secret, which chooses the cells that stay where there are more than k.
    wanted : collection of str, optional
        Keys of templates; by default all but the sensitive ones, which need a consent of their own.
    known, readers, limits : optional
        Other formats, other readers, other limits.

    Raises
    ------
    Refused
        A file cannot be read; its number is the error's `file`. Nothing of the others is returned.
    ReadingFailed
        A reader made a mistake.
    InvalidDeclaration
        The key is empty, or a template is unknown.

    Notes
    -----
    Errors leave without the frames they come from, which hold content.
    """
    failure: TracesError | None = None
    try:
        return _read(files, declared, key, wanted, known, readers, limits)
    except TracesError as error:
        failure = error.bare()
    except Exception as error:  # whatever it is, its message may hold content
        failure = ReadingFailed(_place(error.__traceback__), type(error).__name__)
    raise failure


def _read(
    files: Sequence[Given],
    declared: Declared,
    key: bytes,
    wanted: Collection[str] | None,
    known: Mapping[str, Format] | None,
    readers: Mapping[str, Reader],
    limits: Limits,
) -> Result:
    public = templates()
    asked = {each for each in public if not public[each].sensitive} if wanted is None else wanted
    if not key or not public.keys() >= set(asked):
        raise InvalidDeclaration()
    recognitions = recognise(files, known=known, limits=limits)
    for recognition in recognitions:
        if recognition.refusal is not None:
            raise recognition.refusal
    by_reader: dict[str, list[Match]] = {}
    for match in (match for each in recognitions for match in each.matches):
        by_reader.setdefault(match.format.reader, []).append(match)
    found = [_found(readers[name], by_reader[name], declared, public) for name in sorted(by_reader)]
    return _result(recognitions, found, set(asked), key)


def _found(
    reader: Reader,
    matches: Sequence[Match],
    declared: Declared,
    public: Mapping[str, Template],
) -> Findings:
    """Let one reader read; what asks a question gives nothing else."""
    findings = Findings(declared, public)
    full = [match for match in matches if not match.empty]
    try:
        reader(full, findings)
    except TracesError as error:
        refused = error.bare(findings.file)
    else:
        if findings.questions:
            asked, findings = findings.questions, Findings(declared, public)
            findings.questions = asked
        elif not findings.kept and not findings.dropped:
            findings.drop(Reason.NO_DATA, len(full))
        findings.drop(Reason.NO_DATA, len(matches) - len(full))
        return findings
    raise refused


def _result(
    recognitions: Sequence[Recognition], found: Sequence[Findings], asked: set[str], key: bytes
) -> Result:
    dropped: Counter[Reason] = Counter()
    questions: set[Question] = set()
    tallies: dict[str, Tally] = {}
    for findings in found:
        dropped.update(findings.dropped)
        questions.update(findings.questions)
        for name in asked & findings.tallies.keys():
            if name in tallies:
                tallies[name].merge(findings.tallies[name])
            else:
                tallies[name] = findings.tallies[name]
    slices: list[Slice] = []
    for name in sorted(tallies):
        made, clipped, too_many = tallies[name].slices(key)
        slices.extend(made)
        dropped[Reason.CLIPPED] += clipped
        dropped[Reason.TOO_MANY_CELLS] += too_many
    return Result(
        format_ids=tuple(sorted({each for one in recognitions for each in one.format_ids})),
        slices=tuple(slices),
        kept=sum(findings.kept for findings in found),
        dropped={reason: dropped[reason] for reason in sorted(dropped) if dropped[reason]},
        questions=tuple(sorted(questions, key=lambda each: (each.format_id, each.kind))),
    )


def _place(trace: TracebackType | None) -> str:
    """Return the innermost line of ours that an exception passed."""
    place = "traces"
    while trace is not None:
        name = str(trace.tb_frame.f_globals.get("__name__", ""))
        if name.startswith("traces."):
            place = f"{name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
