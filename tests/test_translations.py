"""French is complete: every text of the product has its translation, with the same places."""

import io
import re
from pathlib import Path

from babel.messages import pofile
from babel.messages.frontend import CommandLineInterface

ROOT = Path(__file__).resolve().parent.parent
FRENCH = ROOT / "app" / "translations" / "fr" / "LC_MESSAGES" / "messages.po"
PLACE = re.compile(r"%\((\w+)\)s")


def extracted(tmp_path: Path) -> set[str]:
    target = tmp_path / "messages.pot"
    CommandLineInterface().run(
        ["pybabel", "-q", "extract", "-F", str(ROOT / "babel.cfg"), "-k", "_l", "-k", "N_"]
        + ["-o", str(target), str(ROOT)]
    )
    catalogue = pofile.read_po(io.BytesIO(target.read_bytes()))
    return {key(m.id) for m in catalogue if m.id}


def key(message_id: object) -> str:
    return message_id if isinstance(message_id, str) else message_id[0]  # type: ignore[index,no-any-return]


def test_every_text_has_its_french(tmp_path: Path) -> None:
    french = pofile.read_po(io.BytesIO(FRENCH.read_bytes()), locale="fr")
    have = {key(m.id) for m in french if m.id and all(_forms(m.string))}
    assert not extracted(tmp_path) - have


def test_translations_keep_the_places_of_the_original() -> None:
    french = pofile.read_po(io.BytesIO(FRENCH.read_bytes()), locale="fr")
    for message in french:
        if message.id:
            originals = [set(PLACE.findall(form)) for form in _forms(message.id)]
            for form in filter(None, _forms(message.string)):
                assert set(PLACE.findall(form)) in originals, message.id


def test_no_sign_of_french_stands_alone_on_the_next_line() -> None:
    """A space that does not break stands before ; ? ! and :, and inside guillemets."""
    french = pofile.read_po(io.BytesIO(FRENCH.read_bytes()), locale="fr")
    forms = [form for message in french if message.id for form in _forms(message.string)]
    loose = re.compile(r"(?<=\S) [;?!:](?=\s|$|[<)»,.])|« | »")
    assert [form for form in forms if loose.search(form)] == []


def _forms(string: object) -> tuple[str, ...]:
    return (string,) if isinstance(string, str) else tuple(string)  # type: ignore[arg-type]
