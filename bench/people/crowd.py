"""Many people give a month of listening, each by a file of their own; the month is published."""

import io
import json
import random
import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alembic import command
from flask import Flask

from app.cli import migrations_config
from app.collections.rules import Purpose
from app.collections.templates import collection_of, found_templates
from app.contributions import service
from app.contributions.cells import Read
from app.contributions.families import family
from app.contributions.in_browser.posted import read_of
from app.contributions.reading import Asked, Reader
from app.core.clock import fixed_at
from app.core.permissions import SYSTEM, Actor, Role
from app.datasets.service import Checking, checking
from app.market import market_of
from app.releases import queries as releases
from app.releases import service as closing
from app.users import service as users
from app.worker import create_app, runner

GIVEN, CLOSED = (datetime(2026, 3, day, 12, tzinfo=UTC) for day in (5, 10))
MONTH = "2026-02"
PLAYS = 120
#: So many different files are read; each person gives what one of them says.
EXPORTS = 50
LISTENING = "listening"
#: Accounts are opened so many in one unit of work: opening them is not what is measured.
TOGETHER = 500
KEYS = {
    "MOISSON_MASTER_KEY": "00" * 32,
    "MOISSON_EDITION_SECRET": "11" * 32,
    "MOISSON_SECRET_KEY": "22" * 32,
    "MOISSON_STRIPE_KEY": "standin_sk_local",
    "MOISSON_LOG_FORMAT": "json",
}


@dataclass(frozen=True)
class Cost:
    """What each of some people cost.

    Parameters
    ----------
    read_ms : float
        CPU milliseconds of a file read on the server: with scripts the person's own device does it.
    join_ms, publish_ms : float
        CPU milliseconds a person: their cells checked and their month given; the edition closed,
        counted, measured and published.
    bytes : float
        On disk a person: the database after a checkpoint, and the vault, less an empty market.
    released : int
        People, as the release counts them.
    """

    people: int
    read_ms: float
    join_ms: float
    publish_ms: float
    bytes: float
    released: int

    @property
    def cpu_ms(self) -> float:
        """All of a person's work, from their cells to the published edition."""
        return self.join_ms + self.publish_ms


def measure(people: int) -> Cost:
    """Measure a crowd in a market of its own, on the embedded defaults."""
    with tempfile.TemporaryDirectory() as folder, _market(Path(folder)) as app:
        db, doors = market_of(app).db, checking(market_of(app))
        reader = Reader(KEYS["MOISSON_EDITION_SECRET"])
        with db.unit_of_work(write=False):
            spotify = family("spotify")
            if spotify is None:
                raise LookupError("there is no such family")
        draw = random.Random(people)
        exports = [_export(draw) for _ in range(EXPORTS)]
        begun = _cpu()
        months = [reader.read(spotify, [io.BytesIO(each)], {}) for each in exports]
        read = (_cpu() - begun) / EXPORTS
        posted = [_posted(each) for each in months]
        members = list(_accounts(app, people))
        before = _size(app, Path(folder))
        begun = _cpu()
        with fixed_at(GIVEN):
            for who in members:
                with db.unit_of_work():
                    read_there = read_of(spotify, draw.choice(posted))
                    service.join(who, doors, read_there, frozenset(Purpose))
        join = _cpu() - begun
        begun = _cpu()
        _publish(app, doors)
        publish = _cpu() - begun
        with db.unit_of_work(write=False):
            released = max((e.people for e in releases.published()), default=0)
        used = _size(app, Path(folder)) - before
        each = 1000 / people
        return Cost(people, read * 1000, join * each, publish * each, used / people, released)


@contextmanager
def _market(folder: Path) -> Iterator[Flask]:
    app = create_app({**KEYS, "MOISSON_INSTANCE": str(folder)})
    command.upgrade(migrations_config(market_of(app).settings.database_url), "head")
    with app.app_context():
        with market_of(app).db.unit_of_work():
            found_templates()
        yield app
        market_of(app).db.dispose()


def _accounts(app: Flask, people: int) -> Iterator[Actor]:
    for start in range(0, people, TOGETHER):
        with market_of(app).db.unit_of_work():
            for number in range(start, min(people, start + TOGETHER)):
                user_id = users.open_invented(SYSTEM, f"person-{number}@people.example")
                yield Actor(user_id, frozenset({Role.PRODUCER}))


def _publish(app: Flask, doors: Checking) -> None:
    with fixed_at(CLOSED):
        service.offer_due(doors)
        with market_of(app).db.unit_of_work():
            closing.close(SYSTEM, collection_of(LISTENING) or "")
    # Not at a fixed time: jobs wait for the clock.
    runner(app).run_due()


def _posted(found: Read | Asked) -> str:
    """Return what a browser sends of a file that it has read: of listening, its one month."""
    if isinstance(found, Asked):
        raise TypeError("a plain export asks nothing")
    told = replace(found, traces={LISTENING: found.traces[LISTENING]}).to_dict()
    return json.dumps({key: told[key] for key in ("traces", "kept", "dropped", "formats")})


def _export(draw: random.Random) -> bytes:
    """Return a Spotify export of one month, in the layout of its yearly files."""
    first = datetime(2026, 2, 1, tzinfo=UTC)
    plays = [
        {
            "endTime": f"{first + timedelta(minutes=draw.randrange(28 * 24 * 60)):%Y-%m-%d %H:%M}",
            "artistName": "Somebody",
            "trackName": f"Song {number}",
            "msPlayed": draw.randrange(60_000, 1_500_000),
        }
        for number in range(PLAYS)
    ]
    return json.dumps(plays).encode()


def _size(app: Flask, folder: Path) -> int:
    market_of(app).db.scrub()
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _cpu() -> float:
    """Return the CPU seconds of this process, system calls included."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
