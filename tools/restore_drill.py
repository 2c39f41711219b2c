"""Fill a market, copy it, erase somebody, destroy it, restore it, and compare it with what it was.

    python tools/restore_drill.py [--people N]

All in a folder of its own that is thrown away. Fails where anything differs, where an object cannot
be opened, where the book does not hold, or where what was erased is there again.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sqlalchemy import text  # noqa: E402

from app.core.errors import UnsafeConfiguration  # noqa: E402
from app.datasets import service as datasets  # noqa: E402
from app.market import market_of  # noqa: E402
from app.payments.mode import STAND_IN_KEY  # noqa: E402
from app.rights import service  # noqa: E402
from app.users import queries as users  # noqa: E402
from app.worker import create_app  # noqa: E402

#: What must be as it was: what there is of each, in an order of its own.
COMPARED = {
    "open accounts": "SELECT id, email FROM user_account WHERE closed_at IS NULL ORDER BY id",
    "keys of rows": "SELECT object_id FROM vault_key ORDER BY object_id",
    "datasets": "SELECT id, state, rows_object FROM dataset ORDER BY id",
    "contributions": "SELECT user_id, template, object_id FROM contribution ORDER BY 1, 2",
    "published editions": "SELECT id, people FROM edition WHERE catalogue_number > 0 ORDER BY id",
    "orders": "SELECT id, state FROM purchase_order ORDER BY id",
}


def flask(app: str, *words: str, environment: dict[str, str]) -> str:
    """Run a command of the market and return what it said."""
    command = [sys.executable, "-m", "flask", "--app", app, *words]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(words)} failed:\n{done.stdout}{done.stderr[-2000:]}")
    print(f"  {' '.join(words)}: {(done.stdout.strip().splitlines() or ['done'])[-1]}", flush=True)
    return done.stdout


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def fill(people: int, environment: dict[str, str]) -> None:
    """Run the market with its demonstration until it is open, then stop it."""
    command = [sys.executable, str(ROOT / "tools" / "run_market.py"), f"--people={people}"]
    command += [f"--port={free_port()}", f"--stripe-port={free_port()}"]
    running = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert running.stdout is not None
    opened = any("is open" in line for line in running.stdout)
    running.terminate()
    running.wait(timeout=60)
    if not opened:
        raise SystemExit("the market did not open")


def state(environment: dict[str, str]) -> dict[str, list[tuple[object, ...]]]:
    """Return what there is of everything that is compared."""
    market = market_of(create_app(environment))
    with market.db.engine.connect() as connection:
        found = {
            name: [tuple(row) for row in connection.execute(text(query))]
            for name, query in COMPARED.items()
        }
    market.db.dispose()
    return found


def erase_somebody(environment: dict[str, str]) -> str:
    """Close the account of somebody who gave something, as they would on their page."""
    app = create_app(environment)
    market = market_of(app)
    with app.app_context():
        with market.db.engine.connect() as connection:
            chosen = "SELECT user_id FROM contribution ORDER BY user_id LIMIT 1"
            user_id = str(connection.scalar(text(chosen)))
        with market.db.unit_of_work():
            profile = users.user(user_id)
            if profile is None:
                raise SystemExit("nobody gave anything")
            doors, secret = datasets.checking(market), market.settings.edition_secret
            service.erase_account(profile.actor, doors, secret, waive=True)
    market.db.dispose()
    return profile.email


def destroy(instance: Path) -> None:
    """Take database and rows away; secrets and the list of what was erased lie elsewhere."""
    for path in (*instance.glob("moisson.db*"), instance / "vault"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def restore(copies: Path, instance: Path) -> None:
    """Put the newest copy in its place."""
    newest = max(copies.glob("*.db"))
    shutil.copy(newest, instance / "moisson.db")
    shutil.copytree(copies / "vault", instance / "vault")


def is_refused(environment: dict[str, str]) -> bool:
    """Say whether the market refuses to open."""
    try:
        market_of(create_app(environment)).db.dispose()
    except UnsafeConfiguration:
        return True
    return False


def drill(folder: Path, people: int) -> int:
    """Go through it all; return how many kinds of things differ."""
    instance, copies = folder / "instance", folder / "copies"
    settings = {
        "MOISSON_INSTANCE": str(instance),
        "MOISSON_STRIPE_KEY": STAND_IN_KEY,
        "MOISSON_ENV": "development",
    }
    print("fill", flush=True)
    fill(people, settings)
    print("copy, then erase, then destroy", flush=True)
    flask("app", "backup", str(copies), environment=settings)
    email = erase_somebody(settings)
    before = state(settings)
    destroy(instance)
    print("restore", flush=True)
    restore(copies, instance)
    if not is_refused(settings):
        raise SystemExit("the restored market opened with what was erased in it")
    flask("app.worker", "apply-erased", environment=settings)
    flask("app.worker", "check-vault", environment=settings)
    flask("app", "verify-book", environment=settings)
    after = state(settings)
    differing = [name for name in COMPARED if before[name] != after[name]]
    for name in COMPARED:
        word = "differ" if name in differing else "as before"
        print(f"  {name}: {len(after[name])}, {word}", flush=True)
    if any(email in row for row in after["open accounts"]):
        raise SystemExit("what was erased is there again")
    return len(differing)


def main() -> None:
    """Go through it all in a folder that is thrown away."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        differing = drill(Path(folder), asked.people)
    print(f"{differing} kinds of things differ")
    sys.exit(bool(differing))


if __name__ == "__main__":
    main()
