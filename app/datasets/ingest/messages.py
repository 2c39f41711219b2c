"""What an uploader is told: English templates, translated where they are shown.

They follow the row and column they are about; `%(name)s` stands for a parameter. No message
repeats a cell.
"""

from dataclasses import dataclass


def N_(text: str) -> str:
    """Mark a text for translation."""
    return text


@dataclass(frozen=True)
class Message:
    """What is wrong, and what to do about it."""

    template: str
    remedy: str


NOT_CSV = Message(
    N_("This is a %(kind)s file, which cannot be read here."),
    N_("Save or export the table as CSV, Excel (.xlsx) or JSON."),
)
NOT_UTF_16 = Message(
    N_("The file begins as UTF-16 and breaks off or goes on as something else."),
    N_("Save it again as “CSV UTF-8”."),
)
NOT_UTF_8 = Message(
    N_("Some letters are damaged: they fit no encoding that we know."),
    N_("Save the file again as “CSV UTF-8”."),
)
NUL = Message(
    N_("There is a NUL byte: the file is damaged, or not text."),
    N_("Export the table again as “CSV UTF-8”."),
)
LINE_ENDS = Message(
    N_("The file's lines end in a way that is no longer used."),
    N_("Save it again as “CSV UTF-8”."),
)
NOT_JSON = Message(
    N_("The JSON breaks off or is not written correctly."),
    N_("Export it again, as a list of objects or one object a line."),
)
NOT_OBJECTS = Message(
    N_("This JSON is not a list of objects with names and values."),
    N_('Export a list such as [{"day": "Mon", "paid": 3}], or one such object a line.'),
)
NOT_FLAT = Message(
    N_("Here is a list or an object where a single value should be."),
    N_("Leave this field out, or write it as a text or a number."),
)
NO_TABLE = Message(
    N_("There is no table in this file: no header with rows below it."),
    N_("Put the table on a sheet of its own, with a first line of column names."),
)
NO_TABLE_INSIDE = Message(
    N_("This zip holds no table that we can read."),
    N_("Put one CSV, Excel or JSON file into it, or upload that file itself."),
)
PACKED_TOO_LARGE = Message(
    N_("Unpacked, this file is too large for us to read."),
    N_("Unpack it and upload the table as CSV, without the columns you do not need."),
)
TOO_MANY_INSIDE = Message(
    N_("This zip holds too many files."),
    N_("Unpack it and upload the table alone."),
)
ENCRYPTED = Message(
    N_("This file has a password."),
    N_("Save it without a password, or unpack it first."),
)
SPLIT = Message(
    N_("This is one part of an archive in several parts."),
    N_("Unpack it and upload the table alone."),
)
ARCHIVE_INSIDE = Message(
    N_("This zip holds another archive."),
    N_("Unpack it and upload the table alone."),
)
OTHER_ARCHIVE = Message(
    N_("This kind of archive cannot be read; zip can."),
    N_("Unpack it and upload the table alone."),
)
DAMAGED = Message(
    N_("The file is damaged or incomplete."),
    N_("Save or download it again. From Excel, “CSV UTF-8” works too."),
)
EMPTY = Message(
    N_("The file has no rows."),
    N_("Upload a file with a header line and at least one row below it."),
)
TOO_LARGE = Message(
    N_("The file is larger than %(limit)s bytes."),
    N_("Leave out columns you do not need, or split the file."),
)
TOO_MANY_ROWS = Message(
    N_("The file has more than %(limit)s rows."),
    N_("Split the file."),
)
TOO_MANY_COLUMNS = Message(
    N_("The file has more than %(limit)s columns."),
    N_("Leave out columns you do not need."),
)
TOO_LONG = Message(
    N_("A cell is longer than %(limit)s characters."),
    N_("Shorten it, or look for a quotation mark that is opened and never closed."),
)
QUOTES = Message(
    N_("The quotation marks do not match."),
    N_("Close each quotation mark, and double those inside a cell."),
)
RAGGED = Message(
    N_("There are %(found)s cells, but the header has %(expected)s."),
    N_("Give each row as many cells as the header; put cells with separators in quotes."),
)
HEADER_EMPTY = Message(
    N_("Column %(position)s has no name in the header."),
    N_("Give each column a name in the first row."),
)
HEADER_TWICE = Message(
    N_("Two columns have this name."),
    N_("Give each column a name of its own in the first row."),
)
HEADER_STRANGE = Message(
    N_("The name of column %(position)s is too long or has characters that cannot be shown."),
    N_("Give it a short, plain name in the first row."),
)
COLUMN_MISSING = Message(
    N_("The file has no such column."),
    N_("Choose another column, or add it to the file."),
)
TOO_SLOW = Message(
    N_("Reading the file took longer than %(limit)s seconds."),
    N_("Leave out columns you do not need, or split the file."),
)
NOT_AN_ADDRESS = Message(
    N_("Some rows have no e-mail address in this column."),
    N_("In this collection people are told apart by their addresses: leave such rows out."),
)
TOO_MANY_BLANK = Message(
    N_("There are more than %(limit)s blank lines."),
    N_("Leave lines without anything out of the file."),
)
BLANK = Message(
    N_("The cell is blank."),
    N_("Fill it in, or leave the row out."),
)
NOT_A_NUMBER = Message(
    N_("This is not a number."),
    N_("Write numbers such as 1234.5, 1 234,56 or 12 €, all with the same decimal sign."),
)
NOT_FINITE = Message(
    N_("This is infinite or “not a number”."),
    N_("Fill in the number, or leave the row out."),
)
NUMBER_TOO_LARGE = Message(
    N_("This number is far too large."),
    N_("Check the number and its unit."),
)
NOT_A_DATE = Message(
    N_("This is not a date in the form %(form)s."),
    N_("Write all dates in this form, or choose another form for the column."),
)
NOT_A_TIME = Message(
    N_("There is no time of day here, such as 14:32 or 2:05 PM."),
    N_("Write the time in this way, or leave the row out."),
)
NOT_YES_OR_NO = Message(
    N_("This is neither yes nor no."),
    N_("Write yes or no (oui or non, true or false, 1 or 0), or leave the row out."),
)
FORMULA = Message(
    N_("This begins like a spreadsheet formula."),
    N_("Replace the formula by its value; begin no text with =, +, -, @ or a tab."),
)
OUTSIDE = Message(
    N_("This is none of the values allowed: %(allowed)s."),
    N_("Correct the value, say which of the allowed values it stands for, or leave the row out."),
)
