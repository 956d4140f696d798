"""What anybody must do with the pages of bookings at least: python reference.py NAME FOLDER.

Each way reads the same page files (in the page cache, without HTTP) and does nothing that could be
left out: no keys, no history, no proof.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any, Final

import duckdb
import msgspec
import orjson
import pyarrow as pa
import pyarrow.compute as pc

_INSTANT: Final = pa.timestamp("us", "UTC")
_HOST: Final = ("name", "email", "displayEmail", "username", "timeZone")
_ATTENDEE: Final = (
    "name",
    "email",
    "displayEmail",
    "timeZone",
    "language",
    "phoneNumber",
    "seatUid",
)
_TEXTS: Final = (
    "uid", "title", "description", "status", "cancellationReason", "cancelledByEmail",
    "reschedulingReason", "rescheduledByEmail", "rescheduledFromUid", "rescheduledToUid",
    "recurringBookingUid", "meetingUrl", "location", "icsUid",
)  # fmt: skip
_INSTANTS: Final = ("start", "end", "createdAt", "updatedAt")


def _struct(name: str, /, **fields: Any) -> Any:
    none = {msgspec.Raw: msgspec.Raw()}
    options = [(field, kind, none.get(kind)) for field, kind in fields.items()]
    return msgspec.defstruct(name, options, gc=False)


_text = str | None
_raw = msgspec.Raw
Host = _struct("Host", id=int | str | None, **dict.fromkeys(_HOST, _text))
Attendee = _struct(
    "Attendee", absent=bool | None, bookingFieldsResponses=_raw, metadata=_raw,
    **dict.fromkeys(_ATTENDEE, _text),
)  # fmt: skip
EventType = _struct("EventType", id=int | None, slug=_text)
Booking = _struct(
    "Booking", id=int | None, duration=float | None, rating=int | None, absentHost=bool | None,
    eventType=EventType | None, metadata=_raw, bookingFieldsResponses=_raw,
    hosts=list[Host], attendees=list[Attendee], guests=list[str] | None,
    **dict.fromkeys([*_TEXTS, *_INSTANTS], _text),
)  # fmt: skip
Page = msgspec.defstruct("Page", [("data", list[Booking])])
_MISSING: Final = (b"", b"null")
_PAGES: Final = msgspec.json.Decoder(Page)
_ANSWERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def orjson_decode(pages: list[Path]) -> int:
    """Decode into dicts and forget them."""
    return sum(len(orjson.loads(page.read_bytes())["data"]) for page in pages)


def typed_decode(pages: list[Path]) -> int:
    """Decode into declared types and forget them."""
    return sum(len(_PAGES.decode(page.read_bytes()).data) for page in pages)


def arrow(pages: list[Path]) -> int:
    """Decode into declared types, and those into five Arrow tables."""
    return len(_arrow_tables(pages)["bookings"])


def serial(pages: list[Path]) -> int:
    """The same, and the tables copied into a DuckDB file."""
    tables = _arrow_tables(pages)
    with duckdb.connect("serial.duckdb") as connection:
        for name, table in tables.items():
            connection.register("source", table)
            connection.execute(f"create table {name} as from source")
            connection.unregister("source")
    return len(tables["bookings"])


def read_json(pages: list[Path]) -> int:
    """DuckDB reads the files, and makes the five tables of what it read."""
    fields = [f'"{name}" VARCHAR' for name in _TEXTS]
    fields += [f'"{name}" TIMESTAMPTZ' for name in _INSTANTS]
    fields.append(
        'id BIGINT, duration DOUBLE, rating BIGINT, "absentHost" BOOLEAN, guests VARCHAR[], '
        '"eventType" STRUCT(id BIGINT, slug VARCHAR), hosts JSON[], attendees JSON[], '
        'metadata JSON, "bookingFieldsResponses" JSON'
    )
    row = ", ".join(fields)
    files = f"read_json('{pages[0].parent}/*.json', columns={{data: 'STRUCT({row})[]'}})"
    with duckdb.connect("read_json.duckdb") as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"create temp table page as select unnest(data) as b from {files}")
        connection.execute(
            "create table bookings as select b.* exclude (hosts, attendees, guests) from page"
        )
        for child, names in (("hosts", ("id", *_HOST)), ("attendees", ("absent", *_ATTENDEE))):
            columns = ", ".join(f"c ->> '{name}' as \"{name}\"" for name in names)
            connection.execute(
                f"create table {child} as select uid, {columns} from "
                f"(select b.uid as uid, unnest(b.{child}) as c from page)"
            )
        connection.execute(
            "create table guests as select b.uid as uid, unnest(b.guests) as email from page"
        )
        connection.execute(
            "create table answers as select uid, slug, answers -> ('$.' || slug) as value from "
            '(select b.uid as uid, b."bookingFieldsResponses" as answers, '
            'unnest(json_keys(b."bookingFieldsResponses")) as slug from page)'
        )
        ((rows,),) = connection.execute("select count(*) from bookings").fetchall()
    return int(rows)


def _arrow_tables(pages: list[Path]) -> dict[str, pa.Table]:
    batches: dict[str, list[pa.RecordBatch]] = {}
    for page in pages:
        for name, batch in _batches(_PAGES.decode(page.read_bytes()).data).items():
            batches.setdefault(name, []).append(batch)
    return {name: pa.Table.from_batches(found) for name, found in batches.items()}


def _batches(bookings: list[Any]) -> dict[str, pa.RecordBatch]:
    answers = [
        (booking.uid, slug, bytes(value).decode())
        for booking in bookings
        if bytes(booking.bookingFieldsResponses) not in _MISSING
        for slug, value in _ANSWERS.decode(booking.bookingFieldsResponses).items()
    ]
    return {
        "bookings": _batch(
            {name: _texts(getattr(b, name) for b in bookings) for name in _TEXTS}
            | {name: _instants([getattr(b, name) for b in bookings]) for name in _INSTANTS}
            | {
                "id": pa.array([b.id for b in bookings], pa.int64()),
                "duration": pa.array([b.duration for b in bookings], pa.float64()),
                "rating": pa.array([b.rating for b in bookings], pa.int64()),
                "absentHost": pa.array([b.absentHost for b in bookings], pa.bool_()),
                "eventTypeId": pa.array(
                    [b.eventType and b.eventType.id for b in bookings], pa.int64()
                ),
                "slug": _texts(b.eventType and b.eventType.slug for b in bookings),
                "metadata": _json(b.metadata for b in bookings),
                "bookingFieldsResponses": _json(b.bookingFieldsResponses for b in bookings),
            }
        ),
        "hosts": _children(bookings, "hosts", _HOST)
        .append_column(
            "id",
            pa.array(
                [h.id if isinstance(h.id, int) else None for b in bookings for h in b.hosts],
                pa.int64(),
            ),
        ),
        "attendees": _children(bookings, "attendees", _ATTENDEE)
        .append_column(
            "absent", pa.array([a.absent for b in bookings for a in b.attendees], pa.bool_())
        )
        .append_column("metadata", _json(a.metadata for b in bookings for a in b.attendees)),
        "guests": _batch({
            "uid": _texts(b.uid for b in bookings for _ in b.guests or ()),
            "email": _texts(guest for b in bookings for guest in b.guests or ()),
        }),
        "answers": _batch({
            name: _texts(row[n] for row in answers)
            for n, name in enumerate(("uid", "slug", "value"))
        }),
    }  # fmt: skip


def _children(bookings: list[Any], name: str, texts: tuple[str, ...]) -> pa.RecordBatch:
    children = [child for booking in bookings for child in getattr(booking, name)]
    columns = {"uid": _texts(b.uid for b in bookings for _ in getattr(b, name))}
    return _batch(columns | {text: _texts(getattr(c, text) for c in children) for text in texts})


def _batch(columns: dict[str, pa.Array]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))


def _texts(values: Any) -> pa.Array:
    return pa.array(list(values), pa.string())


def _json(values: Any) -> pa.Array:
    return _texts(None if bytes(v) in _MISSING else bytes(v).decode() for v in values)


def _instants(values: list[str | None]) -> pa.Array:
    return pc.cast(pa.array(values, pa.string()), _INSTANT)


REFERENCES: Final = {
    "orjson, decode only": orjson_decode,
    "msgspec, typed decode only": typed_decode,
    "msgspec to Arrow": arrow,
    "typed decode + CTAS": serial,
    "DuckDB read_json": read_json,
}

if __name__ == "__main__":
    name, folder = sys.argv[1:]
    files = sorted(Path(folder).glob("*.json"))
    started = time.perf_counter()
    rows = REFERENCES[name](files)
    print(json.dumps({"rows": rows, "work_seconds": time.perf_counter() - started}))
