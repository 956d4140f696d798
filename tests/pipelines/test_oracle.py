"""The comparison that proves the sync notices every kind of damage, or it would prove nothing."""

from __future__ import annotations

import copy
import json
import shutil
from datetime import timedelta

import pytest

from cal_source.tables import META_COLUMNS, ROOT_TABLES, TABLES, ColumnType
from pipelines.warehouse import Warehouse
from tests.account import new_sandbox, sync_now
from tests.oracle import (
    differences,
    family_differences,
    hash_differences,
    held_by,
    history_problems,
    snapshot,
    truth,
)


@pytest.fixture(scope="module")
def synced(tmp_path_factory):
    """A sandbox, a warehouse file after two syncs of it with changes between, and the past."""
    sandbox = new_sandbox(bookings=40, seed=3)
    file = tmp_path_factory.mktemp("oracle") / "synced.duckdb"
    with Warehouse.open(str(file)) as warehouse:
        sync_now(warehouse, sandbox)
        past = {sandbox.clock.now(): snapshot(warehouse)}
        sandbox.clock.advance(timedelta(hours=1))
        uids = [b.uid for b in sandbox.world.bookings if b.user_id == 1001]
        sandbox.world.edit_booking(uids[0], title="another", updated_at=sandbox.clock.now())
        sandbox.world.delete_booking(uids[1])
        sync_now(warehouse, sandbox)
        past[sandbox.clock.now()] = snapshot(warehouse)
    return sandbox, file, past


@pytest.fixture(scope="module")
def opened(synced, tmp_path_factory):
    """A copy of that warehouse."""
    file = tmp_path_factory.mktemp("copy") / "damaged.duckdb"
    shutil.copy(synced[1], file)
    with Warehouse.open(str(file)) as warehouse:
        yield warehouse


@pytest.fixture
def damaged(opened):
    """The copy, to be damaged; it is whole again afterwards."""
    opened.connection.execute("begin")
    yield opened
    opened.connection.execute("rollback")


@pytest.fixture(scope="module")
def compared(synced, opened):
    """What Cal.com shows and what the warehouse holds, read once."""
    return truth(synced[0]), held_by(opened)


def test_an_exact_warehouse_has_no_differences(synced, damaged):
    sandbox, _, past = synced

    assert differences(damaged, sandbox) == []
    assert history_problems(damaged, past) == []
    assert hash_differences(damaged, damaged) == []


DAMAGES = {
    "row missing": ("delete from raw.users where id = 1003", "missing users 1003"),
    "row left over": (
        "insert into raw.users by name select * replace (9 as id) from raw.users where id = 1003",
        "left over users 9",
    ),
    "row twice": (
        "insert into raw.users select * from raw.users where id = 1003",
        "double users (1003,)",
    ),
    "child missing": (
        (
            "delete from raw.booking_attendees where (booking_uid, email, ordinal) in "
            "(select (booking_uid, email, ordinal) from raw.booking_attendees limit 1)"
        ),
        "stale bookings",
    ),
    "child of nobody": (
        (
            "insert into raw.booking_guests by name select * replace ('nobody' as booking_uid) "
            "from raw.booking_guests limit 1"
        ),
        "left over bookings nobody",
    ),
    "ordinal": (
        (
            "update raw.booking_hosts set ordinal = 2 where booking_uid = "
            "(select min(booking_uid) from raw.booking_hosts)"
        ),
        "ordinals booking_hosts",
    ),
    "scope": ("update raw.users set _scope = 'user:1001'", "stale users 1001: users._scope is"),
    "something unknown": (
        """update raw.users set _extra = '{"a": 1}' where id = 1003""",
        "stale users 1003: users._extra is '{\"a\": 1}'",
    ),
}


@pytest.mark.parametrize(("statement", "problem"), DAMAGES.values(), ids=DAMAGES)
def test_differences_notice_a_damaged_row(synced, damaged, statement, problem):
    damaged.connection.execute(statement)

    assert any(problem in found for found in differences(damaged, synced[0]))


def test_differences_compare_json_as_values(synced, damaged):
    statement = (
        "update raw.bookings set metadata = ? where uid = (select min(uid) from raw.bookings)"
    )
    text = damaged.scalar("select metadata from raw.bookings order by uid limit 1")
    reordered = json.dumps(dict(reversed(json.loads(text or "{}").items())), indent=4)
    damaged.connection.execute(statement, [reordered])
    same = differences(damaged, synced[0])
    damaged.connection.execute(statement, ['{"a": 1}'])

    assert same == []
    assert len(differences(damaged, synced[0])) == 1


OTHERS = {
    ColumnType.TEXT: "something else",
    ColumnType.BIGINT: -7,
    ColumnType.DOUBLE: -7.5,
    ColumnType.JSON: '"something else"',
}


def _other(column, value):
    if column.type is ColumnType.BOOLEAN:
        return not value
    if column.type in {ColumnType.TIMESTAMP, ColumnType.DATE}:
        return None if value is None else value + timedelta(days=1)
    return OTHERS[column.type]


@pytest.mark.parametrize("root", ROOT_TABLES, ids=lambda table: table.name)
def test_differences_notice_another_value_in_any_column(compared, root):
    shown, held = compared[0][root.name], compared[1].families[root.name]
    kept = [c for c in META_COLUMNS if c.name in {"_scope", "_extra"}]
    for table in root.family():
        key, family = next(((k, f) for k, f in held.items() if f[table.name]), (None, None))
        if family is None:
            continue
        for column in (*table.columns, *kept):
            altered = copy.deepcopy(family)
            row = altered[table.name][0]
            if column.name == "ordinal" or _other(column, row[column.name]) is None:
                continue
            row[column.name] = _other(column, row[column.name])

            assert list(family_differences(root, shown, held | {key: altered})), column.name


def test_most_tables_have_rows_to_compare(damaged):
    empty = {name for name in TABLES if not damaged.scalar(f"select count(*) from raw.{name}")}
    details = {"booking_references", "booking_attendee_ids", "booking_recordings"}
    details |= {"booking_transcripts", "conferencing_sessions", "conferencing_participants"}
    of_platforms = {"oauth_clients", "managed_users", "managed_organizations"}
    not_connected = {"calendars", "destination_calendars"}
    not_connected |= {"conferencing_apps", "conferencing_defaults"}

    assert empty <= details | of_platforms | not_connected


HISTORY_DAMAGES = {
    "old version of what is so now": (
        (
            "insert into raw.users_old_versions by name select * exclude (_valid_from) replace "
            "('somebody else' as name), _valid_from as valid_from, null as valid_to "
            "from raw.users where id = 1003"
        ),
        "open users: only a open version says (1003,)",
    ),
    "open version of nothing": (
        "update raw.bookings_old_versions set valid_to = null",
        "open bookings: only a open version says",
    ),
    "row begins after it was so": (
        "update raw.users set _valid_from = '2030-01-01' where id = 1003",
        "replay users (1003,)",
    ),
    "two versions at a time": (
        (
            "insert into raw.users_old_versions by name select * replace "
            "(valid_from + interval 1 minute as valid_from) from raw.users_history where id = 1003"
        ),
        "overlap users (1003,)",
    ),
    "version ends before it begins": (
        ("update raw.bookings_old_versions set valid_to = valid_from - interval 1 minute"),
        "backwards bookings",
    ),
    "past version lost": (
        "delete from raw.bookings_old_versions",
        "replay bookings",
    ),
    "past version invented": (
        (
            "insert into raw.users_old_versions by name select * replace "
            "(777 as id, valid_from + interval 1 minute as valid_to) from raw.users_history limit 1"
        ),
        "replay users (777,)",
    ),
    "tombstone missing": ("delete from ops.tombstones", "is missing"),
    "tombstone of the living": (
        "update ops.tombstones set row_key = (select min(uid) from raw.bookings)",
        "is not true",
    ),
}


@pytest.mark.parametrize(("statement", "problem"), HISTORY_DAMAGES.values(), ids=HISTORY_DAMAGES)
def test_history_problems_notice_damaged_versions(synced, damaged, statement, problem):
    damaged.connection.execute(statement)

    assert any(problem in found for found in history_problems(damaged, synced[2]))


def test_history_problems_notice_that_digest_and_content_disagree(damaged):
    again = (
        "insert into raw.users_old_versions by name "
        "select * replace (? as _content_hash, ? as name, "
        "'2020-01-01'::timestamptz as valid_from, '2020-01-02'::timestamptz as valid_to) "
        "from raw.users_history where id = 1003 and valid_to is null"
    )
    digest, name = damaged.connection.execute(
        "select _content_hash, name from raw.users where id = 1003"
    ).fetchone()
    problem = "digest users (1003,): content and digest do not agree"

    for version in ((digest, "another name"), ("another digest", name)):
        damaged.connection.execute(again, list(version))
        assert problem in history_problems(damaged)
        damaged.connection.execute(
            "delete from raw.users_old_versions where valid_from < '2021-01-01'"
        )


def test_hash_differences_notice_another_digest_and_a_missing_row(synced, damaged, tmp_path):
    shutil.copy(synced[1], tmp_path / "other.duckdb")
    damaged.connection.execute("update raw.users set _content_hash = 'x' where id = 1003")
    damaged.connection.execute("delete from raw.users where id = 1004")

    with Warehouse.open(str(tmp_path / "other.duckdb")) as other:
        found = hash_differences(damaged, other)

    assert sorted(found) == ["hash users (1003,)", "hash users (1004,)"]
