"""Small lists and single objects of Cal.com, read completely and at most once a run."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from cal_source.catalogue import Paging, operation
from cal_source.errors import CalError, NotCalError, Unreachable, UnstableList
from cal_source.values import json_text
from cal_source.walk import check_is_list, check_is_object, walk_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from cal_source.catalogue import Operation
    from cal_source.client import CalClient
    from cal_source.fanouts import Target
    from cal_source.records import Record

logger = logging.getLogger("cal_source")

SNAPSHOT_PAGE_SIZE: Final = 250
_LARGEST_OFFSET: Final = 250  # of the lists that page by limit and offset
_MOST_READINGS: Final = 5  # of a list that comes in one answer


@dataclass(frozen=True, slots=True)
class ListRead:
    """What one reading of a list brought.

    Attributes:
        records: Its records.
        requests: HTTP requests it took.
        started_at: Start of the reading, UTC.
        finished_at: Its end, UTC.
    """

    records: list[Record]
    requests: int
    started_at: datetime
    finished_at: datetime


class Lists:
    """The lists of one account, kept for the fan-outs that need them as parents.

    Args:
        client: The HTTP client.
        clock: Gives the present instant, UTC.
    """

    def __init__(self, client: CalClient, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._lists: dict[tuple[str, str], Future[ListRead]] = {}

    def read(self, target: Target) -> ListRead:
        """Return all records of a list or object, read at most once, by whichever thread is first.

        Raises:
            CalError: It cannot be read; the same error each time it is asked for.
        """
        place = (target.operation, target.scope)
        with self._lock:
            is_first = place not in self._lists
            found = self._lists.setdefault(place, Future())
        if is_first:
            try:
                found.set_result(self.fetch(target))
            except BaseException as error:
                found.set_exception(error)
                raise
        return found.result()

    def read_ahead(self, plans: Sequence[Callable[[], Sequence[Target]]], workers: int) -> None:
        """Read lists side by side, so that asking for them later takes no time.

        Errors are kept for whoever asks for the list. When the server gives no answer to one, no
        further list is begun: whoever asks for those decides how long to go on.

        Args:
            plans: Name lists to read; called side by side too, and may read lists themselves.
            workers: Most requests at a time.
        """
        stopped = threading.Event()

        def attempt(work: Callable[[], Sequence[Target]]) -> Sequence[Target]:
            try:
                return () if stopped.is_set() else work()
            except (NotCalError, Unreachable):
                stopped.set()
            except CalError as error:
                logger.debug("reading ahead: %s", error)
            return ()

        def read(target: Target) -> Sequence[Target]:
            self.read(target)
            return ()

        with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="lists") as pool:
            try:
                reads = []
                for planned in [pool.submit(attempt, plan) for plan in plans]:
                    reads += [pool.submit(attempt, partial(read, t)) for t in planned.result()]
                for done in reads:
                    done.result()
            finally:
                stopped.set()  # after Ctrl-C nothing more is begun

    def fetch(self, target: Target) -> ListRead:
        """Read a list or object now.

        Raises:
            CalError: It cannot be read.
        """
        row = operation(target.operation)
        started, before = self._clock(), self._client.requests_made_here
        if row.paging in {Paging.OFFSET, Paging.LIMIT}:
            records = self._fetch_pages(target)
        elif row.paging is Paging.ONE:
            data = self._client.get(row, path=_path(row, target)).data
            records = [] if data is None else [check_is_object(data, f"GET {row.path}")]
        else:
            records = self._fetch_whole(target)
        return ListRead(records, self._client.requests_made_here - before, started, self._clock())

    def _fetch_whole(self, target: Target) -> list[Record]:
        """Read a list that comes in one answer; one that names a record twice may lack another.

        Raises:
            UnstableList: Every answer named a record twice.
        """
        row = operation(target.operation)
        counts = []
        for _ in range(_MOST_READINGS):
            answer = self._client.get(row, path=_path(row, target))
            records = check_is_list(answer.data, f"GET {row.path}")
            marks = [_identity(record) for record in records if _has_id(record)]
            if len(set(marks)) == len(marks):
                return records
            counts.append(len(set(marks)))
        raise UnstableList(len(counts), tuple(counts))

    def _fetch_pages(self, target: Target) -> list[Record]:
        row = operation(target.operation)

        def fetch(params: Mapping[str, Any], take: int) -> list[Record]:
            if row.paging is Paging.LIMIT:
                params, take_name = {"offset": params["skip"]}, "limit"
            else:
                take_name = "take"
            asked = {**dict(row.ordered_by), **params, take_name: take}
            answer = self._client.get(row, path=_path(row, target), params=asked)
            return check_is_list(answer.data, f"GET {row.path}")

        return walk_snapshot(
            fetch,
            key=_identity,
            page_size=row.page_size or SNAPSHOT_PAGE_SIZE,
            max_skip=_LARGEST_OFFSET if row.paging is Paging.LIMIT else None,
        )


def _identity(record: Any) -> Any:
    """Tell the records of a small list apart: by id, else by their whole content."""
    key = record.get("id") if isinstance(record, dict) else None
    return key if isinstance(key, int | str) else json_text(record)


def _has_id(record: Any) -> bool:
    """Tell whether a record has an id of some sort; without one, two may be equal (cities)."""
    return isinstance(record, dict) and any(name.lower().endswith("id") for name in record)


def _path(row: Operation, target: Target) -> dict[str, Any]:
    """Return those of a target's values that the operation's path has."""
    return {name: target.path[name] for name in row.path_parameters}
