from datetime import timedelta

import pytest

from pipelines.report.quality_rows import quality_rows
from pipelines.report.queries import read_report
from pipelines.warehouse import Warehouse
from tests.pipelines.report.conftest import (
    AS_OF,
    MADE_AT,
    add_proof,
    add_run,
    insert,
)


@pytest.fixture
def small(small_path):
    """The small account's warehouse, open, without any sync."""
    with Warehouse.open(str(small_path)) as warehouse:
        yield warehouse


def quality_of(warehouse, made_at=MADE_AT):
    return read_report(warehouse, made_at=made_at).quality


def add_read(warehouse, run_id, resource, scope, status, reason=""):
    insert(
        warehouse, "ops.reads", run_id=run_id, resource=resource, operation="op", scope=scope,
        status=status, reason=reason,
    )  # fmt: skip


def test_quality_has_no_concern_after_a_proved_sync(small):
    add_run(small)
    add_proof(small)

    quality = quality_of(small)

    assert quality.concerns == ()
    assert quality.last_run.outcome == "proved"
    assert [proof.is_proved for proof in quality.proofs] == [True]


def test_quality_asks_for_a_sync_where_none_is_recorded(small):
    (concern,) = quality_of(small).concerns

    assert "No sync is recorded" in concern
    assert "cal-warehouse sync" in concern


def test_quality_asks_for_a_proof_where_there_is_none(small):
    add_run(small)

    (concern,) = quality_of(small).concerns

    assert "never proved against Cal.com's own count" in concern


def test_quality_names_both_counts_when_the_proof_failed(small):
    add_run(small, outcome="unproved")
    add_proof(small, api_count=80, quarantined_count=2)

    (concern,) = quality_of(small).concerns

    assert "Cal.com counts 80 bookings, the warehouse holds 74 and 2 are in quarantine" in concern
    assert "cal-warehouse sync --full" in concern


def test_quality_says_why_the_last_sync_ended_and_keeps_the_proof_before_it(small):
    add_run(small)
    add_proof(small)
    add_run(small, "run-2", AS_OF + timedelta(minutes=5), "failed", "the key was refused.")

    quality = quality_of(small)

    assert quality.concerns[0].startswith("The last sync ended as failed: the key was refused.")
    assert [proof.is_proved for proof in quality.proofs] == [True]


@pytest.mark.parametrize(
    ("hours", "is_told"), [pytest.param(47, False, id="fresh"), pytest.param(73, True, id="stale")]
)
def test_quality_tells_the_age_of_the_last_sync_when_it_is_old(small, hours, is_told):
    add_run(small)
    add_proof(small)

    concerns = quality_of(small, made_at=AS_OF + timedelta(hours=hours, minutes=1)).concerns

    assert ("The last sync was 3 days ago. Run 'cal-warehouse run'." in concerns) is is_told


def test_quality_asks_for_a_transform_when_the_marts_are_older_than_the_sync(small):
    add_run(small, started_at=AS_OF + timedelta(hours=2))
    add_proof(small)

    (concern,) = quality_of(small, made_at=AS_OF + timedelta(hours=3)).concerns

    assert concern.startswith("The numbers stand for 16 Mar 2026, 12:00 UTC, before the last sync")
    assert "cal-warehouse transform" in concern


def test_quality_lists_gaps_of_the_latest_sync_of_each_table(small):
    add_run(small, "run-1", AS_OF - timedelta(hours=1))
    add_read(small, "run-1", "webhooks", "team:1", "skipped", "403: not yours")
    add_read(small, "run-1", "users", "organization:101", "skipped", "403: not an admin")
    add_run(small, "run-2")
    add_read(small, "run-2", "users", "organization:101", "complete")
    add_proof(small, "run-2")

    gaps = quality_of(small).gaps

    assert [(gap.resource, gap.scope, gap.reason) for gap in gaps] == [
        ("webhooks", "team:1", "403: not yours")
    ]


def test_quality_counts_a_record_in_quarantine_once_however_often_it_came(small):
    add_run(small, "run-1", AS_OF - timedelta(hours=1))
    add_run(small, "run-2")
    add_proof(small, "run-2")
    for number, (run_id, key) in enumerate([("run-1", "a"), ("run-1", "b"), ("run-2", "b")]):
        insert(
            small, "ops.quarantine", run_id=run_id, number=number, resource="bookings",
            record_key=key, reason="start is no time", record="{}",
        )  # fmt: skip

    quality = quality_of(small)

    (entry,) = quality.quarantined
    assert (entry.latest_count, entry.all_count) == (1, 2)
    assert any("1 bookings could not be loaded" in c for c in quality.concerns)


def test_quality_names_tables_that_were_never_read_completely_and_the_age_of_the_others(small):
    add_run(small)
    add_read(small, "run-1", "users", "me", "complete")
    small.execute("update ops.reads set finished_at = $at", {"at": AS_OF})
    small.execute("update raw.users set _scope = 'me'")

    tables = {table.table: table.proved_at for table in quality_of(small).tables}
    rows = dict(quality_rows(quality_of(small), AS_OF + timedelta(hours=26)))

    assert tables == {
        "users": AS_OF, "bookings": None, "event_types": None, "routing_form_responses": None,
        "routing_forms": None, "schedules": None,
    }  # fmt: skip
    assert rows["Read completely"] == "1 table; the oldest proof is 1 d 2 h old (users)"
    assert rows["Unproved tables"].startswith("bookings, event_types")


def test_quality_lists_schema_drift(small):
    insert(
        small, "ops.schema_changes", table_name="bookings", field="mood", kind="unknown",
        found="string", record_count=7,
    )  # fmt: skip

    (drift,) = quality_of(small).drift

    assert (drift.table_name, drift.field, drift.record_count) == ("bookings", "mood", 7)


def test_marking_covers_the_bookings_of_hosts_in_months_in_which_they_marked(small):
    marking = quality_of(small).marking

    # 10 absent guests of Ada, one of host 2, and host 2's own absence
    assert (marking.marked.numerator, marking.marked.denominator) == (12, 70)
    assert (marking.covered.numerator, marking.covered.denominator) == (70, 70)
    # 17 days of January and 28 of February; December had none
    assert (marking.covered_lately.numerator, marking.covered_lately.denominator) == (45, 45)
    assert marking.silent_hosts == ()


def test_marking_names_hosts_with_many_bookings_who_never_marked(small):
    small.execute("update marts.fct_bookings set is_any_attendee_no_show = false where host_id = 1")
    add_run(small)
    add_proof(small)

    quality = quality_of(small)

    assert quality.marking.silent_hosts == ("Ada",)
    assert any("1 host has 20 or more past bookings" in c for c in quality.concerns)
