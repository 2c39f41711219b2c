"""How much one person can change a residual plan: the cost of a cube."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from privacy.schema import CubeSchema
from privacy.workload import Marginal

CHUNK = 4096


def squared_sensitivity(schema: CubeSchema, variances: Mapping[Marginal, float]) -> float:
    """Bound the squared noise-weighted distance between neighbouring cubes.

    One person holds up to k records in distinct hard cells; the cube costs half of what is
    returned, as zCDP. With f(S) = sum_A (1/s2_A) prod_{i in A} (1[i in S] - 1/d_i), the inner
    product of two one-hot records that agree exactly on the axes S is f(S); costs are convex in
    the masses, so one-hot records are the worst; two distinct records never agree on every hard
    axis. Hence at most k f(all) + k (k-1) max(0, max_S f(S)).

    Parameters
    ----------
    schema : CubeSchema
    variances : mapping of Marginal to float
        s2_A of the noise of residual A, on its cells, > 0.

    Returns
    -------
    float
        The bound; the zCDP loss is half of it.

    References
    ----------
    Xiao, He, Zhang, Kifer (2023), An Optimal and Scalable Matrix Mechanism for Noisy Marginals
    under Convex Loss Functions, arXiv 2305.08175, section 4.
    """
    axes = schema.axes
    sizes = np.array([schema.size(axis) for axis in axes], dtype=float)
    member = np.array([[axis in subset for axis in axes] for subset in variances], dtype=bool)
    inverse = 1 / np.array(list(variances.values()), dtype=float)
    everything = np.ones((1, len(axes)), dtype=bool)
    own = float(_agreement(member, inverse, sizes, everything)[0])
    k = schema.bound
    if k == 1:
        return own
    worst = 0.0
    hard = len(schema.hard)
    for start in range(0, 2 ** len(axes), CHUNK):
        codes = np.arange(start, min(start + CHUNK, 2 ** len(axes)))
        agree = (codes[:, None] >> np.arange(len(axes))) & 1 == 1
        agree = agree[~agree[:, :hard].all(axis=1)]
        if len(agree):
            worst = max(worst, float(_agreement(member, inverse, sizes, agree).max()))
    return k * own + k * (k - 1) * worst


def _agreement(
    member: npt.NDArray[np.bool_],
    inverse: npt.NDArray[np.float64],
    sizes: npt.NDArray[np.float64],
    agree: npt.NDArray[np.bool_],
) -> npt.NDArray[np.float64]:
    """Compute f(S) for each row S of `agree`: (n_sets, n_axes) bool -> (n_sets,)."""
    total = np.zeros(len(agree))
    factors = agree - 1 / sizes
    for subset, weight in zip(member, inverse, strict=True):
        total += weight * factors[:, subset].prod(axis=1)
    return total
