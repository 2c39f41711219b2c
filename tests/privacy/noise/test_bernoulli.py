"""One function of diffprivlib, without all that this library would load."""

import subprocess
import sys
from fractions import Fraction
from importlib.metadata import distribution
from pathlib import Path

import pytest

from privacy.errors import PlanError
from privacy.noise import bernoulli, samplers

ROOT = Path(__file__).resolve().parents[3]


def test_is_the_librarys_own_function():
    file = distribution("diffprivlib").locate_file("diffprivlib/mechanisms/base.py")
    assert bernoulli.bernoulli_neg_exp.__code__.co_filename == str(file)
    assert samplers.bernoulli_neg_exp is bernoulli.bernoulli_neg_exp


def test_draws_with_our_coins_and_never_from_a_seed():
    drawn = {bernoulli.bernoulli_neg_exp(Fraction(1), samplers._COINS) for _ in range(200)}
    assert drawn == {0, 1}
    with pytest.raises(PlanError):
        bernoulli.bernoulli_neg_exp(Fraction(1), 7)


def answer(code):
    """What a fresh Python prints that cannot find what the whole library would load."""
    blocked = (
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in {'sklearn', 'scipy', 'joblib', 'pandas', 'setuptools'}:\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Missing())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", blocked + code], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_needs_no_machine_learning_and_leaves_nothing_behind():
    code = (
        "from fractions import Fraction\n"
        "from privacy.noise.samplers import rounded_gaussian\n"
        "assert len(rounded_gaussian(Fraction(2) ** 120, 3)) == 3\n"
        "print([name for name in sys.modules if name.split('.')[0] in {'diffprivlib', 'sklearn'}])"
    )
    assert answer(code) == "[]"


def test_whoever_loaded_the_whole_library_keeps_it():
    code = (
        "import sys, types\n"
        "whole = sys.modules['sklearn'] = types.ModuleType('sklearn')\n"
        "import privacy.noise.bernoulli\n"
        "print(sys.modules['sklearn'] is whole, 'sklearn.utils' in sys.modules)"
    )
    assert answer(code) == "True False"
