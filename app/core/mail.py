"""Mail: through SMTP when an address is configured, else to a file and the console.

Messages leave after the unit of work is committed; one that cannot leave is logged
by its kind and kept in the outbox folder.
"""

import smtplib
import ssl
import uuid
from collections.abc import Callable
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

import structlog

from app.core.config import Settings
from app.core.db import after_commit

Post = Callable[[EmailMessage], None]
log = structlog.get_logger("mail")
_post: list[Post] = []


def build_post(settings: Settings) -> Post:
    """Choose how mail leaves this installation."""
    folder = settings.instance / "mail"
    if not settings.mail_url:
        return lambda message: _keep(folder, message, show=True)

    def post(message: EmailMessage) -> None:
        try:
            _smtp(settings.mail_url, message)
        except (OSError, smtplib.SMTPException) as error:
            log.error("mail not sent", error=type(error).__name__)
            _keep(folder, message, show=False)

    return post


def use_post(post: Post) -> None:
    """Wire the way mail leaves."""
    _post[:] = [post]


def send(sender: str, to: str, subject: str, text: str) -> None:
    """Send a plain text message once the present unit of work is committed."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Message-ID"] = f"<{uuid.uuid4().hex}@moisson>"
    # Eight bits, so that no mail program has to put a long address together again.
    message.set_content(text, cte="8bit")
    for post in _post:
        after_commit(partial(post, message))


def _keep(folder: Path, message: EmailMessage, *, show: bool) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{uuid.uuid4().hex}.eml"
    path.touch(mode=0o600)
    path.write_bytes(bytes(message))
    if show:
        # Only without an SMTP server, that is on a developer's own machine.
        print(f"--- mail to {message['To']}: {message['Subject']}\n{message.get_content()}")  # noqa: T201


def _smtp(url: str, message: EmailMessage) -> None:
    parts = urlsplit(url)
    host, port = parts.hostname or "localhost", parts.port or 587
    context = ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=20, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=20)
    with server:
        if parts.scheme == "smtp+tls":
            server.starttls(context=context)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)
