"""Every read of the catalogue has all that makes it one, and a sync brings all that it shows.

The first half looks at each row alone: adding a row without a route, a table, descriptions, a
feed or a staging model fails here. The second half syncs whole accounts and compares every table
with what asking every list about every id of the account shows (`tests.brute_force`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cal_source.catalogue import OPERATIONS, Evidence, Kind, Operation, operation
from cal_source.client import CalClient
from cal_source.extraction import Extraction
from cal_source.sandbox import Sandbox, World
from cal_source.tables import DETAIL_TABLES, META_COLUMNS, ROOT_TABLES, TABLES
from cal_source.targets import FEEDS
from pipelines.coverage import Way, coverage_of
from pipelines.options import SyncOptions
from pipelines.sync import sync
from tests.brute_force import everything_visible, sample_of
from tests.conftest import InProcess
from tests.reconstruction import rebuilt, without_empty

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
STAGING = Path(__file__).resolve().parents[2] / "dbt_like_sql" / "staging"
READS = [row for row in OPERATIONS.values() if row.kind is Kind.READ]
PATH_VALUES = {"orgId": 101, "teamId": 102}
CLIENT_ID = "cmlremhtume2m3shyouf11xq2"
CREDENTIALS = {
    name: {"Authorization": f"Bearer cal_sandbox_{name}"}
    for name in ("owner", "admin", "teamadmin", "member", "solo", "otherorg", "platformowner")
} | {"platform": {"x-cal-client-id": CLIENT_ID, "x-cal-secret-key": "sandbox-oauth-secret"}}


def complaints(row: Operation, sandbox: Sandbox, tables=TABLES) -> list[str]:
    """What a read lacks, in words; empty for one that is complete."""
    if row.is_v1:
        return [] if row.v2_way else ["is of API v1 and names no v2 way"]
    found = [*_route_complaints(row, sandbox), *_table_complaints(row, tables)]
    if sample_of(row, sandbox, CREDENTIALS.values()) is None and row.key not in NEVER_ANSWERED:
        found.append("has no sample: the sandbox gives nobody a good answer")
    entry = coverage_of(row)
    if entry.way is Way.CALL and not entry.whole_reads:
        found.append(f"feeds nothing, and no other read brings table {row.table}")
    if entry.way is Way.CALL and row.authoritative and row.key not in SECOND_LISTS:
        found.append("is a complete list that no sync reads")
    return found


NEVER_ANSWERED = {
    "get_organization_teams_event_types": "the real server answered 500 to every call",
    "get_managed_organization": "no platform of the sandbox manages an organisation",
}
# Complete lists that no sync reads, because another read brings the same rows to more keys.
SECOND_LISTS = {"get_booking_references": "list_references_of_booking"}


def _route_complaints(row: Operation, sandbox: Sandbox) -> list[str]:
    path = row.url_path(**{name: PATH_VALUES.get(name, "1") for name in row.path_parameters})
    version = {"cal-api-version": row.version} if row.version else {}
    answer = sandbox.respond("GET", path, [], CREDENTIALS["owner"] | version)
    if answer.status == 404 and f"Cannot GET {path}" in answer.body.decode():
        return [f"the sandbox has no route {row.path}"]
    return []


def _table_complaints(row: Operation, tables) -> list[str]:
    table = tables.get(row.table or "")
    if table is None:
        return [f"table {row.table} is not declared"]
    found = []
    for member in table.family():
        if not member.description.strip():
            found.append(f"table {member.name} has no description")
        found += [
            f"column {member.name}.{column.name} has no description"
            for column in (*member.columns, *META_COLUMNS)
            if not column.description.strip()
        ]
        if not (STAGING / f"stg_cal__{member.name}.sql").is_file():
            found.append(f"table {member.name} has no staging model")
    return found


@pytest.fixture(scope="module")
def small_world():
    return Sandbox(World.generate(bookings=60, seed=3, now=NOW), rate_limit_per_minute=1_000_000)


@pytest.mark.parametrize("row", READS, ids=[row.key for row in READS])
def test_read_has_route_table_descriptions_feed_and_staging_model(row, small_world):
    assert complaints(row, small_world) == []


A_READ = operation("retrieve_schedules_list")


@pytest.mark.parametrize(
    ("fake", "complaint"),
    [
        pytest.param(
            replace(A_READ, key="fake", path="/v2/nowhere"),
            "the sandbox has no route /v2/nowhere",
            id="no route",
        ),
        pytest.param(
            replace(A_READ, key="fake", path="/v2/nowhere"),
            "has no sample: the sandbox gives nobody a good answer",
            id="no sample",
        ),
        pytest.param(
            replace(A_READ, key="fake", table="fakes"), "table fakes is not declared", id="no table"
        ),
        pytest.param(
            replace(A_READ, key="fake", table="fakes"),
            "feeds nothing, and no other read brings table fakes",
            id="no rows",
        ),
        pytest.param(
            replace(A_READ, key="fake"), "is a complete list that no sync reads", id="no feed"
        ),
        pytest.param(
            replace(A_READ, key="fake", path="/v1/schedules"),
            "is of API v1 and names no v2 way",
            id="no v2 way",
        ),
    ],
)
def test_read_that_lacks_something_is_complained_about(fake, complaint, small_world):
    assert complaint in complaints(fake, small_world)


def test_table_without_descriptions_or_staging_model_is_complained_about(small_world):
    bare_column = replace(TABLES["me"].columns[0], description=" ")
    bare = replace(TABLES["me"], name="bare", description="", columns=(bare_column,))

    found = complaints(replace(A_READ, table="bare"), small_world, {"bare": bare})

    assert found[:3] == [
        "table bare has no description",
        "column bare.id has no description",
        "table bare has no staging model",
    ]


@pytest.mark.parametrize("key", NEVER_ANSWERED)
def test_reads_without_a_good_answer_still_have_none(key, small_world):
    assert operation(key).evidence in {Evidence.REFUSAL, Evidence.DOCS}
    assert sample_of(operation(key), small_world, CREDENTIALS.values()) is None


def test_second_lists_bring_the_rows_of_the_reads_they_name():
    for key, other in SECOND_LISTS.items():
        table = operation(key).table
        assert other in {feed.operation for feed in FEEDS[table]}


def test_every_table_is_fed_and_every_feed_is_a_read_of_its_table():
    assert set(FEEDS) == {table.name for table in (*ROOT_TABLES, *DETAIL_TABLES)}
    for table, feeds in FEEDS.items():
        for feed in feeds:
            row = operation(feed.operation)
            assert row.kind is Kind.READ
            from_other_table = {"destination_calendars": "calendars"}
            assert row.table == from_other_table.get(table, table)


@pytest.mark.parametrize("name", CREDENTIALS)
@pytest.mark.reference
def test_sync_of_recorded_world_lands_what_its_lists_show(name, recorded_sandbox, warehouse):
    assert_everything_lands(warehouse, recorded_sandbox, name)


@pytest.mark.parametrize("name", CREDENTIALS)
def test_sync_of_invented_world_lands_what_its_lists_show(name, warehouse):
    world = World.generate(bookings=60, seed=3, now=NOW)

    assert_everything_lands(warehouse, Sandbox(world, rate_limit_per_minute=1_000_000), name)


def assert_everything_lands(warehouse, sandbox, name):
    """Compare every table, key by key and field by field; nothing is unknown or in quarantine."""
    headers = CREDENTIALS[name]
    user = sandbox.respond("GET", "/v2/me", [], headers).json()["data"]["id"]
    seen = everything_visible(sandbox, headers, user)

    result = synced(warehouse, sandbox, name)

    assert (result.outcome, result.schema_drift, result.quarantined) == ("proved", [], 0)
    for table in ROOT_TABLES:
        assert_rows_are(warehouse, table, seen.records.get(table.name, {}))


def assert_rows_are(warehouse, table, expected):
    rows = {member.name: rows_of(warehouse, member) for member in table.family()}
    keys = [tuple(row[column] for column in table.key) for row in rows[table.name]]
    assert sorted(map(str, keys)) == sorted(map(str, expected)), table.name
    for key, record in zip(keys, rebuilt(table, rows.get), strict=True):
        assert without_empty(record) in expected[key], (table.name, key)


def rows_of(warehouse, table):
    """All rows of a table, after seeing that keys are unique and nothing is without a column."""
    rows = warehouse.rows(f"select * from raw.{table.name}")
    assert len({tuple(row[column] for column in table.key) for row in rows}) == len(rows)
    assert [row["_extra"] for row in rows if row["_extra"]] == []
    return rows


def test_sync_with_details_lands_what_hangs_on_each_booking(warehouse):
    sandbox = Sandbox(World.generate(bookings=12, seed=3, now=NOW), rate_limit_per_minute=1_000_000)
    details = tuple(table.name for table in DETAIL_TABLES)

    synced(warehouse, sandbox, "owner", details=details, detail_requests=12)

    visible = [booking["uid"] for booking in warehouse.rows("select uid from raw.bookings")]
    bookings = [sandbox.world.bookings.by_uid(uid) for uid in visible]
    attendees = {(b.uid, person.id) for b in bookings for person in b.attendees}
    references = {(b.uid, row.id) for b in bookings if b.user_id == 1001 for row in b.references}
    for table, expected in {
        "booking_attendee_ids": attendees,
        "booking_references": references,
    }.items():
        landed = warehouse.rows(f"select booking_uid, id from raw.{table}")
        assert {(row["booking_uid"], row["id"]) for row in landed} == expected
        assert len(landed) == len(expected) > 0


def synced(warehouse, sandbox, name, **options):
    """Sync a sandbox with some credentials; return what the run did."""
    signed_by = (
        {"client_id": CLIENT_ID, "client_secret": "sandbox-oauth-secret"}
        if name == "platform"
        else {"api_key": f"cal_sandbox_{name}"}
    )
    client = CalClient(
        **signed_by,
        base_url="http://sandbox.test",
        transport=InProcess(sandbox),
        sleep=lambda _: None,
    )
    return sync(
        warehouse,
        lambda **more: Extraction(client, strict=False, **more),
        SyncOptions(**options),
    )
