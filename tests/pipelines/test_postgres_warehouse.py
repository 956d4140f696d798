"""What is particular to a warehouse in Postgres: tables, addresses, connections that break."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from cal_source.tables import TABLES, ColumnType
from pipelines.errors import (
    UsageError,
    WarehouseError,
    WarehouseLost,
    WarehouseMissing,
)
from pipelines.exit_codes import ExitCode, exit_code_of
from pipelines.ops import OPS_TABLES
from pipelines.warehouse import Warehouse, shown_location
from pipelines.warehouse.postgres import PostgresWarehouse

TYPES = {
    ColumnType.TEXT: "text",
    ColumnType.BIGINT: "bigint",
    ColumnType.DOUBLE: "double precision",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.TIMESTAMP: "timestamp with time zone",
    ColumnType.DATE: "date",
    ColumnType.JSON: "jsonb",
}
CANARY = "canary-pass%word"
ENCODED = "canary-pass%25word"


@pytest.fixture
def warehouse(postgres_url):
    with Warehouse.open(postgres_url) as opened:
        yield opened


def test_every_column_has_the_type_it_is_declared_with(warehouse):
    found = {
        (row["table_name"], row["column_name"]): row["data_type"]
        for row in warehouse.rows(
            "select table_name, column_name, data_type from information_schema.columns "
            "where table_schema in ('raw', 'ops')"
        )
    }

    declared = {(t.name, c.name): TYPES[c.type] for t in TABLES.values() for c in t.columns}
    assert declared.items() <= found.items()
    assert found["bookings", "_loaded_at"] == "timestamp with time zone"
    assert found["bookings_history", "valid_to"] == "timestamp with time zone"


def indexes(warehouse):
    return warehouse.rows(
        "select n.nspname as schema, t.relname as table, i.indisprimary as is_key, "
        "pg_get_expr(i.indpred, i.indrelid) as condition, i.indisunique as is_unique, "
        "array(select a.attname::text from unnest(i.indkey) with ordinality as k(number, place) "
        "join pg_attribute as a on a.attrelid = t.oid and a.attnum = k.number order by place) "
        "as columns from pg_index as i join pg_class as t on i.indrelid = t.oid "
        "join pg_namespace as n on t.relnamespace = n.oid where n.nspname in ('raw', 'ops')"
    )


def test_every_table_has_its_primary_key_and_old_versions_are_found_by_theirs(warehouse):
    found = indexes(warehouse)

    keys = {(i["schema"], i["table"]): tuple(i["columns"]) for i in found if i["is_key"]}
    assert keys == {("raw", t.name): t.key for t in TABLES.values()} | {
        ("ops", t.name): t.key for t in OPS_TABLES
    }
    of_versions = {i["table"]: tuple(i["columns"]) for i in found if "old_versions" in i["table"]}
    assert of_versions == {f"{t.name}_old_versions": t.key for t in TABLES.values()}


def test_every_column_that_points_at_another_row_is_indexed(warehouse):
    indexed = {(i["table"], i["columns"][0]) for i in indexes(warehouse)}

    pointing = {
        (t.name, c.name)
        for t in TABLES.values()
        for c in t.columns
        if c.name.endswith(("_id", "_uid")) or c.name in t.parent_key
    }
    assert ("bookings", "event_type_id") in pointing
    assert pointing <= indexed


def test_a_key_cannot_stand_twice(warehouse):
    insert = "insert into raw.bookings (uid, id) values ('twice', 1)"
    warehouse.execute(insert)

    with pytest.raises(WarehouseError, match=r"duplicate key.*bookings_pkey") as caught:
        warehouse.execute(insert)

    assert "twice" not in str(caught.value), "values of rows stay out of messages"


def test_runs_that_start_at_once_in_an_empty_database_make_its_tables_once(postgres_server):
    def open_it(url):
        with Warehouse.open(url) as warehouse:
            return warehouse.missing_statements()

    with postgres_server.database(empty=True) as url, ThreadPoolExecutor(8) as pool:
        assert list(pool.map(open_it, [url] * 8)) == [[]] * 8


def test_a_reader_of_a_database_without_a_warehouse_is_told_to_sync(postgres_server):
    with (
        postgres_server.database(empty=True) as url,
        pytest.raises(WarehouseMissing, match="Run 'cal-warehouse sync' first") as caught,
    ):
        Warehouse.open(url, read_only=True)

    assert exit_code_of(caught.value) == ExitCode.CANNOT_WRITE


def test_a_reader_cannot_write(postgres_url):
    with (
        Warehouse.open(postgres_url, read_only=True) as reader,
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
    ):
        reader.execute("delete from ops.runs")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (f"postgresql://ada:{ENCODED}@db.example.com:5433/cal", ":***@db.example.com:5433/cal"),
        (f"postgres://ada:{ENCODED}@db.example.com/cal?sslmode=require", "/cal?sslmode=require"),
        (f"postgresql:///cal?host=/run/x&user=ada&password={ENCODED}", "ada:***@/cal?host=/run/x"),
        ("postgresql://ada@db.example.com/cal", "postgresql://ada@db.example.com/cal"),
    ],
    ids=["password", "options", "socket", "no password"],
)
def test_addresses_are_shown_without_their_password(address, shown):
    assert shown in shown_location(address)
    assert "canary" not in shown_location(address)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        (f"postgresql://ada:{ENCODED}@x@db.example.com/cal", "more than one @.*as %40"),
        (f"postgresql://ada:{CANARY}@db.example.com/cal", "cannot be read.*%25"),
        (f"postgresql://ada:{ENCODED}@db.example.com/cal?colour=red", "cannot be read"),
    ],
    ids=["two ats", "bare percent", "unknown option"],
)
def test_addresses_that_cannot_be_read_are_wrong_usage_and_not_repeated(address, says):
    with pytest.raises(UsageError, match=says) as caught:
        Warehouse.open(address)

    assert "canary" not in str(caught.value)
    assert exit_code_of(caught.value) == ExitCode.USAGE


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql://ada:{ENCODED}@127.0.0.1:9/cal",
        f"postgresql:///cal?host=/nowhere&user=ada&password={ENCODED}",
    ],
    ids=["port", "socket"],
)
def test_a_server_that_is_not_there_is_named_and_exits_74(address):
    with pytest.raises(WarehouseLost, match=r"ada:\*\*\*@.*Check the address.*run again") as caught:
        Warehouse.open(address)

    assert "canary" not in str(caught.value)
    assert exit_code_of(caught.value) == ExitCode.CANNOT_WRITE


def test_a_connection_that_broke_between_statements_is_made_anew(
    warehouse, postgres_server, postgres_url
):
    postgres_server.end_sessions(postgres_url)
    assert warehouse.scalar("select count(*) from raw.bookings") == 0

    postgres_server.end_sessions(postgres_url)
    assert warehouse.execute("insert into raw.users (id) values (1)") == 1

    postgres_server.end_sessions(postgres_url)
    with warehouse.transaction():
        warehouse.execute("insert into raw.users (id) values (2)")

    assert warehouse.scalar("select count(*) from raw.users") == 2


def test_a_transaction_whose_connection_breaks_leaves_nothing_and_says_what_to_do(
    warehouse, postgres_server, postgres_url
):
    def write_two():
        with warehouse.transaction():
            warehouse.execute("insert into raw.users (id) values (1)")
            postgres_server.end_sessions(postgres_url)
            warehouse.execute("insert into raw.users (id) values (2)")

    with pytest.raises(WarehouseLost, match=r"published before is intact.*run again") as caught:
        write_two()

    assert exit_code_of(caught.value) == ExitCode.CANNOT_WRITE
    assert warehouse.scalar("select count(*) from raw.users") == 0


def test_a_server_that_comes_back_is_waited_for(postgres_url, postgres_server):
    waits = []

    def come_back(seconds):
        waits.append(seconds)
        postgres_server.run(f"alter database {name} allow_connections true")

    warehouse = PostgresWarehouse.connect(postgres_url, sleep=come_back)
    name = warehouse.name
    with warehouse:
        postgres_server.run(f"alter database {name} allow_connections false")
        postgres_server.end_sessions(postgres_url)

        assert warehouse.scalar("select count(*) from raw.users") == 0

    assert waits == [0.2]


@pytest.mark.parametrize(
    ("sql", "parameters", "expected"),
    [
        ("select $x::int + $x::int as a", {"x": 2}, 4),
        ("select '$x %' || $x as a", {"x": "%s"}, "$x %%s"),
        ("select 'it''s $y' || $x as a", {"x": ""}, "it's $y"),
        ("select 7 % 4 as a", None, 3),
        ("select 7 % $x::int as a", {"x": 4}, 3),
    ],
    ids=["twice", "in a text", "quote", "without", "modulo"],
)
def test_parameters_are_named_and_texts_are_left_alone(warehouse, sql, parameters, expected):
    assert warehouse.scalar(sql, parameters) == expected


FILLED = ("raw.bookings", "raw.bookings_old_versions")


def definitions(warehouse):
    """Return what the keys and indexes of the filled tables are, by name."""
    return warehouse.rows(
        "select i.indexname, i.indexdef, pg_get_constraintdef(c.oid) as constraint_is "
        "from pg_indexes as i left join pg_constraint as c on c.conname = i.indexname "
        "and c.conindid = format('%I.%I', i.schemaname, i.indexname)::regclass "
        "where i.schemaname = 'raw' and i.tablename in "
        "('bookings', 'bookings_old_versions') order by 1"
    )


def test_empty_tables_are_filled_without_keys_and_have_the_same_ones_afterwards(warehouse):
    before = definitions(warehouse)
    with warehouse.transaction(), warehouse.keyed_afterwards(FILLED):
        assert definitions(warehouse) == []
        warehouse.execute("insert into raw.bookings (uid) values ('a'), ('b')")

    assert definitions(warehouse) == before
    assert any("DEFERRABLE" in str(row["constraint_is"]) for row in before)
    with warehouse.transaction(), warehouse.keyed_afterwards(FILLED):
        left = [row["indexname"] for row in definitions(warehouse)]
    assert "bookings_pkey" in left
    assert "bookings_old_versions_key" not in left
    assert definitions(warehouse) == before


def test_keys_that_cannot_be_built_undo_what_was_filled(warehouse):
    before = definitions(warehouse)
    with (
        pytest.raises(WarehouseError),
        warehouse.transaction(),
        warehouse.keyed_afterwards(FILLED),
    ):
        warehouse.execute("insert into raw.bookings (uid) values ('a'), ('a')")

    assert definitions(warehouse) == before
    assert not warehouse.has_rows("raw.bookings")


def test_tables_that_somebody_reads_are_filled_with_their_keys_on(warehouse, postgres_url):
    before = definitions(warehouse)
    with psycopg.connect(postgres_url) as reader:
        reader.execute("select count(*) from raw.bookings")
        with warehouse.transaction(), warehouse.keyed_afterwards(FILLED):
            assert definitions(warehouse) == before
            warehouse.execute("insert into raw.bookings (uid) values ('a')")

    assert definitions(warehouse) == before
    assert warehouse.has_rows("raw.bookings")
