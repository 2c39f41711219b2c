"""The diaries that there are: those that come with the market, and those that an operator wrote.

The latter are in the database, so each market has its own. They are read once in a unit of work,
and what is read of the same text is kept.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from sqlalchemy import select

from app.collections.models import OwnDiary
from app.core.db import is_in_unit_of_work, session
from traces.diary import Diary, diaries, diary


def every_diary() -> Mapping[str, Diary]:
    """Return the diaries of the present market, by key; closed ones too, whose words are needed.

    Outside a unit of work there is no market: then those that every market has.
    """
    if not is_in_unit_of_work():
        return diaries()
    here = session().info
    if OwnDiary not in here:
        own = session().execute(select(OwnDiary.key, OwnDiary.content))
        made = {key: read(content) for key, content in own}
        here[OwnDiary] = MappingProxyType({**diaries(), **made})
    known: Mapping[str, Diary] = here[OwnDiary]
    return known


def look_again() -> None:
    """Forget what this unit of work has read: a diary was written in it."""
    session().info.pop(OwnDiary, None)


@lru_cache(maxsize=256)
def read(content: str) -> Diary:
    """Return a diary from its text; the same one for the same text."""
    return diary(json.loads(content))
