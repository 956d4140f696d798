"""Lists without order or total: read until the passes account for every row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cal_source.errors import EndlessRun, ShapeError, UnstableList
from cal_source.walk.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from cal_source.walk.keys import Fetch

_FAR_SKIP = "1000000"
_PAGE_SIZE = 250


def walk_snapshot(
    fetch: Fetch,
    *,
    key: Callable[[Any], Hashable],
    page_size: int = _PAGE_SIZE,
    max_skip: int | None = None,
    max_passes: int = 12,
) -> list[Any]:
    """Return a list without order or total, complete.

    A list that fits one page takes one request, unless it names a record twice: then another may
    be missing. A longer one is read twice when nothing moves: one pass may miss a row that moved,
    and would not know. Where passes repeat some rows and miss
    others, it is read on until the records found are as many as a pass counts.

    Args:
        fetch: Called as `fetch({"skip": …}, take)`; returns the records of one page.
        key: Identifies a record.
        page_size: Records per request.
        max_skip: Largest offset that the server accepts; None when it has no such limit.
        max_passes: Passes over the list after which it is given up.

    Returns:
        Every record once, as the last pass brought it.

    Raises:
        ShapeError: The server ignores `take` or `skip`, so that the list cannot be called complete.
        EndlessRun: The list is longer than `max_skip` lets anyone read.
        UnstableList: The passes kept contradicting each other.
    """
    reader = _Snapshot(fetch, key, page_size, max_skip)
    tally = Tally()
    latest: dict[Hashable, Any] = {}
    counts: list[int] = []
    for _ in range(max_passes):
        pages = reader.read_pass()
        records = {key(record): record for page in pages for record in page}
        if len(pages) == 1 and len(records) == len(pages[0]):
            return list(records.values())
        latest |= records
        if tally.accounts_for([key(record) for page in pages for record in page]):
            return [latest[mark] for mark in latest if mark in tally.found]
        counts.append(len(records))
    raise UnstableList(len(counts), tuple(counts))


class _Snapshot:
    """Reads one list, pass by pass, and checks that paging is honoured."""

    def __init__(
        self, fetch: Fetch, key: Callable[[Any], Hashable], take: int, max_skip: int | None
    ) -> None:
        self._fetch = fetch
        self._key = key
        self._take = take
        self._max_skip = max_skip
        self._skip_is_honoured = False

    def read_pass(self) -> list[Sequence[Any]]:
        # the last page is shorter than asked
        pages: list[Sequence[Any]] = []
        found: set[Hashable] = set()
        while True:
            skip = len(pages) * self._take
            if self._max_skip is not None and skip > self._max_skip:
                raise EndlessRun("position", f"beyond {self._max_skip}", len(found))
            page = self._fetch({"skip": str(skip)}, self._take)
            if len(page) > self._take:
                raise _ignored("take", f"{len(page)} records instead of {self._take}")
            pages.append(page)
            if len(page) < self._take:
                return pages
            marks = {self._key(record) for record in page}
            if marks <= found:
                self._check_skip()
            found |= marks

    def _check_skip(self) -> None:
        # tells a server that ignores `skip` from one whose order happened to repeat a page
        if self._skip_is_honoured:
            return
        if self._max_skip is None and self._fetch({"skip": _FAR_SKIP}, self._take):
            raise _ignored("skip", "the same records again, however far it is asked to skip")
        self._skip_is_honoured = True


def _ignored(parameter: str, found: str) -> ShapeError:
    return ShapeError(
        "the list",
        f"the server ignores {parameter}: it sent {found}",
        "It cannot be called complete; update the server",
    )
