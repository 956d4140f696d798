"""What a sync does when things change, are refused, or go wrong."""

from __future__ import annotations

import gc
import json

import duckdb
import httpx
import pytest
from dlt.pipeline.pipeline import Pipeline

from cal_source.client import CalClient
from cal_source.errors import (
    AuthError,
    ConfigError,
    ForbiddenError,
    MalformedAnswer,
    NotCalError,
    ShapeError,
    Unreachable,
)
from cal_source.extraction import Extraction
from cal_source.sandbox import Fault, Sandbox, World
from cal_source.sandbox.faults import html, malformed_json, patched, replaced
from cal_source.settings import Settings
from cal_source.tables import TABLES
from pipelines.errors import ConfigError as PipelineConfigError
from pipelines.errors import UsageError, WarehouseError, WarehouseLocked
from pipelines.exit_codes import ExitCode, exit_code_of
from pipelines.options import SyncOptions
from pipelines.sync import sync
from pipelines.warehouse import Warehouse, warehouse_path
from tests.table_contents import contents


def uids(warehouse):
    return {row["uid"] for row in warehouse.rows("select uid from raw.bookings")}


def counts(warehouse):
    return {name: warehouse.scalar(f"select count(*) from raw.{name}") for name in TABLES}


def read_of(result, resource, scope):
    (read,) = [r for r in result.reads if (r["resource"], r["scope"]) == (resource, scope)]
    return read


def organization_scope(warehouse):
    return warehouse.scalar("select distinct _scope from raw.bookings")


def held_uid(warehouse):
    return warehouse.scalar(
        "select b.uid from raw.bookings b join raw.booking_attendees a on a.booking_uid = b.uid "
        "where b.status = 'accepted' and not a.absent order by b.start limit 1"
    )


def test_sync_twice_changes_nothing(warehouse, small_sandbox, sync_of):
    sync_of(warehouse, small_sandbox)
    before = {name: contents(warehouse, name) for name in TABLES}

    result = sync_of(warehouse, small_sandbox)

    for name, rows in before.items():
        if name == "booking_attendees":  # their place in the list has no meaning
            continue
        assert contents(warehouse, name) == rows, name
    assert result.exit_code == ExitCode.DONE
    assert not any(table["retired"] for table in result.tables.values())


def test_sync_sees_an_absence_that_does_not_move_updated_at(warehouse, small_sandbox, sync_of):
    sync_of(warehouse, small_sandbox)
    uid = held_uid(warehouse)
    email = warehouse.scalar(
        "select email from raw.booking_attendees where booking_uid = $uid and not absent",
        {"uid": uid},
    )
    small_sandbox.world.mark_absent(uid, email)

    sync_of(warehouse, small_sandbox)

    assert warehouse.scalar(
        "select absent from raw.booking_attendees where booking_uid = $uid and email = $email",
        {"uid": uid, "email": email},
    )


def test_sync_retires_a_deleted_booking_with_its_lists(warehouse, small_sandbox, sync_of):
    sync_of(warehouse, small_sandbox)
    uid = held_uid(warehouse)
    small_sandbox.world.delete_booking(uid)

    result = sync_of(warehouse, small_sandbox)

    assert uid not in uids(warehouse)
    for child in TABLES["bookings"].family()[1:]:
        assert not warehouse.scalar(
            f"select count(*) from raw.{child.name} where booking_uid = $uid", {"uid": uid}
        )
    assert result.tables["bookings"]["retired"] == 1
    assert result.outcome == "proved"


def test_sync_reads_everything_again_when_the_count_shows_a_loss(warehouse, small_sandbox, sync_of):
    sync_of(warehouse, small_sandbox)
    uid = held_uid(warehouse)
    small_sandbox.world.delete_booking(uid)

    result = sync_of(warehouse, small_sandbox, reread_requests=1)

    assert uid not in uids(warehouse)
    assert result.outcome == "proved"
    outcomes = warehouse.rows("select outcome from ops.runs order by started_at")
    assert [row["outcome"] for row in outcomes] == ["proved", "unproved", "proved"]


def test_sync_reads_only_changes_where_the_budget_is_small(warehouse, small_sandbox, sync_of):
    sync_of(warehouse, small_sandbox)
    uid = held_uid(warehouse)
    now = small_sandbox.clock.now()
    small_sandbox.world.edit_booking(uid, title="Moved to the garden", updated_at=now)

    result = sync_of(warehouse, small_sandbox, reread_requests=1)

    scope = organization_scope(warehouse)
    assert read_of(result, "bookings", scope)["status"] == "partial"
    assert read_of(result, "bookings", scope)["rows"] < 300
    title = warehouse.scalar("select title from raw.bookings where uid = $uid", {"uid": uid})
    assert title == "Moved to the garden"


def test_sync_keeps_the_rows_of_a_list_that_is_refused(warehouse, small_sandbox, sync_of):
    first = sync_of(warehouse, small_sandbox)
    before = counts(warehouse)
    organization = organization_scope(warehouse).removeprefix("organization:")
    path = f"/v2/organizations/{organization}/users"
    refusal = {"status": "error", "error": {"code": "ForbiddenException", "message": "plan"}}

    def refuse(answer, rng):
        return type(answer)(403, answer.headers, json.dumps(refusal).encode())

    small_sandbox.faults.add(Fault(refuse, path=path, times=None))
    result = sync_of(warehouse, small_sandbox)

    read = read_of(result, "users", f"organization:{organization}")
    assert (read["status"], read["reason"]) == ("skipped", "403: plan")
    assert counts(warehouse)["users"] == before["users"] > 0
    assert first.exit_code == result.exit_code == ExitCode.DONE


def test_sync_goes_on_when_one_list_fails(warehouse, small_sandbox, sync_of):
    sync_of(warehouse, small_sandbox)
    before = counts(warehouse)
    small_sandbox.faults.add(Fault(html(502), path="/v2/webhooks", times=None))

    result = sync_of(warehouse, small_sandbox)

    assert result.exit_code == ExitCode.INCOMPLETE
    failed = [read for read in result.reads if read["status"] == "failed"]
    assert [read["operation"] for read in failed] == ["retrieve_webhooks_list"]
    assert "502" in failed[0]["reason"]
    assert counts(warehouse) == before


def test_sync_of_one_table_leaves_the_others(warehouse, small_sandbox, sync_of):
    sync_of(warehouse, small_sandbox)
    run = "select distinct _run_id from raw.bookings"
    first_run = warehouse.scalar(run)

    result = sync_of(warehouse, small_sandbox, only=("schedule_overrides",))

    assert warehouse.scalar(run) == first_run
    assert {read["resource"] for read in result.reads} == {"schedules"}


def test_sync_retires_the_webhooks_of_a_deleted_event_type(warehouse, small_sandbox, sync_of):
    sync_of(warehouse, small_sandbox)
    event_type = warehouse.scalar(
        "select min(event_type_id) from raw.webhooks where event_type_id is not null"
    )
    small_sandbox.world.delete_event_type(event_type)

    sync_of(warehouse, small_sandbox)

    found = "select count(*) from raw.webhooks where event_type_id = $id"
    assert warehouse.scalar(found, {"id": event_type}) == 0
    assert warehouse.scalar("select count(*) from raw.webhooks") > 0


def booking_path(sandbox):
    headers = {"authorization": "Bearer cal_sandbox_owner"}
    me = sandbox.respond("GET", "/v2/me", [], headers, b"").json()["data"]
    return f"/v2/organizations/{me['organizationId']}/bookings"


def test_sync_quarantines_a_malformed_booking_and_loads_the_rest(warehouse, small_sandbox, sync_of):
    sync_of(warehouse, small_sandbox)
    uid = held_uid(warehouse)
    path = booking_path(small_sandbox)
    small_sandbox.faults.add(
        Fault(patched("uid", uid, {"start": "whenever"}), path=path, times=None)
    )

    result = sync_of(warehouse, small_sandbox)

    assert result.exit_code == ExitCode.QUARANTINED
    (entry,) = warehouse.rows("select * from ops.quarantine")
    assert (entry["resource"], entry["record_key"]) == ("bookings", uid)
    assert "'start' is text" in entry["reason"]
    assert json.loads(entry["record"])["start"] == "whenever"
    assert uid in uids(warehouse), "the last good row stays"


def test_sync_into_an_empty_warehouse_loads_all_but_the_malformed_booking(
    warehouse, small_sandbox, sync_of
):
    booking = next(iter(small_sandbox.world.bookings))
    path = booking_path(small_sandbox)
    small_sandbox.faults.add(
        Fault(replaced("uid", booking.uid, "not a booking"), path=path, times=None)
    )

    result = sync_of(warehouse, small_sandbox)

    assert result.exit_code == ExitCode.QUARANTINED
    (proof,) = result.proofs
    assert (proof.api_count, proof.quarantined_count) == (proof.warehouse_count + 1, 1)


def test_sync_keeps_an_unknown_field_and_a_retyped_one(warehouse, small_sandbox, sync_of):
    booking = next(iter(small_sandbox.world.bookings))
    patch = {"mood": {"now": "sunny"}, "rating": "five stars"}
    path = booking_path(small_sandbox)
    small_sandbox.faults.add(Fault(patched("uid", booking.uid, patch), path=path, times=None))

    result = sync_of(warehouse, small_sandbox)

    assert result.exit_code == ExitCode.DONE
    (row,) = warehouse.rows(
        "select _extra, rating from raw.bookings where uid = $uid", {"uid": booking.uid}
    )
    extra, rating = row.values()
    assert json.loads(extra) == patch
    assert rating is None
    changes = warehouse.rows("select * from ops.schema_changes order by field")
    assert [(c["field"], c["kind"], c["found"]) for c in changes] == [
        ("mood", "unknown", "object"),
        ("rating", "retyped", "text"),
    ]


def run_with(warehouse, client, **options):
    organization_id = options.pop("organization_id", None)
    return sync(
        warehouse,
        lambda **more: Extraction(client, strict=False, organization_id=organization_id, **more),
        SyncOptions(**options),
    )


def answering(*, status=200, text="", content_type="application/json"):
    def handler(_request):
        return httpx.Response(status, text=text, headers={"content-type": content_type})

    return CalClient(
        "cal_x",
        base_url="http://x.test",
        transport=httpx.MockTransport(handler),
        sleep=lambda _: None,
    )


def test_settings_without_a_key_say_where_to_get_one():
    with pytest.raises(
        ConfigError, match=r"CAL_API_KEY is not set.*Settings > Developer"
    ) as caught:
        Settings().client()

    assert exit_code_of(caught.value) == ExitCode.CONFIG


@pytest.mark.parametrize("key", ["expired", "nobody_has_this"])
def test_sync_with_a_wrong_or_expired_key_is_refused(warehouse, small_sandbox, client_of, key):
    with pytest.raises(AuthError, match=r"401.*Give a valid, unexpired key") as caught:
        run_with(warehouse, client_of(small_sandbox, key))

    assert exit_code_of(caught.value) == ExitCode.REFUSED
    (run,) = warehouse.rows("select outcome, exit_code, message from ops.runs")
    assert (run["outcome"], run["exit_code"]) == ("failed", ExitCode.REFUSED)
    assert f"cal_sandbox_{key}" not in run["message"]


def test_sync_of_a_foreign_organisation_is_a_configuration_error(
    warehouse, small_sandbox, client_of
):
    with pytest.raises(ConfigError, match=r"CAL_ORG_ID=99999.*Unset CAL_ORG_ID") as caught:
        run_with(warehouse, client_of(small_sandbox), organization_id=99999)

    assert exit_code_of(caught.value) == ExitCode.CONFIG


def test_sync_of_an_unreachable_server_says_so(warehouse):
    client = CalClient("cal_x", base_url="http://127.0.0.1:9", sleep=lambda _: None)

    with pytest.raises(Unreachable, match=r"GET /v2/me.*Check base_url, the network") as caught:
        run_with(warehouse, client)

    assert exit_code_of(caught.value) == ExitCode.UNAVAILABLE


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        ({"text": "<html>hi</html>", "content_type": "text/html"}, NotCalError, "base_url"),
        ({"text": '{"status": "succ'}, MalformedAnswer, "GET /v2/me"),
        ({"text": '{"hello": "world"}'}, NotCalError, "base_url"),
        ({"text": '{"status": "success", "data": {}}'}, ShapeError, "no numeric id"),
    ],
    ids=["html", "malformed json", "another service", "no user"],
)
def test_sync_of_something_that_is_not_cal_says_so(warehouse, answer, error, says):
    with pytest.raises(error, match=says) as caught:
        run_with(warehouse, answering(**answer))

    assert exit_code_of(caught.value) == ExitCode.UNAVAILABLE
    assert warehouse.scalar("select outcome from ops.runs") == "failed"


def test_sync_stops_before_rows_when_the_server_ignores_filters(
    warehouse, small_sandbox, client_of
):
    def ignore_filters(answer, rng):
        body = json.loads(answer.body)
        body["data"] = [{"uid": "u", "start": "2026-01-01T00:00:00Z", "hosts": []}]
        return type(answer)(answer.status, answer.headers, json.dumps(body).encode())

    path = booking_path(small_sandbox)
    small_sandbox.faults.add(Fault(ignore_filters, path=path, times=None))

    result = run_with(warehouse, client_of(small_sandbox))

    (failed,) = [read for read in result.reads if read["status"] == "failed"]
    assert result.exit_code == ExitCode.INCOMPLETE
    assert "the server ignores filters" in failed["reason"]
    assert result.tables["bookings"]["rows"] == 0


def test_sync_of_malformed_json_in_the_middle_keeps_what_was_published(
    warehouse, small_sandbox, sync_of
):
    sync_of(warehouse, small_sandbox)
    before = counts(warehouse)
    path = booking_path(small_sandbox)
    small_sandbox.faults.add(Fault(malformed_json, path=path, first=3, times=None))

    result = sync_of(warehouse, small_sandbox, page_size=50, reread_requests=50)

    assert result.exit_code == ExitCode.INCOMPLETE
    assert counts(warehouse) == before


def test_sync_only_an_unknown_table_is_wrong_usage(warehouse, small_sandbox, sync_of):
    with pytest.raises(UsageError, match=r"'bokings'.*Tables: bookings,"):
        sync_of(warehouse, small_sandbox, only=("bokings",))


def test_warehouse_open_in_another_process_is_named(tmp_path):
    path = tmp_path / "cal.duckdb"
    with duckdb.connect(str(path)):
        pass
    import subprocess
    import sys

    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); input()"
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(
            WarehouseLocked, match=rf"PID {holder.pid}.*Close that program"
        ) as error:
            Warehouse.open(str(path))
        assert exit_code_of(error.value) == ExitCode.LOCKED
    finally:
        holder.communicate("\n")


@pytest.mark.parametrize("stem", ["raw", "marts", "landing", "OPS"])
def test_warehouse_named_like_a_schema_is_refused_before_anything_runs(stem):
    with pytest.raises(PipelineConfigError, match=rf"{stem}\.duckdb.*Rename the file"):
        warehouse_path(f"somewhere/{stem}.duckdb")


def test_warehouse_that_is_no_duckdb_file_is_refused(tmp_path):
    path = tmp_path / "notes.duckdb"
    path.write_text("not a database" * 100)

    with pytest.raises(WarehouseError, match=r"notes\.duckdb.*Give another file"):
        Warehouse.open(str(path))


WITHOUT_COMMENT = {
    "duckdb": (
        "select schema_name, table_name, column_name from duckdb_columns() "
        "where schema_name in ('raw', 'ops') and comment is null"
    ),
    "postgres": (
        "select n.nspname, c.relname, a.attname from pg_attribute a join pg_class c on "
        "a.attrelid = c.oid and c.relkind = 'r' join pg_namespace n on c.relnamespace = n.oid "
        "where n.nspname in ('raw', 'ops') and a.attnum > 0 and (obj_description(c.oid) is null "
        "or col_description(c.oid, a.attnum) is null)"
    ),
}


def test_warehouse_comments_describe_every_table_and_column(warehouse):
    assert warehouse.rows(WITHOUT_COMMENT[warehouse.dialect.name]) == []


def everything_in(warehouse):
    tables = warehouse.rows(
        "select table_schema, table_name from information_schema.tables "
        "where table_schema not in ('pg_catalog', 'information_schema')"
    )
    for schema, table in (row.values() for row in tables):
        yield repr(warehouse.rows(f'select * from "{schema}"."{table}"'))


def test_secrets_are_nowhere_in_the_warehouse_or_the_logs(
    location, tmp_path, small_sandbox, sync_of, caplog, capfd
):
    canaries = ("cal_sandbox_owner", "canary-webhook-secret")
    for webhook in list(small_sandbox.world.webhooks.values()):
        small_sandbox.world.edit("webhooks", webhook.id, secret=canaries[1])
    caplog.set_level("DEBUG")

    with Warehouse.open(location) as warehouse:
        result = sync_of(warehouse, small_sandbox)
        assert warehouse.scalar("select count(*) from raw.webhooks where has_secret") > 0
        shown = "".join(everything_in(warehouse)) + caplog.text + repr(result)

    output = capfd.readouterr()
    files = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    for canary in canaries:
        assert canary not in shown + output.out + output.err
        assert canary.encode() not in files


def test_sync_without_permission_for_bookings_says_which_view_was_read(
    warehouse, small_sandbox, sync_of
):
    result = sync_of(warehouse, small_sandbox, key="member")

    skipped = {(read["resource"], read["scope"].split(":")[0]) for read in result.skipped}
    assert ("bookings", "organization") in skipped
    assert all(read["reason"] for read in result.skipped)
    assert result.outcome == "proved"


def test_exit_codes_of_refusals_and_lost_views():
    error = ForbiddenError(method="GET", path="/v2/bookings", status=403)

    assert exit_code_of(error) == ExitCode.REFUSED
    assert exit_code_of(KeyboardInterrupt()) == ExitCode.INTERRUPTED
    assert exit_code_of(ValueError("x")) == ExitCode.FAILED


def test_world_of_two_sandboxes_is_equal_for_one_seed():
    a, b = (Sandbox(World.generate(bookings=50, seed=9)) for _ in range(2))
    assert [x.uid for x in a.world.bookings] == [x.uid for x in b.world.bookings]


def test_a_load_leaves_nothing_of_dlt_to_be_collected_by_chance(warehouse, small_sandbox, sync_of):
    sync_of(warehouse, small_sandbox, only=("users",))  # imports and first uses are behind us
    gc.collect()
    gc.disable()
    try:
        sync_of(warehouse, small_sandbox, only=("bookings",))
        left = [found for found in gc.get_objects() if isinstance(found, Pipeline)]
    finally:
        gc.enable()

    assert left == []
