"""The largest privacy cost of one person, given the noise of all parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from privacy.plan.parts import Contrasts, Part
from privacy.schema import CubeSchema

Vector = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.intp]
#: Two records by the axes that they agree on, by their code, and by the pair of knots that they
#: stand at along each measure with contrasts.
Alike = tuple[int, tuple[int, ...]]
#: How many ordered pairs of records are alike in which way.
Pairs = tuple[tuple[Alike, float], ...]
#: How many equally bad persons are named at once.
NAMED = 64


class Costs:
    """What persons cost against the noise of a closure's parts.

    One person holds m <= k records in distinct hard cells; the cube costs half of their squared
    noise-weighted size, in rho. With f(S) = sum_A (1/s2_A) prod_{i in A} (1[i in S] - 1/d_i), the
    inner product of two one-hot records that agree exactly on the axes S is f(S); costs are convex
    in the masses, so one-hot records are the worst. Along a measure with contrasts r_c the factor
    is r_c[j] r_c[j'] for records at its knots j and j'. Hence m f(all) + sum over pairs of f(S): of
    the m (m - 1) ordered pairs no more agree on the hard axes S than full groups of so many
    records as there are cells with the same values there. The largest sum that this allows takes
    as many pairs as it can of each S, those with the largest f first, at the knots that are worst.

    Parameters
    ----------
    schema : CubeSchema
    parts : tuple of Part
        In the order of all vectors here.
    contrasts : sequence of Contrasts

    References
    ----------
    Xiao, He, Zhang, Kifer (2023), An Optimal and Scalable Matrix Mechanism for Noisy Marginals
    under Convex Loss Functions, arXiv 2305.08175, section 4 (m = 1); docs/privacy.md, "k records".
    """

    def __init__(
        self, schema: CubeSchema, parts: tuple[Part, ...], contrasts: Sequence[Contrasts] = ()
    ) -> None:
        self.parts = parts
        self._k = schema.bound
        self._hard = len(schema.hard)
        shaped = {one.measure for one in contrasts}
        axes = [axis for axis in schema.axes if axis not in shaped]
        self._sizes = np.array([schema.size(axis) for axis in axes], dtype=float)
        self._member: Flags = np.array(
            [[axis in part.axes for axis in axes] for part in parts], dtype=bool
        ).reshape(len(parts), len(axes))
        codes = self._member @ (1 << np.arange(len(axes))[::-1])
        even = np.array([part.measure is None for part in parts], dtype=bool)
        self._even: Whole = np.flatnonzero(even)
        self._codes: Whole = codes[even]
        self._shaped = [
            _Shaped.of(one, parts, codes >> (len(axes) - self._hard)) for one in contrasts
        ]
        #: How many hard cells have the same values on S, by its code.
        self._room: Vector = np.ones(1)
        for size in self._sizes[: self._hard].tolist():
            self._room = (self._room[:, None] * np.array([size, 1.0])).ravel()
        self._own = self._products(np.ones(len(axes), dtype=bool))
        #: p_A: the cost of one record alone, in the mean over knots.
        self.alone: Vector = self._own * self._at([None] * len(contrasts))

    def records(self) -> list[Vector]:
        """List what one record costs at each knot of each measure with contrasts: linear costs.

        In the mean over the knots of all other such measures.
        """
        every = range(len(self._shaped))
        return [
            self._own * self._at([int(pair) if n == place else None for n in every])
            for place, one in enumerate(self._shaped)
            for pair in one.same
        ]

    def squared_sensitivity(self, variances: Vector) -> float:
        """Bound the squared noise-weighted distance between neighbouring cubes.

        Parameters
        ----------
        variances : (n_parts,) float64
            s2_A of the noise of part A, on its cells, > 0.

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
        tuple of (list of (n_parts,) float64, float)
            Costs of the worst persons, and `squared_sensitivity`.
        """
        found = self._worst(variances)
        alternatives = [found.pairs]
        if len(found.pairs) == 1:
            # Where all pairs agree alike, others that agree alike on other axes may cost as much.
            apart = self._apart(1 / variances)
            alike = self._alike(variances) + _most(apart, len(self._room))[:, None]
            ((first, pairs),) = found.pairs
            near = alike.ravel() >= alike.ravel()[first[0]] - 1e-4 * found.cost / self._k**2
            hard = np.arange(alike.size) >> (len(self._sizes) - self._hard)
            codes = np.flatnonzero(near & (self._room[hard] >= found.records))[:NAMED]
            alternatives = [
                (((code, _worst_pairs(apart, hard[code])), pairs),) for code in codes.tolist()
            ]
        return [self._costs_of(found, pairs) for pairs in alternatives], found.cost

    def _costs_of(self, found: "_Person", pairs: Pairs) -> Vector:
        axes = len(self._sizes)
        person = found.records * self._own * self._at(found.knots)
        for (code, knots), count in pairs:
            agree = (code >> np.arange(axes)[::-1]) & 1 == 1
            person = person + count * self._products(agree) * self._at(knots)
        return person

    def _worst(self, variances: Vector) -> "_Person":
        precisions = 1 / variances
        apart = self._apart(precisions)
        same = [costs[-1, one.same] for costs, one in zip(apart, self._shaped, strict=True)]
        knots = tuple(
            int(one.same[costs.argmax()]) for costs, one in zip(same, self._shaped, strict=True)
        )
        own = float((self._own * precisions)[self._even].sum())
        own += sum(float(costs.max()) for costs in same)
        if self._k == 1:
            return _Person(1, knots, (), own)
        alike = self._alike(variances)
        best = alike.argmax(axis=1)
        values = alike[np.arange(len(alike)), best] + _most(apart, len(alike))
        records = np.arange(1, self._k + 1, dtype=float)
        left = records * (records - 1)
        costs = records * own
        taken: list[tuple[Alike, Vector]] = []
        while left.any():
            hard = int(values.argmax())
            pairs = np.minimum(left, _most_pairs(records, float(self._room[hard])))
            costs = costs + values[hard] * pairs
            left = left - pairs
            code = hard << len(self._sizes) - self._hard | int(best[hard])
            taken.append(((code, _worst_pairs(apart, hard)), pairs))
            values[hard] = -np.inf
        most = int(costs.argmax())
        chosen = tuple((how, float(pairs[most])) for how, pairs in taken if pairs[most])
        return _Person(most + 1, knots, chosen, float(costs[most]))

    def _products(self, agree: Flags) -> Vector:
        """Return prod_{i in A} (1[i in S] - 1/d_i) for each part: (n_parts,)."""
        return np.asarray(np.where(self._member, agree - 1 / self._sizes, 1.0).prod(axis=1))

    def _at(self, knots: Sequence[int | None]) -> Vector:
        """Return what each part sees of two records at these pairs of knots; None for the mean."""
        seen = np.ones(len(self.parts))
        for one, pair in zip(self._shaped, knots, strict=True):
            pairs = one.same if pair is None else [pair]
            seen[one.positions] = one.products[:, pairs].mean(axis=1)
        return seen

    def _apart(self, precisions: Vector) -> list[Vector]:
        """Return f(S) of each measure with contrasts: (2^n_hard, n_pairs) each."""
        return [one.costs(precisions, self._hard, self._sizes) for one in self._shaped]

    def _alike(self, variances: Vector) -> Vector:
        """Return f(S) of the parts without contrasts, by codes: (2^n_hard, 2^n_soft).

        -inf where S has every hard axis. The sum over A factors along the axes, so it is done one
        axis at a time.
        """
        table = np.zeros(2 ** len(self._sizes))
        table[self._codes] = 1 / variances[self._even]
        table = _agreeing(table[:, None], self._sizes).reshape(2**self._hard, -1)
        table[-1] = -np.inf
        return table


@dataclass(frozen=True)
class _Shaped:
    """A measure with contrasts: its parts, and what they see of two records.

    Parameters
    ----------
    positions : (n,) intp
        Of its parts among all.
    codes : (n,) intp
        Of their hard axes.
    products : (n, n_pairs) float64
        r_c[j] r_c[j'] for all pairs of knots.
    same : (m,) intp
        The pairs of a knot with itself.
    """

    positions: Whole
    codes: Whole
    products: Vector
    same: Whole

    @classmethod
    def of(cls, contrasts: Contrasts, parts: tuple[Part, ...], codes: Whole) -> "_Shaped":
        rows = contrasts.rows_floats
        one, other = np.triu_indices(rows.shape[1])
        positions = np.array(
            [n for n, part in enumerate(parts) if part.measure == contrasts.measure], dtype=np.intp
        )
        which = [parts[n].contrast for n in positions]
        products = (rows[:, one] * rows[:, other])[which]
        return cls(positions, codes[positions], products, np.flatnonzero(one == other))

    def costs(self, precisions: Vector, hard: int, sizes: Vector) -> Vector:
        """Return f(S) of these parts, by the code of hard axes and by pair: (2^n_hard, n_pairs)."""
        table = np.zeros((2**hard, self.products.shape[1]))
        np.add.at(table, self.codes, precisions[self.positions, None] * self.products)
        return _agreeing(table, sizes[:hard])


@dataclass(frozen=True)
class _Person:
    """A person: records, their knots, how many ordered pairs are alike and how, what they cost."""

    records: int
    knots: tuple[int, ...]
    pairs: Pairs
    cost: float


def _agreeing(table: Vector, sizes: Vector) -> Vector:
    """Sum over A of prod_{i in A} (1[i in S] - 1/d_i), for every S: (2^n_axes, n) to the same."""
    for axis, size in enumerate(sizes.tolist()):
        parts = table.reshape(2**axis, 2, -1)
        without, inside = parts[:, 0].copy(), parts[:, 1].copy()
        parts[:, 0] = without - inside / size
        parts[:, 1] = without + inside * (1 - 1 / size)
    return table


def _most(apart: list[Vector], n_codes: int) -> Vector:
    """Return what measures with contrasts add at the worst knots, by the code of hard axes."""
    return np.asarray(sum((costs.max(axis=1) for costs in apart), np.zeros(n_codes)))


def _worst_pairs(apart: list[Vector], hard: int) -> tuple[int, ...]:
    return tuple(int(costs[hard].argmax()) for costs in apart)


def _most_pairs(records: Vector, room: float) -> Vector:
    """Return how many ordered pairs lie in common groups of at most `room` records, at most."""
    groups = np.floor(records / room)
    rest = records - groups * room
    return np.asarray(groups * room * (room - 1) + rest * (rest - 1))


def squared_sensitivity(
    schema: CubeSchema, variances: Mapping[Part, float], contrasts: Sequence[Contrasts] = ()
) -> float:
    """Bound the squared noise-weighted distance between neighbouring cubes: see `Costs`.

    Parameters
    ----------
    schema : CubeSchema
    variances : mapping of Part to float
        s2_A of the noise of part A, on its cells, > 0.
    contrasts : sequence of Contrasts
    """
    costs = Costs(schema, tuple(variances), contrasts)
    return costs.squared_sensitivity(np.array(list(variances.values()), dtype=float))
