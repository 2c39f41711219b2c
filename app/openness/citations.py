"""How an edition is cited: with the hash of its release, so that readers can check it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from app.openness.description import Description
from app.openness.wording import both

#: What LaTeX would take for a command.
LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\^{}",
    "~": r"\~{}",
}


@dataclass(frozen=True)
class Form:
    """A way to write a citation.

    Attributes
    ----------
    name : str
        As people know it.
    kind : str
        Its media type.
    """

    name: str
    kind: str
    write: Callable[[Description, str], str]


def apa(about: Description, locale: str) -> str:
    """Write a citation in the style of the American Psychological Association."""
    kind = both(lambda: _("Data set")).of(locale)
    return (
        f"{about.site.publisher}. ({about.issued.year}). {about.title.of(locale)} [{kind}]. "
        f"{about.address} (SHA-256: {about.digest})"
    )


def bibtex(about: Description, locale: str) -> str:
    """Write a citation for BibTeX."""
    fields = {
        "author": f"{{{_latex(about.site.publisher)}}}",
        "title": f"{{{_latex(about.title.of(locale))}}}",
        "year": str(about.issued.year),
        "month": f"{about.issued:%m}".lstrip("0"),
        "publisher": f"{{{_latex(about.site.publisher)}}}",
        "version": about.version,
        "howpublished": "Data set",
        "url": about.address,
        "note": f"SHA-256 of the release: {about.digest}",
    }
    inside = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@misc{{{_key(about)},\n{inside}\n}}\n"


def csl_json(about: Description, locale: str) -> str:
    """Write a citation for Zotero and others: an item of the Citation Style Language."""
    day = about.issued
    item = {
        "id": _key(about),
        "type": "dataset",
        "title": about.title.of(locale),
        "author": [{"literal": about.site.publisher}],
        "publisher": about.site.publisher,
        "issued": {"date-parts": [[day.year, day.month, day.day]]},
        "version": about.version,
        "URL": about.address,
        "language": locale,
        "note": f"SHA-256: {about.digest}",
    }
    return json.dumps([item], ensure_ascii=False, indent=2) + "\n"


def ris(about: Description, locale: str) -> str:
    """Write a citation for programs that read RIS."""
    lines = (
        ("TY", "DATA"),
        ("AU", about.site.publisher),
        ("TI", about.title.of(locale)),
        ("PY", str(about.issued.year)),
        ("DA", f"{about.issued:%Y/%m/%d}"),
        ("PB", about.site.publisher),
        ("ET", about.version),
        ("LA", locale),
        ("UR", about.address),
        ("N1", f"SHA-256: {about.digest}"),
        ("ER", ""),
    )
    return "".join(f"{tag}  - {text}\r\n" for tag, text in lines)


#: By the ending of their files.
FORMS: Mapping[str, Form] = {
    "txt": Form("APA", "text/plain", apa),
    "bib": Form("BibTeX", "application/x-bibtex", bibtex),
    "csl.json": Form("CSL-JSON", "application/vnd.citationstyles.csl+json", csl_json),
    "ris": Form("RIS", "application/x-research-info-systems", ris),
}


def _key(about: Description) -> str:
    return f"moisson-{about.edition_id[:8]}"


def _latex(text: str) -> str:
    return "".join(LATEX.get(letter, letter) for letter in text)
