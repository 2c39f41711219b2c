"""Every error a library or a door may show a person has its place in the translations."""

import importlib
import inspect
import io
from pathlib import Path

import pytest
from babel.messages import pofile

ROOT = Path(__file__).resolve().parent.parent.parent.parent
FRENCH = ROOT / "app" / "translations" / "fr" / "LC_MESSAGES" / "messages.po"
#: Found, not listed: a new package's errors are among them.
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for package in ("app", "privacy", "pricing")
    for path in (ROOT / package).rglob("errors.py")
    if "user_message" in path.read_text()
)


def test_the_errors_of_every_library_and_door_are_found() -> None:
    assert {"privacy.errors", "pricing.errors"} <= set(MODULES)
    assert {"app.vault.errors", "app.engine.errors", "app.payments.errors"} <= set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_the_words_of_every_error_are_translated(module: str) -> None:
    french = pofile.read_po(io.BytesIO(FRENCH.read_bytes()), locale="fr")
    have = {message.id for message in french if message.string}
    classes = inspect.getmembers(importlib.import_module(module), inspect.isclass)
    said = {c.user_message for _, c in classes if isinstance(getattr(c, "user_message", 0), str)}
    assert said - have == set()
