"""SQL over a table that you own: what may be summed in SQL, and what the market has to say.

    export MOISSON_URL=https://market.example.org MOISSON_TOKEN=mois_pat_…
    python in_duckdb.py [KEY]

Counts may be summed anywhere, shares nowhere. Noise may not be added up: the figures of a table
share it, and a sum of variances is too wide or too narrow. So the sum comes from SQL, and its
interval from a roll-up.
"""

# %% What is needed: duckdb, and the market's one file.
import os
import sys
import tempfile
from pathlib import Path

import duckdb
from moisson import Market, Table


# %% The table as a file, summed by its first column.
def summed(table: Table, column: str, folder: Path) -> list[tuple[str, float, float]]:
    """Return each value of a column with its sum and the noise that adding up would claim."""
    file = table.download(folder / "table.parquet")
    quoted = '"' + column.replace('"', '""') + '"'
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE figures AS SELECT * FROM read_parquet(?)", [str(file)])
        rows = connection.execute(
            f"SELECT {quoted}, sum(value), sqrt(sum(noise_sd * noise_sd)) FROM figures "
            "WHERE statistic = 'contributions' "
            f"GROUP BY {quoted} ORDER BY {quoted}"
        ).fetchall()
    return [(str(name), float(value), float(sd)) for name, value, sd in rows]


def main() -> None:
    """Print sums with both intervals."""
    market = Market(os.environ["MOISSON_URL"])
    keys = sys.argv[1:] or [one["key"] for one in market.tables()]
    table = market.table(keys[0])
    columns = list(table.rollup()[0]["cell"])
    told = {one["cell"][columns[0]]: one for one in table.rollup(over=columns[1:])}
    with tempfile.TemporaryDirectory() as folder:
        for name, value, wrong in summed(table, columns[0], Path(folder)):
            exact = told[name]
            print(
                f"{name:>20} {value:10.1f} ± {1.96 * exact['sd']:.1f}"
                f" (added up: ± {1.96 * wrong:.1f})"
            )


if __name__ == "__main__":
    main()
