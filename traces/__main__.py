"""Show what some files say: `python -m traces FILE...`."""

from __future__ import annotations

import argparse
import csv
import secrets
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

from traces.archive import Given
from traces.declared import Declared, Question
from traces.errors import TracesError
from traces.reading import read
from traces.result import Result


def main(arguments: Sequence[str], out: TextIO, complaints: TextIO) -> int:
    """Print the formats, the counts and the cells of some files; return how the command ends.

    Parameters
    ----------
    arguments : sequence of str
        Of the command line.
    out, complaints : TextIO
        Where cells go, as CSV below lines that begin with "#"; where refusals go.
    """
    chosen = _parser().parse_args(arguments)
    with ExitStack() as stack:
        try:
            files = [
                Given(Path(name).name, stack.enter_context(Path(name).open("rb")))
                for name in chosen.files
            ]
        except OSError:
            complaints.write("One of the files cannot be opened.\n")
            return 2
        try:
            declared = Declared(
                zone=chosen.zone,
                date_order=chosen.date_order,
                profile=chosen.profile,
                currency=chosen.currency,
                account=chosen.account,
                unit=chosen.unit,
            )
            wanted = chosen.template or None
            result = read(files, declared, key=secrets.token_bytes(32), wanted=wanted)
        except TracesError as error:
            number = "" if error.file is None else f"File {error.file + 1}: "
            complaints.write(f"{number}{error.user_message}\n")
            return 1
    _print(result, out)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m traces", description="Show what some exports say, in coarse cells."
    )
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--zone", default="Europe/Paris", help="your time zone")
    parser.add_argument("--date-order", choices=("dmy", "mdy", "ymd"))
    parser.add_argument("--profile", help="your own profile, where people share an account")
    parser.add_argument("--currency", help="three capital letters")
    parser.add_argument("--account", help="which account, as asked")
    parser.add_argument("--unit", help="the unit, where a file names none")
    parser.add_argument("--template", action="append", help="only these; repeat for more")
    return parser


def _print(result: Result, out: TextIO) -> None:
    out.write(f"# formats: {', '.join(result.format_ids)}\n")
    out.write(f"# kept: {result.kept}\n")
    for reason, count in result.dropped.items():
        out.write(f"# dropped, {reason.value}: {count} ({reason.sentence})\n")
    for question in result.questions:
        out.write(f"# {_asked(question)}\n")
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["template", "month", "cell", "measures"])
    for each in result.slices:
        for cell in each.cells:
            table.writerow(
                [
                    each.template,
                    each.month,
                    " ".join(cell.values),
                    " ".join(map(str, cell.measures)),
                ]
            )


def _asked(question: Question) -> str:
    option = question.kind.value.replace("_", "-")
    return f"answer with --{option}: {', '.join(question.options)}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdout, sys.stderr))
