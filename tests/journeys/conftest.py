import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from app.payments.mode import STAND_IN_KEY
from tests.support.inbox import read_mail
from tools.find_browser import find

ROOT = Path(__file__).resolve().parent.parent.parent
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
PATIENCE = 120_000


@dataclass(frozen=True)
class Market:
    """A whole market: web server, worker and stand-in, each a process of its own."""

    address: str
    instance: Path

    def letters_to(self, email: str) -> list[str]:
        """The letters that were sent to somebody, oldest first."""
        end = time.monotonic() + 20  # the worker sends them
        while time.monotonic() < end:
            texts = [text for text, _ in read_mail(self.instance / "mail")]
            if found := [text for text in texts if f"To: {email}" in text]:
                return found
            time.sleep(0.1)
        return []

    def flask(self, *arguments: str) -> str:
        """Run one of the market's commands."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app", *arguments],
            cwd=ROOT,
            env=settings(self.instance),
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout


def settings(instance: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MOISSON_")}
    return {
        **kept,
        "MOISSON_INSTANCE": str(instance),
        "MOISSON_RATE_LIMITS": "off",
        "MOISSON_PAGE_CACHE_MEGABYTES": "0",
        "MOISSON_STRIPE_KEY": STAND_IN_KEY,
        # So that what was earned a moment ago can be paid out in the same journey.
        "MOISSON_REFUND_DAYS": "0",
        "MOISSON_REVIEW_DAYS": "0",
        "MOISSON_PAYOUT_MINIMUM_CENTS": "1",
    }


def violations(page: Page, *rules: str) -> list[tuple[str, list[str]]]:
    """What axe finds on a page, by all its rules or by some: the rule and the first places."""
    options = {"resultTypes": ["violations"], **({"runOnly": [*rules]} if rules else {})}
    found = Axe().run(page, options=options).response["violations"]
    return [(each["id"], [node["target"] for node in each["nodes"][:3]]) for each in found]


def pay_now(page: Page) -> None:
    """Go on to the payment; say whom the invoice is for, where it is asked."""
    page.locator("main form[action$='/pay'] button").first.click()
    page.wait_for_url(re.compile("/billing|/checkout/"))
    if not page.url.endswith("/billing"):
        return
    page.locator("select[name=kind]").select_option("person")
    page.locator("input[name=name]").fill("Ada")
    page.locator("textarea[name=address]").fill("2 Long Street")
    page.locator("select[name=country]").select_option("FR")
    page.locator("main form [type=submit]").last.click()
    page.wait_for_url("**/checkout/**")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(folder: Path, *options: str) -> Iterator[Market]:
    port, stripe_port = free_port(), free_port()
    address = f"http://127.0.0.1:{port}"
    log = (folder / "market.log").open("w")
    process = subprocess.Popen(
        [
            sys.executable,
            "tools/run_market.py",
            f"--port={port}",
            f"--stripe-port={stripe_port}",
            *options,
        ],
        cwd=ROOT,
        env=settings(folder / "instance"),
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        wait_for(folder / "market.log", process)
        yield Market(address, folder / "instance")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)
        log.close()


def wait_for(log: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until the runner says that the market is open and the worker is ready."""
    for _ in range(1200):
        text = log.read_text()
        if "Moisson is open" in text and "worker ready" in text:
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    pytest.fail(f"the market did not open:\n{log.read_text()[-4000:]}")


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5)
        return True
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture(scope="session")
def empty_market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """A market without any data."""
    yield from serve(tmp_path_factory.mktemp("market"), "--no-demo")


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make run` leaves in its folder, made once for all processes; to be copied."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "filled"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "done").exists():
            # Its thousand people take a minute; tests of their own are in tests/app/demo.
            for _ in serve(shared, "--people=0"):
                pass
            (shared / "done").touch()
    return shared / "instance"


@pytest.fixture(scope="session")
def full_market(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """The market as `make run` shows it; what one test does there, the next ones see."""
    folder = tmp_path_factory.mktemp("market")
    shutil.copytree(filled, folder / "instance")
    yield from serve(folder, "--no-demo")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = find()
    assert path, "no browser: run make test, which installs one or says how"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
