"""One person in the files of several producers of an edition: one person.

Where a collection tells people apart by something that is the same everywhere, an e-mail address
or a member's code, its rows name people by a hash of that under the edition's secret. Each person
then belongs to one source, chosen by a hash too, and is bounded, counted and paid there, whatever
number of files they are in. Neither hash is kept.
"""

import hashlib
import hmac
import unicodedata
from typing import TYPE_CHECKING

import pyarrow as pa

from privacy.cube.bounding import keyed_md5
from privacy.cube.engine import Engine

if TYPE_CHECKING:
    import ibis.expr.types as ir


def hashed(people: pa.Array, secret: str) -> pa.Array:
    """Return people by a hash of what names them, whatever the spelling of its letters.

    Parameters
    ----------
    people : pyarrow.Array of text
    secret : str
        Of the edition.
    """
    key = secret.encode()
    named = people.dictionary_encode()
    hashes = [
        hmac.new(key, _plain(name).encode(), hashlib.sha256).hexdigest()
        for name in named.dictionary.to_pylist()
    ]
    return pa.array(hashes, pa.string()).take(named.indices)


def _plain(name: str) -> str:
    """Return a name as it is compared: capitals, spaces around and ways to write accents apart."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).strip().casefold())


def one_source_each(engine: Engine, rows: "ir.Table", secret: str) -> "ir.Table":
    """Return the rows of an edition with each person in one source alone.

    Parameters
    ----------
    rows : ibis Table
        All of them, with columns `source` and `person`.
    """
    kept = engine.keep(rows)
    drawn = kept.mutate(drawn=keyed_md5(secret, [kept["source"], kept["person"]]))
    homes = drawn.group_by("person").agg(home=drawn["source"].argmin(drawn["drawn"]))
    joined = kept.join(homes, "person")
    return joined.mutate(source=joined["home"]).select(*kept.columns)
