"""A clock that many threads share and that only moves while all of them wait for it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class VirtualTime:
    """Seconds that pass when every worker sleeps, and then at once.

    A worker sleeps when one of its threads does. Computing takes no time.

    Args:
        workers: Everybody who has to sleep, or be done, before time passes.
    """

    def __init__(self, workers: Iterable[str]) -> None:
        self._changed = threading.Condition()
        self._awake = set(workers)
        self._sleeping: dict[str, list[float]] = {}
        self._now = 0.0
        self.done_at: dict[str, float] = {}

    def now(self) -> float:
        """Seconds since the start."""
        return self._now

    def sleep_of(self, worker: str) -> Callable[[float], None]:
        """What a worker's threads sleep with."""

        def sleep(seconds: float) -> None:
            with self._changed:
                end = self._now + seconds
                self._sleeping.setdefault(worker, []).append(end)
                self._awake.discard(worker)
                self._pass()
                while self._now < end:
                    self._changed.wait()
                self._sleeping[worker].remove(end)
                self._awake.add(worker)

        return sleep

    def end(self, worker: str) -> None:
        """A worker is done and keeps nobody waiting."""
        with self._changed:
            self._awake.discard(worker)
            self._sleeping.pop(worker, None)
            self.done_at[worker] = self._now
            self._pass()

    def _pass(self) -> None:
        ends = [end for ends in self._sleeping.values() for end in ends]
        if not self._awake and ends:
            self._now = max(self._now, min(ends))
            self._changed.notify_all()
