"""Warehouses of earlier versions, whose histories were tables of all versions."""

from __future__ import annotations

from random import Random

from cal_source.tables import TABLES
from pipelines.warehouse import Warehouse
from tests.account import sync_now
from tests.histories import Histories
from tests.oracle import differences, history_problems
from tests.table_contents import contents


def make_old(warehouse):
    """Give a warehouse the form that it had, with the rows that it has."""
    for name in TABLES:
        history = f"raw.{name}_history"
        for statement in (
            f"create table raw.all_versions as select * from {history}",
            f"drop view {history}",
            f"drop table raw.{name}_old_versions",
            f"alter table raw.{name} drop column _valid_from",
            f"alter table raw.all_versions rename to {name}_history",
        ):
            warehouse.execute(statement)


def everything(warehouse):
    names = [name for table in TABLES for name in (table, f"{table}_history")]
    return {name: contents(warehouse, name, without=()) for name in names}


def test_an_old_warehouse_keeps_every_version_and_goes_on(location, small_sandbox):
    history = Histories(small_sandbox, Random(7))
    with Warehouse.open(location) as warehouse:
        for _ in range(2):
            sync_now(warehouse, small_sandbox)
            for _ in range(12):
                history.step()
        sync_now(warehouse, small_sandbox)
        before = everything(warehouse)
        make_old(warehouse)
        warehouse.execute("create view staging.over_old as select id from raw.users_history")

    with Warehouse.open(location) as warehouse:
        assert everything(warehouse) == before
        assert warehouse.missing_statements() == []
        history.step()
        assert sync_now(warehouse, small_sandbox).outcome == "proved"
        assert differences(warehouse, small_sandbox) == []
        assert history_problems(warehouse) == []
        old = warehouse.scalar("select count(*) from raw.bookings_old_versions")
    assert old > 0


def test_a_column_that_is_new_in_this_version_is_added_and_nothing_is_lost(location):
    with Warehouse.open(location) as warehouse:
        names = warehouse.column_names("raw", "users_history")
        was = ", ".join(
            {
                "valid_from": "_valid_from as valid_from",
                "valid_to": "null::timestamptz as valid_to",
            }.get(name, f'"{name}"')
            for name in names
            if name != "username"
        )
        warehouse.execute("drop view raw.users_history")
        for table in ("users", "users_old_versions"):
            warehouse.execute(f"insert into raw.{table} (id, name) values (1, 'Ada')")
            warehouse.execute(f"alter table raw.{table} drop column username")
        warehouse.execute(f"create view raw.users_history as select {was} from raw.users")

    with Warehouse.open(location) as warehouse:
        rows = warehouse.rows("select id, name, username from raw.users")
        versions = warehouse.rows("select id, name, username from raw.users_history")
        assert warehouse.missing_statements() == []

    assert rows == [{"id": 1, "name": "Ada", "username": None}]
    assert versions == rows * 2
