"""Live state: reading the target of a change as it is at Cal.com now.

`read_record` makes the read that a plan names; `Prefetched` answers many of them from few list
reads, for the builder. The executor reads every target fresh.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from cal_source.catalogue import Auth, Paging, operation
from cal_source.errors import NotFoundError
from cal_source.walk import check_is_list, walk_snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cal_source.answer import Answer
    from cal_source.catalogue import Operation
    from cal_source.client import CalClient
    from pipelines.reverse_sync.plan import Read


class Sender(Protocol):
    """Sends one operation; `CalClient` is one."""

    def request(
        self,
        operation: Operation,
        *,
        path: Mapping[str, object] = ...,
        params: Mapping[str, object] = ...,
        body: object = None,
        priority: bool = False,
    ) -> Answer:
        """Send it and return the answer; see `CalClient.request`."""
        ...


class ByCredential:
    """Sends what a platform client must sign with that client, and all else with the key.

    Args:
        key: Client of the key or token.
        platform: Client of the platform's id and secret; None sends everything with `key`.
    """

    def __init__(self, key: CalClient, platform: CalClient | None = None) -> None:
        self._key = key
        self._platform = platform

    def request(
        self,
        operation: Operation,
        *,
        path: Mapping[str, object] = {},
        params: Mapping[str, object] = {},
        body: object = None,
        priority: bool = False,
    ) -> Answer:
        """Send one operation, signed as its catalogue row says; see `CalClient.request`."""
        platform = self._platform if operation.auth is Auth.PLATFORM else None
        client = platform or self._key
        return client.request(operation, path=path, params=params, body=body, priority=priority)


def read_record(sender: Sender, read: Read) -> Any:
    """Return what a read shows of its target: a record, a list, or None where there is none.

    Raises:
        CalError: It cannot be read; a 404 is no error here but an absent target.
    """
    try:
        data = _read(sender, read)
    except NotFoundError:
        return None
    if not read.select:
        return data
    return next((record for record in data if selects(read.select, record)), None)


def selects(select: Mapping[str, Any], record: Any) -> bool:
    """Return whether a record of a list is the one that `select` names."""
    return isinstance(record, dict) and all(record.get(k) == v for k, v in select.items())


def _read(sender: Sender, read: Read) -> Any:
    row = operation(read.operation)
    if row.paging not in {Paging.OFFSET, Paging.LIMIT}:
        return sender.request(row, path=read.path, params=read.query).data
    take_name, skip_name = ("limit", "offset") if row.paging is Paging.LIMIT else ("take", "skip")

    def fetch(params: Mapping[str, str], take: int) -> list[Any]:
        asked = {**read.query, **dict(row.ordered_by), skip_name: params["skip"], take_name: take}
        answer = sender.request(row, path=read.path, params=asked)
        return check_is_list(answer.data, f"GET {row.path}")

    return walk_snapshot(
        fetch,
        key=lambda record: record.get("id") or repr(record),
        page_size=row.page_size or 250,
        max_skip=250 if row.paging is Paging.LIMIT else None,
    )
