"""Change requests from every source: read as they are meant, and refused by name where not."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.reverse_sync.change_requests import ChangeRequest, check, request_of
from pipelines.reverse_sync.errors import RequestSourceError
from pipelines.reverse_sync.request_sources import file_rows, query_rows, requests_of, table_rows
from tests.pipelines.reverse_sync.scenarios import SCENARIOS, new_sandbox

HEAD = "action,bookingUid,attendees.0.email,attendees.0.absent,reason\n"


def checked(row, source="requests.csv:2"):
    return check(request_of(row, source))


def told(row):
    _, faults = checked(row)
    return [str(fault) for fault in faults]


def test_csv_row_becomes_a_request_with_numbers_flags_and_lists(tmp_path):
    path = tmp_path / "no-shows.csv"
    path.write_text(HEAD + "mark_booking_absent_for_uid,abc,ada@example.com,true,no show\n")

    rows, faults = file_rows(path)
    (request,) = requests_of(rows)
    asked, problems = check(request)

    assert (faults, problems) == ([], [])
    assert request.source == "no-shows.csv:2"
    assert request.reason == "no show"
    assert asked.target == {"bookingUid": "abc"}
    assert asked.body == {"attendees": [{"email": "ada@example.com", "absent": True}]}


def test_text_that_looks_like_a_number_stays_text_where_text_is_wanted():
    asked, _ = checked({
        "action": "edit_event_type_by_id",
        "eventTypeId": "5001",
        "title": "2024",
        "lengthInMinutes": "30",
        "hidden": "false",
    })

    assert asked.target == {"eventTypeId": 5001}
    assert asked.body == {"title": "2024", "lengthInMinutes": 30, "hidden": False}


def test_cell_may_hold_json():
    asked, faults = checked({
        "action": "update_schedule_by_id",
        "target": '{"scheduleId": 7}',
        "body.availability": '[{"days": ["Monday"], "startTime": "09:00", "endTime": "10:00"}]',
    })

    assert faults == []
    assert asked.body["availability"][0]["days"] == ["Monday"]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (
            {"action": "cancel_booking", "bookingUid": "x"},
            "requests.csv:2: action (cancel_booking) is no write of the catalogue",
        ),
        (
            {"action": "edit_event_type_by_id", "eventTypeId": "one", "title": "x"},
            "requests.csv:2: target.eventTypeId (one) must be a whole number",
        ),
        (
            {"action": "edit_event_type_by_id", "title": "x"},
            "requests.csv:2: target.eventTypeId is required",
        ),
        (
            {"action": "edit_event_type_by_id", "eventTypeId": "1", "titles": "x"},
            "requests.csv:2: titles (x) is not a field of this body, and Cal.com would drop it",
        ),
        (
            {"action": "edit_event_type_by_id", "eventTypeId": "1", "afterEventBuffer": "ten"},
            "requests.csv:2: afterEventBuffer (ten) must be a valid integer",
        ),
        (
            {"action": "set_default_conferencing_app", "app": "skype"},
            "requests.csv:2: target.app (skype) must be one of google-meet, zoom, msteams",
        ),
        (
            {"action": "confirm_booking_by_uid", "target.bookingUd": "x"},
            "requests.csv:2: target.bookingUd (x) is not known to this action; did you mean",
        ),
        (
            {
                "action": "post_user_to_organization",
                "orgId": "101",
                "email": "not an address",
            },
            "requests.csv:2: email (not an address) must be an e-mail address",
        ),
        (
            {"action": "edit_attendee_by_id", "id": "7", "name": "Ada"},
            "requests.csv:2: target.bookingUid is required",
        ),
    ],
    ids=lambda value: None if isinstance(value, dict) else value.split(": ")[1][:30],
)
def test_bad_row_is_named_with_place_field_value_and_rule(row, fault):
    assert any(line.startswith(fault) for line in told(row)), told(row)


def test_secret_given_as_it_is_is_refused_and_never_shown():
    row = {
        "action": "create_webhook_subscription",
        "active": "true",
        "subscriberUrl": "https://hooks.example.com",
        "triggers": '["BOOKING_CREATED"]',
        "secret": "whsec_very_secret",
    }

    (fault,) = told(row)

    assert fault == (
        "requests.csv:2: secret must be given by name, as secret:NAME, and never as it is"
    )
    asked, faults = checked({**row, "secret": "secret:HOOK"})
    assert faults == []
    assert asked.body["secret"] == "secret:HOOK"


def test_secret_in_a_target_is_refused():
    (fault,) = told({"action": "confirm_booking_by_uid", "bookingUid": "secret:UID"})

    assert "only bodies hold them" in fault


def test_address_in_a_fault_is_masked():
    (fault,) = told({
        "action": "create_membership_for_organization",
        "orgId": "101",
        "role": "MEMBER",
        "userId": "ada@example.com",
    })

    assert "a***@example.com" in fault


def test_reference_to_a_result_stands_for_a_number_or_a_text():
    asked, faults = checked({
        "action": "edit_event_type_by_id",
        "eventTypeId": "1",
        "scheduleId": "result:summer.id",
    })
    by_text, text_faults = checked({
        "action": "assign_or_create_attribute_option_for_user",
        "orgId": "101",
        "userId": "1003",
        "attributeId": "result:region.id",
        "value": "x",
    })

    assert (faults, text_faults) == ([], [])
    assert asked.body["scheduleId"] == "result:summer.id"
    assert by_text.body["attributeId"] == "result:region.id"


@pytest.mark.parametrize("action", SCENARIOS)
def test_every_write_can_be_asked_for_in_a_row_of_text(action):
    request = SCENARIOS[action].request(new_sandbox(), action)
    row = {
        "action": action,
        "target": json.dumps(request.target),
        "query": json.dumps(request.query),
        "body": json.dumps(request.body) if request.body is not None else "",
    }

    asked, faults = checked(row)

    assert faults == []
    assert asked == check(request)[0]


def test_jsonl_and_parquet_give_the_same_requests_as_csv(tmp_path):
    row = {
        "action": "edit_event_type_by_id",
        "eventTypeId": 5001,
        "body": {"afterEventBuffer": 10},
        "reason": "more air",
    }
    lines = tmp_path / "requests.jsonl"
    lines.write_text(json.dumps(row) + "\n\nno json\n[1]\n")
    table = tmp_path / "requests.parquet"
    pq.write_table(pa.Table.from_pylist([row]), table)

    rows, faults = file_rows(lines)
    parquet_rows, parquet_faults = file_rows(table)

    assert [str(one) for one in faults] == [
        "requests.jsonl:3: row must be one JSON object",
        "requests.jsonl:4: row must be one JSON object",
    ]
    assert parquet_faults == []
    from_lines, from_parquet = requests_of(rows)[0], requests_of(parquet_rows)[0]
    assert (from_lines.source, from_parquet.source) == ("requests.jsonl:1", "requests.parquet:1")
    assert check(from_lines) == check(from_parquet)


def test_csv_line_with_too_few_cells_is_told(tmp_path):
    path = tmp_path / "requests.csv"
    path.write_text(HEAD + "confirm_booking_by_uid,abc\n")

    rows, (fault,) = file_rows(path)

    assert rows == []
    assert str(fault) == "requests.csv:2: row must have as many cells as the head line"


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("requests.xlsx", b"", "it ends in '.xlsx'"),
        ("missing.csv", None, "No such file"),
        ("binary.csv", b"\xff\xfe\x00", "decode"),
        ("no.parquet", b"text", "Parquet"),
    ],
)
def test_unreadable_file_is_told_with_what_would_do(tmp_path, name, content, problem):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(RequestSourceError, match=rf"(?s){name}.*{problem}.*CSV, JSONL or Parquet"):
        file_rows(path)


def test_requests_of_a_table_carry_its_key(any_warehouse):
    any_warehouse.execute(
        "insert into ops.change_requests (request_id, action, target, body, reason, requested_by) "
        "values ('r1', 'edit_event_type_by_id', $target, $body, 'more air', 'ops@example.com')",
        {"target": '{"eventTypeId": 5001}', "body": '{"afterEventBuffer": 10}'},
    )

    (request,) = requests_of(table_rows(any_warehouse, "ops.change_requests"))

    assert request == ChangeRequest(
        action="edit_event_type_by_id",
        target={"eventTypeId": 5001},
        body={"afterEventBuffer": 10},
        name="r1",
        reason="more air",
        requested_by="ops@example.com",
        source="ops.change_requests r1",
    )


def test_requests_of_a_query_take_the_action_of_the_command(any_warehouse):
    sql = 'select 5001 as "eventTypeId", 10 as "body.afterEventBuffer"'

    rows = query_rows(any_warehouse, sql, "buffers.sql")
    (request,) = requests_of(rows, action="edit_event_type_by_id")

    asked, faults = check(request)
    assert faults == []
    assert asked.body == {"afterEventBuffer": 10}
    assert request.source == "buffers.sql row 1"


@pytest.mark.parametrize("name", ["ops.nothing", "ops.runs; drop table ops.runs", "'"])
def test_unknown_table_is_told(any_warehouse, name):
    with pytest.raises(RequestSourceError, match="there is no such table"):
        table_rows(any_warehouse, name)


def test_broken_query_is_told_by_its_name(any_warehouse):
    with pytest.raises(RequestSourceError, match=r"The change requests of wrong\.sql cannot be"):
        query_rows(any_warehouse, "select from nowhere", "wrong.sql")
