"""Reads of single rows, and of details at one request per booking."""

from __future__ import annotations

import pytest

from pipelines.errors import UsageError

DETAILS = (
    "booking_references",
    "booking_attendee_ids",
    "booking_recordings",
    "booking_transcripts",
    "conferencing_sessions",
)


def count(warehouse, table):
    return warehouse.scalar(f"select count(*) from raw.{table}")


def detail_requests(sandbox):
    words = ("references", "attendees", "recordings", "transcripts", "conferencing-sessions")
    return [r for r in sandbox.requests if r.path.rsplit("/", 1)[-1] in words]


def test_details_are_not_read_unless_asked_for(warehouse, small_sandbox, sync_of):
    sync_of(warehouse, small_sandbox)

    assert detail_requests(small_sandbox) == []


@pytest.mark.parametrize("table", DETAILS)
def test_details_are_read_within_their_budget_newest_first(
    warehouse, small_sandbox, sync_of, table
):
    result = sync_of(
        warehouse, small_sandbox, only=("bookings",), details=(table,), detail_requests=7
    )

    assert len(detail_requests(small_sandbox)) == 7
    scopes = [read["scope"] for read in result.reads if read["resource"] == table]
    newest = warehouse.rows("select uid from raw.bookings order by start desc, uid limit 7")
    assert scopes == [f"booking:{row['uid']}" for row in newest]
    assert result.exit_code == 0


def test_details_of_attendees_agree_with_the_bookings(warehouse, small_sandbox, sync_of):
    sync_of(
        warehouse, small_sandbox, only=("bookings",), details=("booking_attendee_ids",),
        detail_requests=20,
    )  # fmt: skip

    rows = warehouse.rows(
        "select d.booking_uid, d.email from raw.booking_attendee_ids d left join "
        "raw.booking_attendees a on a.booking_uid = d.booking_uid and a.email = d.email "
        "where a.email is null"
    )
    assert rows == []
    assert count(warehouse, "booking_attendee_ids") > 0


def test_details_are_read_again_only_for_bookings_that_changed(warehouse, small_sandbox, sync_of):
    options = {"only": ("bookings",), "details": ("booking_references",), "detail_requests": 500}
    sync_of(warehouse, small_sandbox, **options)
    before = len(detail_requests(small_sandbox))
    (first,) = warehouse.rows(
        "select booking_uid, email from raw.booking_attendees where not absent limit 1"
    )
    uid, email = first.values()
    small_sandbox.world.mark_absent(uid, email)

    sync_of(warehouse, small_sandbox, **options)

    again = detail_requests(small_sandbox)[before:]
    assert [request.path.split("/")[3] for request in again] == [uid]


def test_details_of_a_deleted_booking_go_with_it(warehouse, small_sandbox, sync_of):
    options = {"only": ("bookings",), "details": ("booking_attendee_ids",), "detail_requests": 500}
    sync_of(warehouse, small_sandbox, **options)
    uid = warehouse.scalar("select booking_uid from raw.booking_attendee_ids limit 1")
    small_sandbox.world.delete_booking(uid)

    sync_of(warehouse, small_sandbox, **options)

    found = "select count(*) from raw.booking_attendee_ids where booking_uid = $uid"
    assert warehouse.scalar(found, {"uid": uid}) == 0


def test_one_booking_is_refreshed_and_nothing_else_is_read(warehouse, small_sandbox, sync_of):
    sync_of(warehouse, small_sandbox)
    before = count(warehouse, "bookings")
    uid = warehouse.scalar("select min(uid) from raw.bookings")
    other = warehouse.scalar("select max(uid) from raw.bookings")
    for changed in (uid, other):
        small_sandbox.world.edit_booking(changed, title="changed")
    small_sandbox.requests.clear()

    result = sync_of(warehouse, small_sandbox, only=(f"bookings:{uid}",))

    titles = {r["uid"]: r["title"] for r in warehouse.rows("select uid, title from raw.bookings")}
    assert (titles[uid], titles[other] == "changed") == ("changed", False)
    assert count(warehouse, "bookings") == before
    assert result.outcome == "proved"
    assert len(small_sandbox.requests) <= 5


def test_one_row_of_a_small_table_is_refreshed(warehouse, small_sandbox, sync_of):
    sync_of(warehouse, small_sandbox)
    ids = [r["id"] for r in warehouse.rows("select id from raw.schedules where owner_id = 1001")]
    before = count(warehouse, "schedules")
    for schedule in ids:
        small_sandbox.world.edit("schedules", schedule, name="renamed")

    sync_of(warehouse, small_sandbox, only=(f"schedules:{ids[0]}",))

    renamed = warehouse.rows("select id from raw.schedules where name = 'renamed'")
    assert [row["id"] for row in renamed] == [ids[0]]
    assert count(warehouse, "schedules") == before
    assert count(warehouse, "schedule_availability") > 0


def test_a_row_that_is_not_there_is_said_to_be_skipped(warehouse, small_sandbox, sync_of):
    sync_of(warehouse, small_sandbox)

    result = sync_of(warehouse, small_sandbox, only=("event_types:99999999",))

    assert {read["scope"] for read in result.skipped} == {"event_types:99999999"}
    assert all("404" in read["reason"] or "403" in read["reason"] for read in result.skipped)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"details": ("bookings",)}, r"--details names 'bookings'.*Tables: booking_references"),
        ({"only": ("booking_references",)}, r"--only names 'booking_references'"),
        ({"only": ("bokings:abc",)}, r"--only names 'bokings'"),
    ],
    ids=["no detail table", "detail table", "unknown table"],
)
def test_wrong_table_names_are_refused(warehouse, small_sandbox, sync_of, options, says):
    with pytest.raises(UsageError, match=says):
        sync_of(warehouse, small_sandbox, **options)

    assert small_sandbox.requests == []
