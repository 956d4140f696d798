"""Which catalogue row a recorded read is of, and the records its answer holds."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cal_source.catalogue import OPERATIONS, Kind, Operation
from cal_source.targets import FEEDS
from tests.contract.recorded_calls import read_series

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@dataclass(frozen=True)
class RecordedRead:
    """A GET that a real server answered: the path, the version asked for, status and body."""

    name: str
    path: str
    version: str | None
    status: int
    body: Any


def good_reads(reference: Path) -> Iterator[tuple[RecordedRead, Operation]]:
    """All recorded GETs that were answered well, with the catalogue row of each.

    Answers in a version other than the row's have another shape and are left out.
    """
    for read in [*_recorded_gets(reference), *world_lists(reference)]:
        row = operation_of(read.path)
        is_good = 200 <= read.status < 300
        if is_good and row is not None and row.version in {None, read.version}:
            yield read, row


def _recorded_gets(reference: Path) -> Iterator[RecordedRead]:
    for folder in ("recorded", "recorded-actions"):
        for call in read_series(reference / folder):
            if call.method == "GET":
                version = call.headers.get("cal-api-version")
                yield RecordedRead(call.name, call.path, version, call.status, call.body)


def world_lists(reference: Path) -> Iterator[RecordedRead]:
    """The complete lists of the recorded world, each as the answer to one call."""
    index = json.loads((reference / "world" / "index.json").read_text("utf-8"))
    for name, entry in index.items():
        if "path" in entry:
            data = json.loads((reference / "world" / f"{name}.json").read_text("utf-8"))
            body = data if data == {"status": "success"} else {"data": data}  # nothing is set
            yield RecordedRead(
                f"world_{name}", entry["path"], entry["version"], entry["status"], body
            )


def operation_of(path: str) -> Operation | None:
    """The catalogue's GET of a path; fixed parts win over named ones."""
    fits = [
        row
        for row in OPERATIONS.values()
        if row.method == "GET" and path_values(row, path) is not None
    ]
    return min(fits, key=lambda row: (row.path.count("{"), row.kind is not Kind.READ), default=None)


def path_values(row: Operation, path: str) -> dict[str, Any] | None:
    """The named parts of a path, numbers as numbers; None where it is not of the row."""
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", row.path)
    match = re.fullmatch(pattern, path.removeprefix("/api").rstrip("/"))
    if match is None:
        return None
    return {k: int(v) if v.isdigit() else v for k, v in match.groupdict().items()}


def unpackers(row: Operation) -> Iterator[tuple[str, Callable[[list[Any]], list[Any]] | None]]:
    """The tables that an answer of this row holds records of, and what takes them out of it.

    A read that no sync makes has the shape of the reads that feed its table.
    """
    feeds = [(table, feed) for table, of_table in FEEDS.items() for feed in of_table]
    own = [(table, feed.unpack) for table, feed in feeds if feed.operation == row.key]
    if own:
        yield from own
    elif row.table in FEEDS:
        yield row.table, FEEDS[row.table][0].unpack


def records_of(body: Any) -> list[Any]:
    """The records of an answer: the list it is, or the object, or nothing where that is null."""
    data = body.get("data")
    return data if isinstance(data, list) else [] if data is None else [data]
