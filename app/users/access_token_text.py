"""How a token is written: a name by which scanners find it, 256 random bits, and a check sum.

`mois_pat_` and 49 letters and digits, of which the last six are the CRC-32 of all before: what was
mistyped is refused before anything is looked up.
"""

import hashlib
import secrets
import string
import zlib

PREFIX = "mois_pat_"
LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM, CHECK = 43, 6
#: So much of it is shown later on, for its owner to know it again.
SHOWN = len(PREFIX) + 4
PATTERN = rf"\b{PREFIX}[0-9A-Za-z]{{{RANDOM + CHECK}}}\b"


def drawn() -> str:
    """Return a new token, of the system's randomness."""
    body = PREFIX + "".join(secrets.choice(LETTERS) for _ in range(RANDOM))
    return body + _check(body)


def is_one(text: str) -> bool:
    """Say whether a text has the form of a token, its check sum included."""
    body, check = text[:-CHECK], text[-CHECK:]
    whole = len(PREFIX) + RANDOM + CHECK
    known = text.isascii() and len(text) == whole and text.startswith(PREFIX)
    return known and secrets.compare_digest(check, _check(body))


def hashed(text: str) -> str:
    """Return what is kept of a token: it has 256 random bits, so a plain hash tells nothing."""
    return hashlib.sha256(text.encode()).hexdigest()


def _check(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(CHECK):
        number, digit = divmod(number, len(LETTERS))
        digits = LETTERS[digit] + digits
    return digits
