"""The SQL of `cal-warehouse roles`: a loader that can do its work, a reader that can only read."""

from __future__ import annotations

from importlib.resources import files

import psycopg
import pytest

from pipelines.errors import WarehouseError
from pipelines.models import build_models
from pipelines.warehouse import Warehouse

ROLES = (files("pipelines") / "sql" / "roles.sql").read_text("utf-8")


@pytest.fixture
def database(postgres_server):
    """An empty database in which the roles were made."""
    with postgres_server.database(empty=True) as url:
        name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
        postgres_server.run(ROLES, name)
        yield name


def columns_readable(postgres_server, database, schema):
    with psycopg.connect(postgres_server.url(database, "cal_reader")) as connection:
        return connection.execute(
            "select c.oid::regclass::text, has_table_privilege(c.oid, 'select'), "
            "has_table_privilege(c.oid, 'insert, update, delete, truncate') from pg_class as c "
            "join pg_namespace as n on c.relnamespace = n.oid "
            "where n.nspname = %s and c.relkind in ('r', 'v')",
            [schema],
        ).fetchall()


def test_the_loader_syncs_and_transforms_and_the_reader_reads(
    postgres_server, database, small_sandbox, sync_of
):
    with Warehouse.open(postgres_server.url(database, "cal_loader")) as warehouse:
        for _ in range(2):
            assert sync_of(warehouse, small_sandbox).exit_code == 0
            assert build_models(warehouse, as_of=small_sandbox.clock.now()).ok
    postgres_server.run(ROLES, database)  # again: nothing is lost

    for schema in ("raw", "staging", "marts"):
        tables = columns_readable(postgres_server, database, schema)
        assert tables
        assert all(may_read and not may_write for _, may_read, may_write in tables)
    with psycopg.connect(postgres_server.url(database, "cal_reader")) as reader:
        assert reader.execute("select count(*) from marts.fct_bookings").fetchone() > (0,)


@pytest.mark.parametrize(
    "statement",
    [
        "select * from ops.runs",
        "select * from intermediate.anything",
        "delete from raw.bookings",
        "update raw.bookings set title = ''",
        "truncate raw.bookings",
        "create table raw.mine (a int)",
        "create schema mine",
        "create table public.mine (a int)",
        "drop table raw.bookings",
        "create role mine",
    ],
)
def test_the_reader_can_do_nothing_else(postgres_server, database, statement):
    with Warehouse.open(postgres_server.url(database, "cal_loader")):
        pass

    with (
        psycopg.connect(postgres_server.url(database, "cal_reader")) as reader,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        reader.execute(statement)


@pytest.mark.parametrize(
    "statement",
    ["create role mine", "create database mine", "create table public.mine (a int)"],
)
def test_the_loader_has_no_more_than_it_needs(postgres_server, database, statement):
    with (
        psycopg.connect(postgres_server.url(database, "cal_loader"), autocommit=True) as loader,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        loader.execute(statement)


def test_a_sync_as_the_reader_is_told_which_role_to_take(postgres_server, database):
    with pytest.raises(WarehouseError, match=r"permission denied.*'cal-warehouse roles'"):
        Warehouse.open(postgres_server.url(database, "cal_reader"))


def test_a_warehouse_that_another_role_had_made_becomes_the_loaders(
    postgres_server, small_sandbox, sync_of
):
    with postgres_server.database() as url:
        name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
        with Warehouse.open(url) as warehouse:
            sync_of(warehouse, small_sandbox, only=("users",))
        postgres_server.run(ROLES, name)

        with Warehouse.open(postgres_server.url(name, "cal_loader")) as warehouse:
            assert sync_of(warehouse, small_sandbox, only=("users",)).exit_code == 0
