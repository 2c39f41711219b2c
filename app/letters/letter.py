"""An e-mail: from a template and its values to a message with a text and an HTML part."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import force_locale

from app.core.clock import now
from app.core.config import Settings

#: Headers that e-mail programs read as they stand.
WHOLE = ("Message-ID", "List-Unsubscribe")
#: Blank lines that the template's own lines leave.
BLANK = re.compile(r"\n\s*\n\s*\n")


class Unbroken(EmailPolicy):
    """Headers as usual, but no long address is encoded to be put on several lines.

    RFC 2047 allows that in words alone: an e-mail program finds no address in them.
    """

    def fold(self, name: str, value: str) -> str:
        """Return a header as it is sent."""
        if name in WHOLE:
            return f"{name}: {value}{self.linesep}"
        folded: str = super().fold(name, value)
        return folded

    def fold_binary(self, name: str, value: str) -> bytes:
        """Return a header as it is sent, in bytes."""
        if name in WHOLE:
            return self.fold(name, value).encode("ascii")
        return super().fold_binary(name, value)


POLICY = Unbroken()


@dataclass(frozen=True)
class Letter:
    """What is said, to whom.

    Attributes
    ----------
    template : str
        Name of a file in `app/templates/letters`, without its ending.
    to : str
        An e-mail address.
    locale : str
        The reader's language, "en" or "fr".
    key : str
        Names the message: sent twice, it is one to the reader's e-mail program.
    values : mapping
        For the template.
    """

    template: str
    to: str
    locale: str
    key: str
    values: Mapping[str, Any] = field(default_factory=dict)
    #: Where one POST ends messages of its kind (RFC 8058); empty for those that have to be sent.
    unsubscribe: str = ""


def message(letter: Letter, settings: Settings) -> EmailMessage:
    """Return the message of a letter; inside an application context."""
    host = urlsplit(settings.base_url).hostname or "localhost"
    made = EmailMessage(POLICY)
    made["From"], made["To"] = settings.mail_from, letter.to
    made["Date"] = format_datetime(now())
    made["Message-ID"] = f"<{letter.key}@{host}>"
    if letter.unsubscribe:
        made["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    elif settings.list_unsubscribe:
        made["List-Unsubscribe"] = f"<{settings.list_unsubscribe}>"
    made["Auto-Submitted"] = "auto-generated"
    with force_locale(letter.locale):
        made["Subject"] = " ".join(_part(letter, settings, "subject").split())
        # Eight bits, so that no e-mail program has to put a long address together again.
        text = BLANK.sub("\n\n", _part(letter, settings, "text")).strip()
        made.set_content(f"{text}\n", cte="8bit")
        page = _part(letter, settings, "html")
        made.add_alternative(page, subtype="html", cte="quoted-printable")
    made["Content-Language"] = letter.locale
    return made


def _part(letter: Letter, settings: Settings, part: str) -> str:
    """Return the subject, the text or the page of a letter."""
    # Not by render_template: that adds what pages need, and there is no request here.
    template = current_app.jinja_env.get_template(f"letters/{letter.template}.html")
    leaving = {"unsubscribe": letter.unsubscribe} if letter.unsubscribe else {}
    shown = template.render(part=part, site=settings.base_url, **leaving, **letter.values)
    # What was escaped for HTML is, in plain text, as it was typed again.
    return shown if part == "html" else html.unescape(shown)
