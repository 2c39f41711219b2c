"""The largest privacy cost of one person, given the noise of all residuals."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from privacy.plan.workload import Marginal
from privacy.schema import CubeSchema

Vector = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
#: How many ordered pairs of records agree on exactly which axes, by their code.
Pairs = tuple[tuple[int, float], ...]
#: How many equally bad persons are named at once.
NAMED = 64


class Costs:
    """What persons cost against the noise of a closure's residuals.

    One person holds m <= k records in distinct hard cells; the cube costs half of their squared
    noise-weighted size, in rho. With f(S) = sum_A (1/s2_A) prod_{i in A} (1[i in S] - 1/d_i), the
    inner product of two one-hot records that agree exactly on the axes S is f(S); costs are convex
    in the masses, so one-hot records are the worst. Hence m f(all) + sum over pairs of f(S): of
    the m (m - 1) ordered pairs no more agree on the hard axes S than full groups of so many
    records as there are cells with the same values there. The largest sum that this allows takes
    as many pairs as it can of each S, those with the largest f first.

    Parameters
    ----------
    schema : CubeSchema
    closure : tuple of Marginal
        The residuals, in the order of all vectors here.

    References
    ----------
    Xiao, He, Zhang, Kifer (2023), An Optimal and Scalable Matrix Mechanism for Noisy Marginals
    under Convex Loss Functions, arXiv 2305.08175, section 4 (m = 1); docs/privacy.md, "k records".
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
        #: How many hard cells have the same values on S, by its code.
        self._room: Vector = np.ones(1)
        for size in self._sizes[: self._hard].tolist():
            self._room = (self._room[:, None] * np.array([size, 1.0])).ravel()
        #: p_A: the cost of one record alone.
        self.alone: Vector = self._products(np.ones(len(schema.axes), dtype=bool))

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
        return self._worst(variances).cost

    def worst(self, variances: Vector) -> tuple[list[Vector], float]:
        """Name the persons that cost the most, by linear costs c_A in 1/s2_A.

        Returns
        -------
        tuple of (list of (n_closure,) float64, float)
            Costs of the worst persons, and `squared_sensitivity`.
        """
        found = self._worst(variances)
        alternatives = [found.pairs]
        if len(found.pairs) == 1:
            # Where all pairs agree alike, others that agree alike on other axes may cost as much.
            alike = self._alike(variances).ravel()
            ((first, pairs),) = found.pairs
            near = alike >= alike[first] - 1e-4 * found.cost / self._k**2
            hard = np.arange(len(alike)) >> (len(self._sizes) - self._hard)
            codes = np.flatnonzero(near & (self._room[hard] >= found.records))[:NAMED]
            alternatives = [((code, pairs),) for code in codes.tolist()]
        return [self._costs_of(found.records, pairs) for pairs in alternatives], found.cost

    def _costs_of(self, records: int, pairs: Pairs) -> Vector:
        axes = len(self._sizes)
        person = records * self.alone
        for code, count in pairs:
            agree = (code >> np.arange(axes)[::-1]) & 1 == 1
            person = person + count * self._products(agree)
        return person

    def _worst(self, variances: Vector) -> "_Person":
        own = float((self.alone / variances).sum())
        if self._k == 1:
            return _Person(1, (), own)
        alike = self._alike(variances)
        best = alike.argmax(axis=1)
        values = alike[np.arange(len(alike)), best]
        records = np.arange(1, self._k + 1, dtype=float)
        left = records * (records - 1)
        costs = records * own
        taken: list[tuple[int, Vector]] = []
        while left.any():
            hard = int(values.argmax())
            pairs = np.minimum(left, _most_pairs(records, float(self._room[hard])))
            costs = costs + values[hard] * pairs
            left = left - pairs
            taken.append((hard << len(self._sizes) - self._hard | int(best[hard]), pairs))
            values[hard] = -np.inf
        most = int(costs.argmax())
        chosen = tuple((code, float(pairs[most])) for code, pairs in taken if pairs[most])
        return _Person(most + 1, chosen, float(costs[most]))

    def _products(self, agree: Flags) -> Vector:
        """Return prod_{i in A} (1[i in S] - 1/d_i) for each A: (n_closure,)."""
        return np.asarray(np.where(self._member, agree - 1 / self._sizes, 1.0).prod(axis=1))

    def _alike(self, variances: Vector) -> Vector:
        """Return f(S) by the codes of hard and soft axes: (2^n_hard, 2^n_soft).

        -inf where S has every hard axis. The sum over A factors along the axes, so it is done one
        axis at a time.
        """
        axes = len(self._sizes)
        table = np.zeros(2**axes)
        table[self._codes] = 1 / variances
        for axis, size in enumerate(self._sizes.tolist()):
            parts = table.reshape(2**axis, 2, -1)
            without, inside = parts[:, 0].copy(), parts[:, 1].copy()
            parts[:, 0] = without - inside / size
            parts[:, 1] = without + inside * (1 - 1 / size)
        table = table.reshape(2**self._hard, -1)
        table[-1] = -np.inf
        return table


@dataclass(frozen=True)
class _Person:
    """A person: how many records, how many ordered pairs agree on which axes, what they cost."""

    records: int
    pairs: Pairs
    cost: float


def _most_pairs(records: Vector, room: float) -> Vector:
    """Return how many ordered pairs lie in common groups of at most `room` records, at most."""
    groups = np.floor(records / room)
    rest = records - groups * room
    return np.asarray(groups * room * (room - 1) + rest * (rest - 1))


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
