"""`cal-warehouse actions`: the coverage table says what the code does."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import fields, replace

import pytest

from cal_source.catalogue import OPERATIONS, Kind, operation
from cal_source.catalogue.parameters import Parameter
from cal_source.tables import TABLES
from pipelines.cli import main
from pipelines.cli.actions import COLUMNS, cells, explained
from pipelines.coverage import Way, coverage_of, covered, evidence_counts

ROWS = [pytest.param(row, id=key) for key, row in OPERATIONS.items()]


def test_actions_lists_the_176_published_actions_once_each(capsys):
    assert main(["actions", "--json"]) == 0

    listed = json.loads(capsys.readouterr().out)
    assert len(listed) == 176
    assert {row["key"] for row in listed} == {k for k, row in OPERATIONS.items() if row.is_action}
    assert {"key", "kind", "method", "path", "version", "table", "risk", "evidence"} <= set(
        listed[0]
    )


def test_actions_lists_the_further_reads_with_all(capsys):
    assert main(["actions", "--all", "--json"]) == 0

    assert {row["key"] for row in json.loads(capsys.readouterr().out)} == set(OPERATIONS)


def test_actions_prints_one_line_per_action_in_columns(capsys):
    assert main(["actions"]) == 0

    header, *lines, summary = capsys.readouterr().out.splitlines()
    assert header.split("  ")[0] == COLUMNS[0]
    assert [line.split()[0] for line in lines] == [entry.row.key for entry in covered_actions()]
    assert summary.startswith("176 in all. Evidence: 156 recorded")
    for column in COLUMNS[1:]:
        start = header.index(column)
        assert all(line[start - 1] == " " and line[start] != " " for line in lines)


def covered_actions():
    return covered(with_further_reads=False)


OTHER_VALUES = {"ordered_by": (("x", "y"),), "query": (Parameter("x"),)}


def another(value):
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else ("x",)


@pytest.mark.parametrize("row", ROWS)
def test_actions_explains_every_field_of_a_row(row):
    """Whatever the row says differently is explained differently."""
    before = explained(coverage_of(row))

    for field in fields(row):
        value = getattr(row, field.name)
        if value in {"", None, ()} or (field.name == "authoritative" and not row.table):
            continue
        other = OTHER_VALUES.get(field.name) or another(value)
        assert explained(coverage_of(replace(row, **{field.name: other}))) != before, field.name


def test_actions_explains_one(capsys):
    assert main(["actions", "retrieve_booking_details_by_uid"]) == 0

    shown = capsys.readouterr().out
    assert "GET /v2/bookings/{bookingUid}" in shown
    assert "cal-warehouse call retrieve_booking_details_by_uid --param bookingUid=…" in shown
    assert "cal-warehouse sync --only bookings:KEY" in shown


def test_actions_refuses_an_unknown_key_and_names_one_like_it(capsys):
    assert main(["actions", "fetch_all_booking"]) == 64

    assert "Did you mean fetch_all_bookings" in capsys.readouterr().err


def test_actions_answers_without_loading_dlt_or_duckdb():
    code = (
        "import sys; from pipelines.cli import main; main(['actions', '--json']); "
        "sys.exit(any(name in sys.modules for name in ('dlt', 'duckdb', 'pyarrow')))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)

    assert done.returncode == 0


@pytest.mark.parametrize("row", ROWS)
def test_way_fits_the_kind_of_operation(row):
    entry = coverage_of(row)

    if row.kind is Kind.WRITE:
        assert entry.way in {Way.PLAN, Way.V2}
    elif row.kind is Kind.READ:
        assert entry.way is not Way.PLAN
        assert entry.root or row.is_v1
    else:
        assert entry.way is Way.CALL
    assert (entry.way is Way.V2) == row.is_v1
    assert entry.how_to_run
    assert row.key in entry.how_to_run or entry.way is not Way.CALL
    assert "raw." not in entry.table_or_call or row.table in TABLES


def test_ways_are_those_of_the_feeds():
    ways = {
        key: coverage_of(operation(key)).way
        for key in (
            "fetch_all_bookings",
            "list_references_of_booking",
            "retrieve_booking_details_by_uid",
            "list_all_attendees",
            "create_a_new_booking",
            "check_stripe_status",
        )
    }

    assert list(ways.values()) == [Way.SYNC, Way.DETAIL, Way.CALL, Way.V2, Way.PLAN, Way.CALL]
    assert (
        "--details booking_references"
        in coverage_of(operation("list_references_of_booking")).how_to_run
    )


def test_cells_stand_under_their_columns():
    row = operation("create_a_new_booking")

    assert dict(zip(COLUMNS, cells(coverage_of(row)), strict=True)) == {
        "action": "create_a_new_booking",
        "kind": "write",
        "risk": "notifies people",
        "evidence": "recorded",
        "table or call": "plan; changes raw.bookings",
        "endpoint": "POST /v2/bookings",
    }


def test_evidence_counts_name_every_level_once():
    counts = evidence_counts(covered(with_further_reads=True))

    assert sum(counts.values()) == len(OPERATIONS)
    assert next(iter(counts)) == "recorded"
