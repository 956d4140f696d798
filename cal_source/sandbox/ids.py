"""New keys: numbers that are never given twice, UUIDs, booking uids and tokens, from one seed."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

# Cal.com's short ids leave out the letters and digits that look alike.
_SHORT_ALPHABET: Final = "123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
_SHORT_LENGTH: Final = 22
_HEX: Final = "0123456789abcdef"


class Ids:
    """Gives keys to new rows; the same seed gives the same keys in the same order."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._given: dict[str, int] = {}

    def number(self, table: str, taken: Iterable[int]) -> int:
        """A number above all `taken` and above all given for `table`, deleted rows included."""
        highest = max(self._given.get(table, 0), max(taken, default=0))
        self._given[table] = highest + 1
        return highest + 1

    def uuid(self) -> str:
        """A random UUID, as webhooks, attributes, seats and reservations have."""
        return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))

    def short(self) -> str:
        """A random short id, as bookings and private links have."""
        return "".join(self._rng.choices(_SHORT_ALPHABET, k=_SHORT_LENGTH))

    def token(self, length: int = 64) -> str:
        """A random secret of hexadecimal digits."""
        return "".join(self._rng.choices(_HEX, k=length))
