"""Setting the provider's side up: where events go, and what a key may do.

Run once with a key that may do this, by somebody who sees what it will do first. Endpoints of
ours are known by a label; running it again changes nothing that is right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import stripe

from app.payments.mode import Connection
from app.payments.requirements import (
    CONNECTED_EVENTS,
    FORBIDDEN,
    NEEDED,
    OWN_EVENTS,
    PATH,
    THIN_EVENTS,
    Right,
)
from app.payments.stripe_gateway import client_of, translated

LABEL = "moisson"


class What(StrEnum):
    """What a step does."""

    KEEP = "keep"
    CREATE = "create"
    UPDATE = "update"


@dataclass(frozen=True)
class Step:
    """One thing at the provider: as it should be, or to be made so.

    Attributes
    ----------
    name : str
        own, connected, thin or payouts.
    secret : str
        What signs the messages of an endpoint that was just made; shown this once.
    """

    what: What
    name: str
    detail: str
    secret: str = ""


@dataclass(frozen=True)
class Checked:
    """A right of a key, and whether it is as it should be."""

    right: Right
    wanted: bool
    has: bool

    @property
    def fine(self) -> bool:
        """Whether it has what it needs, and not what it must not have."""
        return self.has is self.wanted


class StripeSetup:
    """Reads and changes the provider's settings.

    Parameters
    ----------
    connection : Connection
        With a key that may write webhook endpoints, event destinations and balance settings.
    base_url : str
        Of the market, without a final slash.
    """

    def __init__(self, connection: Connection, base_url: str) -> None:
        self._client = client_of(connection)
        self._url = base_url.rstrip("/") + PATH

    def run(self, *, dry: bool) -> tuple[Step, ...]:
        """Make everything as it should be, or only say what would be done.

        Raises
        ------
        GatewayRefused, GatewayUnavailable
        """
        try:
            return (
                self._endpoint("own", OWN_EVENTS, connected=False, dry=dry),
                self._endpoint("connected", CONNECTED_EVENTS, connected=True, dry=dry),
                self._destination(dry=dry),
                self._schedule(dry=dry),
            )
        except stripe.StripeError as error:
            raise translated(error) from error

    def _endpoint(self, name: str, events: tuple[str, ...], *, connected: bool, dry: bool) -> Step:
        endpoints = self._client.v1.webhook_endpoints
        for each in endpoints.list({"limit": 100}).auto_paging_iter():
            found = each.to_dict()
            if (found.get("metadata") or {}).get(LABEL) != name:
                continue
            if found.get("api_version") != stripe.api_version:
                # The version of an endpoint cannot be changed: a new one, then remove the old.
                continue
            if (found["url"], sorted(found["enabled_events"])) == (self._url, sorted(events)):
                return Step(What.KEEP, name, found["id"])
            if not dry:
                changes: Any = {"url": self._url, "enabled_events": list(events)}
                endpoints.update(found["id"], changes)
            return Step(What.UPDATE, name, found["id"])
        if dry:
            return Step(What.CREATE, name, self._url)
        wanted: Any = {
            "url": self._url,
            "enabled_events": list(events),
            "api_version": stripe.api_version,
            "connect": connected,
            "description": f"Moisson: {name} account",
            "metadata": {LABEL: name},
        }
        made = endpoints.create(wanted).to_dict()
        return Step(What.CREATE, name, made["id"], made["secret"])

    def _destination(self, *, dry: bool) -> Step:
        destinations = self._client.v2.core.event_destinations
        listing: Any = {"limit": 100, "include": ["webhook_endpoint.url"]}
        for each in destinations.list(listing).auto_paging_iter():
            found = each.to_dict()
            if (found.get("metadata") or {}).get(LABEL) != "thin":
                continue
            url = (found.get("webhook_endpoint") or {}).get("url")
            if (url, sorted(found["enabled_events"])) == (self._url, sorted(THIN_EVENTS)):
                return Step(What.KEEP, "thin", found["id"])
            if not dry:
                changes: Any = {
                    "enabled_events": list(THIN_EVENTS),
                    "webhook_endpoint": {"url": self._url},
                }
                destinations.update(found["id"], changes)
            return Step(What.UPDATE, "thin", found["id"])
        if dry:
            return Step(What.CREATE, "thin", self._url)
        wanted: Any = {
            "name": "Moisson: accounts of contributors",
            "type": "webhook_endpoint",
            "event_payload": "thin",
            "enabled_events": list(THIN_EVENTS),
            "events_from": ["@accounts"],
            "metadata": {LABEL: "thin"},
            "webhook_endpoint": {"url": self._url},
            "include": ["webhook_endpoint.signing_secret"],
        }
        made = destinations.create(wanted).to_dict()
        return Step(What.CREATE, "thin", made["id"], made["webhook_endpoint"]["signing_secret"])

    def _schedule(self, *, dry: bool) -> Step:
        """Let money leave for the market's bank by hand only: it is owed to others first."""
        settings = self._client.v1.balance_settings.retrieve().to_dict()
        payouts = ((settings.get("payments") or {}).get("payouts") or {}).get("schedule") or {}
        if payouts.get("interval") == "manual":
            return Step(What.KEEP, "payouts", "manual")
        if not dry:
            manual: Any = {"payments": {"payouts": {"schedule": {"interval": "manual"}}}}
            self._client.v1.balance_settings.update(manual)
        return Step(What.UPDATE, "payouts", f"{payouts.get('interval')} -> manual")


def check_rights(connection: Connection) -> tuple[Checked, ...]:
    """Ask with a key for everything it needs, and for what it must be refused.

    Nothing is made: what would write is asked for with a parameter that the provider refuses,
    after it has looked at the key.

    Raises
    ------
    GatewayRefused, GatewayUnavailable
    """
    client = client_of(connection)
    found = [Checked(right, wanted=True, has=_may(client, right)) for right in NEEDED]
    found += [Checked(right, wanted=False, has=_may(client, right)) for right in FORBIDDEN]
    return tuple(found)


def _may(client: stripe.StripeClient, right: Right) -> bool:
    ask = (_WRITES if right.write else _READS)[right.resource]
    try:
        ask(client)
    except stripe.PermissionError:
        return False
    except stripe.InvalidRequestError as error:
        # Refused for the parameter, after the key was looked at.
        return error.http_status != 403
    except stripe.StripeError as error:
        if error.http_status == 400:
            return True
        raise translated(error) from error
    return True


_WRONG: Any = {"metadata": {LABEL: "x" * 501}}
_ONE: Any = {"limit": 1}
_Ask = Callable[[stripe.StripeClient], object]

_READS: Mapping[str, _Ask] = {
    "payment_intent": lambda c: c.v1.payment_intents.list(_ONE),
    "charge": lambda c: c.v1.charges.list(_ONE),
    "dispute": lambda c: c.v1.disputes.list(_ONE),
    "payout": lambda c: c.v1.payouts.list(_ONE),
    "balance": lambda c: c.v1.balance.retrieve(),
    "balance_transaction": lambda c: c.v1.balance_transactions.list(_ONE),
    "event": lambda c: c.v1.events.list(_ONE),
}
_WRITES: Mapping[str, _Ask] = {
    "checkout_session": lambda c: c.v1.checkout.sessions.create(_WRONG),
    "refund": lambda c: c.v1.refunds.create(_WRONG),
    "transfer": lambda c: c.v1.transfers.create(_WRONG),
    "account": lambda c: c.v2.core.accounts.create(_WRONG),
    "account_link": lambda c: c.v2.core.account_links.create(_WRONG),
    "payout": lambda c: c.v1.payouts.create(_WRONG),
    "webhook_endpoint": lambda c: c.v1.webhook_endpoints.create(_WRONG),
}
