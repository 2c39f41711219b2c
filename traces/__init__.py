"""What a person's export says, in coarse cells of public templates: a pure library.

`recognise` tells by their content which formats some files have. `read` goes through the
files once, as streams, and returns a `Result`: for each template and month a few cells of bounded
numbers, with counts of the records that were kept and dropped, by reason.

Never lets a title, name, place, label, account number or file name leave the function that reads:
not in a result, an error, a `repr`, a log or a temporary file. Never imports `app`, the privacy
library or the prices, nor anything but the standard library, so that it can run in a browser.
"""

from traces.archive import LIMITS, Given, Limits
from traces.catalogue import domains, templates
from traces.declared import Declared, Question, QuestionKind
from traces.errors import TracesError
from traces.formats import formats
from traces.reading import read
from traces.reasons import Reason
from traces.recognising import Match, Recognition, recognise
from traces.result import Cell, Result, Slice, without
from traces.schema import Dimension, Measure, Template

__all__ = [
    "LIMITS",
    "Cell",
    "Declared",
    "Dimension",
    "Given",
    "Limits",
    "Match",
    "Measure",
    "Question",
    "QuestionKind",
    "Reason",
    "Recognition",
    "Result",
    "Slice",
    "Template",
    "TracesError",
    "domains",
    "formats",
    "read",
    "recognise",
    "templates",
    "without",
]
