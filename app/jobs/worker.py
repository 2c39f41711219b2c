"""The worker's loop: look for due jobs, do them, keep the schedules; until it is told to stop.

Each thread looks at an index of the table every half second and does what it finds; a worker on
another machine, on the same database, does the same. Nothing rings: there is no second store
whose loss could lose a job, and a job waits a quarter of a second on average.
"""

import signal
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from queue import SimpleQueue

from app.core.clock import now
from app.jobs.runner import LEASE, Runner
from app.jobs.schedule import Schedule, next_time

#: Seconds between two looks for work where there was none.
PAUSE = 0.5
#: So long a thread does nothing but jobs that come many at a time; then others have a turn.
TURN = 5.0
#: Seconds that jobs under way have to end in when the worker is told to stop.
PATIENCE = 10.0
Context = Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True)
class Worker:
    """Does the jobs of one application in some threads; short ones, and its schedules, in others.

    Attributes
    ----------
    context : callable
        Opens what each thread works inside (Flask's application context).
    """

    runner: Runner
    schedule: Schedule
    context: Context
    stop: threading.Event = field(default_factory=threading.Event)

    def serve(self, threads: int = 1, on_ready: Callable[[], None] = lambda: None) -> None:
        """Work until SIGTERM or SIGINT; jobs under way have a few seconds to end.

        What they do not finish is given back, for another worker to begin anew. Of a worker
        that is killed it is taken up when its lease ends.
        """
        # A second signal may come within the handler of the first: an event would then wait for
        # itself, this queue does not.
        told: SimpleQueue[int] = SimpleQueue()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _: told.put(number))
        targets = [self._jobs] * threads + [self._short_jobs, self._clock]
        started = [threading.Thread(target=target, daemon=True) for target in targets]
        for thread in started:
            thread.start()
        on_ready()
        told.get()
        self.stop.set()
        for thread in started:
            thread.join(PATIENCE / len(started))
        # What goes on is another worker's at once, and its attempt is not counted.
        self.runner.guarded("give jobs back", self.runner.give_back)

    def _jobs(self) -> None:
        while not self.stop.is_set():
            with self.context():
                fine = self.runner.guarded("look for jobs", self._turn)
            if not fine:
                self.stop.wait(PAUSE)

    def _turn(self) -> None:
        """Do a few jobs, or wait a little where there are none."""
        if not self.runner.waiting() or not self.runner.run_many(TURN) + self.runner.run_one():
            self.stop.wait(PAUSE)

    def _short_jobs(self) -> None:
        """Do jobs that come many at a time, so that none of them waits behind a long one."""
        while not self.stop.is_set():
            with self.context():
                self.runner.guarded("look for short jobs", self._short_turn)

    def _short_turn(self) -> None:
        if not self.runner.waiting() or not self.runner.run_many(TURN):
            self.stop.wait(PAUSE)

    def _clock(self) -> None:
        due = {task.name: next_time(now(), task.every) for task in self.schedule.tasks}
        renewed = now()
        while not self.stop.wait(PAUSE):
            if now() - renewed > LEASE / 4:
                renewed = now()
                self.runner.guarded("renew leases", self.runner.renew)
            for task in self.schedule.tasks:
                if now() >= due[task.name]:
                    due[task.name] = next_time(now(), task.every)
                    with self.context():
                        self.runner.guarded(task.name, task.do)
