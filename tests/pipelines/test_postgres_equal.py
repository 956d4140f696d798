"""A Postgres warehouse and a DuckDB one that saw the same account hold the same."""

from __future__ import annotations

from random import Random

import msgspec
import pytest

from cal_source.extraction import Extraction
from cal_source.tables import TABLES
from pipelines.models import build_models
from pipelines.ops import OPS_TABLES
from pipelines.options import SyncOptions
from pipelines.report.queries import read_report
from pipelines.sync import sync
from pipelines.warehouse import Warehouse
from pipelines.warehouse.tables import iter_declared
from tests.histories import Histories
from tests.table_contents import OF_THE_RUN, contents

# Identifiers and clocks of a run differ from run to run; so do they from warehouse to warehouse.
CLOCKS = (
    *("started_at", "finished_at", "proved_at", "gone_at", "found_at", "cursor_at"),
    *("acquired_at", "expires_at", "renewed_at"),
)
IDENTIFIERS = ("run_id", "first_run_id", "last_run_id", "number", "requests", "settings")


@pytest.fixture
def both(tmp_path, postgres_url):
    """A new DuckDB warehouse and a new Postgres one."""
    with Warehouse.open(str(tmp_path / "cal.duckdb")) as duck, Warehouse.open(postgres_url) as post:
        yield duck, post


def sync_both(both, sandbox, client, **options):
    """Sync both from one state of the account, and return both outcomes."""
    return [
        sync(
            warehouse,
            lambda **more: Extraction(client, strict=False, clock=sandbox.clock.now, **more),
            SyncOptions(**options),
        ).outcome
        for warehouse in both
    ]


def different_tables(both):
    """Return the tables of `raw` and `ops` that do not hold the same in both warehouses."""
    left_out = {"raw": OF_THE_RUN, "ops": (*CLOCKS, *IDENTIFIERS)}
    found = []
    for declared in iter_declared():
        names = {"schema": declared.schema, "without": left_out[declared.schema]}
        duck, post = (contents(w, declared.table.name, **names) for w in both)
        if duck != post:
            found.append(f"{declared.schema}.{declared.table.name}")
    return found


def test_both_hold_the_same_after_every_step_of_a_history(both, small_sandbox, client_of):
    client = client_of(small_sandbox)
    history = Histories(small_sandbox, Random(11))
    for _ in range(3):
        duck, post = sync_both(both, small_sandbox, client)

        assert duck == post == "proved"
        assert different_tables(both) == []
        for _ in range(15):
            history.step()


def test_every_table_of_the_account_has_rows_in_some_version(both, small_sandbox, client_of):
    """What is equal because it is empty proves nothing: most tables must have been compared."""
    sync_both(both, small_sandbox, client_of(small_sandbox))

    filled = [name for name in TABLES if both[1].scalar(f"select count(*) from raw.{name}")]

    assert len(filled) > len(TABLES) / 2
    assert {"reads", "cursors", "proofs", "runs"} <= {
        table.name
        for table in OPS_TABLES
        if both[1].scalar(f"select count(*) from ops.{table.name}")
    }


def test_a_difference_of_one_value_is_noticed(both, small_sandbox, client_of):
    sync_both(both, small_sandbox, client_of(small_sandbox))
    both[1].execute(
        "update raw.bookings set title = 'x' where uid = (select min(uid) from raw.bookings)"
    )

    assert different_tables(both) == ["raw.bookings", "raw.bookings_history"]


def test_models_and_reports_of_both_are_equal(both, small_sandbox, client_of):
    now = small_sandbox.clock.now()
    sync_both(both, small_sandbox, client_of(small_sandbox))

    reports = []
    for warehouse in both:
        assert build_models(warehouse, as_of=now, clock=lambda: now).ok
        report = msgspec.to_builtins(read_report(warehouse, made_at=now))
        del report["warehouse"], report["quality"]["last_run"]  # file or database, run and clock
        for proof in report["quality"]["proofs"]:
            del proof["proved_at"]
        reports.append(report)

    assert reports[0] == reports[1]
    assert reports[0]["headline"]["all_time"]["bookings"] > 100
