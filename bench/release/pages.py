"""The words and tables of the sections on accuracy and speed."""

from collections.abc import Iterable

from bench.release import data
from bench.release.accuracy import BOUNDS, Accuracy
from bench.release.environments import PEERS
from bench.release.report import Row, listed, row, table
from bench.release.scores import OURS, Ratio, Score, ratio
from bench.release.speed import BOUND, MANY, Speed
from bench.release.workloads import CUBE, DELTA, EPSILON, SIMPLE, Question

SETTINGS = (*(f"k{bound}" for bound in BOUNDS), "best")
BY_HAND = "gaussian_centred"
"""A variant no library offers: kept out of the best peer's place and compared on its own."""

SURE = 2.5

COMPARED = f"""
Epsilon {EPSILON:g}, delta {DELTA:g} for everything a question asks. Errors are the root of the
mean squared error over all cells and runs, against the exact answer without any contribution
bound, values clamped. Every library reads the same file. Means come from the library where it has
its own for this use, else they are sum over count, kept within the bounds.

- `k1`, `k3`: everybody has at most 1, or 3, rows, and the bound is that. Nothing is dropped; the
  error is the noise alone. A week of visits of {data.WEEK_PEOPLE:,} people, 7 days, 4 places,
  0 to 60 euros in cents; no one has two rows in one cell.
- `best`: a week in which one person in ten comes all 7 days. Each library, and each of its
  variants, has the bound from 1 to 7 that was best for each statistic in trial runs; what the
  bound drops counts as error.
- the cube: all {len(CUBE.tables)} tables of up to two of six dimensions with 7 values, in each a
  count and the sums of three measures from 0 to 100: {4 * len(CUBE.tables)} queries,
  {data.CUBE_PEOPLE:,} people with at most k records, who may share a cell of a table. Errors of
  sums are told in units of their range.

*Even split* is Gaussian noise under zCDP, every query with the same share of rho, rho by the
conversion the release uses: `plain` takes each table's sensitivity on its own, `joint` that of all
tables together. Peers that spend rho are given the same rho.

Ours asks for no number of people and one tier, chooses its noise by predicted error, and weighs
counts 1 and sums 0.7 in its plan, which makes both errors of the cube about equal.

The best peer is the one with the smallest error in the same setting, a standard error added so that
few runs make nobody the best by chance; among many variants, chance helps it still. On a single
count by one key, one row a person, there is nothing to win: the release, OpenDP, diffprivlib and
Tumult Analytics all add the same two-sided geometric noise, and the ratio is 1 but for chance; with
more rows a person the release shapes its noise to them (K-norm). `by hand, centred`
is what no library offers: diffprivlib's analytic Gaussian noise over
all figures as one vector, with measures moved to the middle of their bounds first.
"""

CONFIGURED = {
    "diffprivlib": "its mechanisms alone, over counts and sums bounded and grouped by hand: "
    "geometric noise with epsilon split evenly, or analytic Gaussian noise over all figures as one "
    "vector. Its `tools` are not made for groups.",
    "opendp": "Context API over Polars, public keys, Laplace or Gaussian (zCDP) noise. Rows are "
    "bounded by hand and the bound declared: its `truncate_num_groups(k)` keeps one group less "
    "than it charges for. Gaussian only on the cube, where it is far better.",
    "pipelinedp": "local backend, public partitions, naive accountant (its PLD accountant does not "
    "work with the engine), Laplace noise, as its Gaussian noise came out worse in every setting. "
    "Means are its own.",
    "smartnoise": "default discrete Laplace noise over a data frame; the largest epsilon for each "
    "statistic that its own odometer allows.",
    "tumult": "Spark with one local thread; geometric noise, or Gaussian under rho-zCDP. Runs are "
    "evaluated together as groups of their own, with people of their own. Gaussian only on the "
    "cube; its best bound is looked for among 3, 5 and 7.",
}


def short(statistic: str) -> str:
    """Name a statistic in a row: `sum:paid` is `sum`, a cube's `sum:one` is `sum_one`."""
    kind, _, measure = statistic.partition(":")
    return f"{kind}_{measure}" if measure in CUBE.measures else kind


def accuracy_rows(done: Accuracy) -> list[Row]:
    """Turn scores into ratios, the worst of each kind first."""
    simple = [row for question in SIMPLE for row in _ratios(done, question, SETTINGS, "simple")]
    cube = _ratios(done, CUBE, SETTINGS[:2], "cube")
    even = [
        (f"rmse_vs_even_split_{short(statistic)}_k{bound}", _even(done, statistic, bound))
        for bound in BOUNDS
        for statistic in CUBE.statistics
    ]
    rows = [
        _worst("rmse_vs_best_peer_simple", simple, "the worst of every workload and bound"),
        _worst("rmse_vs_best_peer_cube", cube, "the worst statistic, counts or sums"),
        _worst("rmse_vs_even_split", even, "the worst statistic, against the better even split"),
    ]
    beyond = sum(1 for _, one in (*simple, *cube) if one.value - SURE * one.doubt > 1)
    how = f"of {len(simple) + len(cube)} ratios, above 1 by over {SURE} standard errors"
    rows.append(row("rmse_worse_than_best_peer_beyond_chance", beyond, "ratios", how))
    by_hand = _ratios(done, CUBE, SETTINGS[:2], "cube", BY_HAND)
    rows += [_worst("rmse_vs_by_hand_centred_cube", by_hand, "the worst statistic")] * bool(by_hand)
    return [
        *rows,
        *(row(name, one.value, "ratio", one.how) for name, one in (*simple, *cube, *even)),
    ]


def _ratios(
    done: Accuracy,
    question: Question,
    settings: Iterable[str],
    kind: str,
    against: str | None = None,
) -> list[tuple[str, Ratio]]:
    found = []
    for setting in settings:
        eligible = [one for one in done.found[question.name, setting] if _stands(one, against)]
        if len({one.library for one in eligible}) < 2:
            continue
        middle = "" if question is CUBE else f"_{question.name}"
        for statistic in question.statistics:
            name = f"rmse_vs_best_peer_{kind}{middle}_{short(statistic)}_{setting}"
            found.append((name, ratio(eligible, statistic)))
    return found


def _stands(one: Score, against: str | None) -> bool:
    """Say whether a score takes part: ours, and the peers' or the variant named."""
    if one.library.startswith(OURS):
        return True
    return (BY_HAND in one.library) == (against is not None)


def _even(done: Accuracy, statistic: str, bound: int) -> Ratio:
    own = [one for one in done.found[CUBE.name, f"k{bound}"] if one.library.startswith(OURS)]
    return ratio([*own, *done.found[CUBE.name, f"even{bound}"]], statistic)


def _worst(name: str, ratios: list[tuple[str, Ratio]], what: str) -> Row:
    which, one = max(ratios, key=lambda pair: pair[1].value)
    wins = sum(1 for _, other in ratios if other.value < 1)
    how = f"{what} ({which}): {one.how}; below 1 in {wins} of {len(ratios)}"
    return row(name, one.value, "ratio", how)


def accuracy_page(done: Accuracy, rows: list[Row]) -> str:
    """Write the section."""
    peers = [f"- {peer.title} (`{peer.version()}`): {CONFIGURED[peer.name]}" for peer in PEERS]
    peers += [f"- Not compared: {title} {reason}" for title, reason in done.troubles.items()]
    tables = []
    for question in (*SIMPLE, CUBE):
        for setting in (*SETTINGS, *(f"even{bound}" for bound in BOUNDS)):
            found = done.found.get((question.name, setting))
            if found:
                tables += [f"### {question.name}, {setting}", "", _errors(question, found), ""]
    return "\n".join([COMPARED.strip(), "", *peers, "", listed(rows), "", *tables])


def _errors(question: Question, found: list[Score]) -> str:
    """Lay errors out: a line for each library and variant, a column for each statistic."""
    lines = []
    for library in dict.fromkeys(one.library for one in found):
        own = {one.statistic: one for one in found if one.library == library}
        runs = min(one.runs for one in own.values())
        cells = [_error(own[statistic]) for statistic in question.statistics]
        lines.append([library, str(runs), *cells])
    return table(("library", "runs", *(short(name) for name in question.statistics)), lines)


def _error(one: Score) -> str:
    return f"{one.rmse:.4g} ± {one.rmse * one.doubt:.1g} (k = {one.bound})"


def speed_rows(done: Speed) -> list[Row]:
    """Divide our seconds by those of the fastest peer."""
    how = f"one count and sum by one key, {done.rows:,} rows, k = {BOUND}, one thread, median of 3"
    others = {name: taken for name, taken in done.seconds.items() if name != OURS}
    rows = []
    if others:
        fastest = min(others, key=lambda name: others[name])
        value = done.seconds[OURS] / others[fastest]
        rows.append(row("seconds_vs_fastest_peer", value, "ratio", f"beside {fastest}; {how}"))
    for name, taken in done.seconds.items():
        plain = name.lower().replace(" ", "_")
        rows.append(row(f"seconds_bounded_{plain}", taken, "s", how))
    if done.many is not None:
        rows.append(row("seconds_bounded_moisson_10m", done.many, "s", f"the same over {MANY:,}"))
    return rows


def speed_page(done: Speed, rows: list[Row]) -> str:
    """Write the section."""
    troubles = [f"- {name} {reason}" for name, reason in done.troubles.items()]
    return "\n".join(
        [
            "From a Parquet file to noisy figures, contributions bounded by the library itself;",
            "diffprivlib does not bound them and is left out. Starting Python or Spark is not",
            "counted. Every library has one thread.",
            "",
            listed(rows),
            "",
            *troubles,
        ]
    )
