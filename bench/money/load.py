"""Send messages at a fixed rate, without waiting for the answers to earlier ones.

    python -m bench.money.load JOB.json RESULT.json

Each message has a moment at which it is to be sent; its time is counted from then, so that
waiting for a free connection counts too. What is not answered with 200 is sent again, as the
provider does.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stripe_stand_in.delivery import sign

TRIES = 6
PAUSE = 0.5
READING = 30.0


@dataclass
class Tally:
    """What became of the messages: milliseconds of each that was taken, and the failures."""

    milliseconds: list[float] = field(default_factory=list)
    failures: int = 0
    lost: int = 0
    last: float = 0.0


def request_of(path: str, host: str, payload: bytes, secret: str) -> bytes:
    """Return a message as bytes, signed now."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json; charset=utf-8\r\n"
        f"Stripe-Signature: {sign(payload, secret, int(time.time()))}\r\n"
        f"User-Agent: Moisson-Benchmark/1.0\r\nContent-Length: {len(payload)}\r\n\r\n"
    )
    return head.encode() + payload


class Line:
    """One kept connection."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, message: bytes) -> int:
        """Send one message and return the status of its answer; 0 where there was none."""
        try:
            async with asyncio.timeout(READING):
                return await self._exchange(message)
        except (OSError, EOFError, ValueError, TimeoutError):
            self._hang_up()
            return 0

    async def _exchange(self, message: bytes) -> int:
        if self._streams is None:
            self._streams = await asyncio.open_connection(*self._address)
        reader, writer = self._streams
        writer.write(message)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        _, found, length = head.partition(b"content-length:")
        if found:
            await reader.readexactly(int(length.split(b"\r\n", 1)[0]))
        if not found or b"connection: close" in head:
            self._hang_up()
        return int(head.split(b" ", 2)[1])

    def _hang_up(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _take(
    line: Line, waiting: "asyncio.Queue[tuple[float, bytes] | None]", told: Tally
) -> None:
    while (given := await waiting.get()) is not None:
        due, message = given
        for _ in range(TRIES):
            if await line.send(message) == 200:
                told.last = time.perf_counter()
                told.milliseconds.append(1_000 * (told.last - due))
                break
            told.failures += 1
            await asyncio.sleep(PAUSE)
        else:
            told.lost += 1


async def send_all(job: dict[str, Any]) -> dict[str, Any]:
    """Send every message of a job at its moment; return what became of them."""
    told, waiting = Tally(), asyncio.Queue[tuple[float, bytes] | None]()
    place = f"{job['host']}:{job['port']}"
    ready = [
        request_of(job["path"], place, payload.encode(), job["secret"])
        for payload in job["payloads"]
    ]
    lines = [
        asyncio.create_task(_take(Line(job["host"], job["port"]), waiting, told))
        for _ in range(job["connections"])
    ]
    # One that asks for something: it is known when it comes again.
    first = ready[0]
    for _ in range(job["warm_up"]):
        waiting.put_nowait((time.perf_counter(), first))
    while len(told.milliseconds) + told.lost < job["warm_up"]:
        await asyncio.sleep(PAUSE)
    told.milliseconds.clear()
    begun = time.perf_counter()
    for number, which in enumerate(job["order"]):
        due = begun + number / job["rate"]
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        waiting.put_nowait((due, ready[which]))
    for _ in lines:
        waiting.put_nowait(None)
    await asyncio.gather(*lines)
    return {
        "milliseconds": told.milliseconds,
        "failures": told.failures,
        "lost": told.lost,
        "seconds": told.last - begun,
        "processor": time.process_time(),
    }


def main() -> None:
    """Read the job, send, write what became of it."""
    job, result = map(Path, sys.argv[1:3])
    told = asyncio.run(send_all(json.loads(job.read_text())))
    result.write_text(json.dumps(told))


if __name__ == "__main__":
    main()
