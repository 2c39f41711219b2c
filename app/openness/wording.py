"""The same words in both languages, for documents that many readers share."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask_babel import force_locale

LOCALES = ("en", "fr")
#: What ends a line, or may not stand in XML or YAML: founders may have pasted it.
UNSPOKEN = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\ufffe\uffff]+")


@dataclass(frozen=True)
class Both:
    """The same words in English and French; a founder's own words are the same in both."""

    en: str
    fr: str

    def of(self, locale: str) -> str:
        """Return the words in a language."""
        return self.fr if locale == "fr" else self.en


def both(say: Callable[[], object]) -> Both:
    """Say something in each language."""
    (words,) = both_each(lambda: [say()])
    return words


def both_each(say: Callable[[], Iterable[object]]) -> tuple[Both, ...]:
    """Say some things in each language."""
    english, french = (_said(say, locale) for locale in LOCALES)
    return tuple(Both(*words) for words in zip(english, french, strict=True))


def joined(parts: Iterable[Both], by: str) -> Both:
    """Join words in each language."""
    listed = tuple(parts)
    return Both(by.join(part.en for part in listed), by.join(part.fr for part in listed))


@contextmanager
def spoken_in(locale: str) -> Iterator[None]:
    """Say everything inside the block in a language."""
    with force_locale(locale):
        yield


def _said(say: Callable[[], Iterable[object]], locale: str) -> list[str]:
    with spoken_in(locale):
        # One line each; the thin spaces of French stay.
        return [one_line(str(each)) for each in say()]


def one_line(text: str) -> str:
    """Return a text as one line, of what every kind of document may hold."""
    return UNSPOKEN.sub(" ", text).strip()
