"""What DuckDB says, in words that people can act on."""

from __future__ import annotations

import duckdb
import pytest

from pipelines.errors import WarehouseLocked
from pipelines.warehouse import Warehouse


def test_too_little_memory_is_not_told_as_a_lock(tmp_path):
    message = "Out of Memory Error: failed to pin block of size 256.0 KiB (47.6 MiB/47.6 MiB used)"
    with Warehouse.open(str(tmp_path / "cal.duckdb")) as warehouse:
        told = warehouse.explanation(duckdb.OutOfMemoryException(message))

    assert not isinstance(told, WarehouseLocked)
    assert "--memory" in str(told)
    assert "failed to pin block" in str(told)


@pytest.mark.parametrize(
    ("message", "is_locked"),
    [
        ('IO Error: Could not set lock on file "cal.duckdb": Conflicting lock is held', True),
        ("IO Error: cannot read block 17", False),
    ],
)
def test_only_a_lock_is_told_as_a_lock(tmp_path, message, is_locked):
    with Warehouse.open(str(tmp_path / "cal.duckdb")) as warehouse:
        told = warehouse.explanation(duckdb.IOException(message))

    assert isinstance(told, WarehouseLocked) is is_locked


def test_what_dlt_sets_on_the_session_does_not_stay(tmp_path):
    with Warehouse.open(str(tmp_path / "cal.duckdb")) as warehouse:
        asked = "select current_setting('checkpoint_threshold')"
        before = warehouse.scalar(asked)
        with warehouse.lent_to_dlt() as connection:
            connection.execute("set global checkpoint_threshold = '1gb'")
            assert warehouse.scalar(asked) != before

        assert warehouse.scalar(asked) == before


@pytest.mark.parametrize(
    ("memory_mb", "at_work", "while_filling"),
    [(300, "286.1 MiB", "143.0 MiB"), (100, "95.3 MiB", "122.0 MiB")],
    ids=["half of it to fill", "never less than a part needs"],
)
def test_bounds_of_a_session_are_those_of_its_work_and_end_with_it(
    tmp_path, memory_mb, at_work, while_filling
):
    with Warehouse.open(str(tmp_path / "cal.duckdb")) as warehouse:

        def settings():
            names = ("memory_limit", "checkpoint_threshold")
            return [warehouse.scalar(f"select current_setting('{name}')") for name in names]

        before = settings()
        with warehouse.bounded(memory_mb):
            bounded = settings()
            with warehouse.filled_in_parts():
                filling = settings()
                with warehouse.transaction():
                    warehouse.execute("create table raw.more as select range as n from range(9)")
                warehouse.release_memory()
                assert settings() == filling
            assert settings() == bounded
        assert settings() == before

        assert bounded == [at_work, "953.6 MiB"]
        assert filling == [while_filling, before[1]]


def test_row_groups_that_runs_have_left_are_merged_once_in_many_runs(tmp_path):
    path, groups = str(tmp_path / "cal.duckdb"), []
    runs = [f"{number:02}" for number in range(33)]
    for run in runs:
        with Warehouse.open(path) as warehouse:
            asked = "select count(distinct row_group_id) from pragma_storage_info('ops.runs')"
            groups.append(warehouse.scalar(asked))
            warehouse.execute("insert into ops.runs (run_id) values ($run)", {"run": run})

    with Warehouse.open(path, read_only=True) as warehouse:
        rows = warehouse.rows("select run_id from ops.runs order by run_id")
    assert [row["run_id"] for row in rows] == runs
    assert groups == [*range(31), 1, 2]
