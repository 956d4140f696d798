"""The recorded world arrives in the warehouse whole: every object, every field, nothing twice."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from cal_source.bookings import PAGE_SIZE
from cal_source.tables import TABLES, ColumnType

pytestmark = pytest.mark.reference

# Tables of nested lists: path of the list, and what makes one row a list element again.
BOOKING_LISTS = {"hosts": "booking_hosts", "attendees": "booking_attendees"}


def rows_of(warehouse, name):
    return warehouse.rows(f"select * from raw.{name}")


def element(table, row):
    """Rebuild the API object that a row was made from."""
    rebuilt = json.loads(row["_extra"]) if row["_extra"] else {}
    for column in TABLES[table].columns:
        value = row[column.name]
        path = column.paths[0]
        if value is None or path.startswith("$"):
            continue
        if column.type is ColumnType.JSON:
            value = json.loads(value)
        elif isinstance(value, datetime):
            value = value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        elif column.type is ColumnType.DATE:
            value = value.isoformat()
        *parents, last = path.split(".")
        holder = rebuilt
        for part in parents:
            holder = holder.setdefault(part, {})
        holder[last] = value
        for alias in column.paths[1:]:
            *parents, last = alias.split(".")
            holder = rebuilt
            for part in parents:
                holder = holder.setdefault(part, {})
            holder.setdefault(last, value)
    return rebuilt


def without_nulls(value):
    """Drop nulls and empty holders: a warehouse column cannot tell them from absence."""
    if isinstance(value, dict):
        return {k: without_nulls(v) for k, v in value.items() if v is not None and v != {}}
    return [without_nulls(v) for v in value] if isinstance(value, list) else value


def by_parent(warehouse, table, parent_column):
    grouped = {}
    for row in sorted(rows_of(warehouse, table), key=lambda r: r["position"]):
        grouped.setdefault(row[parent_column], []).append(row)
    return grouped


@pytest.mark.parametrize("page_size", [PAGE_SIZE, 100, 37, 7])
def test_sync_brings_every_booking_of_the_recorded_world_field_by_field(
    reference_dir, recorded_sandbox, warehouse, sync_of, page_size
):
    expected = json.loads((reference_dir / "world" / "bookings.json").read_text())

    result = sync_of(warehouse, recorded_sandbox, only=("bookings",), page_size=page_size)

    assert result.outcome == "proved"
    rows = rows_of(warehouse, "bookings")
    assert Counter(row["uid"] for row in rows) == Counter(b["uid"] for b in expected)
    lists = {
        path: by_parent(warehouse, table, "booking_uid") for path, table in BOOKING_LISTS.items()
    }
    guests = by_parent(warehouse, "booking_guests", "booking_uid")
    for row in rows:
        rebuilt = element("bookings", row)
        for path, table in BOOKING_LISTS.items():
            rebuilt[path] = [element(table, r) for r in lists[path].get(row["uid"], [])]
        rebuilt["guests"] = [r["email"] for r in guests.get(row["uid"], [])]
        row["rebuilt"] = without_nulls(rebuilt)
    warehouse_side = {row["uid"]: row["rebuilt"] for row in rows}
    for booking in expected:
        given = without_nulls({"guests": [], **booking})
        assert warehouse_side[booking["uid"]] == given


@pytest.mark.parametrize("page_size", [100, 37, 7])
def test_plain_offset_paging_loses_bookings_where_the_walk_does_not(
    recorded_sandbox, client_of, page_size
):
    from cal_source.catalogue import operation

    client = client_of(recorded_sandbox)
    seen: list[str] = []
    while True:
        answer = client.get(
            operation("fetch_all_bookings"),
            params={"take": page_size, "skip": len(seen), "sortUpdatedAt": "asc"},
        )
        if not answer.data:
            break
        seen += [booking["uid"] for booking in answer.data]

    assert len(seen) == 1809
    assert len(set(seen)) < 1809


def recorded(reference_dir, *names):
    found = []
    for name in names:
        data = json.loads((reference_dir / "world" / f"{name}.json").read_text())
        found += data if isinstance(data, list) else [data]
    return {record["id"]: record for record in found}


SMALL_LISTS = {
    "me": ("me",),
    "teams": ("org_teams", "teams"),
    "users": ("org_users",),
    "memberships": ("org_memberships", "team_102_memberships", "team_103_memberships"),
    "schedules": ("org_schedules",),
    "event_types": ("event_types", "team_102_event_types", "team_103_event_types"),
    "webhooks": (
        "webhooks",
        "org_webhooks",
        "event_type_5002_webhooks",
        "team_102_event_type_5048_webhooks",
    ),
}


@pytest.mark.parametrize("table", SMALL_LISTS)
def test_sync_brings_every_small_list_of_the_recorded_world_field_by_field(
    reference_dir, recorded_sandbox, warehouse, sync_of, table
):
    expected = recorded(reference_dir, *SMALL_LISTS[table])

    sync_of(warehouse, recorded_sandbox, only=(table,))

    rows = {row["id"]: row for row in rows_of(warehouse, table)}
    assert rows.keys() == expected.keys()
    for key, record in expected.items():
        rebuilt = element(table, rows[key])
        for child in TABLES[table].children:
            rebuilt.setdefault(child.path, nested(warehouse, child, key))
        if table == "webhooks":
            rebuilt["secret"] = "whsec" if rebuilt.pop("hasSecret") else None
        given = dict(record)
        if table == "schedules":
            given["availability"] = spread_over_days(given["availability"])
        assert without_empty(rebuilt) == without_empty(given)


def nested(warehouse, child, key):
    parent_column = next(iter(child.table.parent_key))
    rows = [r for r in rows_of(warehouse, child.table.name) if r[parent_column] == key]
    return [element(child.table.name, r) for r in sorted(rows, key=lambda r: r["position"])]


def spread_over_days(availability):
    return [
        {"day": day, "startTime": hours["startTime"], "endTime": hours["endTime"]}
        for hours in availability
        for day in hours["days"]
    ]


def without_empty(record):
    return {k: v for k, v in without_nulls(record).items() if v != []}
