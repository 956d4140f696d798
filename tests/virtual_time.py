"""A clock that many threads share and that only moves while all of them wait for it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class VirtualTime:
    """Seconds that pass when every worker sleeps, and then at once.

    Computing takes no time. Only one thread of a worker may sleep at a time: of two, the clock
    could not tell whether the one that it woke still computes or has ended.

    Args:
        workers: Everybody who has to sleep, or be done, before time passes.
    """

    def __init__(self, workers: Iterable[str]) -> None:
        self._changed = threading.Condition()
        self._awake = set(workers)
        self._sleeping: dict[str, float] = {}
        self._now = 0.0
        self.done_at: dict[str, float] = {}

    def now(self) -> float:
        """Seconds since the start."""
        return self._now

    def sleep_of(self, worker: str) -> Callable[[float], None]:
        """What a worker sleeps with."""

        def sleep(seconds: float) -> None:
            with self._changed:
                assert worker not in self._sleeping, f"{worker} sleeps in two threads"
                self._sleeping[worker] = self._now + seconds
                self._awake.discard(worker)
                self._pass()
                while worker in self._sleeping:  # also when its time is now: others may not sleep
                    self._changed.wait()

        return sleep

    def end(self, worker: str) -> None:
        """A worker is done and keeps nobody waiting."""
        with self._changed:
            self._awake.discard(worker)
            self.done_at[worker] = self._now
            self._pass()

    def _pass(self) -> None:
        if not self._awake and self._sleeping:
            self._now = max(self._now, min(self._sleeping.values()))
            for worker in [w for w, end in self._sleeping.items() if end <= self._now]:
                del self._sleeping[worker]
                self._awake.add(worker)
            self._changed.notify_all()
