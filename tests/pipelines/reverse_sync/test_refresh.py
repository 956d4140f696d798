"""What is read again after an apply: everything that was changed, by the fewest requests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pipelines.reverse_sync.apply import ApplyResult, ChangeResult
from pipelines.reverse_sync.outcome import Outcome
from pipelines.reverse_sync.plan import Touched
from pipelines.reverse_sync.refresh import refresh_options
from tests.pipelines.reverse_sync.approved import change_of

FIRST = datetime(2026, 11, 2, 9, tzinfo=UTC)


class Counted:
    """A warehouse that says how many bookings start in any time."""

    def __init__(self, bookings):
        self.bookings = bookings

    def scalar(self, _sql, _values):
        return self.bookings


def done(number, outcome=Outcome.DONE, **values):
    starts_at = FIRST + timedelta(hours=number)
    touched = Touched(booking_uid=f"uid{number}", starts_at=f"{starts_at:%Y-%m-%dT%H:%M:%S}.000Z")
    change = change_of(target={"bookingUid": f"uid{number}"}, touched=touched, **values)
    return ChangeResult(change=change, outcome=outcome)


def asked(*changes, bookings=1000):
    result = ApplyResult(plan_digest="d", changes=changes)
    return refresh_options(result, Counted(bookings))


def test_few_bookings_are_read_one_by_one():
    assert asked(done(1), done(2)).only == ("bookings:uid1", "bookings:uid2")


def test_many_bookings_are_read_by_the_time_in_which_they_start():
    options = asked(*map(done, range(300)))

    assert options.only == ("bookings",)
    assert options.window.start_at == FIRST
    assert options.window.end_at > FIRST + timedelta(hours=299)


def test_bookings_far_apart_are_read_one_by_one_however_many():
    options = asked(*map(done, range(300)), bookings=100_000)

    assert options.window is None
    assert len(options.only) == 300


def test_unsynced_warehouse_says_nothing_about_the_time():
    assert asked(*map(done, range(300)), bookings=0).window is None


def test_time_reaches_to_where_a_booking_was_moved():
    moved = done(0, action="reschedule_booking_by_uid", body={"start": "2027-03-01T10:00:00.000Z"})

    options = asked(moved, *map(done, range(1, 300)))

    assert options.window.end_at > datetime(2027, 3, 1, 10, tzinfo=UTC)


def test_new_booking_and_small_tables_are_read_too_and_failures_are_not():
    made = ChangeResult(
        change=change_of("create_a_new_booking", target={}, body={"start": "2026-11-02T09:00:00Z"}),
        outcome=Outcome.DONE,
        result={"uid": "new"},
    )
    schedule = change_of("update_schedule_by_id", target={"scheduleId": 1}, body={"name": "x"})
    renamed = ChangeResult(change=schedule, outcome=Outcome.ALREADY_DONE)

    options = asked(made, renamed, done(3, Outcome.CONFLICT))

    assert set(options.only) == {"schedules", "bookings:new"}


def test_nothing_changed_is_nothing_to_read():
    assert asked(done(1, Outcome.REFUSED)) is None
