"""How people get their files, provider by provider: data, in English and French."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from traces.errors import InvalidTemplate
from traces.schema import Words

#: A guide with more steps is not read to its end.
MOST_STEPS = 5


@dataclass(frozen=True)
class Guide:
    """How to get the files of one provider.

    Parameters
    ----------
    provider : Words
        Its name, as people know it.
    formats : tuple of str
        Ids of the formats that its files have.
    wait : Words
        How long the file takes to arrive.
    steps : tuple of Words
        Where to click, and the setting that matters: at most five.
    checked : bool
        Whether somebody went through it; else it is from memory.
    language : str
        Of the readers who have it most: "fr" of a French bank; empty where it is everybody's.
    last : bool
        Whether it is of no provider, but of a format that many have.
    """

    provider: Words
    formats: tuple[str, ...]
    wait: Words
    steps: tuple[Words, ...]
    checked: bool
    language: str = ""
    last: bool = False


def ordered(guides: Iterable[Guide], language: str) -> list[Guide]:
    """Put first what readers of a language have most, and last what is of no provider."""
    own = {language: 0, "": 1}
    return sorted(guides, key=lambda each: (each.last, own.get(each.language, 2)))


@cache
def how_to(family: str) -> tuple[Guide, ...]:
    """Return the guides of a family, in the order of its file.

    Parameters
    ----------
    family : str
        One of `families()`; another has no guides.

    Raises
    ------
    InvalidTemplate
        A field is missing, unknown or empty.
    """
    if family not in families():
        return ()
    text = files("traces").joinpath("how_to", f"{family}.toml").read_text("utf-8")
    return tuple(guide(facts) for facts in tomllib.loads(text)["guide"])


@cache
def families() -> tuple[str, ...]:
    """Return the families that have guides, sorted."""
    folder = files("traces").joinpath("how_to")
    names = sorted(path.name for path in folder.iterdir())
    return tuple(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


def guide(facts: Mapping[str, Any]) -> Guide:
    """Return a guide from its table in a data file.

    Raises
    ------
    InvalidTemplate
        A field is missing, unknown or empty.
    """
    plain: dict[str, Any] = dict(facts)
    try:
        named = plain.pop("provider")
        provider = Words(*named) if isinstance(named, list) else Words(named, named)
        wait = Words(plain.pop("wait_en"), plain.pop("wait_fr"))
        english: Sequence[str] = plain.pop("steps_en")
        steps = tuple(Words(*both) for both in zip(english, plain.pop("steps_fr"), strict=True))
        formats = tuple(plain.pop("formats"))
        made = Guide(formats=formats, provider=provider, wait=wait, steps=steps, **plain)
        if formats and 1 <= len(english) <= MOST_STEPS:
            return made
    except (KeyError, TypeError, AttributeError, ValueError):
        pass
    raise InvalidTemplate(f"the guide of {facts.get('provider')} has every field, and no other")
