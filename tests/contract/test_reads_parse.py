"""Recorded answers of a real server become rows, and nothing that they say is lost."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cal_source.catalogue import OPERATIONS, Kind
from cal_source.fanouts import Target
from cal_source.records import Stamp, parse_records
from cal_source.tables import TABLES
from cal_source.targets import given_by
from tests.contract.read_operations import (
    good_reads,
    path_values,
    records_of,
    unpackers,
)
from tests.reconstruction import as_kept, rebuilt, without_empty

pytestmark = pytest.mark.reference

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "cal-api"
STAMP = Stamp("user:1001", "run", 1, datetime(2026, 11, 22, 9, tzinfo=UTC))

# Fields that only reads no full sync makes have. They are kept in `_extra`.
FIELDS_OF_OTHER_VIEWS = {
    "get_webhook_by_id": {"createdAt", "appId", "platform", "time", "timeUnit"},
    "retrieve_current_team_for_organization": {"accepted", "role"},
}


def _answers():
    if not REFERENCE.is_dir():
        return []
    return [
        pytest.param(call, row, table, unpack, id=f"{call.name}-{table}")
        for call, row in good_reads(REFERENCE)
        if row.kind is Kind.READ
        for table, unpack in unpackers(row)
    ]


def parsed(call, row, name, unpack):
    """The table, the records of an answer with what is known of where it was read, their rows."""
    table, path = TABLES[name], path_values(row, call.path)
    scope = f"team:{path['teamId']}" if "teamId" in path else "user:1001"
    given = given_by(table, Target(row.key, scope, path))
    found = records_of(call.body)
    records = [{**given, **record} for record in (unpack(found) if unpack else found)]
    return table, records, parse_records(table, records, STAMP)


@pytest.mark.parametrize(("call", "row", "name", "unpack"), _answers())
def test_recorded_answer_becomes_rows_without_loss(call, row, name, unpack):
    table, records, result = parsed(call, row, name, unpack)

    assert result.quarantined == []
    assert len(result.rows[name]) == len(records)
    for record, kept in zip(records, rebuilt(table, result.rows.get), strict=True):
        assert without_empty(kept) == without_empty(as_kept(table, record))


@pytest.mark.parametrize(("call", "row", "name", "unpack"), _answers())
def test_recorded_answer_has_a_column_for_every_field(call, row, name, unpack):
    _, _, result = parsed(call, row, name, unpack)

    unknown = {f"{entry.field}: {entry.kind}" for entry in result.drift}
    elsewhere = {f"{field}: unknown" for field in FIELDS_OF_OTHER_VIEWS.get(row.key, ())}
    assert unknown <= elsewhere


def test_fields_of_other_views_are_still_seen(reference_dir):
    seen = {key: set() for key in FIELDS_OF_OTHER_VIEWS}
    for call, row in good_reads(reference_dir):
        if row.key in seen:
            for name, unpack in unpackers(row):
                seen[row.key] |= {entry.field for entry in parsed(call, row, name, unpack)[2].drift}

    assert seen == FIELDS_OF_OTHER_VIEWS


def test_every_recorded_read_of_the_catalogue_is_among_the_answers(reference_dir):
    """A row with a recorded good answer and a table that is not parsed here would go unchecked."""
    parsed_keys = {row.key for _, row in good_reads(reference_dir)}
    claimed = {
        key
        for key, row in OPERATIONS.items()
        if row.kind is Kind.READ and row.evidence == "recorded"
    }

    # Two rows are one call, GET /v2/me.
    assert claimed - parsed_keys == {"get_organization_id"}
