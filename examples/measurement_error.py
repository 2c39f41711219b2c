"""A noisy figure as the cause of something: how to undo what its noise does to a slope.

    export MOISSON_URL=https://market.example.org MOISSON_TOKEN=mois_pat_…
    python measurement_error.py [KEY]

Noise in x flattens a slope: it is drawn towards nought by the part of the spread of x that is noise
(attenuation). Elsewhere that part has to be guessed; here the market says it, so it is taken out.
"""

# %% What is needed: numpy, and the market's one file.
import os
import sys
from collections.abc import Sequence

import numpy as np
from moisson import Market


# %% Two slopes: as it stands, and with the noise of x taken out.
def slopes(
    x: Sequence[float], y: Sequence[float], noise: Sequence[float]
) -> tuple[float, float, float]:
    """Return the plain slope, the corrected one, and the part of the spread of x that is real.

    Parameters
    ----------
    noise : sequence of float
        Noise variance of each x.
    """
    a, b = np.asarray(x), np.asarray(y)
    a, b = a - a.mean(), b - b.mean()
    spread = float(a @ a) / (len(a) - 1)
    # The mean is taken off, and takes its share of the noise with it: (n - 1)/n of n/(n - 1).
    real = max(0.0, 1.0 - float(np.mean(noise)) / spread)
    plain = float(a @ b) / float(a @ a)
    return plain, plain / real if real else float("nan"), real


# %% Groups of a table that you own: contributions as x, something of your own as y.
def main() -> None:
    """Read a table, invent an outcome that follows it, and print both slopes."""
    market = Market(os.environ["MOISSON_URL"])
    keys = sys.argv[1:] or [one["key"] for one in market.tables()]
    figures = market.table(keys[0]).rollup()
    x = [one["value"] for one in figures]
    outcome = [2.0 * one for one in x]  # in earnest: what you know of the same groups
    plain, corrected, real = slopes(x, outcome, [one["sd"] ** 2 for one in figures])
    print(f"of the spread of x {100 * real:.0f} % is real")
    if real:
        print(f"slope as it stands {plain:.3f}, with the noise taken out {corrected:.3f}")
    else:
        print("the groups differ by no more than the noise: no slope can be told")


if __name__ == "__main__":
    main()
