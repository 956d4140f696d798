"""Incremental builds: only what changes touch is computed again, and the rows are those of a whole
build, after any history."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms import DuckDBEngine, How, Project, build

PROJECT = Project.load(Path(__file__).parent / "bakery_daily")
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
BY_ID, DAILY = "intermediate.int_shop__sales_by_id", "marts.agg_breads_daily"
COLUMNS = 'id bigint, bread varchar, sold_at timestamptz, "count" bigint'


@dataclass
class Shop:
    """Sales and every version of them, as a loader would publish them."""

    connection: duckdb.DuckDBPyConnection
    now: datetime = START
    as_of: datetime = START
    built: dict[str, How] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.connection.execute("create schema shop")
        self.connection.execute(f"create table shop.sales ({COLUMNS})")
        self.connection.execute(
            f"create table shop.sales_history ({COLUMNS}, valid_from timestamptz, "
            "valid_to timestamptz)"
        )

    def sell(self, number: int, bread: str, sold_at: datetime, count: int) -> None:
        """Insert or change a sale."""
        self.withdraw(number)
        row = [number, bread, sold_at, count]
        self.connection.execute("insert into shop.sales values (?, ?, ?, ?)", row)
        self.connection.execute(
            "insert into shop.sales_history values (?, ?, ?, ?, ?, null)", [*row, self.now]
        )

    def withdraw(self, number: int) -> None:
        """Delete a sale, if it is there."""
        self.connection.execute("delete from shop.sales where id = ?", [number])
        self.connection.execute(
            "update shop.sales_history set valid_to = ? where id = ? and valid_to is null",
            [self.now, number],
        )

    def build(self, **options: object) -> bool:
        """Build at the present moment and note how each model was built."""
        engine = DuckDBEngine(self.connection)
        result = build(PROJECT, engine, as_of=self.as_of, **options)  # type: ignore[arg-type]
        self.built = {model.name: model.how for model in result.models}
        self.now += timedelta(minutes=1)
        return result.ok

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        return {
            name: self.connection.execute(f"from {name} order by all").fetchall()
            for name in PROJECT.models
        }


@pytest.fixture
def shop():
    with duckdb.connect() as connection:
        opened = Shop(connection)
        connection.execute(
            "insert into shop.sales select day * 3 + sale, if(sale = 0, 'wheat', 'rye'), "
            "cast(? as timestamptz) - to_days(day) - to_hours(sale), sale + 1 "
            "from range(120) as days (day), range(3) as sales (sale)",
            [START],
        )
        connection.execute(
            "insert into shop.sales_history select *, cast(? as timestamptz), null from shop.sales",
            [START - timedelta(days=1)],
        )
        assert opened.build()
        yield opened


def test_build_keeps_everything_when_nothing_changed(shop):
    assert shop.build()

    assert set(shop.built.values()) == {How.KEPT}


def test_build_recomputes_only_the_day_of_a_sale_withdrawn_ninety_days_later(shop):
    shop.connection.execute(f"update {DAILY} set loaf_count = 777")  # what is kept shows it
    shop.withdraw(90 * 3 + 1)

    assert shop.build()

    assert shop.built[BY_ID] is How.PARTITIONS
    assert shop.built[DAILY] is How.PARTITIONS
    recomputed = shop.connection.execute(
        f"select distinct sold_date from {DAILY} where loaf_count <> 777"
    ).fetchall()
    assert recomputed == [((START - timedelta(days=90)).date(),)]


def test_build_recomputes_both_days_when_a_sale_moves(shop):
    shop.connection.execute(f"update {DAILY} set loaf_count = 777")
    shop.sell(4, "rye", START - timedelta(days=50), 2)

    assert shop.build()

    recomputed = shop.connection.execute(
        f"select distinct sold_date from {DAILY} where loaf_count <> 777 order by 1"
    ).fetchall()
    assert recomputed == [
        ((START - timedelta(days=50)).date(),),
        ((START - timedelta(days=1)).date(),),
    ]


def test_build_recomputes_rows_whose_moment_has_come(shop):
    shop.sell(9001, "rye", START + timedelta(hours=5), 40)
    assert shop.build()
    assert (START.date(), "rye", 5, 1) in shop.rows()[DAILY]

    shop.as_of += timedelta(hours=6)
    assert shop.build()

    assert shop.built[BY_ID] is How.PARTITIONS
    assert (START.date(), "rye", 45, 1) in shop.rows()[DAILY]


def test_build_is_whole_when_the_past_of_the_source_was_rewritten(shop):
    shop.connection.execute("delete from shop.sales where id = 7")
    shop.connection.execute("delete from shop.sales_history where id = 7")

    assert shop.build()

    assert shop.built[BY_ID] is How.WHOLE
    kept = shop.rows()
    assert shop.build(whole=True)
    assert shop.rows() == kept


def test_build_is_whole_when_a_version_was_written_at_the_instant_of_the_last_one(shop):
    moment = shop.now
    shop.withdraw(4)
    assert shop.build()
    shop.now = moment
    shop.withdraw(5)
    shop.now += timedelta(minutes=2)

    assert shop.build()

    assert shop.built[BY_ID] is How.WHOLE


def test_build_is_whole_when_the_history_is_gone(shop):
    shop.connection.execute("drop table shop.sales_history")

    assert shop.build()

    assert shop.built[BY_ID] is How.WHOLE


def test_build_after_a_partial_one_rebuilds_what_missed_a_version(shop):
    shop.withdraw(5)
    assert shop.build(select=["stg_shop__sales", "int_shop__sales_by_id"])
    shop.withdraw(8)

    assert shop.build()

    assert shop.built[DAILY] is How.WHOLE
    kept = shop.rows()
    assert shop.build(whole=True)
    assert shop.rows() == kept


def test_build_leaves_the_old_partitions_when_a_check_fails(shop):
    before = shop.rows()
    shop.sell(9001, "rye", START - timedelta(days=3), -100)

    assert not shop.build()

    staged = {"staging.stg_shop__sales"}  # a view shows its source as it is
    assert {n: r for n, r in shop.rows().items() if n not in staged} == {
        n: r for n, r in before.items() if n not in staged
    }


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(
            st.just("sell"),
            st.integers(0, 12),
            st.sampled_from(["rye", "wheat"]),
            st.integers(-96, 60),
            st.integers(1, 4),
        ),
        st.tuples(st.just("withdraw"), st.integers(0, 12)),
        st.tuples(st.just("wait"), st.integers(-1, 40)),
        st.tuples(st.just("build"), st.sampled_from([(), ("daily",), ("stg_shop__sales",)])),
    ),
    min_size=4,
    max_size=30,
)


@settings(max_examples=15)
@given(OPERATIONS)
def test_incremental_builds_give_the_rows_of_a_whole_one_after_any_history(operations):
    with duckdb.connect() as connection:
        shop = Shop(connection)
        assert shop.build()
        for name, *values in operations:
            if name == "sell":
                number, bread, hours, count = values
                shop.sell(number, bread, START + timedelta(hours=hours), count)
            elif name == "withdraw":
                shop.withdraw(values[0])
            elif name == "wait":
                shop.as_of += timedelta(hours=values[0])
                shop.now -= timedelta(minutes=values[0] < 0)  # the instant of the last build
            else:
                selected = [f"tag:{word}" if word == "daily" else word for word in values[0]]
                assert shop.build(select=selected or None)
        assert shop.build()
        incremental = shop.rows()

        assert shop.build(whole=True)

        assert set(shop.built.values()) == {How.WHOLE}
        assert shop.rows() == incremental
