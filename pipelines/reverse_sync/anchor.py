"""The newest row of the journal, remembered outside the warehouse.

A hash chain shows every change to a journal except one: rows cut off at its end. The anchor is a
small file beside no warehouse that names the newest row; a journal that no longer holds that row
was cut, or came out of a backup.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pipelines.reverse_sync.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Anchor:
    """The remembered head of one warehouse's journal.

    Args:
        path: The file; made with its folder when the first row is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def move(self, sequence: int, row_hash: str) -> None:
        """Remember a newer row; the file is replaced whole."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(f".{os.getpid()}")
        new.write_bytes(msgspec.json.encode([sequence, row_hash]))
        new.replace(self.path)

    def check(self, hashes: Mapping[int, str]) -> None:
        """Check that a journal, given as hash by sequence, still holds the remembered row.

        Raises:
            JournalError: It does not, or the file is damaged.
        """
        if not self.path.exists():
            return
        try:
            sequence, row_hash = msgspec.json.decode(self.path.read_bytes(), type=tuple[int, str])
        except msgspec.DecodeError as error:
            raise JournalError(0, f"cannot be checked: {self.path} is damaged") from error
        if hashes.get(sequence) != row_hash:
            problem = (
                f"and those up to it are not the ones that {self.path} remembers: rows were cut "
                "off, or the warehouse was restored. If it was restored, remove that file"
            )
            raise JournalError(sequence, problem)


def anchor_of(location: str, state_folder: Path) -> Anchor:
    """Return the anchor of the warehouse that `--warehouse` names.

    Args:
        location: A path or a server's address.
        state_folder: Where programs of this user keep their state.
    """
    name = location if "://" in location else str(Path(location).resolve())
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return Anchor(state_folder / "cal-warehouse" / f"journal-{digest}.json")
