"""The largest privacy cost of one person, given the noise of all residuals."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from privacy.plan.workload import Marginal
from privacy.schema import CubeSchema

Vector = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
#: How many equally bad persons are named at once.
NAMED = 64


class Costs:
    """What persons cost against the noise of a closure's residuals.

    One person holds up to k records in distinct hard cells; the cube costs half of their squared
    noise-weighted size, in rho. With f(S) = sum_A (1/s2_A) prod_{i in A} (1[i in S] - 1/d_i), the
    inner product of two one-hot records that agree exactly on the axes S is f(S); costs are convex
    in the masses, so one-hot records are the worst; two distinct records never agree on every hard
    axis. Hence at most k f(all) + k (k-1) max(0, max_S f(S)).

    Parameters
    ----------
    schema : CubeSchema
    closure : tuple of Marginal
        The residuals, in the order of all vectors here.

    References
    ----------
    Xiao, He, Zhang, Kifer (2023), An Optimal and Scalable Matrix Mechanism for Noisy Marginals
    under Convex Loss Functions, arXiv 2305.08175, section 4.
    """

    def __init__(self, schema: CubeSchema, closure: tuple[Marginal, ...]) -> None:
        self.closure = closure
        self._k = schema.bound
        self._hard = len(schema.hard)
        self._sizes = np.array([schema.size(axis) for axis in schema.axes], dtype=float)
        self._member: Flags = np.array(
            [[axis in subset for axis in schema.axes] for subset in closure], dtype=bool
        )
        self._codes = self._member @ (1 << np.arange(len(schema.axes))[::-1])
        #: k p_A: the cost of k records of which no two have to do with one another.
        self.apart: Vector = self._k * self._products(np.ones(len(schema.axes), dtype=bool))

    def squared_sensitivity(self, variances: Vector) -> float:
        """Bound the squared noise-weighted distance between neighbouring cubes.

        Parameters
        ----------
        variances : (n_closure,) float64
            s2_A of the noise of residual A, on its cells, > 0.

        Returns
        -------
        float
            The bound, mu squared; rho is half of it.
        """
        alike = self._alike(variances)
        return self._cost(variances, float(alike.max()) if alike.size else 0.0)

    def worst(self, variances: Vector) -> tuple[list[Vector], float]:
        """Name the persons that cost the most, by k c_A as linear costs in 1/s2_A.

        Returns
        -------
        tuple of (list of (n_closure,) float64, float)
            Costs of the worst persons, and `squared_sensitivity`.
        """
        alike = self._alike(variances)
        most = float(alike.max()) if alike.size else 0.0
        cost = self._cost(variances, most)
        if most <= 0:
            return [self.apart], cost
        near = np.flatnonzero(alike >= most - 1e-4 * abs(cost) / self._k**2)[:NAMED]
        axes = len(self._sizes)
        persons = []
        for code in near.tolist():
            agree = (code >> np.arange(axes)[::-1]) & 1 == 1
            persons.append(self.apart + self._k * (self._k - 1) * self._products(agree))
        return persons, cost

    def _cost(self, variances: Vector, alike: float) -> float:
        own = float((self.apart / variances).sum())
        return own + self._k * (self._k - 1) * max(0.0, alike)

    def _products(self, agree: Flags) -> Vector:
        """Return prod_{i in A} (1[i in S] - 1/d_i) for each A: (n_closure,)."""
        return np.asarray(np.where(self._member, agree - 1 / self._sizes, 1.0).prod(axis=1))

    def _alike(self, variances: Vector) -> Vector:
        """Return f(S) for all S by its code, -inf where S has every hard axis: (2^n_axes,).

        The sum over A factors along the axes, so it is done one axis at a time.
        """
        axes = len(self._sizes)
        if self._k == 1:
            return np.empty(0)
        table = np.zeros(2**axes)
        table[self._codes] = 1 / variances
        for axis, size in enumerate(self._sizes.tolist()):
            parts = table.reshape(2**axis, 2, -1)
            without, inside = parts[:, 0].copy(), parts[:, 1].copy()
            parts[:, 0] = without - inside / size
            parts[:, 1] = without + inside * (1 - 1 / size)
        table.reshape(2**self._hard, -1)[-1] = -np.inf
        return table


def squared_sensitivity(schema: CubeSchema, variances: Mapping[Marginal, float]) -> float:
    """Bound the squared noise-weighted distance between neighbouring cubes: see `Costs`.

    Parameters
    ----------
    schema : CubeSchema
    variances : mapping of Marginal to float
        s2_A of the noise of residual A, on its cells, > 0.
    """
    costs = Costs(schema, tuple(variances))
    return costs.squared_sensitivity(np.array(list(variances.values()), dtype=float))
