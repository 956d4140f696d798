"""When several passes by offset, none of them safe, have found everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence


class Tally:
    """Decides when several passes by offset, each of which may repeat and miss rows, found all.

    A pass counts rows truly even where it repeats some and misses others, unless the list changed
    under it. So passes are held against the count from the first one on that counts as many as the
    one before it, since a row that vanishes in the middle of a pass hides another; and the last
    pass must show nothing that no pass before it had shown.
    """

    def __init__(self) -> None:
        self.found: set[Hashable] = set()
        self._count = -1
        self._ever: set[Hashable] = set()

    def accounts_for(self, marks: Sequence[Hashable]) -> bool:
        """Take one pass's rows, and return whether all records of the list are now found."""
        shown = set(marks)
        is_quiet = shown <= self._ever
        self._ever |= shown
        if len(marks) != self._count:
            self._count = len(marks)
            self.found = set()
            return False
        self.found |= shown
        if len(self.found) > self._count:
            self.found = shown
        return is_quiet and len(self.found) == self._count
