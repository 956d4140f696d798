"""One writer: who may change the warehouse, until when, and how the others are told.

A lease is a row of `ops.leases`. Its holder renews it while it works; when the holder is gone, it
ends by itself, or at once where this machine knows that the process is no more. Taking it raises
its fencing number, and every transaction of a writer begins by confirming its own number. So a
holder that was paused and overtaken cannot change anything afterwards, however late it wakes up.
Time is the warehouse's own, so that machines need not agree about it.

DuckDB lets one process open the file, which is the first guard there; the lease still holds where
the file is closed between two steps.
"""

from __future__ import annotations

import os
import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipelines.errors import LeaseHeld, LeaseLost, WarehouseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.warehouse import Warehouse

LEASE_SECONDS: Final = 60
_NAME: Final = "writer"
_RENEWALS_PER_LEASE: Final = 3
_ATTEMPTS: Final = 3
_LATER: Final = "cast($milliseconds as bigint) * interval '1 millisecond'"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a process runs, so that it can be told whether it still does.

    Attributes:
        host: The machine's name.
        process_space: What makes process ids unique: this start of the machine, and the
            container. Empty where that cannot be known; nobody is taken for dead then.
        process_id: The process.
    """

    host: str
    process_space: str
    process_id: int

    @classmethod
    def here(cls) -> Place:
        """Return the place of this process."""
        space = ""
        with suppress(OSError):
            boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
            space = f"{boot} {Path('/proc/self/ns/pid').readlink()}"
        return cls(socket.gethostname(), space, os.getpid())

    def knows_dead(self, other: Place) -> bool:
        """Return whether the other process ran in this one's space and runs no more."""
        if not self.process_space or other.process_space != self.process_space:
            return False
        try:
            os.kill(other.process_id, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write a warehouse, as long as nobody has taken it over.

    Attributes:
        fence_number: Higher than that of every holder before.
        seconds: How long it holds after each renewal.
    """

    fence_number: int
    seconds: float

    def confirm(self, warehouse: Warehouse) -> None:
        """Renew the lease; inside a transaction, nobody can take it over until that ends.

        Raises:
            LeaseLost: Another process has it.
        """
        renewed = warehouse.execute(
            f"update ops.leases set expires_at = {warehouse.dialect.clock} + {_LATER} "
            "where name = $name and fence_number = $fence",
            {"name": _NAME, "fence": self.fence_number, "milliseconds": _milliseconds(self)},
        )
        if not renewed:
            (row,) = _read(warehouse)
            raise LeaseLost(warehouse.location, _described(row))

    def release(self, warehouse: Warehouse) -> None:
        """End the lease, unless another process has it already."""
        warehouse.execute(
            "update ops.leases set expires_at = now() where name = $name and fence_number = $fence",
            {"name": _NAME, "fence": self.fence_number},
        )


@contextmanager
def writing(
    warehouse: Warehouse,
    command: str,
    *,
    seconds: float = LEASE_SECONDS,
    place: Place | None = None,
) -> Iterator[None]:
    """Hold the warehouse's lease; within a block that holds it already, that one goes on.

    Args:
        warehouse: The open warehouse; its transactions confirm the lease inside the block.
        command: What is being done, as others are told.
        seconds: How long the lease outlives its holder.
        place: Where this process runs; None finds out.

    Raises:
        LeaseHeld: Another process has it; the error says which and since when.
        LeaseLost: It was taken over while this process was paused; nothing was changed since.
    """
    if warehouse.lease is not None:
        yield
        return
    lease = acquire(warehouse, command, seconds=seconds, place=place or Place.here())
    warehouse.lease = lease
    try:
        with _renewed(warehouse, lease):
            yield
    finally:
        warehouse.lease = None
        with suppress(WarehouseError, warehouse.driver_error):  # it may be what failed
            lease.release(warehouse)


def acquire(warehouse: Warehouse, command: str, *, seconds: float, place: Place) -> Lease:
    """Take the lease if it is free, has ended, or its holder is known to be dead.

    Raises:
        LeaseHeld: Another process has it.
    """
    for _ in range(_ATTEMPTS):
        found = _read(warehouse)
        if not found:
            _make(warehouse)
            continue
        (row,) = found
        is_dead = place.knows_dead(_place_of(row))
        if not row["is_over"] and not is_dead:
            raise LeaseHeld(warehouse.location, _described(row))
        lease = Lease(row["fence_number"] + 1, seconds)
        if _take(warehouse, command, lease, place, is_dead=is_dead):
            return lease
    raise LeaseHeld(warehouse.location, "several runs that started at the same moment")


def _read(warehouse: Warehouse) -> list[dict[str, Any]]:
    return warehouse.rows(
        f"select *, expires_at <= {warehouse.dialect.clock} as is_over from ops.leases "
        "where name = $name",
        {"name": _NAME},
    )


def _make(warehouse: Warehouse) -> None:
    # Another run may make the row at the same moment.
    with suppress(warehouse.driver_error, WarehouseError):
        warehouse.execute(
            "insert into ops.leases (name, command, host, process_space, process_id, acquired_at, "
            "expires_at, fence_number) values ($name, '', '', '', 0, now(), now(), 0)",
            {"name": _NAME},
        )


def _take(warehouse: Warehouse, command: str, lease: Lease, place: Place, *, is_dead: bool) -> bool:
    """Take the lease over; False where another process was faster or has renewed its own."""
    clock = warehouse.dialect.clock
    taken = warehouse.execute(
        "update ops.leases set command = $command, host = $host, process_space = $space, "
        f"process_id = $process, acquired_at = {clock}, expires_at = {clock} + {_LATER}, "
        "fence_number = $fence where name = $name and fence_number = $fence - 1 "
        f"and (expires_at <= {clock} or cast($is_dead as boolean))",
        {
            "name": _NAME,
            "command": command,
            "host": place.host,
            "space": place.process_space,
            "process": place.process_id,
            "milliseconds": _milliseconds(lease),
            "fence": lease.fence_number,
            "is_dead": is_dead,
        },
    )
    return taken == 1


@contextmanager
def _renewed(warehouse: Warehouse, lease: Lease) -> Iterator[None]:
    """Renew the lease beside long work, where the database takes a second connection."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(lease.seconds / _RENEWALS_PER_LEASE):
            # A lost connection ends the lease by and by; a lost lease is told by a transaction.
            with (
                suppress(WarehouseError, warehouse.driver_error),
                warehouse.another_session() as session,
            ):
                lease.confirm(session)

    if not warehouse.takes_sessions:
        yield
        return
    thread = threading.Thread(target=renew, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _place_of(row: dict[str, Any]) -> Place:
    return Place(row["host"], row["process_space"], row["process_id"])


def _described(row: dict[str, Any]) -> str:
    return (
        f"'cal-warehouse {row['command']}', process {row['process_id']} on {row['host']}, since "
        f"{row['acquired_at']:%Y-%m-%d %H:%M:%S} UTC"
    )


def _milliseconds(lease: Lease) -> int:
    return round(lease.seconds * 1000)
