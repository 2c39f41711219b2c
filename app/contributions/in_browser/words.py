"""What the page may have to say while it reads: a closed list, in the reader's language.

The page is given all of it beforehand, so that nothing is asked of the market about a file.
"""

from flask_babel import lazy_gettext as _l

from app.contributions.texts import ANSWERS, NOTHING_FOUND, OTHER_CURRENCY, QUESTIONS
from traces import errors
from traces.errors import LibraryMissing, ReadingFailed, TracesError
from traces.reasons import Reason

_NOT_HERE = _l("This browser cannot read your file itself. Nothing was sent.")
#: What happens on the way, by its name in the page's script.
HAPPENS = {
    "loading": _l("Getting ready: loading what reads your file …"),
    "reading": _l("Reading on your device …"),
    "sending": _l("Sending the monthly sums …"),
    "read": _l("Read my file"),
    "send": _l("Send my file"),
    "question": _l("One question first. Your file is still here: answer, then go on."),
    "go_on": _l("Go on"),
    "offer": _l(
        "You can send us the file instead: we read it in memory, keep the monthly sums that you "
        "see next, and nothing else."
    ),
    "failed": _NOT_HERE,
    "memory": _NOT_HERE,
    "nothing": NOTHING_FOUND,
    Reason.OTHER_CURRENCY.value: OTHER_CURRENCY,
}
#: After these the file may be sent, where the person says so: a server can do what failed here.
OFFERED = ("failed", "memory", ReadingFailed.code, LibraryMissing.code)


def words() -> dict[str, object]:
    """Return the words as JSON takes them."""
    told = {each.code: _l(each.user_message) for each in _tree(errors.TracesError)}
    return {
        "says": {key: str(text) for key, text in {**told, **HAPPENS}.items()},
        "questions": {key: str(text) for key, text in QUESTIONS.items()},
        "answers": {key: str(text) for key, text in ANSWERS.items()},
        "offered": list(OFFERED),
    }


def _tree(top: type[TracesError]) -> list[type[TracesError]]:
    return [top, *(each for below in top.__subclasses__() for each in _tree(below))]
