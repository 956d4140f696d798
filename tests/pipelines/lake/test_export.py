"""A lake holds what the warehouse holds, of one run, whatever happens while it is written."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow.dataset as ds
import pyarrow.fs
import pytest

from pipelines.errors import LakeMissing, LakeNotWritten, MartsMissing, UsageError
from pipelines.exit_codes import ExitCode, exit_code_of
from pipelines.lake import LakeStore, export_lake
from pipelines.parts import columns_of
from pipelines.warehouse import Warehouse
from tests.account import new_sandbox, sync_now
from tests.histories import Histories
from tests.reliability.kills import COMMAND, LEFT_BY_KILLS
from tests.table_contents import contents

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


class Account:
    """A small account, its warehouse, and a lake."""

    def __init__(self, sandbox, location, folder, seed=1):
        self.sandbox = sandbox
        self.history = Histories(sandbox, random.Random(seed))
        self.location = location
        self.store = LakeStore.at(str(folder / "lake"))
        self.runs = folder / "lake" / "runs"

    def change(self, steps=5):
        for _ in range(steps):
            self.history.step()
        self.sync()

    def sync(self, *only):
        with Warehouse.open(self.location) as warehouse:
            sync_now(warehouse, self.sandbox, only=only)

    def edit(self):
        """Change one booking, and read that."""
        booking = self.history.booking(lambda b: b.start > NOW)
        self.sandbox.clock.advance(timedelta(minutes=5))
        stamp = self.sandbox.server_now()
        self.sandbox.world.edit_booking(booking.uid, title=f"At {stamp}", updated_at=stamp)
        self.sync("bookings")

    def export(self, store=None, **options):
        with Warehouse.open(self.location, read_only=True) as warehouse:
            now = self.sandbox.clock.now()
            return export_lake(warehouse, store or self.store, now, **options)

    def differences(self):
        """Tables of the lake whose rows differ from the warehouse's."""
        paths = self.store.paths()
        with Warehouse.open(self.location, read_only=True) as warehouse:
            tables = {
                name: columns
                for name, columns in columns_of(warehouse, "raw").items()
                if not name.endswith("_old_versions")  # histories have them
            }
            assert paths.keys() == {f"raw.{name}" for name in tables}
            lake = InMemory()
            for name, columns in tables.items():
                lake.view(name, paths[f"raw.{name}"], columns)
            return [name for name in tables if contents(lake, name) != contents(warehouse, name)]


class InMemory:
    """What `contents` needs of a warehouse."""

    def __init__(self):
        self._connection = duckdb.connect(config={"threads": 1})
        self._connection.execute("set TimeZone = 'UTC'; create schema raw")

    def view(self, name, path, columns):
        listed = ", ".join(f'"{column}"' for column in columns)
        self._connection.execute(
            f"create view raw.{name} as select {listed} from "
            f"read_parquet('{path}/**/*.parquet', hive_partitioning = true)"
        )

    def rows(self, sql):
        cursor = self._connection.execute(sql)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def bookings_in(store):
    """What a reader finds in the bookings of a lake."""
    lake = InMemory()
    lake.view("bookings", store.paths()["raw.bookings"], ["uid", "title", "status", "_extra"])
    return contents(lake, "bookings")


@pytest.fixture(scope="module")
def synced(tmp_path_factory):
    """The warehouse of an account, copied for each test."""
    file = tmp_path_factory.mktemp("synced") / "cal.duckdb"
    with Warehouse.open(str(file)) as warehouse:
        sync_now(warehouse, new_sandbox(bookings=60, seed=1))
    return file


@pytest.fixture
def file_account(synced, tmp_path):
    location = shutil.copy(synced, tmp_path)
    return Account(new_sandbox(bookings=60, seed=1), str(location), tmp_path)


def test_lake_equals_the_warehouse_after_changes(location, tmp_path):
    account = Account(new_sandbox(bookings=60, seed=2), location, tmp_path)
    account.sync()
    account.export()

    account.change()
    exported = account.export()

    assert account.differences() == []
    assert sum(exported.kept.values()) > sum(exported.written.values()) > 0


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 12))
def test_lake_equals_the_warehouse_after_any_history(tmp_path, seed):
    sandbox = new_sandbox(bookings=60, seed=seed)
    account = Account(sandbox, str(tmp_path / "cal.duckdb"), tmp_path, seed)
    for _ in range(8):
        account.change(account.history.rng.randint(1, 40))
        account.export()
        assert account.differences() == []


def test_export_again_writes_nothing_when_rows_were_only_read_again(file_account):
    first = file_account.export()
    file_account.sandbox.clock.advance(timedelta(minutes=5))
    file_account.sync("bookings", "teams")

    second = file_account.export()

    assert not second.is_new
    assert second.folder == first.folder
    assert second.rows == first.rows


def test_booking_of_another_month_leaves_the_files_of_this_one(file_account):
    account = file_account
    account.export()
    account.edit()

    exported = account.export()

    assert {name: n for name, n in exported.written.items() if n} == {
        "raw.bookings": 1,
        "raw.bookings_history": 2,  # versions that are so now, and those that ended this month
    }
    assert account.differences() == []


class Dying(LakeStore):
    """A lake whose writer is gone at one of its steps, and clears nothing away."""

    def __init__(self, store, steps):
        super().__init__(store._files, store._root, store.location)
        self.steps = steps

    def _path(self, path):
        self.steps -= 1
        if self.steps == 0:
            raise KeyboardInterrupt
        return super()._path(path)

    def discard(self, folder):
        pass


def test_export_that_dies_at_any_step_leaves_the_one_before(file_account):
    account = file_account
    account.export()
    counting = Dying(account.store, -1)
    account.edit()
    before = account.store.latest()
    read_before = bookings_in(account.store)
    dry = LakeStore.at(str(account.runs.parent.with_name("dry")))
    counting._root = dry._root
    account.export(counting)
    steps = -1 - counting.steps

    for step in [*random.Random(3).sample(range(3, steps - 8), 2), *range(steps - 4, steps - 1)]:
        with pytest.raises(KeyboardInterrupt):
            account.export(Dying(account.store, step))
        is_old = account.store.latest() == before
        assert bookings_in(account.store) == read_before or not is_old
    account.export()

    assert account.differences() == []
    assert len(list(account.runs.iterdir())) <= 2
    assert not list(account.runs.parent.glob("*.new"))


def test_killed_export_leaves_the_one_before_and_nothing_after_the_next(file_account):
    account = file_account
    command = [COMMAND, "export", "lake", account.store.location, "--warehouse", account.location]
    subprocess.run(command, check=True, capture_output=True)
    before = account.store.latest()
    account.edit()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while len(list(account.runs.glob("*/raw/*"))) < 100:  # each export makes 90 folders
        assert process.poll() is None, "the export ended before it was killed"
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)

    assert process.wait() == LEFT_BY_KILLS
    assert account.store.latest() == before
    assert len(list(account.runs.iterdir())) == 2
    subprocess.run(command, check=True, capture_output=True)
    assert account.differences() == []
    assert {path.name for path in account.runs.iterdir()} == {
        before.run_id,
        account.store.latest().run_id,
    }


def test_export_that_another_one_overtook_publishes_nothing(file_account):
    account = file_account

    class Overtaken(LakeStore):
        def commit(self, manifest, *, after):
            assert account.export().is_new
            super().commit(manifest, after=after)

    store = account.store
    with pytest.raises(LakeNotWritten, match="came between"):
        account.export(Overtaken(store._files, store._root, store.location))

    assert account.differences() == []


def test_failing_export_takes_its_files_away_and_says_why(file_account):
    account = file_account

    class Full(LakeStore):
        def commit(self, *_, **__):
            raise OSError(28, "No space left on device")

    store = account.store
    with pytest.raises(LakeNotWritten, match="No space left") as raised:
        account.export(Full(store._files, store._root, store.location))

    assert exit_code_of(raised.value) is ExitCode.CANNOT_WRITE
    assert list(account.runs.iterdir()) == []


def test_lake_lies_on_any_file_system_that_arrow_reaches(file_account):
    store = LakeStore.at("fsspec+memory://lake-of-a-test/cal")
    file_account.export(store)
    file_account.edit()

    exported = file_account.export(store)

    assert sum(exported.kept.values()) > 0
    filesystem, root = pyarrow.fs.FileSystem.from_uri("fsspec+memory://lake-of-a-test/cal")
    folder = f"{root}/{exported.folder}/raw/bookings"
    read = ds.dataset(folder, filesystem=filesystem, partitioning="hive").to_table()
    with Warehouse.open(file_account.location, read_only=True) as warehouse:
        uids = {row["uid"] for row in warehouse.rows("select uid from raw.bookings")}
    assert set(read["uid"].to_pylist()) == uids
    assert len(read) == len(uids)


def test_marts_are_exported_on_request_only(file_account):
    with pytest.raises(MartsMissing):
        file_account.export(marts=True)
    with Warehouse.open(file_account.location) as warehouse:
        warehouse.execute("create table marts.fct_numbers as select 1 as n, 2.5 as price")

    assert "marts.fct_numbers" not in file_account.export().rows
    assert file_account.export(marts=True).rows["marts.fct_numbers"] == 1


def test_columns_of_a_new_version_are_written_into_all_files(file_account):
    file_account.export()
    with Warehouse.open(file_account.location) as warehouse:
        warehouse.execute("drop view raw.teams_history")
        warehouse.execute("alter table raw.teams drop column slug")

    exported = file_account.export()

    assert {name for name, n in exported.written.items() if n} == {"raw.teams"}
    assert "slug" not in file_account.store.latest().tables["raw.teams"].columns


def test_lake_at_an_impossible_place_is_refused(tmp_path):
    with pytest.raises(UsageError, match="names no place for a lake"):
        LakeStore.at("gopher://somewhere")
    with pytest.raises(LakeMissing, match="export lake"):
        LakeStore.at(str(tmp_path)).paths()
