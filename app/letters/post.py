"""The door through which e-mail leaves: SMTP when configured, else a file and the console."""

import smtplib
import ssl
import uuid
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit

from app.core.config import Settings

Post = Callable[[EmailMessage], None]


def build_post(settings: Settings) -> Post:
    """Choose how e-mail leaves this installation.

    What it returns raises `MailNotSent` where a message could not be handed over: the job that
    sends it is then tried again.
    """
    if settings.mail_url:
        return lambda message: _smtp(settings.mail_url, message)
    return lambda message: _keep(settings.instance / "mail", message)


def _keep(folder: Path, message: EmailMessage) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{uuid.uuid4().hex}.eml"
    path.touch(mode=0o600)
    path.write_bytes(bytes(message))
    # Only without an SMTP server, that is on a developer's own machine.
    text = message.get_body(("plain",))
    content = "" if text is None else text.get_content()
    print(f"--- e-mail to {message['To']}: {message['Subject']}\n{content}")  # noqa: T201


def forget(settings: Settings, address: str) -> None:
    """Remove the e-mails to an address that are kept as files, where they are."""
    for path in (settings.instance / "mail").glob("*.eml"):
        kept = message_from_bytes(path.read_bytes(), policy=policy.default)
        if str(kept["To"]) == address:
            path.unlink()


def _smtp(url: str, message: EmailMessage) -> None:
    try:
        with _connected(url) as server:
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        # The class alone: an SMTP server quotes addresses.
        raise MailNotSent(type(error).__name__) from None


class MailNotSent(RuntimeError):
    """The SMTP server did not take a message; it is sent again later."""


def _connected(url: str) -> smtplib.SMTP:
    parts = urlsplit(url)
    host, port = parts.hostname or "localhost", parts.port or 587
    context = ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=20, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=20)
    if parts.scheme == "smtp+tls":
        server.starttls(context=context)
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))
    return server
