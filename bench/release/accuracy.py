"""Errors on tables that every library can express, and on a whole cube."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.release import data, even_split, ours
from bench.release.environments import HOME, PEERS, Peer, PeerError
from bench.release.scores import OURS, Score, best_of, by_variant, scores
from bench.release.workloads import CUBE, DELTA, EPSILON, SIMPLE, Floats, Question
from privacy.loss import rho_for

BOUNDS = (1, 3)
BEST = "best"
WEEK = "week"
RHO = rho_for(EPSILON, DELTA).value

Results = dict[str, dict[str, Floats]]
"""Statistics by variant."""
Answer = Callable[[list["Case"]], list[Results]]


@dataclass(frozen=True)
class Case:
    """A question about some rows, under a contribution bound."""

    question: Question
    rows: str
    bound: int
    runs: int

    @property
    def name(self) -> str:
        """Tell cases apart."""
        return f"{self.question.name}-{self.rows}-{self.bound}-{self.runs}"

    @property
    def file(self) -> Path:
        """Where the rows lie."""
        return HOME / "data" / f"{self.rows}.parquet"


@dataclass
class Accuracy:
    """All scores, by question and bound ("k1", "k3" or "best"), and what went wrong."""

    found: dict[tuple[str, str], list[Score]] = field(default_factory=dict)
    troubles: dict[str, str] = field(default_factory=dict)

    def add(self, question: Question, setting: str, more: list[Score]) -> None:
        """File scores."""
        self.found.setdefault((question.name, setting), []).extend(more)

    def merge(self, other: "Accuracy") -> None:
        """Add the scores and troubles of others."""
        for key, more in other.found.items():
            self.found.setdefault(key, []).extend(more)
        self.troubles |= other.troubles


def all_rows() -> dict[str, data.Columns]:
    """Make all rows: weeks and cubes in which nobody exceeds k, and a week as it is."""
    rows = {f"week{k}": data.week(data.WEEK_PEOPLE, k, k) for k in BOUNDS}
    rows |= {f"cube{k}": data.records(data.CUBE_PEOPLE, k, k) for k in BOUNDS}
    rows[WEEK] = data.week(data.WEEK_PEOPLE, data.DAYS, 7)
    return rows


@dataclass(frozen=True)
class Effort:
    """How often a library runs.

    Parameters
    ----------
    runs, count_runs, cube_runs, search : int
        For tables, for counts by one key (which all libraries draw alike, so that few runs would
        make one the best by chance), for the cube, and for each bound among which its best is
        looked for.
    searched : tuple of int
        Those bounds.
    """

    runs: int
    count_runs: int
    cube_runs: int
    search: int
    searched: tuple[int, ...] = tuple(range(1, data.DAYS + 1))

    def of(self, question: Question) -> int:
        """Return how often a question about tables is asked."""
        return self.count_runs if question.statistics == ("count",) else self.runs


class Bench:
    """Runs every library over the same cases."""

    def __init__(self) -> None:
        rows = all_rows()
        for name, columns in rows.items():
            data.write(columns, HOME / "data" / f"{name}.parquet")
        self.truths = {
            (question.name, name): question.truth(columns)
            for question in (*SIMPLE, CUBE)
            for name, columns in rows.items()
            if name.startswith("cube") == (question is CUBE)
        }

    def score(self, library: str, case: Case, results: Results) -> list[Score]:
        """Score all variants of a case."""
        truth = self.truths[case.question.name, case.rows]
        return [
            one
            for variant, estimates in results.items()
            for one in scores(case.question, f"{library} {variant}", estimates, truth, case.bound)
        ]

    def run(self, library: str, answer: Answer, effort: Effort, into: Accuracy) -> None:
        """Run all cases of one library: fixed bounds, the cube, and its own best bound."""
        cases = [Case(q, f"week{k}", k, effort.of(q)) for q in SIMPLE for k in BOUNDS]
        cases += [Case(CUBE, f"cube{k}", k, effort.cube_runs) for k in BOUNDS]
        cases += [Case(q, WEEK, k, effort.search) for q in SIMPLE for k in effort.searched]
        tried: dict[str, list[Score]] = {}
        fresh = Accuracy()
        for case, results in zip(cases, answer(cases), strict=True):
            found = self.score(library, case, results)
            if case.rows == WEEK:
                tried.setdefault(case.question.name, []).extend(found)
            else:
                fresh.add(case.question, f"k{case.bound}", found)
        self._at_best(library, answer, effort, tried, fresh)
        into.merge(fresh)

    def _at_best(
        self,
        library: str,
        answer: Answer,
        effort: Effort,
        tried: dict[str, list[Score]],
        into: Accuracy,
    ) -> None:
        """Run each variant anew at the bound that was best for each statistic."""
        chosen = {
            (question, variant, statistic): best_of(
                (one for one in tried[question.name] if one.library == variant), statistic
            ).bound
            for question in SIMPLE
            for variant in dict.fromkeys(one.library for one in tried[question.name])
            for statistic in question.statistics
        }
        wanted = dict.fromkeys((question, bound) for (question, _, _), bound in chosen.items())
        cases = [Case(question, WEEK, bound, effort.of(question)) for question, bound in wanted]
        for case, results in zip(cases, answer(cases), strict=True):
            kept = [
                one
                for one in self.score(library, case, results)
                if chosen[case.question, one.library, one.statistic] == case.bound
            ]
            into.add(case.question, BEST, kept)


def by_ourselves(cases: list[Case]) -> list[Results]:
    """Answer with the release."""
    return [
        {
            ours.noise_name(case.question, case.bound): ours.answer(
                case.question, case.file, case.bound, case.runs, case.rows == WEEK
            )
        }
        for case in cases
    ]


def by_peer(peer: Peer) -> Answer:
    """Answer with a peer, all cases in one process."""

    def answer(cases: list[Case]) -> list[Results]:
        jobs = []
        for case in cases:
            job = case.question.job(str(case.file), case.bound, case.runs, RHO)
            job["id"] = case.name
            ways = peer.cube_ways if case.question is CUBE else peer.ways
            if ways:
                job["variants"] = list(ways)
            jobs.append(job)
        found = peer.answer(jobs)
        return [by_variant(found, case.name) for case in cases]

    return answer


def efforts(runs: int, quick: bool) -> Callable[[Peer | None], Effort]:
    """Say how often each library runs: as often as asked, unless it is too slow for that."""

    def effort(peer: Peer | None) -> Effort:
        search = 3 if quick else 15
        if peer is None:
            return Effort(runs, runs, 3 if quick else runs, search)
        fewer = min(runs, peer.runs or runs)
        cube_runs = 3 if quick else min(runs, peer.cube_runs or runs)
        return Effort(fewer, runs, cube_runs, search if fewer == runs else 5, peer.searched)

    return effort


def measure(runs: int, quick: bool, only: tuple[str, ...] = ()) -> Accuracy:
    """Run everything; a peer that fails is noted with its reason.

    Where peers are named in `only`, the others' scores are those of their last run.
    """
    bench, effort, done = Bench(), efforts(runs, quick), Accuracy()
    bench.run(OURS, by_ourselves, effort(None), done)
    for bound in BOUNDS:
        case = Case(CUBE, f"cube{bound}", bound, runs)
        drawn = even_split.simulate(bound, runs, bench.truths[CUBE.name, case.rows])
        results = by_variant({f"even/{name}": values for name, values in drawn.items()}, "even")
        done.add(CUBE, f"even{bound}", bench.score("even split", case, results))
    for peer in PEERS:
        kept = HOME / f"scores-{peer.name}.json"
        if only and peer.name not in only:
            done.merge(recall(kept))
            continue
        sys.stderr.write(f"{peer.title}\n")
        fresh = Accuracy()
        try:
            peer.prepare()
            bench.run(peer.title, by_peer(peer), effort(peer), fresh)
        except PeerError as error:
            fresh.troubles[peer.title] = str(error)
            sys.stderr.write(f"{peer.title} {error}\n")
        remember(fresh, kept)
        done.merge(fresh)
    return done


def remember(done: Accuracy, file: Path) -> None:
    """Write scores down, so that one library can be run again without the others."""
    found = [[*key, [asdict(one) for one in scored]] for key, scored in done.found.items()]
    file.write_text(json.dumps({"found": found, "troubles": done.troubles}))


def recall(file: Path) -> Accuracy:
    """Read scores written down before, if any."""
    if not file.exists():
        return Accuracy()
    told = json.loads(file.read_text())
    found = {
        (name, setting): [Score(**one) for one in ones] for name, setting, ones in told["found"]
    }
    return Accuracy(found, told["troubles"])
