"""After an incremental build, checks look at few rows and still find what the build broke."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from transforms import DuckDBEngine, How, Project, build

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
VIEW = """-- model: staging.stg_{0}
-- description: d
-- grain: id
-- materialized: view
-- history: shop.{0}_history(valid_from, valid_to)

select {1} from shop.{0}
"""
ORDERS = """-- model: marts.fct_orders
-- description: d
-- grain: id
-- materialized: incremental_by_key
-- partition: id
-- touched: staging.stg_orders(id)
-- checks: unique(code); relationships(customer -> staging.stg_customers.id); not_null(code)
-- warnings: expression(amount > 0)

select
    o.id, -- id; the order
    o.code, -- text; its code
    o.customer, -- id; who ordered
    o.amount -- number; how much
from staging.stg_orders as o
"""
ORDER_COLUMNS = "id, code, customer, amount"


class Shop:
    """Customers and orders with their versions, and builds an hour apart."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, project: Project) -> None:
        self.connection, self.project, self.now = connection, project, AS_OF
        connection.execute(
            "create schema shop; create table shop.customers (id int); "
            "create table shop.orders (id int, code varchar, customer int, amount int); "
            "create table shop.customers_history (id int, valid_from timestamptz, "
            "valid_to timestamptz); create table shop.orders_history (id int, code varchar, "
            "customer int, amount int, valid_from timestamptz, valid_to timestamptz)"
        )

    def put(self, table: str, *row: object) -> None:
        self.take(table, row[0])
        marks = ", ".join("?" for _ in row)
        self.connection.execute(f"insert into shop.{table} values ({marks})", row)
        self.connection.execute(
            f"insert into shop.{table}_history values ({marks}, ?, null)", [*row, self.now]
        )

    def take(self, table: str, number: object) -> None:
        self.connection.execute(f"delete from shop.{table} where id = ?", [number])
        self.connection.execute(
            f"update shop.{table}_history set valid_to = ? where id = ? and valid_to is null",
            [self.now, number],
        )

    def build(self, **options: object):
        result = build(self.project, DuckDBEngine(self.connection), as_of=AS_OF, **options)
        self.now += timedelta(hours=1)
        return result

    def looked_at(self, result) -> set[str]:
        return {check.name for check in result.models[-1].checks}


@pytest.fixture
def shop(write_project):
    project = Project.load(
        write_project({
            "staging/stg_orders.sql": VIEW.format("orders", ORDER_COLUMNS),
            "staging/stg_customers.sql": VIEW.format("customers", "id"),
            "marts/fct_orders.sql": ORDERS,
        })
    )
    with duckdb.connect() as connection:
        opened = Shop(connection, project)
        for number in range(1, 4):
            opened.put("customers", number)
            opened.put("orders", number, f"code {number}", number, 10 * number)
        assert opened.build().ok
        yield opened


def test_unique_finds_a_new_row_that_repeats_the_key_of_an_untouched_one(shop):
    shop.put("orders", 9, "code 1", 1, 5)

    result = shop.build()

    assert result.models[-1].how is How.PARTITIONS
    assert result.failures == ("marts.fct_orders: unique(code): 1 rows fail, e.g. code=code 1",)


def test_relationships_find_kept_rows_whose_target_went(shop):
    shop.take("customers", 2)

    result = shop.build()

    assert result.models[-1].how is How.KEPT
    assert result.failures == (
        (
            "marts.fct_orders: relationships(customer -> staging.stg_customers.id): 1 rows fail, "
            "e.g. customer=2"
        ),
    )


def test_relationships_find_new_rows_without_a_target(shop):
    shop.put("orders", 9, "code 9", 77, 5)

    assert "customer=77" in shop.build().failures[0]


def test_relationships_look_at_all_rows_when_the_target_was_built_alone(shop):
    shop.take("customers", 2)
    assert shop.build(select=["stg_customers"]).ok
    shop.put("customers", 8)

    assert "customer=2" in shop.build().failures[0]


def test_a_build_without_changes_looks_at_no_rows(shop):
    assert shop.looked_at(shop.build()) == set()


def test_a_warning_stays_until_it_is_mended(shop):
    shop.put("orders", 9, "code 9", 1, -5)
    first = shop.build()
    kept = shop.build()
    shop.put("orders", 10, "code 10", 1, 5)
    later = shop.build()

    warning = "marts.fct_orders: expression(amount > 0): 1 rows fail, e.g. id=9"
    assert (first.warnings, kept.warnings, later.warnings) == ((warning,),) * 3
    shop.put("orders", 9, "code 9", 1, 5)
    assert shop.build().warnings == ()
    assert shop.looked_at(shop.build()) == set()


CODES = """-- model: marts.dim_codes
-- description: d
-- grain: id, code
-- materialized: table
-- {}: unique(id)

select
    o.id, -- id; the order
    o.code -- text; its code
from shop.orders as o
"""


@pytest.mark.parametrize(
    ("promised", "asked"),
    [("checks", {"unique(id)"}), ("warnings", {"unique(id)", "unique(id, code)"})],
)
def test_a_unique_that_another_blocking_one_implies_is_not_asked(write_project, promised, asked):
    project = Project.load(write_project({"marts/dim_codes.sql": CODES.format(promised)}))
    with duckdb.connect() as connection:
        shop = Shop(connection, project)
        shop.put("orders", 1, "rye", 1, 5)
        connection.execute("insert into shop.orders values (1, 'wheat', 1, 5)")

        result = shop.build()

        found = {name for name in shop.looked_at(result) if name.startswith("unique")}
        assert found == asked
        repeated = next(c for c in result.models[-1].checks if c.name == "unique(id)")
        assert (repeated.passed, result.ok) == (False, promised == "warnings")
