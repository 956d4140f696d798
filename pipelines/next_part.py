"""The next part of a large account, read into files by a thread while the part before is published.

Reading waits for Cal.com and computes in Python; loading and publishing compute in the database. In
turns, each would leave a core and the rate limit idle. What a part has to bring follows from the
part before as it was read, so that nothing has to wait for its publishing; where the published
cursor then says something else, what was read ahead is dropped.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from cal_source.bookings import RESOURCE
from pipelines.booking_plan import Cursor, part_after

if TYPE_CHECKING:
    from cal_source.bookings import BookingReads
    from cal_source.extraction import Extraction
    from pipelines.warehouse import Warehouse


def reads_after(extraction: Extraction, reads: BookingReads) -> BookingReads | None:
    """Return what the part after this one is to read; None where it has read to the end."""
    for read in extraction.ledger.reads:
        if read.resource == RESOURCE and read.position_at and read.cursor_at:
            cursor = Cursor(read.cursor_at, read.position_at)
            return part_after(reads, cursor, reads.read_before + read.rows)
    return None


class NextPart:
    """A part that is being read.

    Args:
        warehouse: Where it is to go; the thread does not touch it.
        extraction: The part's run, with the view of the part before.
        reads: Which bookings it reads.
        folder: An empty folder for its files.

    Attributes:
        extraction: The part's run; the thread's until `wait` returns.
        reads: Which bookings it reads.
    """

    def __init__(
        self, warehouse: Warehouse, extraction: Extraction, reads: BookingReads, folder: str
    ) -> None:
        from pipelines.loading import extract  # noqa: PLC0415 - dlt takes a second to import

        self.extraction, self.reads = extraction, reads
        self._thread = ThreadPoolExecutor(1, "next part")
        self._read = self._thread.submit(extract, warehouse, extraction, reads, (RESOURCE,), folder)

    def wait(self) -> None:
        """Wait until it is read.

        Raises:
            BaseException: What `loading.extract` raised.
        """
        self._read.result()
        self._thread.shutdown()

    def stop(self) -> None:
        """End the reading at its next page, and wait for that."""
        self.extraction.stop()
        self._thread.shutdown()
