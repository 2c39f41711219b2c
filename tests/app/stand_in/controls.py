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
