"""A copy of the DuckDB file for readers, put in place whole.

An open reader of a DuckDB file keeps every writer out, and a writer the readers. So readers get a
file of their own: written beside its place, brought to disk, and renamed over the one before.
Who has the earlier copy open goes on reading it.
"""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import CopyNotWritten, UsageError
from pipelines.warehouse import Warehouse, is_postgres, warehouse_path

if TYPE_CHECKING:
    from collections.abc import Callable

_READ_BITS = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH


def check_copy_target(location: str, target: str) -> None:
    """Refuse a copy that cannot be made, before any work.

    Args:
        location: The warehouse, as given to `--warehouse`.
        target: The file to write, as given to `--publish-copy`.

    Raises:
        UsageError: The warehouse is no file, or the target is the warehouse itself.
        ConfigError: The target has a name that DuckDB cannot read.
    """
    if is_postgres(location):
        msg = (
            "--publish-copy copies a DuckDB file, and --warehouse names a Postgres database, whose "
            "readers see whole runs without a copy. Leave --publish-copy out."
        )
        raise UsageError(msg)
    if warehouse_path(target).resolve() == warehouse_path(location).resolve():
        msg = (
            f"--publish-copy {target} is the warehouse itself. Give another file; it is replaced "
            "after every run."
        )
        raise UsageError(msg)


def publish_copy(
    location: str, target: str, *, copy: Callable[[Path, Path], object] = shutil.copyfile
) -> Path:
    """Put a read-only copy of the warehouse in place of the one before, whole or not at all.

    Call it when the warehouse is closed. While it copies, nobody can write the warehouse.

    Args:
        location: The DuckDB file.
        target: The file to write; readers open this one.
        copy: Copies one file to another path.

    Returns:
        The target.

    Raises:
        WarehouseLocked: Another run writes the warehouse already; it will make its own copy.
        CopyNotWritten: The copy could not be written; the one before is as it was.
    """
    source, place = warehouse_path(location), Path(target)
    partial = place.with_name(f".{place.name}.partial")
    # Opened for reading only, DuckDB locks writers out until the copy is complete. It must not
    # be open for writing here: closing the copied file would release that lock of this process.
    with Warehouse.open(location, read_only=True):
        try:
            partial.unlink(missing_ok=True)
            copy(source, partial)
            partial.chmod(source.stat().st_mode & _READ_BITS)
            _bring_to_disk(partial)
            partial.replace(place)
            _bring_to_disk(place.parent)
        except OSError as error:
            raise CopyNotWritten(str(place), str(error)) from error
    return place


def _bring_to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
