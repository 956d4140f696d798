"""What holds for every model: shape, names, comments, and builds that do not depend on luck."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlglot import exp

from cal_source.tables import META_COLUMNS, TABLES
from transforms import DuckDBEngine, build
from transforms.lint import lint

AS_OF = datetime(2026, 11, 22, 9, tzinfo=UTC)
ROWS_OF_NOTHING = {
    "agg_no_show_evaluation": 1,
    "dim_as_of": 1,
    "dim_dates": 31,
    "dim_event_types": 1,
    "dim_hosts": 1,
}
MARTS = (  # that reports, dashboards and others' SQL rely on
    "agg_bookings_by_circumstance",
    "agg_bookings_by_host",
    "agg_cancellations",
    "agg_durations",
    "agg_host_utilisation_daily",
    "agg_insights_metrics",
    "agg_insights_rankings",
    "agg_month_on_month",
    "agg_no_show_calibration",
    "agg_no_show_evaluation",
    "agg_no_show_rates",
    "agg_no_show_scorecard",
    "agg_rates",
    "agg_reschedule_chains",
    "agg_round_robin_fairness",
    "agg_round_robin_hosts",
    "dim_as_of",
    "dim_dates",
    "dim_event_types",
    "dim_hosts",
    "fct_booking_attendees",
    "fct_booking_features",
    "fct_bookings",
    "fct_confirmations",
    "fct_insights_bookings",
    "fct_no_show_risks",
)
HISTORIES = {
    "bookings",
    "event_types",
    "memberships",
    "schedule_availability",
    "schedule_overrides",
    "schedules",
}
CATALOG = (
    "select schema_name || '.' || table_name, column_name, data_type, comment "
    "from duckdb_columns() where schema_name in ('staging', 'intermediate', 'marts')"
)


@pytest.fixture
def built(project, warehouse):
    """A warehouse whose raw tables are empty, with all models built."""
    assert build(project, DuckDBEngine(warehouse), as_of=AS_OF).ok
    return warehouse


def test_models_build_on_empty_raw_tables(built):
    counts = {
        name: built.execute(f"select count(*) from marts.{name}").fetchone()[0] for name in MARTS
    }

    assert counts == {name: ROWS_OF_NOTHING.get(name, 0) for name in MARTS}


def test_marts_have_what_reports_rely_on(project):
    assert {f"marts.{name}" for name in MARTS} <= set(project.models)


def test_models_read_raw_tables_in_staging_only(project):
    versions = {f"{name}_history" for name in HISTORIES}
    assert project.sources == {f"raw.{name}" for name in {*TABLES, *versions}}
    readers = {
        name
        for name, model in project.models.items()
        if any(table.startswith("raw.") for table in model.reads)
    }
    assert readers == {f"staging.stg_cal__{name}" for name in {*TABLES, *versions}}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
def test_staging_has_every_column_of_its_raw_table(project, table):
    model = project.models[f"staging.stg_cal__{table.name}"]
    selected = {column.name for column in model.query.find_all(exp.Column)}

    assert {column.name for column in table.columns} <= selected
    assert selected & {column.name for column in META_COLUMNS} == {"_loaded_at"}
    assert model.header.materialized == "view"
    assert len(model.header.grain) == len(table.key)


def test_columns_are_named_by_their_types(built):
    for table, column, kind, _ in built.execute(CATALOG).fetchall():
        name = f"{table}.{column}"
        assert (kind == "TIMESTAMP WITH TIME ZONE") == column.endswith("_at"), name
        assert (kind == "BOOLEAN") == column.startswith(("is_", "has_")), name
        if column.endswith(("_minutes", "_rate")) and table.startswith("marts.agg"):
            assert kind == "DOUBLE", name
        if column.endswith("_count") and kind != "JSON":
            assert kind == "BIGINT", name


def test_json_stays_in_staging(built):
    holders = {table for table, _, kind, _ in built.execute(CATALOG).fetchall() if kind == "JSON"}

    assert holders
    assert all(table.startswith("staging.") for table in holders)


def test_every_column_has_a_comment_with_its_unit(built):
    for table, column, _, comment in built.execute(CATALOG).fetchall():
        assert comment, f"{table}.{column}"
        if table.startswith(("staging.", "marts.")) and "IANA" not in comment:
            assert ";" in comment or ".." in comment or "zone" in comment, f"{table}.{column}"


def test_rates_stand_beside_their_numerator_and_denominator(project):
    for model in project.models.values():
        for column in model.column_names:
            if column.endswith("_rate"):
                definition = model.header.metrics[column].value
                numerator, _, rest = definition.partition(" / ")
                assert {numerator, rest.partition(";")[0]} <= set(model.column_names)


# Minutes are no independent observations; the shrunk rate has the interval of its rate.
WITHOUT_INTERVAL = {"utilisation_rate", "blocked_rate", "meeting_free_rate", "shrunk_rate"}


def test_rates_of_counts_stand_beside_their_interval(project):
    found = set()
    for model in project.models.values():
        for column in model.column_names:
            if column in {"rate", "rate_before", "attended_share"} or column.endswith("_rate"):
                found.add(column)
                interval = {f"{column}_low", f"{column}_high"}
                if column not in WITHOUT_INTERVAL:
                    assert interval <= set(model.column_names), f"{model.name}.{column}"
    assert found > WITHOUT_INTERVAL


def test_models_are_the_same_on_every_engine(project):
    assert lint(project) == []


def test_building_twice_gives_the_same_rows(project, built):
    before = {
        name: built.execute(f"from {name} order by all").fetchall() for name in project.models
    }
    build(project, DuckDBEngine(built), as_of=AS_OF)

    for name, rows in before.items():
        assert built.execute(f"from {name} order by all").fetchall() == rows


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("1970-01-01 00:00:00+00", "1970-01-01 01:00:00+00"),
        ("9999-12-31 22:00:00+00", "9999-12-31 23:30:00+00"),
        ("2026-11-22 10:00:00+00", "2026-11-22 09:00:00+00"),
    ],
    ids=["first day of the epoch", "last day of the calendar", "end before start"],
)
def test_models_survive_absurd_times(project, warehouse, start, end):
    warehouse.execute(
        'insert into raw.bookings (uid, status, start, "end", created_at) '
        "values ('odd', 'accepted', ?, ?, '2026-11-01 00:00:00+00'), "
        "('usual', 'accepted', '2026-11-20 09:00:00+00', '2026-11-20 10:00:00+00', "
        "'2026-11-01 00:00:00+00')",
        [start, end],
    )

    result = build(project, DuckDBEngine(warehouse), as_of=AS_OF)

    assert result.ok
    assert len(result.warnings) == 1
    assert warehouse.execute("select count(*) from marts.fct_bookings").fetchone() == (2,)
    days = warehouse.execute("select count(*) from marts.dim_dates").fetchone()
    assert days is not None
    assert 31 <= days[0] <= 2 * 3653 + 1


def test_a_new_status_warns_and_does_not_stop_the_build(project, warehouse):
    warehouse.execute(
        'insert into raw.bookings (uid, status, start, "end", created_at) values '
        "('abcdefghijklmnop', 'teleported', '2026-11-20 09:00:00+00', "
        "'2026-11-20 10:00:00+00', '2026-11-01 00:00:00+00')"
    )

    result = build(project, DuckDBEngine(warehouse), as_of=AS_OF)

    assert result.ok
    assert result.warnings == (
        (
            "marts.fct_bookings: accepted_values(status: accepted, cancelled, rejected, pending, "
            "awaiting_host): 1 rows fail, e.g. booking_uid=abcdef…"
        ),
    )


def test_a_repeated_raw_row_stops_the_build_and_keeps_the_old_marts(project, built):
    built.execute(
        'insert into raw.bookings (uid, status, start, "end", created_at) '
        "select 'twice', 'accepted', timestamptz '2026-11-20 09:00:00+00', "
        "timestamptz '2026-11-20 10:00:00+00', timestamptz '2026-11-01 00:00:00+00' from range(2)"
    )

    result = build(project, DuckDBEngine(built), as_of=AS_OF, whole=True)

    assert result.failures == (
        "staging.stg_cal__bookings: unique(booking_uid): 1 rows fail, e.g. booking_uid=twice",
    )
    assert built.execute("select count(*) from marts.fct_bookings").fetchone() == (0,)


def test_malformed_working_hours_give_no_time_and_no_error(project, warehouse):
    warehouse.execute("insert into raw.users (id, email, time_zone) values (1, 'a', 'UTC')")
    warehouse.execute("insert into raw.schedules (id, owner_id, time_zone) values (1, 1, 'UTC')")
    warehouse.execute(
        "insert into raw.schedule_availability (schedule_id, day, start_time, end_time, ordinal) "
        "values (1, 'Sunday', '9am', '17:00', 1), (1, 'Sunday', 'ab:cd', '17:00', 1), "
        "(1, 'Someday', '09:00', '17:00', 1), (1, 'Sunday', '29:00', '29:59', 1)"
    )

    assert build(project, DuckDBEngine(warehouse), as_of=AS_OF).ok

    available = warehouse.execute(
        "select sum(available_minutes) from marts.agg_host_utilisation_daily"
    ).fetchone()
    assert available == (0.0,)


def test_the_sql_project_holds_no_python(models):
    kinds = {file.suffix for file in models.rglob("*") if file.is_file()}

    assert kinds == {".sql", ".csv", ".md", ".txt", ".yml"}
