"""diffprivlib's event `bernoulli_neg_exp`, whose chance is exp(-x), loaded alone.

The only module that imports diffprivlib. That library loads all of itself at once, its machine
learning too, and with it scikit-learn, scipy and joblib: 200 megabytes that no noise of ours
needs. So only the file with the event is loaded, unchanged, and not the packages around it.
Beside it diffprivlib names one function of scikit-learn, which makes a generator from a seed.
Noise that can be drawn again protects nobody, so in its place stands one that refuses.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from privacy.errors import PlanError

_LIBRARIES = ("diffprivlib", "sklearn")


def no_seed(seed: object) -> object:
    """Refuse to make a generator from a seed.

    Raises
    ------
    PlanError
    """
    raise PlanError("Noise takes no seed")


@contextmanager
def _alone() -> Iterator[None]:
    """Let one file of diffprivlib be imported without the rest of it.

    Whoever imports diffprivlib or scikit-learn elsewhere, before or afterwards, has all of it.
    """
    spec = find_spec("diffprivlib")
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    before = {name: sys.modules.pop(name) for name in _loaded()}
    empty = ("diffprivlib", "diffprivlib.mechanisms", "sklearn", "sklearn.utils")
    sys.modules.update({name: ModuleType(name) for name in empty})
    sys.modules["diffprivlib"].__path__ = [str(folder)]
    sys.modules["diffprivlib.mechanisms"].__path__ = [str(folder / "mechanisms")]
    vars(sys.modules["sklearn.utils"])["check_random_state"] = no_seed
    try:
        yield
    finally:
        for name in _loaded():
            del sys.modules[name]
        sys.modules.update(before)


def _loaded() -> list[str]:
    return [name for name in sys.modules if name.split(".")[0] in _LIBRARIES]


with _alone():
    from diffprivlib.mechanisms.base import bernoulli_neg_exp

__all__ = ["bernoulli_neg_exp", "no_seed"]
