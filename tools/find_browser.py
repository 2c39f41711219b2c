"""Find a Chromium for the browser tests, install one where that is allowed, or say how.

Prints nothing when all is well. The tests look in the same places, in the same order:
$CHROMIUM, the path, Playwright's own.
"""

import os
import shutil
import subprocess
import sys

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """Return the path of a Chromium, or None."""
    given = os.environ.get("CHROMIUM")
    if given:
        return given
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if os.path.exists(own) else None


def install() -> None:
    """Try Playwright's download, then Debian's package when running as root."""
    print("moisson: looking for a browser for the tests", flush=True)
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    if find() or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    subprocess.run(["apt-get", "update", "-qq"], check=False)
    subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], check=False)


if __name__ == "__main__":
    if find() is None:
        install()
    if find() is None:
        sys.exit(
            "\nmoisson: no browser for the tests. Install Chromium and run make test again:\n"
            "  sudo apt-get install chromium      (Debian, Ubuntu)\n"
            "or name one: CHROMIUM=/path/to/chromium make test\n"
        )
