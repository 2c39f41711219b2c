"""Synthetic rows: the same for every library, made from fixed seeds.

Columns are whole numbers: `person`, each key as a code from 0, each measure in its smallest
unit. No person has two rows in one cell of all keys.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

Integers = npt.NDArray[np.int64]
Columns = dict[str, Integers]

DAYS = 7
PLACES = 4
CENTS = 6000
CUBE_KEYS = tuple(f"key{n}" for n in range(6))
CUBE_MEASURES = ("one", "two", "three")
CUBE_SIZE = 7
CUBE_TOP = 100
WEEK_PEOPLE = 2500
CUBE_PEOPLE = 1000
DAYS_OF_A_PERSON = (0.45, 0.20, 0.10, 0.06, 0.05, 0.04, 0.10)
"""Chance of coming on 1, 2, ..., 7 days: most come once or twice, one in ten every day."""


def week(people: int, most: int, seed: int) -> Columns:
    """Make a week of visits: a person comes on distinct days, to one place a day.

    Parameters
    ----------
    people : int
    most : int
        Most days of one person, 1 to 7; those who would come more often come so many days.
    seed : int
    """
    rng = np.random.default_rng(seed)
    days = np.minimum(rng.choice(np.arange(1, DAYS + 1), people, p=DAYS_OF_A_PERSON), most)
    person = np.repeat(np.arange(people), days)
    order = rng.random((people, DAYS)).argsort(axis=1)
    slot = order[np.arange(DAYS) < days[:, None]]
    place = rng.choice(PLACES, len(person), p=(0.4, 0.3, 0.2, 0.1))
    paid = np.minimum(rng.gamma(2.5, 700, len(person)).astype(np.int64) + 150 * slot, CENTS)
    return {"person": person, "slot": slot, "place": place, "paid": paid}


def records(people: int, most: int, seed: int) -> Columns:
    """Make records of six keys and three measures, 1 to `most` of them a person.

    Raises
    ------
    ValueError
        Where a cell of two keys is empty, which some libraries could not show.
    """
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(people), rng.integers(1, most + 1, people))
    columns: Columns = {"person": person}
    chances = np.linspace(1.2, 0.8, CUBE_SIZE)
    for key in CUBE_KEYS:
        columns[key] = rng.choice(CUBE_SIZE, len(person), p=chances / chances.sum())
    for measure in CUBE_MEASURES:
        columns[measure] = rng.integers(0, CUBE_TOP + 1, len(person))
    for first in CUBE_KEYS:
        for second in CUBE_KEYS:
            cells = columns[first] * CUBE_SIZE + columns[second]
            if first < second and np.bincount(cells, minlength=CUBE_SIZE**2).min() == 0:
                raise ValueError(f"A cell of {first} and {second} is empty")
    return columns


def crowd(rows: int, seed: int) -> Columns:
    """Make about `rows` visits for the clock: a week's visits of so many people."""
    mean = sum(days * chance for days, chance in enumerate(DAYS_OF_A_PERSON, 1))
    return week(round(rows / mean), DAYS, seed)


def write(columns: Columns, path: Path) -> Path:
    """Write rows as Parquet, shuffled so that a person's rows lie apart."""
    path.parent.mkdir(parents=True, exist_ok=True)
    order = np.random.default_rng(7).permutation(len(columns["person"]))
    table = pa.table({name: pa.array(values[order]) for name, values in columns.items()})
    pq.write_table(table, path)
    return path
