"""How often the page that a buyer comes back to from paying looks for the payment.

The provider's message is mostly there within seconds. Each look waits longer than the one before;
after the last the page stops, and offers to pay again.
"""

#: Seconds before each look, first to last: a minute and a half in all.
DELAYS = (1, 2, 3, 5, 8, 13, 21, 34)


def delay(look: int) -> int | None:
    """Return the seconds to wait before a look, counted from 1; None where it is over.

    Examples
    --------
    >>> delay(1), delay(len(DELAYS) + 1)
    (1, None)
    """
    return DELAYS[look - 1] if 1 <= look <= len(DELAYS) else None


def number(text: str) -> int:
    """Return which look an address asks for; 0 for none, the last of all for a strange one.

    Examples
    --------
    >>> number(""), number("3"), number("x")
    (0, 3, 9)
    """
    if not text:
        return 0
    over = len(DELAYS) + 1
    return min(int(text), over) if text.isascii() and text.isdigit() and len(text) < 4 else over
