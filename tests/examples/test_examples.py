"""The examples run against a market, and their mathematics holds on tables whose truth is known."""

import importlib.util
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from werkzeug.serving import make_server

from app.catalog.products import products
from app.core.permissions import Role
from app.releases import queries as releases
from app.users import access_tokens
from app.users.access_tokens import Scope
from clients.moisson import Market
from tests.support import factories
from tests.support.trading import Trade

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PYTHON = sorted(path.name for path in EXAMPLES.glob("*.py"))
#: The chance that a right interval is outside its bounds here: 2.9e-7 (five sigma).
SIGMAS = 5.0
RUNS = 2_000


@pytest.fixture(scope="module")
def environment(trade: Trade) -> Iterator[dict[str, str]]:
    """A buyer's environment: the address of the market, a token, the keys of two tables."""
    made = factories.published(trade.app)
    buyer = factories.account(trade.app, Role.BUYER)
    with trade.db.unit_of_work(write=False):
        view = releases.release(made.edition_id)
        every = products(view, view.release.plan.tiers[0])
        one = next(p for p in every if len(p.marginal) == len(p.dimensions) == 1)
        two = next(p for p in every if len(p.marginal) == len(p.dimensions) == 2)
    trade.bought(buyer, [one.key, two.key])
    with trade.db.unit_of_work():
        token = access_tokens.make(buyer, "examples", frozenset({Scope.TABLES}))
    server = make_server("127.0.0.1", 0, trade.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "clients"),
        "MOISSON_URL": f"http://127.0.0.1:{server.server_port}",
        "MOISSON_TOKEN": token,
        "ONE": str(one.key),
        "TWO": str(two.key),
    }
    server.shutdown()
    thread.join()


def said(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def example(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "clients"))
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", PYTHON)
def test_an_example_runs_with_a_token_and_the_one_file(
    name: str, environment: dict[str, str]
) -> None:
    text = said([sys.executable, str(EXAMPLES / name), environment["TWO"]], environment)
    assert "±" in text or "%" in text


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_r_finds_the_slope_that_python_finds(environment: dict[str, str]) -> None:
    """By the diagonal alone: of one column all covariances are alike, so both weigh alike."""
    key = environment["ONE"]
    r = said(["Rscript", str(EXAMPLES / "regression.R"), key], environment)
    python = said([sys.executable, str(EXAMPLES / "regression.py"), key], environment)
    found = python.partition("slope ")[2].split()
    assert float(r.split()[1]) == pytest.approx(float(found[0]), abs=0.02), "a file is rounded"
    assert float(r.split()[3]) == pytest.approx(float(found[2]), rel=0.5)


def test_a_share_made_here_is_the_one_that_the_market_tells(environment: dict[str, str]) -> None:
    command = [sys.executable, str(EXAMPLES / "error_propagation.py"), environment["TWO"]]
    here, there = said(command, environment).splitlines()
    share, error = float(here.split()[1]), float(here.split()[3].rstrip(";"))
    told, low, high = (float(there.split()[i].rstrip(",")) for i in (3, 4, 6))
    assert share == told
    assert (high - low) / 2 == pytest.approx(error, rel=0.1, abs=2e-4)


def test_sql_sums_what_a_roll_up_sums_and_claims_another_noise(environment: dict[str, str]) -> None:
    text = said([sys.executable, str(EXAMPLES / "in_duckdb.py"), environment["TWO"]], environment)
    market = Market(environment["MOISSON_URL"], environment["MOISSON_TOKEN"])
    told = market.table(environment["TWO"]).rollup(over=["place"])
    for line, one in zip(text.splitlines(), told, strict=True):
        value, exact, added = line.split("±")
        assert value.split() == [one["cell"]["day"], f"{one['value']:.1f}"]
        assert float(exact.split()[0]) != float(added.rstrip(")"))


def noise(rng: np.random.Generator, size: int) -> np.ndarray:
    """A covariance as of a released table: all figures share a part."""
    spread = rng.uniform(1.0, 3.0, size)
    return np.diag(spread**2) + 4.0


def outside(rates: float, expected: float) -> float:
    """By how many standard errors a rate over all runs is off."""
    return abs(rates - expected) / np.sqrt(expected * (1 - expected) / RUNS)


def test_the_interval_of_a_slope_covers_in_95_of_100(monkeypatch: pytest.MonkeyPatch) -> None:
    regression = example("regression", monkeypatch)
    rng = np.random.default_rng(1)
    covariance, x = noise(rng, 8), np.arange(8.0)
    factor = np.linalg.cholesky(covariance)
    hits, misfits = 0, []
    for _ in range(RUNS):
        y = 30.0 + 2.0 * x + factor @ rng.standard_normal(8)
        slope, error, misfit = regression.line(x, y, covariance)
        hits += abs(slope - 2.0) <= 1.96 * error
        misfits.append(misfit)
    assert outside(hits / RUNS, 0.95) < SIGMAS
    assert abs(np.mean(misfits) - 1.0) < SIGMAS * np.sqrt(2 / 6 / RUNS)


def test_noise_in_the_cause_flattens_a_slope_and_is_taken_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    correction = example("measurement_error", monkeypatch)
    rng = np.random.default_rng(2)
    truth = rng.normal(100.0, 5.0, 4_000)
    plain, corrected = [], []
    for _ in range(RUNS // 10):
        x = truth + rng.normal(0.0, 4.0, 4_000)
        found = correction.slopes(x, 2.0 * truth, [16.0] * 4_000)
        plain.append(found[0])
        corrected.append(found[1])
    real = truth.var(ddof=1) / (truth.var(ddof=1) + 16.0)
    assert np.mean(plain) == pytest.approx(2.0 * real, rel=0.01)
    assert np.mean(corrected) == pytest.approx(2.0, rel=0.01)


def test_a_propagated_interval_covers_in_95_of_100(monkeypatch: pytest.MonkeyPatch) -> None:
    propagation = example("error_propagation", monkeypatch)
    rng = np.random.default_rng(3)
    covariance, truth = noise(rng, 5), np.array([120.0, 80.0, 60.0, 50.0, 40.0])
    factor = np.linalg.cholesky(covariance)
    hits = 0
    for _ in range(RUNS):
        values = truth + factor @ rng.standard_normal(5)
        share, error = propagation.propagated(propagation.first_share, values, covariance)
        hits += abs(share - truth[0] / truth.sum()) <= 1.96 * error
    assert outside(hits / RUNS, 0.95) < SIGMAS
