"""The dlt source as any dlt user runs it, without cal-warehouse's own sync."""

from __future__ import annotations

import logging

import dlt
import duckdb
import pytest

from cal_source import CalClient, cal_source
from cal_source.errors import ConfigError, ServerError
from cal_source.extraction import Extraction
from cal_source.sandbox import Fault
from cal_source.sandbox.faults import html, patched
from cal_source.tables import DETAIL_TABLES, TABLES


@pytest.fixture
def pipeline_in(tmp_path, monkeypatch):
    """A pipeline as its user would write it, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def make(name="cal_com", dataset="cal", destination="duckdb"):
        return dlt.pipeline(
            name,
            destination=destination,
            dataset_name=dataset,
            pipelines_dir=str(tmp_path / "pipelines"),
        )

    yield make
    if dlt.pipeline is not None:
        dlt.current.pipeline().deactivate()


def count(pipeline, table, where="true"):
    with pipeline.sql_client() as client:
        return client.execute_sql(f"select count(*) from {table} where {where}")[0][0]


def test_source_loads_every_table_and_what_was_skipped(pipeline_in, small_sandbox, client_of):
    pipeline = pipeline_in()

    pipeline.run(cal_source(extraction=Extraction(client_of(small_sandbox))))

    assert count(pipeline, "bookings") == count(pipeline, "booking_hosts") > 100
    assert count(pipeline, "webhooks") == count(pipeline, "webhooks", "has_secret is not null") > 0
    assert count(pipeline, "reads", "status = 'complete'") > 10
    assert count(pipeline, "reads", "status = 'skipped' and reason = ''") == 0


def test_source_reads_only_changes_on_the_second_run(pipeline_in, small_sandbox, client_of):
    pipeline = pipeline_in()
    pipeline.run(cal_source(extraction=Extraction(client_of(small_sandbox))))
    total = count(pipeline, "bookings")
    booking = max(
        (b for b in small_sandbox.world.bookings if b.updated_at), key=lambda b: b.updated_at
    )
    small_sandbox.world.edit_booking(
        booking.uid, title="changed", updated_at=small_sandbox.clock.now()
    )

    second = Extraction(client_of(small_sandbox))
    pipeline.run(cal_source(extraction=second).with_resources("bookings", "reads"))

    (read,) = [r for r in second.ledger.reads if r.status == "partial"]
    assert 1 <= read.rows < total
    assert count(pipeline, "bookings") == total
    assert count(pipeline, "bookings", "title = 'changed'") == 1


def test_source_of_one_table_makes_no_request_for_the_others(pipeline_in, small_sandbox, client_of):
    pipeline = pipeline_in()

    source = cal_source(extraction=Extraction(client_of(small_sandbox)))
    pipeline.run(source.with_resources("schedules", "schedule_availability"))

    paths = {request.path for request in small_sandbox.requests}
    assert not any("bookings" in path or "webhooks" in path for path in paths)
    assert count(pipeline, "schedule_availability") > 0


def test_source_puts_a_malformed_booking_into_quarantine(pipeline_in, small_sandbox, client_of):
    booking = next(iter(small_sandbox.world.bookings))
    fault = Fault(
        patched("uid", booking.uid, {"end": 5}), path="/v2/organizations/101/bookings", times=None
    )
    small_sandbox.faults.add(fault)
    pipeline = pipeline_in()

    pipeline.run(cal_source(extraction=Extraction(client_of(small_sandbox))))

    assert count(pipeline, "quarantine", f"record_key = '{booking.uid}'") == 1
    assert count(pipeline, "bookings", f"uid = '{booking.uid}'") == 0


def test_source_fails_the_pipeline_when_a_list_cannot_be_read(
    pipeline_in, small_sandbox, client_of
):
    small_sandbox.faults.add(Fault(html(503), path="/v2/webhooks", times=None))
    pipeline = pipeline_in()

    with pytest.raises(Exception, match="503") as caught:
        pipeline.run(cal_source(extraction=Extraction(client_of(small_sandbox))))

    causes = [caught.value]
    while causes[-1].__cause__ or causes[-1].__context__:
        causes.append(causes[-1].__cause__ or causes[-1].__context__)
    assert any(isinstance(cause, ServerError) for cause in causes)


def test_source_named_like_its_dataset_gets_a_file_of_another_name(
    pipeline_in, small_sandbox, client_of, tmp_path, caplog
):
    """DuckDB cannot tell a file `cal` from a schema `cal`; dlt alone fails when it loads."""
    pipeline = pipeline_in(name="cal", dataset="cal")

    with caplog.at_level(logging.WARNING, logger="cal_source"):
        pipeline.run(cal_source(extraction=Extraction(client_of(small_sandbox))))

    assert (tmp_path / "cal_data.duckdb").exists()
    assert count(pipeline, "bookings") > 100
    assert "cal_data.duckdb" in caplog.text


def test_source_refuses_a_named_file_like_its_dataset_before_any_request(
    pipeline_in, small_sandbox, client_of
):
    pipeline_in(dataset="cal", destination=dlt.destinations.duckdb("cal.duckdb"))

    with pytest.raises(ConfigError, match=r"cal\.duckdb.*Rename the file or the dataset"):
        cal_source(extraction=Extraction(client_of(small_sandbox)))

    assert small_sandbox.requests == []


@pytest.mark.parametrize(
    "environment",
    [
        {"SOURCES__CAL__API_KEY": "cal_from_dlt", "CAL_API_KEY": "cal_other"},
        {"CAL_API_KEY": "cal_from_dlt"},
    ],
    ids=["dlt wins", "CAL_API_KEY"],
)
def test_source_finds_its_key_in_dlts_order(monkeypatch, environment):
    from cal_source.settings import resolve_settings

    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert resolve_settings().api_key == "cal_from_dlt"


def test_source_without_a_key_says_where_to_put_one(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CAL_API_KEY", raising=False)

    with pytest.raises(Exception, match="CAL_API_KEY is not set"):
        cal_source()


def test_source_describes_every_resource_and_column(small_sandbox, client_of):
    source = cal_source(extraction=Extraction(client_of(small_sandbox)))

    details = {member.name for table in DETAIL_TABLES for member in table.family()}
    always = {*TABLES, "reads", "coverage", "quarantine", "schema_drift"} - details
    assert set(source.selected_resources) == always
    for name in TABLES:
        columns = source.resources[name].columns
        assert all(column.get("description") for column in columns.values())


def test_package_offers_the_client_and_the_source():
    import cal_source as package

    assert CalClient.__name__ == "CalClient"
    with pytest.raises(AttributeError):
        package.nothing_of_this_name  # noqa: B018 - reading it is what is tested


def test_source_fills_another_destination_of_dlts_with_dlts_own_guarantees(
    pipeline_in, small_sandbox, client_of, tmp_path, monkeypatch
):
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", (tmp_path / "bucket").as_uri())
    pipeline = pipeline_in(destination="filesystem")

    def run():
        extraction = Extraction(client_of(small_sandbox))
        pipeline.run(cal_source(extraction=extraction), loader_file_format="parquet")
        files = str(tmp_path / "bucket" / "cal" / "bookings" / "*.parquet")
        return duckdb.sql(
            f"select count(*), count(distinct uid) from read_parquet('{files}')"
        ).fetchone()

    loaded, distinct = run()
    assert loaded == distinct > 100
    booking = max(
        (b for b in small_sandbox.world.bookings if b.updated_at), key=lambda b: b.updated_at
    )
    small_sandbox.world.edit_booking(
        booking.uid, title="changed", updated_at=small_sandbox.clock.now()
    )

    again, still = run()

    # files know no merge: a booking that is read again stands twice, and users take the newest
    assert still == distinct
    assert again > loaded
