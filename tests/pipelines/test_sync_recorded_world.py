"""The recorded world arrives in the warehouse whole: every object, every field, nothing twice."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from cal_source.bookings import PAGE_SIZE
from cal_source.tables import TABLES
from tests.reconstruction import as_kept, rebuilt, without_empty

pytestmark = pytest.mark.reference


def rows_of(warehouse, name):
    return warehouse.rows(f"select * from raw.{name}")


@pytest.mark.parametrize(
    ("location", "page_size"),
    [  # how bookings are paged does not depend on where they go
        *[("duckdb", size) for size in (PAGE_SIZE, 100, 37, 7)],
        ("postgres", PAGE_SIZE),
    ],
    indirect=["location"],
)
def test_sync_brings_every_booking_of_the_recorded_world_field_by_field(
    reference_dir, recorded_sandbox, warehouse, sync_of, page_size
):
    expected = json.loads((reference_dir / "world" / "bookings.json").read_text())

    result = sync_of(warehouse, recorded_sandbox, only=("bookings",), page_size=page_size)

    assert result.outcome == "proved"
    rows = rows_of(warehouse, "bookings")
    assert Counter(row["uid"] for row in rows) == Counter(b["uid"] for b in expected)
    table = TABLES["bookings"]
    records = rebuilt(table, lambda name: rows_of(warehouse, name))
    warehouse_side = {record["uid"]: without_empty(record) for record in records}
    for booking in expected:
        assert warehouse_side[booking["uid"]] == without_empty(as_kept(table, booking))


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

    declared = TABLES[table]
    records = rebuilt(declared, lambda name: rows_of(warehouse, name))
    found = {record["id"]: without_empty(record) for record in records}
    assert found == {key: without_empty(as_kept(declared, r)) for key, r in expected.items()}
