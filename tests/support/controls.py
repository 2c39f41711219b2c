"""The controls of a running stand-in, one typed method each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit


class ControlRefused(Exception):
    """The stand-in refused a control."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text}")
        self.status = status


@dataclass
class Controls:
    """What a test does to the stand-in at an address."""

    url: str
    key: str = "standin_sk_tests"

    def ask(self, verb: str, address: str, /, **given: Any) -> dict[str, Any]:
        """Send one control; what is None is left out."""
        parts = urlsplit(self.url)
        connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=30)
        kept = {name: value for name, value in given.items() if value is not None}
        try:
            connection.request(
                verb,
                f"/stand-in{address}",
                json.dumps(kept) if verb == "POST" else None,
                {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
            )
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        if response.status != 200:
            raise ControlRefused(response.status, text)
        answer: dict[str, Any] = json.loads(text)
        return answer

    def now(self) -> int:
        """Return the second it is for the stand-in."""
        return int(self.ask("GET", "/clock")["now"])

    def advance(self, seconds: int) -> int:
        """Let time pass; return the second it is then."""
        return int(self.ask("POST", "/clock", advance=seconds)["now"])

    def go_to(self, moment: int) -> int:
        """Set the clock to a later second; return it."""
        return int(self.ask("POST", "/clock", now=moment)["now"])

    def fault(
        self,
        kind: str,
        method: str = "*",
        path: str = "*",
        *,
        skip: int = 0,
        times: int = 1,
        milliseconds: int = 0,
    ) -> dict[str, Any]:
        """Order a fault: 429, 409, 500, 500-kept, lost or slow."""
        return self.ask(
            "POST",
            "/faults",
            kind=kind,
            method=method,
            path=path,
            skip=skip,
            times=times,
            milliseconds=milliseconds,
        )

    def faults(self) -> list[dict[str, Any]]:
        """Return the faults that wait."""
        return list(self.ask("GET", "/faults")["data"])

    def clear_faults(self) -> None:
        """Take all faults back."""
        self.ask("DELETE", "/faults")

    def settle(self, session: str, outcome: str = "succeeded") -> dict[str, Any]:
        """Let the bank of a delayed payment say: succeeded or failed."""
        return self.ask("POST", f"/sessions/{session}/settle", outcome=outcome)

    def deliveries(self, mode: str | None = None, delay: int | None = None) -> dict[str, Any]:
        """Choose normal, hold or drop if a mode is given; return mode, delay and counts."""
        if mode is None:
            return self.ask("GET", "/deliveries")
        return self.ask("POST", "/deliveries", mode=mode, delay=delay)

    def release(
        self,
        order: str = "given",
        duplicates: int = 0,
        *,
        seed: int = 0,
        types: list[str] | None = None,
    ) -> int:
        """Send held messages in the order given, reversed or random; return how many."""
        given = {"order": order, "duplicates": duplicates, "seed": seed, "types": types}
        return int(self.ask("POST", "/deliveries/release", **given)["released"])

    def drop(self, types: list[str] | None = None, count: int | None = None) -> int:
        """Lose held messages; return how many."""
        return int(self.ask("POST", "/deliveries/drop", types=types, count=count)["dropped"])

    def refunds(self, manner: str) -> None:
        """Let new refunds succeed at once, or pend."""
        self.ask("POST", "/settings", refunds=manner)

    def end_refund(
        self, refund: str, outcome: str = "succeeded", reason: str | None = None
    ) -> dict[str, Any]:
        """End a refund: succeeded or failed, also after it had succeeded."""
        return self.ask("POST", f"/refunds/{refund}", outcome=outcome, reason=reason)

    def dispute(
        self,
        charge: str,
        amount: int | None = None,
        *,
        reason: str | None = None,
        fee: int | None = None,
        inquiry: bool | None = None,
    ) -> dict[str, Any]:
        """Let a bank take a charge back, in part or all that is left; or only ask."""
        given = {"amount": amount, "reason": reason, "fee": fee, "inquiry": inquiry}
        return self.ask("POST", f"/charges/{charge}/dispute", **given)

    def decide(self, dispute: str, outcome: str) -> dict[str, Any]:
        """End a dispute: won or lost; an inquiry: escalated or warning_closed."""
        return self.ask("POST", f"/disputes/{dispute}", outcome=outcome)

    def payout(self, payout: str, outcome: str) -> dict[str, Any]:
        """Move a payout of the platform on: in_transit, paid or failed."""
        return self.ask("POST", f"/payouts/{payout}", outcome=outcome)

    def account(self, account: str) -> dict[str, Any]:
        """Return an account with what it holds, by currency, under "held"."""
        return self.ask("GET", f"/accounts/{account}")

    def account_status(self, account: str, status: str) -> dict[str, Any]:
        """Find an account active, pending or restricted."""
        return self.ask("POST", f"/accounts/{account}", status=status)

    def close_account(self, account: str) -> dict[str, Any]:
        """Close an account for good, whatever it holds."""
        return self.ask("POST", f"/accounts/{account}", closed=True)

    def pay_out(self, account: str) -> dict[str, Any]:
        """Pay all that an account holds out to its bank."""
        return self.ask("POST", f"/accounts/{account}", pay_out=True)

    def payout_failed(self, account: str) -> dict[str, Any]:
        """Let the bank send an account's latest payout back."""
        return self.ask("POST", f"/accounts/{account}", payout_failed=True)

    def fee(
        self, cents: int, currency: str = "eur", description: str | None = None
    ) -> dict[str, Any]:
        """Take a fee from the platform's balance; return the balance transaction."""
        given = {"amount": cents, "currency": currency, "description": description}
        return self.ask("POST", "/fees", **given)

    def restricted_key(self, name: str, *allowed: tuple[str, str]) -> str:
        """Make a restricted key of (resource, read or write) pairs; return it."""
        pairs = [{"resource": resource, "right": right} for resource, right in allowed]
        return str(self.ask("POST", "/keys", name=name, allowed=pairs)["key"])

    def roll(
        self,
        endpoint: str = "we_standin_configured",
        seconds: int | None = None,
        secret: str | None = None,
    ) -> str:
        """Give an endpoint a new secret, while the old one signs for some seconds; return it."""
        given = {"seconds": seconds, "secret": secret}
        return str(self.ask("POST", f"/webhook_endpoints/{endpoint}/roll", **given)["secret"])
