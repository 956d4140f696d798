"""Readers of the copy see whole runs, always."""

from __future__ import annotations

import stat
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import duckdb
import pytest

from pipelines.errors import ConfigError, CopyNotWritten, UsageError, WarehouseLocked
from pipelines.exit_codes import ExitCode, exit_code_of
from pipelines.reader_copy import check_copy_target, publish_copy
from pipelines.warehouse import Warehouse

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path):
    """A warehouse file."""
    location = str(tmp_path / "cal.duckdb")
    with Warehouse.open(location):
        return location


def marked(path, number):
    """Write one number into two tables, as a run writes many."""
    with Warehouse.open(path) as warehouse, warehouse.transaction():
        for table in ("first_mark", "second_mark"):
            warehouse.execute(f"create or replace table main.{table} as select {number} as n")


def test_copy_is_whole_and_read_only(path, tmp_path):
    marked(path, 7)
    target = tmp_path / "readers.duckdb"

    publish_copy(path, str(target))

    with duckdb.connect(str(target), read_only=True) as copy:
        assert copy.execute("select n from first_mark").fetchone() == (7,)
    assert not target.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)
    assert [p.name for p in tmp_path.iterdir() if "partial" in p.name] == []


def test_copy_replaces_the_one_before_under_its_readers(path, tmp_path):
    target = str(tmp_path / "readers.duckdb")
    marked(path, 1)
    publish_copy(path, target)
    with duckdb.connect(target, read_only=True) as reader:
        marked(path, 2)
        publish_copy(path, target)

        assert reader.execute("select n from first_mark").fetchone() == (1,)
    with duckdb.connect(target, read_only=True) as reader:
        assert reader.execute("select n from first_mark").fetchone() == (2,)


def test_copy_is_never_seen_torn_by_a_reader_that_polls(path, tmp_path):
    """A hundred runs; the reader opens the copy every 50 ms, as a dashboard does."""
    target = str(tmp_path / "readers.duckdb")
    marked(path, 0)
    publish_copy(path, target)
    done = threading.Event()
    seen, torn = [], []

    def poll():
        while not done.wait(0.05):
            with duckdb.connect(target, read_only=True) as reader:
                pair = reader.execute("select a.n, b.n from first_mark a, second_mark b").fetchone()
            seen.append(pair)
            if pair[0] != pair[1]:
                torn.append(pair)

    reader = threading.Thread(target=poll)
    reader.start()
    for number in range(1, 101):
        marked(path, number)
        publish_copy(path, target)
    done.set()
    reader.join()

    assert torn == []
    assert len(set(seen)) > 5, "the reader saw too few runs to say anything"
    assert seen == sorted(seen)


def test_copy_that_cannot_be_written_leaves_the_one_before(path, tmp_path):
    target = tmp_path / "readers.duckdb"
    publish_copy(path, str(target))
    before = target.read_bytes()

    def full(_source: Path, partial: Path) -> None:
        partial.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(CopyNotWritten, match=r"No space left.*still see the copy before") as caught:
        publish_copy(path, str(target), copy=full)

    assert exit_code_of(caught.value) is ExitCode.CANNOT_WRITE
    assert target.read_bytes() == before


def test_copy_is_left_to_the_run_that_writes_the_warehouse(path, tmp_path):
    program = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); input()"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", program, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert writer.stdout.readline() == "open\n"
        with pytest.raises(WarehouseLocked, match=f"PID {writer.pid}"):
            publish_copy(path, str(tmp_path / "readers.duckdb"))
    finally:
        writer.communicate("\n")

    assert not (tmp_path / "readers.duckdb").exists()


@pytest.mark.parametrize(
    ("location", "target", "error", "says"),
    [
        ("postgresql://x/y", "copy.duckdb", UsageError, "readers see whole runs without a copy"),
        ("cal.duckdb", "./cal.duckdb", UsageError, "is the warehouse itself"),
        ("cal.duckdb", "raw.duckdb", ConfigError, "Rename the file"),
    ],
    ids=["postgres", "itself", "named like a schema"],
)
def test_copy_that_makes_no_sense_is_refused_before_any_work(location, target, error, says):
    with pytest.raises(error, match=says):
        check_copy_target(location, target)
