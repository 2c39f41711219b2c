"""What people write in a few lines: of a bounded length, without what is no text."""

from flask_babel import lazy_gettext as _l

from app.core.errors import Invalid

SHORTEST, LONGEST = 10, 1_000


def written(text: str) -> str:
    """Return a text as it is kept, its lines without what stands behind them.

    Raises
    ------
    Invalid
        Where it is too short or too long.
    """
    said = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").strip().split("\n"))
    if len(said) < SHORTEST:
        raise Invalid(_l("Write at least %(n)s characters."), n=SHORTEST)
    if len(said) > LONGEST:
        raise Invalid(_l("Write at most %(n)s characters."), n=LONGEST)
    return said
