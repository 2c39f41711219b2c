"""The e-mails that a market without an SMTP server keeps in its folder."""

from email import message_from_bytes, policy
from pathlib import Path


def read_mail(folder: Path) -> list[tuple[str, str]]:
    """Each e-mail, oldest first: its head and text, and its page."""
    found = []
    for path in sorted(folder.glob("*.eml"), key=lambda p: p.stat().st_mtime_ns):
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        head = "\n".join(f"{name}: {value}" for name, value in message.items())
        text, page = (message.get_body((kind,)) for kind in ("plain", "html"))
        assert text is not None
        assert page is not None
        found.append((f"{head}\n\n{text.get_content()}", page.get_content()))
    return found
