"""Let programs of others read a demonstration market, each in an environment of its own.

    python tools/consumers.py [ckan udata mlcroissant frictionless]

Their packages are large and do not fit beside ours, so this is no part of the tests.
"""

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app import create_app  # noqa: E402
from app.downloads import files  # noqa: E402
from app.market import market_of  # noqa: E402
from app.openness import site  # noqa: E402
from app.openness.croissant import croissant  # noqa: E402
from app.openness.description import describe  # noqa: E402
from app.openness.packages import csvw, datapackage  # noqa: E402
from app.releases import queries as releases  # noqa: E402

HOME = ROOT / ".venv-consumers"
PORT, STRIPE_PORT = 8391, 8392
ADDRESS = f"http://127.0.0.1:{PORT}"


@dataclass(frozen=True)
class Consumer:
    """A program that reads catalogues, and its packages."""

    name: str
    packages: tuple[str, ...]


CONSUMERS = (
    Consumer("ckan", ("ckanext-dcat==2.4.4", "ckan[requirements]==2.12.0")),
    Consumer("udata", ("udata==17.18.0", "mongomock")),
    Consumer("mlcroissant", ("mlcroissant==1.1.1",)),
    Consumer("frictionless", ("frictionless==5.21.0",)),
)


def python_of(consumer: Consumer) -> Path:
    """Return the interpreter of a consumer's environment; make it first where it is not there."""
    folder = HOME / consumer.name
    python, done = folder / "bin" / "python", folder / "packages.txt"
    wanted = "\n".join(consumer.packages)
    if not done.exists() or done.read_text() != wanted:
        print(f"moisson: installing {wanted.replace(chr(10), ', ')} (once)", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *consumer.packages], check=True)
        done.write_text(wanted)
    return python


def fetched(path: str) -> bytes:
    """Return a document of the market."""
    content: bytes = urllib.request.urlopen(f"{ADDRESS}{path}", timeout=60).read()
    return content


def datasets() -> list[dict[str, Any]]:
    """Return the editions in the catalogue."""
    graph = json.loads(fetched("/catalogue.jsonld"))["@graph"]
    return [node for node in graph if node["@type"] == "dcat:Dataset"]


def laid_out(folder: Path, instance: Path) -> None:
    """Put into a folder what consumers read: the catalogue, and a table as its buyer has it."""
    for ending in ("jsonld", "ttl"):
        (folder / f"catalogue.{ending}").write_bytes(fetched(f"/catalogue.{ending}"))
    edition_id = datasets()[0]["@id"].rpartition("/")[2]
    bought = folder / "bought"
    bought.mkdir()
    environment = {**os.environ, "MOISSON_INSTANCE": str(instance), "MOISSON_BASE_URL": ADDRESS}
    app = create_app({**environment, "MOISSON_STRIPE_KEY": "standin_sk_local"})
    with app.app_context(), market_of(app).db.unit_of_work(write=False):
        view = releases.release(edition_id)
        about = describe(view, site.present())
        product = about.tables[0].finest
        contents = {
            "table.csv": files.table_csv(view, product),
            "dictionary.csv": files.dictionary_csv(view, product),
        }
        contents |= csvw(about, product, contents) | {
            "datapackage.json": datapackage(about, product, contents),
            "croissant.json": croissant(about, product, "table.csv", ""),
        }
        described = [f"/catalogue/{edition_id}/{t.finest.key}/croissant.json" for t in about.tables]
    for name, content in contents.items():
        (bought / name).write_bytes(content)
    for number, path in enumerate(described):
        (folder / f"{number}.croissant.json").write_bytes(fetched(path))


def main() -> None:
    """Serve a market of its own, and let each consumer read it."""
    wanted = sys.argv[1:] or [one.name for one in CONSUMERS]
    chosen = [(one, python_of(one)) for one in CONSUMERS if one.name in wanted]
    with tempfile.TemporaryDirectory() as name:
        instance, folder = Path(name) / "instance", Path(name) / "documents"
        folder.mkdir()
        market = subprocess.Popen(
            [sys.executable, str(ROOT / "tools" / "run_market.py"), f"--port={PORT}"]
            + [f"--stripe-port={STRIPE_PORT}", "--people=60"],
            env={**os.environ, "MOISSON_INSTANCE": str(instance)},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            # Only once all its editions are there.
            if not any(f"is open: {ADDRESS}" in line for line in market.stdout or ()):
                sys.exit("moisson: the market is not there; see above")
            laid_out(folder, instance)
        finally:
            market.terminate()
            market.wait(timeout=60)
        failed = [one.name for one, python in chosen if not reads(one, python, folder)]
    if failed:
        sys.exit(f"moisson: not read by {', '.join(failed)}; see above")


def reads(consumer: Consumer, python: Path, folder: Path) -> bool:
    """Let a consumer read what lies in a folder; say whether it did."""
    script = ROOT / "tools" / "readers" / f"as_{consumer.name}.py"
    done = subprocess.run([str(python), "-W", "ignore", str(script), str(folder)], check=False)
    return done.returncode == 0


if __name__ == "__main__":
    main()
