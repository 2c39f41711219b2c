"""Serve the market with its demonstration data: web server, worker, Stripe stand-in.

    python tools/run_market.py [--port 8000] [--no-demo] [--people N]

Ends with everything it started when it is interrupted or when a part dies.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.core.config import Settings, load_settings  # noqa: E402
from app.core.errors import UnsafeConfiguration  # noqa: E402
from app.payments.mode import (  # noqa: E402
    STAND_IN_KEY,
    STAND_IN_KEY_PREFIX,
    Connection,
    decide,
)

STARTED: list[subprocess.Popen[bytes]] = []


def start(*command: str, **more: str) -> None:
    """Start a part of the market."""
    STARTED.append(subprocess.Popen(command, cwd=ROOT, env={**os.environ, **more}))


def do(command: list[str], otherwise: str) -> None:
    """Run a command to its end; where it fails, stop everything and say what was not done."""
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        stop()
        sys.exit(f"moisson: {otherwise}; see above")


def stop() -> None:
    """End the parts that were started here, and no others."""
    for part in reversed(STARTED):
        if part.poll() is None:
            part.send_signal(signal.SIGTERM)
    for part in STARTED:
        try:
            part.wait(timeout=15)
        except subprocess.TimeoutExpired:
            part.kill()


def answers(url: str) -> bool:
    """Say whether an address answers at all."""
    try:
        urllib.request.urlopen(url, timeout=2)
        return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def wait_for(url: str, seconds: int = 60) -> None:
    """Wait until an address answers, or stop with a message."""
    for _ in range(seconds * 5):
        if answers(url):
            return
        if any(part.poll() is not None for part in STARTED):
            break
        time.sleep(0.2)
    stop()
    sys.exit(f"moisson: nothing answers at {url}; is the port taken? Try PORT=8001 make run")


def settled() -> tuple[Settings, Connection]:
    """Read the settings and how payments go, or say in one line what to set."""
    try:
        settings = load_settings()
        connection = decide(
            settings.stripe_key,
            settings.stripe_api_base,
            settings.stripe_webhook_secret,
            production=settings.production,
        )
    except UnsafeConfiguration as error:
        sys.exit(f"moisson: {error}")
    return settings, connection


def main() -> None:
    """Run until interrupted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
    parser.add_argument("--stripe-port", type=int, default=12111)
    parser.add_argument("--no-demo", action="store_true", help="leave the market as it is")
    parser.add_argument("--people", type=int, help="individuals of the demonstration")
    options = parser.parse_args()
    address = f"http://127.0.0.1:{options.port}"
    os.environ.setdefault("MOISSON_BASE_URL", address)
    python = sys.executable
    flask = [python, "-m", "flask", "--app", "app"]
    worker = [python, "-m", "flask", "--app", "app.worker"]
    stand_in = f"http://127.0.0.1:{options.stripe_port}"
    if not os.environ.get("MOISSON_STRIPE_KEY"):
        os.environ["MOISSON_STRIPE_KEY"] = STAND_IN_KEY
    if os.environ["MOISSON_STRIPE_KEY"].startswith(STAND_IN_KEY_PREFIX):
        os.environ.setdefault("MOISSON_STRIPE_API_BASE", stand_in)
        # Pretended money need not wait for a dispute to become unlikely.
        os.environ.setdefault("MOISSON_REVIEW_DAYS", "0")
    settings, connection = settled()
    os.environ.setdefault("MOISSON_STRIPE_WEBHOOK_SECRET", settings.stripe_webhook_secret)
    do([*flask, "migrate"], "the database could not be made ready")
    for taken in (address, stand_in):
        if answers(taken):
            sys.exit(f"moisson: something answers at {taken} already. Try PORT=8001 make run")
    if connection.mode == "stand-in":
        start(python, "-m", "stripe_stand_in", "--port", str(options.stripe_port))
        wait_for(stand_in)
    gunicorn = [python, "-m", "gunicorn", "--bind", f"127.0.0.1:{options.port}"]
    start(
        *gunicorn, "--workers", "1", "--threads", "8", "--log-level", "warning", "app:create_app()"
    )
    wait_for(f"{address}/readyz")
    if not options.no_demo and connection.mode == "stand-in":
        wanted = [] if options.people is None else [f"--people={options.people}"]
        do([*worker, "fill-market", *wanted], "the demonstration data could not be made")
    start(*worker, "worker")
    print(f"\n  Moisson is open: {address}   (end it with Ctrl-C)\n", flush=True)
    try:
        while all(part.poll() is None for part in STARTED):
            time.sleep(0.5)
        print("moisson: a part has ended; stopping the others", file=sys.stderr)
    except KeyboardInterrupt:
        pass
    finally:
        stop()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        main()
    finally:
        stop()
