import csv
import io
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.datasets.ingest import messages
from app.datasets.ingest.errors import UploadError
from app.datasets.ingest.reading import BATCH_ROWS, ROW, Limits, read_csv

ROOT = Path(__file__).resolve().parents[4]


def read(content, limits=None):
    batches = read_csv(io.BytesIO(content), limits or Limits())
    return [batch.drop_columns([ROW]) for batch in batches]


def refusal(content, limits=None):
    with pytest.raises(UploadError) as caught:
        read(content, limits)
    return caught.value


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_reads_the_usual_dialects(delimiter, bom, end):
    lines = [delimiter.join(row) for row in (["Stadt", "Größe"], ["Köln", ""], ["Лион", "3,5"])]
    quoted = [line.replace("3,5", '"3,5"') for line in lines]
    (batch,) = read(bom + end.join(quoted).encode() + end.encode())
    assert batch.to_pydict() == {"Stadt": ["Köln", "Лион"], "Größe": ["", "3,5"]}


def test_reads_quotes_line_breaks_and_blank_lines():
    (batch,) = read(b'a,b\n"x\ny","say ""hi"""\n\n2,3\n\n')
    assert batch.to_pydict() == {"a": ["x\ny", "2"], "b": ['say "hi"', "3"]}


@given(st.lists(st.tuples(st.integers(), st.integers()), min_size=1, max_size=50))
def test_gives_back_every_row(rows):
    content = "a;b\n" + "".join(f"{a};{b}\n" for a, b in rows)
    (batch,) = read(content.encode())
    assert batch.column(0).to_pylist() == [str(a) for a, _ in rows]
    assert batch.column(1).to_pylist() == [str(b) for _, b in rows]


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"%PDF-1.7", "PDF"),
        (b"\xd0\xcf\x11\xe0", "Excel 97"),
        (b"PAR1", "Parquet"),
    ],
)
def test_names_what_is_no_csv(start, kind):
    error = refusal(start + b"\x00\x01\n\x02")
    assert error.message is messages.NOT_CSV
    assert error.params == {"kind": kind}
    assert "CSV" in error.remedy_template


@pytest.mark.parametrize(
    ("content", "message", "row"),
    [
        ("a,é\n1,2\n".encode("latin-1"), messages.NOT_UTF_8, 1),
        ("a,b\n1,2\n3,é\n".encode("latin-1"), messages.NOT_UTF_8, 3),
        (b"a,b\n1,\x00\n", messages.NUL, 2),
        (b"a,b\r1,2\r", messages.LINE_ENDS, None),
        (b"", messages.EMPTY, None),
        (b"\n\n", messages.EMPTY, None),
        (b"a,b\n", messages.EMPTY, None),
        (b"a,b\n1,2\n1,2,3\n", messages.RAGGED, 3),
        (b"a,b\n\n1,2\n1\n", messages.RAGGED, 4),
        (b"a,,c\n1,2,3\n", messages.HEADER_EMPTY, 1),
        (b"a,b,A\n1,2,3\n", messages.HEADER_TWICE, 1),
        (b"a,b\x07\n1,2\n", messages.HEADER_STRANGE, 1),
        (b'a,b\n1,"x"y\n', messages.QUOTES, 2),
        (b'a,b\n1,"never closed\n', messages.QUOTES, 2),
    ],
)
def test_names_row_and_reason(content, message, row):
    error = refusal(content)
    assert error.message is message
    assert error.row == row
    assert error.template % error.params
    assert error.remedy_template % error.params


@pytest.mark.parametrize(
    ("content", "limits", "message"),
    [
        (b"a,b\n" + b"1,2\n" * 50, Limits(size=100), messages.TOO_LARGE),
        (b"a,b\n" + b"1,2\n" * 5, Limits(rows=4), messages.TOO_MANY_ROWS),
        (b"a,b,c\n1,2,3\n", Limits(columns=2), messages.TOO_MANY_COLUMNS),
        (b"a,b\n1,22222\n", Limits(field=4), messages.TOO_LONG),
        (b"a,b\n1," + b"2" * 500, Limits(field=4), messages.TOO_LONG),
        (b'a,b\n1,"' + b"2\n" * 100_000, Limits(), messages.TOO_LONG),
    ],
)
def test_refuses_too_much(content, limits, message):
    # As some libraries do when they are loaded.
    csv.field_size_limit(10**9)
    assert refusal(content, limits).message is message


def test_accepts_exactly_the_limit():
    assert read(b"a,b\n1,2\n3,4\n", Limits(size=12, rows=2, columns=2, field=1))[0].num_rows == 2


MEASURE = r"""
import io, tracemalloc
from contextlib import suppress
from app.datasets.ingest.errors import UploadError
from app.datasets.ingest.reading import Limits, read_csv

class Made(io.RawIOBase):
    def __init__(self, lines):
        self.lines = lines
    def readline(self, size=-1):
        return next(self.lines, b"")[: size if size >= 0 else None]

def endless():
    yield b"a,b\n"
    while True:
        yield b"x" * 1_000_000

def many():
    yield b"a,b\n"
    for _ in range(100_000):
        yield b"12345,67890\n"

# The first batch loads what pyarrow loads late; that is not the reader's memory.
list(read_csv(io.BytesIO(b"a,b\n1,2\n"), Limits()))
rows, largest = 0, 0
tracemalloc.start()
with suppress(UploadError):
    for batch in read_csv(Made({lines}()), Limits()):
        rows, largest = rows + batch.num_rows, max(largest, batch.num_rows)
print(rows, largest, tracemalloc.get_traced_memory()[1])
"""


def measured(lines):
    """Rows read, rows of the largest batch, and the peak of Python's memory in bytes.

    In a process of its own: memory is counted over all threads, other tests' too.
    """
    script = MEASURE.replace("{lines}", lines)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [int(number) for number in done.stdout.split()]


def test_a_line_without_end_does_not_fill_the_memory():
    rows, _, peak = measured("endless")
    assert rows == 0
    assert peak < 20_000_000


def test_holds_one_batch_at_a_time():
    rows, largest, peak = measured("many")
    assert rows == 100_000
    assert largest <= BATCH_ROWS
    assert peak < 12_000_000, "100,000 rows as lists would take more than 20 MB"


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content):
    batches = []
    with suppress(UploadError):
        batches = read(content)
        assert batches
    assert all(batch.num_rows > 0 for batch in batches)
