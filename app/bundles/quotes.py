"""The price a buyer was shown, signed: it holds for a while, once, for what it was shown for.

The signature covers the buyer, the total, the versions of book and catalogue, and a digest
of what was asked for and owned. Prices are worked out again from the same versions, so an
old quote is honoured to the cent and a made-up one is found out twice.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from flask_babel import lazy_gettext as _l
from itsdangerous import BadSignature, URLSafeSerializer

from app.bundles.bundle import Bundle
from app.bundles.errors import BadQuote, PriceChanged
from app.core.clock import now
from app.core.db import new_id

QUOTE_LIFE = timedelta(hours=2)


@dataclass(frozen=True)
class SignedQuote:
    """What was promised to a buyer.

    Attributes
    ----------
    id : str
        Makes it single use: an order keeps it, and no two orders have the same.
    catalogue_number : int
        Last edition of the catalogue it was worked out for.
    digest : str
        Of what was asked for and what was owned.
    expires : int
        Seconds since 1970.
    """

    id: str
    buyer_id: str
    total_cents: int
    book_version: str
    catalogue_number: int
    digest: str
    expires: int


def digest(bundle: Bundle) -> str:
    """Name what a price was worked out for: the bundle, and what the buyer owned."""
    told = [[str(key) for key in sorted(keys)] for keys in (bundle.keys, bundle.owned)]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def sign(key: str, buyer_id: str, bundle: Bundle) -> str:
    """Return a signed quote for a bundle; empty where it has no price."""
    if bundle.quote is None:
        return ""
    quote = SignedQuote(
        new_id(),
        buyer_id,
        bundle.quote.total.cents_up(),
        bundle.quote.book_version,
        bundle.catalogue_number,
        digest(bundle),
        int((now() + QUOTE_LIFE).timestamp()),
    )
    return str(_serializer(key).dumps(asdict(quote)))


def read(key: str, buyer_id: str, text: str) -> SignedQuote:
    """Return what was promised.

    Raises
    ------
    BadQuote
        If it was not signed here, was changed, or was made for another buyer.
    PriceChanged
        If it has expired.
    """
    try:
        quote = SignedQuote(**_serializer(key).loads(text))
    except (BadSignature, TypeError):
        raise BadQuote(_l("We did not make this offer. Look at the price again.")) from None
    if quote.buyer_id != buyer_id:
        raise BadQuote(_l("This offer was made to somebody else. Look at the price again."))
    if datetime.fromtimestamp(quote.expires, UTC) <= now():
        raise PriceChanged(_l("A price holds for two hours. This one has expired; look again."))
    return quote


def _serializer(key: str) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt="moisson-quote")
