"""What the market does where optional packages are not installed.

Each test starts a process of its own in which those packages cannot be imported.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MISSING = ("mbi", "jax", "jaxlib", "psycopg", "sklearn", "scipy", "joblib", "huey", "setuptools")
BLOCK = f"""
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {set(MISSING)!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
        return None

sys.meta_path.insert(0, Missing())
# What asks whether a package is there, without importing it, finds it missing, too.
sys.modules.update(dict.fromkeys({MISSING!r}))
"""


def run(code: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "MOISSON_ENV": "test",
        "MOISSON_INSTANCE": str(folder),
        "MOISSON_STRIPE_KEY": "standin_sk_local",
        **settings,
    }
    return subprocess.run(
        [sys.executable, "-c", BLOCK + code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_web_and_worker_start_without_the_optional_packages(tmp_path: Path) -> None:
    code = """
import app, app.worker
from app.downloads import synthetic
web, worker = app.create_app(), app.worker.create_app()
app.worker.runner(worker)
assert web.test_client().get("/healthz").status_code == 200
print(synthetic.offered())
"""
    done = run(code, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "False"


def test_synthetic_rows_say_what_is_missing(tmp_path: Path) -> None:
    code = """
from privacy.errors import NotInstalled
from privacy.synthetic.synthesis import synthesise
try:
    synthesise([], 1)
except NotInstalled as error:
    print(error)
"""
    done = run(code, tmp_path)
    assert done.stdout == (
        "Synthetic rows need the extra `synthetic`: the package jax is missing\n"
    ), done.stderr


def test_noise_is_drawn_without_the_optional_packages(tmp_path: Path) -> None:
    code = """
from fractions import Fraction
from privacy.noise.samplers import rounded_gaussian
print(len(rounded_gaussian(Fraction(2) ** 110, 5)))
"""
    done = run(code, tmp_path)
    assert done.stdout.strip() == "5", done.stderr


def test_postgresql_without_its_driver_is_refused_in_one_sentence(
    tmp_path: Path,
) -> None:
    code = """
from app import create_app
from app.core.errors import UnsafeConfiguration
try:
    create_app()
except UnsafeConfiguration as error:
    print(error)
"""
    done = run(code, tmp_path, MOISSON_DATABASE_URL="postgresql://nobody@localhost/none")
    assert done.stdout == (
        "MOISSON_DATABASE_URL names a database whose driver is not installed; "
        "for PostgreSQL run: make setup EXTRAS=postgresql\n"
    ), done.stderr
