"""Serve the stand-in: ``python -m stripe_stand_in --port 12111``."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from werkzeug.serving import make_server

from stripe_stand_in.config import StandInConfig, UnsafeStandIn, refuse_real_money
from stripe_stand_in.delivery import Courier
from stripe_stand_in.server import create_stand_in

HOST = "127.0.0.1"


def settings(arguments: Sequence[str], environment: Mapping[str, str]) -> tuple[int, StandInConfig]:
    """Read the port and the settings from the command line, then from the environment.

    Raises
    ------
    UnsafeStandIn
        Beside a production setting or a live key, or with an address of another machine.
    """
    refuse_real_money(environment)
    instance = environment.get("MOISSON_INSTANCE", "instance")
    market = environment.get("MOISSON_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
    parser = argparse.ArgumentParser(prog="python -m stripe_stand_in", description=__doc__)
    parser.add_argument("--port", type=int, default=12111)
    parser.add_argument("--state", type=Path, default=Path(instance) / "stand_in.db")
    parser.add_argument("--webhook-url", default=f"{market}/webhooks/stripe")
    parser.add_argument(
        "--webhook-secret", default=environment.get("MOISSON_STRIPE_WEBHOOK_SECRET", "")
    )
    parser.add_argument("--settle-seconds", type=int, default=0)
    given = parser.parse_args(arguments)
    return given.port, StandInConfig(
        state=given.state,
        public_url=f"http://{HOST}:{given.port}",
        webhook_url=given.webhook_url,
        webhook_secret=given.webhook_secret,
        settle_seconds=given.settle_seconds,
    )


def main() -> None:
    """Serve until interrupted; refuse to start where real money is near."""
    try:
        port, config = settings(sys.argv[1:], os.environ)
    except UnsafeStandIn as error:
        sys.exit(f"stand-in: {error}")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = make_server(HOST, port, create_stand_in(config), threaded=True)
    courier = Courier(config)
    courier.start()
    sys.stderr.write(f"stand-in for Stripe on {config.public_url}\n")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.stderr.write("stand-in: stopped\n")
    finally:
        server.server_close()
        courier.stop()


if __name__ == "__main__":
    main()
