"""Choose along which contrasts of a measure noise is shaped, from public facts alone."""

import numpy as np
import numpy.typing as npt

from privacy.errors import PlanError
from privacy.plan.objective import Objective, functionals
from privacy.plan.parts import Contrasts
from privacy.plan.workload import Workload
from privacy.schema import CubeSchema

Vector = npt.NDArray[np.float64]
#: With two knots there is one contrast; with more than this the same noise everywhere will do.
FEWEST, MOST = 3, 32
#: The largest weight of a contrast, before it is a whole number: enough for a few thousandths.
LARGEST = 30
STEPS = 400


def contrasts_for(
    schema: CubeSchema, workload: Workload, objective: Objective
) -> tuple[Contrasts, ...]:
    """Choose contrasts for each measure that stands in no table beside another measure.

    The best Gaussian mechanism for one measure alone is taken apart: what it says of the total, and
    of the other directions, rounded to whole numbers. How much noise each of them gets is left to
    the plan, so a rounded direction costs a little accuracy and never any privacy.
    """
    together = {
        axis
        for marginal in workload.marginals
        for axis in marginal
        if axis in schema.soft and len([other for other in marginal if other in schema.soft]) > 1
    }
    used = {axis for marginal in workload.marginals for axis in marginal}
    alone = [name for name in schema.soft if name in used and name not in together]
    found = []
    for name in alone:
        if FEWEST <= schema.size(name) <= MOST:
            asked = [
                rows * np.sqrt(weight) for weight, rows in functionals(schema, name, objective)
            ]
            rows = _directions(_best_for(np.vstack(asked)))
            try:
                found.append(Contrasts(name, tuple(map(tuple, rows.tolist()))))
            except PlanError:  # Rounding made two directions one: the same noise everywhere.
                continue
    return tuple(found)


def _best_for(asked: Vector) -> Vector:
    """Return the precision matrix of the best Gaussian mechanism for some functionals: (m, m).

    P makes tr(V P^-1) small with no more than 1 on its diagonal, V being what is asked. For weights
    w of the knots the best is P = W^(-1/2) (W^(1/2) V W^(1/2))^(1/2) W^(-1/2); weights grow where a
    knot costs more than the others, until all cost the same.

    References
    ----------
    Edmonds, Nikolov, Ullman (2020), The Power of Factorization Mechanisms, arXiv 1911.08339: the
    dual. Silvey, Titterington, Torsney (1978), An Algorithm for Optimal Designs on a Finite Design
    Space, Commun. Stat. 7: such steps climb.
    """
    size = asked.shape[1]
    weights = np.full(size, 1 / size)
    # Nothing asked in some direction would leave it without any noise that is best.
    wanted = asked.T @ asked
    wanted += np.eye(size) * np.trace(wanted) / size * 1e-6
    precision = np.eye(size)
    for _ in range(STEPS):
        root = np.sqrt(weights)
        values, vectors = np.linalg.eigh(root[:, None] * wanted * root)
        middle = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
        precision = middle / root[:, None] / root
        costs = np.diagonal(precision)
        weights = weights * costs / (weights @ costs)
    return np.asarray(precision)


def _directions(precision: Vector) -> npt.NDArray[np.int64]:
    """Take what a precision matrix says of the total away, and name the rest: (m - 1, m) int64."""
    ones = np.ones(len(precision))
    rest = precision - np.outer(ones, ones) / (ones @ np.linalg.solve(precision, ones))
    _, vectors = np.linalg.eigh(rest)
    rows = vectors.T[1:]
    # A direction and its opposite are the same: the first weight that is not small is positive.
    first = (np.abs(rows) > 0.1 * np.abs(rows).max(axis=1, keepdims=True)).argmax(axis=1)
    rows = rows * np.sign(rows[np.arange(len(rows)), first])[:, None]
    scaled = rows / np.abs(rows).max(axis=1, keepdims=True) * LARGEST
    return np.asarray(np.rint(scaled), dtype=np.int64)
