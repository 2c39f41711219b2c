"""A table written in each format that it can be had in: the same figures, to the last digit.

Texts that a spreadsheet would run as a formula have an apostrophe in front where spreadsheets open
a file, and nowhere else. The same table gives the same bytes each time.
"""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from app.core.spreadsheets import guarded
from app.downloads.content import FLAGS, NUMBERS, Content, Value, written

METRICS = (
    "value",
    "adjusted_value",
    "noise_sd",
    "noise_interval_95_low",
    "noise_interval_95_high",
    "cells",
)
#: Every file that wants a date of its own carries this one, so that its bytes do not change.
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Format:
    """A format of files.

    Attributes
    ----------
    name : str
        In addresses, and the ending of files.
    title : str
    media_type : str
    write : callable
    """

    name: str
    title: str
    media_type: str
    write: Callable[[Content], bytes]


def as_csv(content: Content) -> bytes:
    """Return UTF-8 CSV with a header line; true and false as such, and nothing for nothing."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(guarded, content.header))
    writer.writerows([_text(value) for value in line] for line in content.lines)
    return text.getvalue().encode()


def as_parquet(content: Content) -> bytes:
    """Return Parquet, compressed by Zstandard; the facts stand in the file's metadata."""
    sink = io.BytesIO()
    pq.write_table(_arrow(content), sink, compression="zstd")
    return sink.getvalue()


def as_arrow(content: Content) -> bytes:
    """Return an Arrow IPC file (Feather, version 2)."""
    found, sink = _arrow(content), io.BytesIO()
    with pa.ipc.new_file(sink, found.schema) as writer:
        writer.write_table(found)
    return sink.getvalue()


def as_json(content: Content) -> bytes:
    """Return JSON: facts, and one object a figure."""
    figures = [dict(zip(content.header, line, strict=True)) for line in content.lines]
    whole = {"title": content.title, "facts": content.facts, "figures": figures}
    return (json.dumps(whole, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def as_jsonstat(content: Content) -> bytes:
    """Return JSON-stat 2.0: dimensions, the kinds of figures, and value and noise as metrics."""
    places = len(content.dimensions)
    kinds: dict[str, str] = {}
    cells: dict[tuple[Value, ...], dict[str, tuple[Value, ...]]] = {}
    metrics = [name for name in METRICS if name in content.others]
    for line in content.lines:
        told = dict(zip(content.others, line[places:], strict=True))
        near = told.get("near")
        parts = [told["statistic"], told["measure"], near and written(float(near))]
        kind = ":".join(str(part) for part in parts if part is not None)
        kinds[kind] = kind.replace(":", " ")
        cells.setdefault(line[:places], {})[kind] = tuple(told[name] for name in metrics)
    labels = {
        name: list(dict.fromkeys(cell[place] for cell in cells))
        for place, name in enumerate(content.dimensions)
    }
    # Under names that no column of a table has.
    ids = [*(f"d{place}" for place in range(places)), "figure", "metric"]
    dimension: dict[str, Any] = {
        f"d{place}": {
            "label": name,
            "category": {
                "index": [str(number) for number in range(len(values))],
                "label": {str(number): value for number, value in enumerate(values)},
            },
        }
        for place, (name, values) in enumerate(labels.items())
    }
    dimension["figure"] = {"label": "figure", "category": {"index": [*kinds], "label": kinds}}
    dimension["metric"] = {
        "label": "metric",
        "category": {"index": [*metrics], "label": {name: name for name in metrics}},
    }
    values = [value for cell in cells.values() for kind in kinds for value in cell[kind]]
    whole = {
        "version": "2.0",
        "class": "dataset",
        "label": content.title,
        "id": ids,
        "size": [len(one["category"]["index"]) for one in (dimension[name] for name in ids)],
        "role": {"metric": ["metric"]},
        "dimension": dimension,
        "value": values,
        "extension": {"moisson": content.facts},
    }
    return (json.dumps(whole, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def as_xlsx(content: Content) -> bytes:
    """Return an Excel workbook: figures, and the facts on a sheet of their own."""
    sink = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(sink, options) as book:
        book.set_properties({"title": content.title, "created": EPOCH.replace(tzinfo=None)})
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet("figures")
        sheet.write_row(0, 0, map(guarded, content.header), bold)
        for number, line in enumerate(content.lines, 1):
            sheet.write_row(
                number, 0, [guarded(one) if isinstance(one, str) else one for one in line]
            )
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, len(content.lines), len(content.header) - 1)
        sheet.set_column(0, len(content.header) - 1, 18)
        facts = book.add_worksheet("facts")
        for number, (name, value) in enumerate(content.facts.items()):
            told = value if isinstance(value, str | int | float) else json.dumps(value)
            facts.write(number, 0, name, bold)
            facts.write(number, 1, guarded(told) if isinstance(told, str) else told)
        facts.set_column(0, 1, 40)
    return sink.getvalue()


FORMATS = {
    one.name: one
    for one in (
        Format("csv", "CSV", "text/csv", as_csv),
        Format("parquet", "Parquet", "application/vnd.apache.parquet", as_parquet),
        Format("arrow", "Arrow", "application/vnd.apache.arrow.file", as_arrow),
        Format(
            "xlsx",
            "Excel",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            as_xlsx,
        ),
        Format("json", "JSON", "application/json", as_json),
        Format("json-stat", "JSON-stat", "application/json", as_jsonstat),
    )
}


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return guarded(value) if isinstance(value, str) else written(value)


def _arrow(content: Content) -> Any:
    """Return a pyarrow.Table; what matters stands in the file's metadata, which everybody reads."""
    kinds = dict.fromkeys(NUMBERS, pa.float64()) | dict.fromkeys(FLAGS, pa.bool_())
    fields = [
        pa.field(
            name, pa.string() if place < len(content.dimensions) else kinds.get(name, pa.string())
        )
        for place, name in enumerate(content.header)
    ]
    told = {
        "title": content.title,
        "moisson:facts": json.dumps(content.facts, ensure_ascii=False),
    }
    rows = zip(*content.lines, strict=True)
    arrays = [pa.array(list(row), one.type) for row, one in zip(rows, fields, strict=True)]
    return pa.table(arrays, schema=pa.schema(fields, metadata=told))
