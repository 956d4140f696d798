"""Live state for a plan: the targets of many changes, read with few requests.

A list that covers many targets is read once; what no list covers, or a list did not bring, is read
by itself. Bookings are walked by start where fewer pages than bookings have to be asked for.
"""

from __future__ import annotations

from collections import Counter
from math import ceil
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cal_source.catalogue import operation
from cal_source.walk import BY_START, MAX_PAGE_SIZE, check_is_list, instant, walk_by_value
from pipelines.reverse_sync.live import read_record, selects
from pipelines.reverse_sync.plan import Read, canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from pipelines.reverse_sync.actions.model import Action, Asked
    from pipelines.reverse_sync.live import Sender

_BOOKING: Final = "retrieve_booking_details_by_uid"
_BOOKINGS: Final = "fetch_all_bookings"
_WORTH_A_LIST: Final = 3
_PAGES_AT_END: Final = 2
_UNREAD: Final = object()


class Snapshot:
    """Reads the targets of changes, each as it is now, and few of them twice.

    Args:
        sender: Sends the reads.
        starts: Start of bookings by uid, as the warehouse has them; decides only what is read with
            how many requests.
    """

    def __init__(self, sender: Sender, starts: Mapping[str, datetime] | None = None) -> None:
        self._sender = sender
        self._starts = starts or {}
        self._records: dict[bytes, Any] = {}
        self._bookings: dict[str, bytes] = {}  # as JSON, a fifth of what the objects take
        self._listed: set[bytes] = set()
        self.requests = 0

    def prepare(self, wanted: Iterable[tuple[Action, Asked]]) -> None:
        """Read the lists that cover many of the targets.

        Args:
            wanted: The changes to come.
        """
        lists: Counter[bytes] = Counter()
        uids = []
        for action, asked in wanted:
            if action.look is None:
                continue
            if action.look.operation == _BOOKING:
                uids.append(asked.target["bookingUid"])
            elif (read := action.look.list_read(asked)) is not None:
                lists[_list_key(read)] += 1
        self._listed = {key for key, count in lists.items() if count >= _WORTH_A_LIST}
        self._walk_bookings({uid for uid in uids if uid in self._starts})

    def record(self, action: Action, asked: Asked) -> tuple[Read | None, Any]:
        """Return the read of a change's target, and what it shows; None, None without a look.

        Raises:
            CalError: It cannot be read.
        """
        look = action.look
        if look is None:
            return None, None
        read = look.read(asked)
        if look.operation == _BOOKING and read.path["bookingUid"] in self._bookings:
            # One change looks at a booking; of thousands of them none is kept longer than needed.
            return read, msgspec.json.decode(self._bookings.pop(read.path["bookingUid"]))
        listed = look.list_read(asked)
        if listed is not None and _list_key(listed) in self._listed:
            found = next((one for one in self._list(listed) if selects(listed.select, one)), None)
            if found is not None:
                return read, found
        if read.select:
            found = next((one for one in self._list(read) if selects(read.select, one)), None)
            return look.narrow(read, asked, found), found
        return read, self._answer(read)

    def _list(self, read: Read) -> list[Any]:
        whole = Read(operation=read.operation, path=read.path, query=read.query)
        return self._answer(whole) or []

    def _answer(self, read: Read) -> Any:
        key = canonical(read)
        found = self._records.get(key, _UNREAD)
        if found is _UNREAD:
            found = self._records[key] = read_record(self._sender, read)
        return found

    def _walk_bookings(self, uids: set[str]) -> None:
        """Walk the bookings list where that takes fewer requests than one for each."""
        if len(uids) < _WORTH_A_LIST:
            return
        starts = [self._starts[uid] for uid in uids]
        low, high = min(starts), max(starts)
        bounds = {"afterStart": instant(low), "take": 1}
        answer = self._sender.request(operation(_BOOKINGS), params=bounds)
        total = (answer.pagination or {}).get("totalItems")
        behind = self._sender.request(
            operation(_BOOKINGS), params={"afterStart": instant(high), "take": 1}
        )
        beyond = (behind.pagination or {}).get("totalItems")
        if not isinstance(total, int) or not isinstance(beyond, int):
            return
        if ceil((total - beyond) / MAX_PAGE_SIZE) + _PAGES_AT_END >= len(uids):
            return
        for page in walk_by_value(self._fetch, keys=BY_START, start=low, end=high):
            for record in page:
                if record.get("uid") in uids:
                    self._bookings[record["uid"]] = msgspec.json.encode(record)

    def _fetch(self, params: Mapping[str, str], take: int) -> list[Any]:
        asked: dict[str, object] = {**params, "take": take}
        answer = self._sender.request(operation(_BOOKINGS), params=asked)
        return check_is_list(answer.data, "the bookings list")


def _list_key(read: Read) -> bytes:
    return canonical([read.operation, read.path, read.query])
