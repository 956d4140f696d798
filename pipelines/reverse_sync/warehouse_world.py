"""The warehouse's state as a world of the sandbox, so that a plan can be rehearsed on it.

Rows of `raw` become the records that Cal.com had answered, and those fill the sandbox as recorded
lists do. What Cal.com does not show, such as the secrets of webhooks, is not there.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cal_source.sandbox.load import Recording, load_recording
from cal_source.tables import TABLES, Child, Column, ColumnType, Table
from pipelines.sql_text import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cal_source.sandbox import World
    from pipelines.warehouse import Warehouse

KEY_NAME: Final = "rehearsal"
"""Name of the key that speaks for the plan's user in the rehearsal."""

_LISTS: Final = {
    "users": "/v2/organizations/0/users",
    "teams": "/v2/teams",
    "memberships": "/v2/organizations/0/memberships",
    "schedules": "/v2/schedules",
    "event_types": "/v2/event-types",
    "bookings": "/v2/bookings",
    "webhooks": "/v2/webhooks",
    "attributes": "/v2/organizations/0/attributes",
    "attribute_options": "/v2/organizations/0/attributes/all/options",
    "out_of_office_entries": "/v2/organizations/0/ooo",
    "event_type_private_links": "/v2/private-links",
}
_TEXTS_OF_LISTS: Final = {"guests": "email", "permissions": "permission"}
# Fields that Cal.com gives with null, or with a word that its column cannot hold: a column does not
# tell null from absent.
_NULLS: Final[dict[str, dict[str, Any]]] = {
    "bookings": dict.fromkeys((
        "description",
        "eventType",
        "eventTypeId",
        "location",
        "updatedAt",
        "rating",
        "icsUid",
    )),
    "booking_attendees": {"language": None, "absent": False, "metadata": {}},
    "booking_hosts": {"id": "unknown"},  # of a deleted user; a text in a column of numbers
    "event_types": {"description": None, "scheduleId": None, "seats": {"disabled": True}},
    "users": dict.fromkeys(("name", "username")),
    "teams": dict.fromkeys(("slug", "parentId", "bio")),
    "memberships": {"attributes": []},
    "webhooks": {"payloadTemplate": None, "secret": None},
    "out_of_office_entries": dict.fromkeys(("toUserId", "notes", "reason")),
}


def world_of(warehouse: Warehouse, user_id: int, now: datetime) -> World:
    """Return a world that holds what the warehouse knows.

    Args:
        warehouse: A synced warehouse.
        user_id: Whose key the rehearsal uses; it is `cal_sandbox_rehearsal`.
        now: The instant of the world.
    """
    lists: dict[str, Any] = {name: records_of(warehouse, TABLES[name]) for name in _LISTS}
    known = [*records_of(warehouse, TABLES["me"]), *lists["users"]]
    lists["me"] = next((one for one in known if one["id"] == user_id), None)
    places = {**_LISTS, "me": "/v2/me"}
    index = {
        name: {"path": path, "key": KEY_NAME, "status": 200}
        for name, path in places.items()
        if lists[name] is not None
    }
    return load_recording(Recording(index, lists.get), now)


def records_of(warehouse: Warehouse, table: Table) -> list[Any]:
    """Return the rows of a table and its children as the records that they came from.

    Args:
        warehouse: A synced warehouse.
        table: A table that is no child.
    """
    return [record for _, record in _keyed_records(warehouse, table, None)]


def records_by_key(warehouse: Warehouse, table: Table, keys: Sequence[Any]) -> dict[str, Any]:
    """Return some of these records by their keys, as text; those that are not there are left out.

    Args:
        warehouse: A synced warehouse.
        table: A table that is no child, with a key of one column.
        keys: Hundreds of keys at most: they go into one query for each table.
    """
    return {str(key): record for key, record in _keyed_records(warehouse, table, keys)}


def _keyed_records(
    warehouse: Warehouse, table: Table, keys: Sequence[Any] | None
) -> Iterator[tuple[Any, Any]]:
    children = [child for child in table.children if not child.keeps_source]
    elements = {child.path: _elements(warehouse, child, keys) for child in children}
    for row in _rows(warehouse, table, table.key[0], keys):
        record = _record(table, row)
        for child in children:
            parent = tuple(row[name] for name in child.table.parent_key.values())
            record[child.path] = elements[child.path].get(parent, [])
        yield row[table.key[0]], record


def _elements(
    warehouse: Warehouse, child: Child, parents: Sequence[Any] | None
) -> dict[tuple[Any, ...], list[Any]]:
    """Return the elements of a nested list in order, by the key of the record that has them."""
    text = _TEXTS_OF_LISTS.get(child.path)
    found: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    rows = _rows(warehouse, child.table, next(iter(child.table.parent_key)), parents)
    for row in sorted(rows, key=lambda row: int(row["position"])):
        element = _record(child.table, row)
        key = tuple(row[name] for name in child.table.parent_key)
        found[key].append(element[text] if text else element)
    if child.table.name == "schedule_availability":
        return {key: _hours(days) for key, days in found.items()}
    return found


def _hours(days: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return working hours as Cal.com groups them: neighbouring days of the same hours together."""
    grouped: list[dict[str, Any]] = []
    for one in days:
        hours = {"startTime": one["startTime"], "endTime": one["endTime"]}
        if grouped and hours.items() <= grouped[-1].items():
            grouped[-1]["days"].append(one["day"])
        else:
            grouped.append({"days": [one["day"]], **hours})
    return grouped


def _rows(
    warehouse: Warehouse, table: Table, column: str, values: Sequence[Any] | None
) -> list[dict[str, Any]]:
    sql = f"select * from {quoted('raw', table.name)}"
    if values is None:
        return warehouse.rows(sql)
    given = {f"value_{number}": value for number, value in enumerate(values)}
    places = ", ".join(f"${name}" for name in given)
    return warehouse.rows(f"{sql} where {quoted(column)} in ({places})", given)


def _record(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = dict(_NULLS.get(table.name, {}))
    extra = row["_extra"]
    record |= _decoded(extra) if extra else {}
    for column in table.columns:
        value = row[column.name]
        if value is not None:
            shown = _shown(column, value)
            for path in column.paths:
                if not path.startswith("$"):
                    _put(record, path.split("."), shown)
    return record


def _shown(column: Column, value: Any) -> Any:
    """Return a column's value as Cal.com writes it."""
    if column.type is ColumnType.JSON:
        return _decoded(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def _decoded(value: Any) -> Any:
    return msgspec.json.decode(value) if isinstance(value, str) else value


def _put(record: dict[str, Any], path: list[str], value: Any) -> None:
    *parents, last = path
    for part in parents:
        if not isinstance(record.get(part), dict):
            record[part] = {}
        record = record[part]
    record[last] = value
