"""From a text to the stems it is searched by: the same for what is listed and what is asked.

First accents and capitals go, then stop words, then endings: in this order, so that "électriques"
and "electrique" are one word. Readers have two languages, so a word has its English stem and its
French one.
"""

import re
import unicodedata
from functools import lru_cache
from threading import Lock

import Stemmer

#: Of one word, at most two: each finds it.
Stems = tuple[str, ...]
WORD = re.compile(r"[^\W_]+")
LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})
#: Words that stand in nearly every text, folded.
STOP_WORDS = frozenset(
    """
    a an and are as at be but by can do does for from had has have how i if in into is it its me
    my no not of on or our so than that the their them then there these they this to up was we
    were what when where which who why will with you your
    ai au aux avec c ce ces cet cette d dans de des du elle elles en est et eu il ils j je l la
    le les leur leurs lui m ma mais mes mon n ne nos notre nous ont ou par pas pour qu que quel
    quelle quels quelles qui s sa se ses si son sont sur t ta te tes toi ton tu un une vos votre
    vous y
    """.split()
)
#: A text that is asked for counts up to so many words.
MOST_WORDS = 8
_stemmers = tuple(Stemmer.Stemmer(language) for language in ("english", "french"))
_lock = Lock()


def folded(text: str) -> str:
    """Return a text without capitals and accents.

    Examples
    --------
    >>> folded("Cœurs ÉLEVÉS")
    'coeurs eleves'
    """
    # Letters in disguise, such as mathematical ones, may turn out to be capitals.
    small = unicodedata.normalize("NFKD", text).casefold().translate(LIGATURES)
    apart = unicodedata.normalize("NFKD", small)
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def words(text: str) -> list[str]:
    """Return the words of a text that tell something, folded."""
    return [word for word in WORD.findall(folded(text)) if word not in STOP_WORDS]


def stems(text: str) -> str:
    """Return the stems of a text, each once, apart by spaces.

    Examples
    --------
    >>> stems("The lunches")
    'lunch'
    """
    return " ".join(dict.fromkeys(stem for word in words(text) for stem in _of(word)))


def asked(text: str) -> tuple[Stems, ...]:
    """Return the stems of each word that somebody asks for: every word has to be found by one."""
    return tuple(dict.fromkeys(_of(word) for word in words(text)[:MOST_WORDS]))


@lru_cache(maxsize=20_000)
def _of(word: str) -> Stems:
    if not word.isascii():
        # Neither stemmer knows it, and each database would cut it in its own way.
        return ("x" + word.encode().hex(),)
    # One stemmer must not be used by two threads at a time.
    with _lock:
        return tuple(dict.fromkeys(each.stemWord(word) for each in _stemmers))
