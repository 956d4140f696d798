"""What reads see: the state as it is, or as it was some time ago on a lagging read replica.

Cal.com answers its reads from a replica of its database, and stamps `updatedAt` with the clock of
the server that takes the write. A change is therefore listed later than its stamp says, by the
replica's lag and by how long its transaction took.

Source: BEHAVIOUR.md sections 4.1 and 5.1.
"""

from __future__ import annotations

from collections import deque
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cal_source.sandbox.booking_query import BookingLists
from cal_source.sandbox.render.bookings import BookingRenderer

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from cal_source.sandbox.clock import Clock
    from cal_source.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Timing:
    """How far reads and stamps are off the clock.

    Attributes:
        replica_lag: How much later than they were made reads show changes; not negative.
        clock_skews: How far the clocks of the servers behind the address are off; each request
            is taken by one of them, and stamped by its clock. A transaction that takes long
            looks like a clock that is behind: its stamp is old when it is committed.
    """

    replica_lag: timedelta = timedelta()
    clock_skews: tuple[timedelta, ...] = (timedelta(),)

    def server_now(self, clock: Clock, rng: Random) -> datetime:
        """The present instant by the clock of one of the servers."""
        skews = self.clock_skews
        return clock.now() + (rng.choice(skews) if len(skews) > 1 else skews[0])


@dataclass(frozen=True, slots=True)
class View:
    """A state with what remembers answers made from it."""

    world: World
    lists: BookingLists
    renderer: BookingRenderer

    @classmethod
    def of(cls, world: World, rng: Random) -> View:
        """A view of `world`; `rng` orders what has no order."""
        return cls(world, BookingLists(world, rng), BookingRenderer(world))


class Replica:
    """Keeps the states that a lagging replica still has to show.

    A state is kept when the clock leaves the instant at which it was reached, so that all changes
    of one instant are seen together. Without a lag reads see the present state and nothing is
    copied; with one, every change costs a copy of the world.

    Args:
        world: The state that writes change.
        clock: Says when a state is reached and seen.
        lag: How much later than they were made changes are seen; not negative.
        rng: Orders what has no order.
    """

    def __init__(self, world: World, clock: Clock, lag: timedelta, rng: Random) -> None:
        self.primary = View.of(world, rng)
        self._clock = clock
        self._lag = lag
        self._rng = rng
        self._shown: View = self.primary
        self._coming: deque[tuple[datetime, View]] = deque()
        self._version = -1
        self._is_written = False
        if lag:
            clock.before_advance(self.keep)
            self.keep()
            self._shown = self._coming.popleft()[1]

    def note_write(self) -> None:
        """Note that a request may have changed the state, whether or not it touched the world."""
        self._is_written = True

    def keep(self) -> None:
        """Keep the present state where it may be another than the one kept last."""
        is_same = self._version == self.primary.world.version and not self._is_written
        if not self._lag or is_same:
            return
        self._version, self._is_written = self.primary.world.version, False
        now = self._clock.now()
        if self._coming and self._coming[-1][0] == now:
            self._coming.pop()
        self._coming.append((now, View.of(deepcopy(self.primary.world), self._rng)))

    def shown(self) -> View:
        """The state that reads see at present."""
        seen_until = self._clock.now() - self._lag
        while self._coming and self._coming[0][0] <= seen_until:
            self._shown = self._coming.popleft()[1]
        return self._shown
