"""Building a project that has nothing to do with Cal.com: shadows, checks, one swap."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from transforms import (
    BuildError,
    DuckDBEngine,
    EngineError,
    ModelResult,
    NaiveTimeError,
    Project,
    ProjectError,
    SelectionError,
    build,
)

BREADS = "select bread, loaf_count from marts.agg_breads order by bread"
SHADOWS = "select table_name from information_schema.tables where table_name like '%__shadow'"


def test_build_makes_tables_from_the_rows_up_to_its_moment(
    shop, shop_engine, bakery_project, as_of
):
    result = build(bakery_project, shop_engine, as_of=as_of)

    assert result.ok
    assert [(model.name, model.rows) for model in result.models] == [
        ("staging.stg_shop__sales", 4),
        ("intermediate.int_shop__recent_sales", 3),
        ("marts.agg_breads", 2),
    ]
    assert shop.execute(BREADS).fetchall() == [("rye", 5), ("wheat", 1)]
    assert shop.execute(SHADOWS).fetchall() == []


def test_build_gives_other_rows_for_another_moment(shop, shop_engine, bakery_project, as_of):
    build(bakery_project, shop_engine, as_of=as_of)
    build(bakery_project, shop_engine, as_of=as_of + timedelta(days=7))

    assert shop.execute(BREADS).fetchall() == [("rye", 5), ("wheat", 8)]


def test_build_reads_its_moment_in_any_zone(shop, shop_engine, bakery_project):
    just_before = datetime.fromisoformat("2026-03-02T10:59:59+02:00")
    just_at = datetime.fromisoformat("2026-03-02T11:00:00+02:00")

    build(bakery_project, shop_engine, as_of=just_before)
    assert shop.execute(BREADS).fetchall()[1] == ("wheat", 1)

    build(bakery_project, shop_engine, as_of=just_at)
    assert shop.execute(BREADS).fetchall()[1] == ("wheat", 8)


def test_build_refuses_a_moment_without_a_zone(shop_engine, bakery_project):
    with pytest.raises(NaiveTimeError, match=r"2026-03-01T00:00:00 has no time zone.*\+00:00"):
        build(bakery_project, shop_engine, as_of=datetime(2026, 3, 1))  # noqa: DTZ001 - the fault


def test_build_keeps_views_as_views_and_tables_as_tables(shop, shop_engine, bakery_project, as_of):
    build(bakery_project, shop_engine, as_of=as_of)
    shop.execute("insert into shop.sales values (5, 'rye', '2026-02-03 08:00:00+00', 1)")

    assert shop.execute("select count(*) from staging.stg_shop__sales").fetchone() == (5,)
    assert shop.execute(BREADS).fetchall() == [("rye", 5), ("wheat", 1)]


def test_build_changes_a_table_into_a_view_when_the_header_does(
    shop, shop_engine, write_project, as_of
):
    header = "-- model: marts.a\n-- description: d\n-- grain: x\n-- materialized: {}\n"
    for kind, found in (("table", "BASE TABLE"), ("view", "VIEW"), ("table", "BASE TABLE")):
        folder = write_project({
            "marts/a.sql": header.format(kind) + "select 1 as x -- number; x\n"
        })
        build(Project.load(folder), shop_engine, as_of=as_of)

        kinds = shop.execute(
            "select table_type from information_schema.tables where table_name = 'a'"
        ).fetchall()
        assert kinds == [(found,)]


def test_build_pushes_comments_for_tables_views_and_columns(
    shop, shop_engine, bakery_project, as_of
):
    build(bakery_project, shop_engine, as_of=as_of)

    tables = shop.execute(
        "select comment from duckdb_tables() where table_name = 'agg_breads' union all "
        "select comment from duckdb_views() where view_name = 'stg_shop__sales'"
    ).fetchall()
    columns = shop.execute(
        "select table_name, column_name, comment from duckdb_columns() "
        "where column_name in ('bread', 'sale_id') and schema_name in ('marts', 'staging') "
        "order by all"
    ).fetchall()
    assert tables == [("Loaves sold per bread.",), ("One row per sale.",)]
    assert columns == [
        ("agg_breads", "bread", "text; kind of bread"),
        ("stg_shop__sales", "bread", "text; what was sold"),
        ("stg_shop__sales", "sale_id", "id; the sale"),
    ]


def test_build_keeps_every_old_table_when_a_blocking_check_fails(
    shop, shop_engine, bakery_project, as_of
):
    build(bakery_project, shop_engine, as_of=as_of)
    shop.execute(
        "insert into shop.sales values (6, 'spelt', '2026-02-03 08:00:00+00', 4), "
        "(7, 'oat', '2026-02-03 08:00:00+00', 4)"
    )

    result = build(bakery_project, shop_engine, as_of=as_of)

    assert not result.ok
    failed = result.models[-1].checks[-2]
    assert (failed.failing_rows, failed.blocking) == (2, True)
    assert set(failed.sample) == {"bread=spelt", "bread=oat"}
    expected = "marts.agg_breads: accepted_values(bread: rye, wheat): 2 rows fail, e.g. bread="
    assert [line[: len(expected)] for line in result.failures] == [expected]
    assert shop.execute(BREADS).fetchall() == [("rye", 5), ("wheat", 1)]
    recent = shop.execute("select count(*) from intermediate.int_shop__recent_sales").fetchone()
    assert recent == (3,)
    assert shop.execute(SHADOWS).fetchall() == []


def test_build_skips_what_reads_a_failed_model(shop, shop_engine, bakery_project, as_of):
    shop.execute("insert into shop.sales values (1, 'rye', '2026-02-03 08:00:00+00', 4)")

    result = build(bakery_project, shop_engine, as_of=as_of)

    assert [model.rows for model in result.models] == [5, None, None]
    assert result.failures == (
        "staging.stg_shop__sales: unique(sale_id): 1 rows fail, e.g. sale_id=1",
    )


def test_build_goes_on_when_a_check_only_warns(shop, shop_engine, bakery_project, as_of):
    shop.execute("insert into shop.sales values (8, 'rye', '2026-02-03 08:00:00+00', 5000)")

    result = build(bakery_project, shop_engine, as_of=as_of)

    assert result.ok
    assert result.warnings == (
        "marts.agg_breads: expression(loaf_count < 1000): 1 rows fail, e.g. bread=rye",
    )
    assert shop.execute(BREADS).fetchall()[0] == ("rye", 5005)


def test_build_masks_personal_data_and_capabilities_in_samples(
    shop, shop_engine, write_project, as_of
):
    header = "-- model: marts.a\n-- description: d\n-- grain: email, uid\n-- materialized: table\n"
    body = (
        "select\n    'jane.roe@example.com' as email, -- text; e\n"
        "    'iuKj3LZ78snyqvjEpf43hB' as uid -- text; u\nfrom range(2) as t (n)\n"
    )
    folder = write_project({"marts/a.sql": header + body})

    result = build(Project.load(folder), shop_engine, as_of=as_of)

    assert result.failures == (
        "marts.a: unique(email, uid): 1 rows fail, e.g. email=j***@example.com, uid=iuKj3L…",
    )


@pytest.mark.parametrize(
    "error", [RuntimeError("boom"), KeyboardInterrupt()], ids=["crash", "ctrl-c"]
)
def test_build_leaves_old_tables_when_interrupted_in_the_middle(
    shop, shop_engine, bakery_project, as_of, error
):
    build(bakery_project, shop_engine, as_of=as_of)
    shop.execute("insert into shop.sales values (9, 'rye', '2026-02-03 08:00:00+00', 4)")

    def stop(result: ModelResult) -> None:
        if result.name == "marts.agg_breads":
            raise error

    with pytest.raises(type(error)):
        build(bakery_project, shop_engine, as_of=as_of, on_model=stop)

    assert shop.execute(BREADS).fetchall() == [("rye", 5), ("wheat", 1)]
    recent = shop.execute("select count(*) from intermediate.int_shop__recent_sales").fetchone()
    assert recent == (3,)
    assert shop.execute(SHADOWS).fetchall() == []


KILLED = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
import duckdb
from transforms import DuckDBEngine, Project, build

connection = duckdb.connect(sys.argv[1])
connection.execute("insert into shop.sales values (9, 'rye', '2026-02-03 08:00:00+00', 4)")

def die(result):
    if result.name == "intermediate.int_shop__recent_sales":
        connection.execute("checkpoint")
        os._exit(9)

build(Project.load(Path(sys.argv[2])), DuckDBEngine(connection),
      as_of=datetime(2026, 3, 1, tzinfo=UTC), on_model=die)
"""


def test_build_after_a_killed_one_finds_old_tables_and_drops_its_shadows(
    shop, bakery, bakery_project, as_of, tmp_path
):
    file = tmp_path / "warehouse.duckdb"
    shop.execute(f"attach '{file}' as disk")
    shop.execute("copy from database memory to disk")
    shop.execute("detach disk")
    with duckdb.connect(str(file)) as connection:
        build(bakery_project, DuckDBEngine(connection), as_of=as_of)

    killed = subprocess.run([sys.executable, "-c", KILLED, str(file), str(bakery)], check=False)

    assert killed.returncode == 9
    with duckdb.connect(str(file)) as connection:
        assert connection.execute(BREADS).fetchall() == [("rye", 5), ("wheat", 1)]
        assert len(connection.execute(SHADOWS).fetchall()) == 2
        assert build(bakery_project, DuckDBEngine(connection), as_of=as_of).ok
        assert connection.execute(BREADS).fetchall() == [("rye", 9), ("wheat", 1)]
        assert connection.execute(SHADOWS).fetchall() == []


INTERRUPTED = """
import sys
from datetime import UTC, datetime
from pathlib import Path
import duckdb
from transforms import DuckDBEngine, Project, build

connection = duckdb.connect(sys.argv[1])
connection.execute("set threads = 1")  # DuckDB looks for Ctrl-C in the thread that asked only
project = Project.load(Path(sys.argv[2]))
try:
    build(project, DuckDBEngine(connection), as_of=datetime(2026, 3, 1, tzinfo=UTC),
          on_model=lambda result: print(result.name, flush=True))
except KeyboardInterrupt:
    tables = connection.execute(
        "select table_name from information_schema.tables where table_schema = 'marts'"
    ).fetchall()
    print("stopped", tables, flush=True)
"""
ENDLESS = """-- model: marts.b
-- description: d
-- grain: x
-- materialized: table

select count(*) as x -- number; x
from range(100000000) as a (i)
cross join range(1000) as b (j)
where (a.i * b.j) % 7 = 1
"""


def test_build_stops_at_ctrl_c_within_a_long_query_and_cleans_up(write_project, tmp_path):
    header = "-- model: marts.a\n-- description: d\n-- grain: x\n-- materialized: table\n"
    files = {"marts/a.sql": header + "select 1 as x -- number; x\n", "marts/b.sql": ENDLESS}
    command = [sys.executable, "-c", INTERRUPTED, str(tmp_path / "w.duckdb")]
    with subprocess.Popen(
        [*command, str(write_project(files))],
        stdout=subprocess.PIPE,
        text=True,
        # A shell that started the tests in the background has switched SIGINT off.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "marts.a\n"
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        try:
            rest, _ = process.communicate(timeout=60)
        finally:
            process.kill()

    assert rest == "stopped []\n"


def test_build_says_so_when_the_connection_has_an_open_transaction(
    shop, shop_engine, bakery_project, as_of
):
    shop.execute("begin")

    with pytest.raises(EngineError, match=r"opening a transaction failed: .*within a transaction"):
        build(bakery_project, shop_engine, as_of=as_of)


def test_build_shows_readers_the_old_tables_until_the_end(shop, shop_engine, bakery_project, as_of):
    build(bakery_project, shop_engine, as_of=as_of)
    shop.execute("insert into shop.sales values (9, 'rye', '2026-02-03 08:00:00+00', 4)")
    reader = shop.cursor()
    seen = []

    build(
        bakery_project,
        shop_engine,
        as_of=as_of,
        on_model=lambda _: seen.append(reader.execute(BREADS).fetchall()),
    )

    assert seen == [[("rye", 5), ("wheat", 1)]] * 3
    assert reader.execute(BREADS).fetchall() == [("rye", 9), ("wheat", 1)]


def test_build_undoes_the_whole_swap_when_one_replacement_fails(
    shop, shop_engine, bakery_project, as_of
):
    class FullDisk(DuckDBEngine):
        def _comment(self, new) -> None:
            super()._comment(new)
            if new.name == "marts.agg_breads":
                raise OSError("no space left")

    build(bakery_project, shop_engine, as_of=as_of)
    shop.execute("insert into shop.sales values (9, 'rye', '2026-02-03 08:00:00+00', 4)")

    with pytest.raises(OSError, match="no space left"):
        build(bakery_project, FullDisk(shop), as_of=as_of)

    assert shop.execute(BREADS).fetchall() == [("rye", 5), ("wheat", 1)]
    recent = shop.execute("select count(*) from intermediate.int_shop__recent_sales").fetchone()
    assert recent == (3,)


def test_build_names_the_model_and_hides_mails_when_the_engine_refuses_a_query(
    shop, shop_engine, write_project, as_of
):
    header = "-- model: marts.a\n-- description: d\n-- grain: x\n-- materialized: table\n"
    text = header + "select cast(t.mail as bigint) as x -- number; x\nfrom shop.mails as t\n"
    shop.execute("create table shop.mails as select 'jane@example.com' as mail")

    with pytest.raises(BuildError, match=r"marts/a\.sql: marts\.a cannot be built") as raised:
        build(Project.load(write_project({"marts/a.sql": text})), shop_engine, as_of=as_of)

    assert "j***@example.com" in str(raised.value)
    assert "jane" not in str(raised.value)
    assert "No table was changed. Mend the query" in str(raised.value)


def test_build_names_a_missing_source_table_with_its_nearest_name(
    shop, shop_engine, bakery_project, as_of
):
    shop.execute("alter table shop.sales rename to sale")

    with pytest.raises(ProjectError) as raised:
        build(bakery_project, shop_engine, as_of=as_of)

    assert str(raised.value) == (
        "staging/stg_shop__sales.sql:12:6: unknown table 'shop.sales'. Did you mean 'shop.sale'? "
        "Load it, create it empty, or correct the name."
    )


def test_build_names_a_missing_source_column_with_its_nearest_name(
    shop, shop_engine, bakery_project, as_of
):
    shop.execute("alter table shop.sales rename bread to breads")

    with pytest.raises(ProjectError) as raised:
        build(bakery_project, shop_engine, as_of=as_of)

    assert str(raised.value) == (
        "staging/stg_shop__sales.sql:9:5: unknown column 'bread'. Did you mean 'breads'? "
        "Name a column of the tables in FROM."
    )


@pytest.mark.parametrize(
    ("selectors", "built"),
    [
        (["stg_shop__sales"], ["staging.stg_shop__sales"]),
        (["marts.agg_breads"], ["marts.agg_breads"]),
        (
            ["+int_shop__recent_sales"],
            ["staging.stg_shop__sales", "intermediate.int_shop__recent_sales"],
        ),
        (
            ["int_shop__recent_sales+"],
            ["intermediate.int_shop__recent_sales", "marts.agg_breads"],
        ),
        (
            ["agg_breads", "stg_shop__sales"],
            ["staging.stg_shop__sales", "marts.agg_breads"],
        ),
    ],
    ids=["bare name", "full name", "with inputs", "with readers", "two in any order"],
)
def test_build_touches_only_selected_models(
    shop, shop_engine, bakery_project, as_of, selectors, built
):
    build(bakery_project, shop_engine, as_of=as_of)

    result = build(bakery_project, shop_engine, as_of=as_of, select=selectors)

    assert [model.name for model in result.models] == built
    assert shop.execute(BREADS).fetchall() == [("rye", 5), ("wheat", 1)]


def test_build_asks_for_the_inputs_when_a_selected_model_reads_one_that_is_not_built(
    shop_engine, bakery_project, as_of
):
    with pytest.raises(ProjectError) as raised:
        build(bakery_project, shop_engine, as_of=as_of, select=["agg_breads"])

    assert "'intermediate.int_shop__recent_sales' is not built yet" in str(raised.value)
    assert "select '+agg_breads'" in str(raised.value)


def test_build_suggests_the_nearest_model_when_a_selector_names_none(
    shop_engine, bakery_project, as_of
):
    with pytest.raises(
        SelectionError, match=r"'\+agg_bread' names no model. Did you mean 'agg_breads'"
    ):
        build(bakery_project, shop_engine, as_of=as_of, select=["+agg_bread"])


def test_build_measures_seconds_with_the_given_clock(shop_engine, bakery_project, as_of):
    ticks = iter(range(100))

    result = build(bakery_project, shop_engine, as_of=as_of, clock=lambda: float(next(ticks)))

    assert [model.seconds for model in result.models] == [1.0, 1.0, 1.0]
    assert result.seconds == 7.0


def test_engine_sets_the_session_to_utc() -> None:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'Asia/Tokyo'")
        DuckDBEngine(connection)

        moment = connection.execute(
            "select cast(timestamptz '2026-01-01 00:00:00+00' as timestamp)"
        )
        assert moment.fetchone() == (datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None),)


def test_project_lists_what_it_reads_and_does_not_define(bakery_project):
    assert bakery_project.sources == {"shop.sales"}
    assert bakery_project.schemas == {"staging", "intermediate", "marts"}


CHECKED = """-- model: marts.a
-- description: d
-- grain: sale_id
-- materialized: table
-- checks: row_parity(shop.sales)
-- warnings: freshness(sold_at, 36h); drift(bread, 0.2)

select
    s.id as sale_id, -- id; the sale
    s.bread, -- text; what
    s.sold_at -- UTC; when
from shop.sales as s
where s.bread <> 'oat'
"""


def test_build_checks_row_parity_freshness_and_drift(shop, shop_engine, write_project):
    project = Project.load(write_project({"marts/a.sql": CHECKED}))
    moment = datetime(2026, 3, 3, tzinfo=UTC)

    fresh = build(project, shop_engine, as_of=moment)
    assert (fresh.failures, fresh.warnings) == ((), ())
    assert "drift(bread, 0.2)" not in [check.name for check in fresh.models[0].checks]

    shop.execute("update shop.sales set bread = 'rye'")
    stale = build(project, shop_engine, as_of=moment + timedelta(days=1))
    assert stale.failures == ()
    assert stale.warnings == (
        "marts.a: freshness(sold_at, 36h): 1 rows fail, e.g. newest_at=2026-03-02 09:00:00+00:00",
        "marts.a: drift(bread, 0.2): 2 rows fail, e.g. " + stale.warnings[1].partition("e.g. ")[2],
    )
    assert {"value=rye", "value=wheat"} == set(stale.models[0].checks[-1].sample)

    shop.execute("insert into shop.sales values (9, 'oat', '2026-03-03 08:00:00+00', 1)")
    assert build(project, shop_engine, as_of=moment).failures == (
        "marts.a: row_parity(shop.sales): 1 rows fail, e.g. row_count=4, other_row_count=5",
    )


def test_build_selects_by_tag(shop, shop_engine, bakery):
    shop.execute(
        "create table shop.sales_history as select *, now() as valid_from, "
        "cast(null as timestamptz) as valid_to from shop.sales"
    )
    project = Project.load(bakery.parent / "bakery_daily")
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    build(project, shop_engine, as_of=moment)

    result = build(project, shop_engine, as_of=moment, select=["tag:daily"], whole=True)

    assert [model.name for model in result.models] == [
        "intermediate.int_shop__sales_by_id",
        "marts.agg_breads_daily",
    ]
    with pytest.raises(SelectionError, match=r"'tag:dayly' names no model. Did you mean 'tag:dai"):
        build(project, shop_engine, as_of=moment, select=["tag:dayly"])
