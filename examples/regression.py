"""A trend over groups whose figures are noisy: least squares that knows the noise.

    export MOISSON_URL=https://market.example.org MOISSON_TOKEN=mois_pat_…
    python regression.py [KEY]

The noise of a released table is not estimated from the data: the market says what it is, with the
covariances of all figures. Generalised least squares takes them as they are, its scale fixed at 1.
"""

# %% What is needed: numpy, and the market's one file.
import os
import sys
from collections.abc import Sequence

import numpy as np
from moisson import Market


# %% A straight line through noisy figures.
def line(
    x: Sequence[float], y: Sequence[float], covariance: Sequence[Sequence[float]]
) -> tuple[float, float, float]:
    """Return the slope, its standard error from the noise alone, and how well a line fits.

    The last is chi-square over its degrees of freedom: near 1 where a line and the noise explain
    all there is, far above where the groups differ by more than that.
    """
    design = np.column_stack([np.ones(len(x)), x])
    weight = np.linalg.inv(np.asarray(covariance))
    spread = np.linalg.inv(design.T @ weight @ design)
    fitted = spread @ design.T @ weight @ np.asarray(y)
    left = np.asarray(y) - design @ fitted
    misfit = float(left @ weight @ left) / max(1, len(x) - 2)
    return float(fitted[1]), float(np.sqrt(spread[1, 1])), misfit


# %% One column of a table that you own, in the order of its values.
def main() -> None:
    """Read a table and print its trend."""
    market = Market(os.environ["MOISSON_URL"])
    keys = sys.argv[1:] or [one["key"] for one in market.tables()]
    table = market.table(keys[0])
    columns = list(table.rollup()[0]["cell"])
    asked = {"over": columns[1:], "statistic": ["contributions"]}
    figures, covariance = table.rollup(**asked), table.covariance(**asked)
    for one in figures:
        print(f"{one['cell'][columns[0]]:>20} {one['value']:10.1f} ± {1.96 * one['sd']:.1f}")
    places = list(range(len(figures)))
    slope, error, misfit = line(places, [one["value"] for one in figures], covariance)
    print(f"slope {slope:.3f} ± {1.96 * error:.3f} a step; chi-square per freedom {misfit:.2f}")


if __name__ == "__main__":
    main()
