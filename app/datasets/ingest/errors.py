"""What is wrong with an upload.

IngestError
├── UploadError    one thing, at a row and column where there is one
├── UploadErrors   up to 20 of them
└── SeveralTables  several tables, of which the owner has to choose one
"""

from app.datasets.ingest.messages import Message


class IngestError(Exception):
    """Base of the tree."""

    user_message = "This file cannot be used."


class UploadError(IngestError):
    """One thing that is wrong with a file.

    Parameters
    ----------
    message : Message
    row : int, optional
        As a spreadsheet counts: the header is row 1.
    column : str, optional
    **params
        For the template; never a cell.
    """

    def __init__(
        self,
        message: Message,
        row: int | None = None,
        column: str | None = None,
        **params: str | int,
    ) -> None:
        self.message = message
        self.row = row
        self.column = column
        self.params: dict[str, str | int] = dict(params)
        place = [f"row {row}"] if row is not None else []
        place += [f"column {column}"] if column is not None else []
        said = message.template % self.params
        super().__init__(f"{', '.join(place)}: {said}" if place else said)

    @property
    def template(self) -> str:
        """What is wrong, in English, with `%(name)s` for `params`."""
        return self.message.template

    @property
    def remedy_template(self) -> str:
        """What to do about it, in English."""
        return self.message.remedy


class UploadErrors(IngestError):
    """What is wrong with the rows of a file, the first of it.

    Parameters
    ----------
    errors : tuple of UploadError
        In the order of the rows.
    """

    def __init__(self, errors: tuple[UploadError, ...]) -> None:
        self.errors = errors
        super().__init__("; ".join(str(error) for error in errors))


class SeveralTables(IngestError):
    """Several tables are in a file, and nobody said which one is meant.

    Parameters
    ----------
    names : tuple of str
        Of sheets, or of files in a zip: for the owner's eyes alone.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        super().__init__(f"{len(names)} tables")
