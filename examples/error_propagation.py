"""From figures to what is made of them: a share, with an interval that knows the covariance.

    export MOISSON_URL=https://market.example.org MOISSON_TOKEN=mois_pat_…
    python error_propagation.py [KEY]

Figures of a table share noise. Variances added up (or in quadrature) are wrong in either direction;
the covariances that come with a roll-up are exact for any sum, and to first order for a ratio.
"""

# %% What is needed: numpy, and the market's one file.
import os
import sys
from collections.abc import Callable, Sequence

import numpy as np
from moisson import Market


# %% Any function of noisy figures, to first order.
def propagated(
    function: Callable[[np.ndarray], float],
    values: Sequence[float],
    covariance: Sequence[Sequence[float]],
) -> tuple[float, float]:
    """Return a function of figures, and its standard error from the noise."""
    at = np.asarray(values, dtype=float)
    step = np.maximum(1e-4 * np.abs(at), 1e-4)
    slope = np.array(
        [
            (function(at + step[i] * unit) - function(at - step[i] * unit)) / (2 * step[i])
            for i, unit in enumerate(np.eye(len(at)))
        ]
    )
    return float(function(at)), float(np.sqrt(slope @ np.asarray(covariance) @ slope))


def first_share(values: np.ndarray) -> float:
    """Return the share of the first group in all."""
    return float(values[0] / values.sum())


# %% The share of one group in a table that you own, beside the market's own answer.
def main() -> None:
    """Read a table and print a share, made here and told by the market."""
    market = Market(os.environ["MOISSON_URL"])
    keys = sys.argv[1:] or [one["key"] for one in market.tables()]
    table = market.table(keys[0])
    columns = list(table.rollup()[0]["cell"])
    asked = {"over": columns[1:]}
    figures = table.rollup(statistic=["contributions"], **asked)
    covariance = table.covariance(statistic=["contributions"], **asked)
    share, error = propagated(first_share, [one["value"] for one in figures], covariance)
    told = table.rollup(statistic=["share"], **asked)[0]
    alone = [[v if i == j else 0 for j, v in enumerate(row)] for i, row in enumerate(covariance)]
    _, wrong = propagated(first_share, [one["value"] for one in figures], alone)
    print(f"share {share:.4f} ± {1.96 * error:.4f}; without covariances ± {1.96 * wrong:.4f}")
    print(f"the market says {told['value']:.4f}, {told['low']:.4f} to {told['high']:.4f}")


if __name__ == "__main__":
    main()
