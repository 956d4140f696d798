"""Invented worlds: deterministic, of the size asked for, with everything that makes it hard."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from cal_source.sandbox import World
from cal_source.sandbox.generate.calendar import clock_changes
from tests.cal_source.sandbox.conftest import NOW

if TYPE_CHECKING:
    from cal_source.sandbox.records import Attendee, Booking

SIZE = 5000


@pytest.fixture(scope="module")
def big() -> World:
    return World.generate(bookings=SIZE, seed=7, now=NOW)


@pytest.fixture(scope="module")
def bookings(big: World) -> list[Booking]:
    return list(big.bookings)


def test_same_arguments_give_the_same_world() -> None:
    one, other = (World.generate(bookings=300, seed=5, now=NOW) for _ in range(2))

    assert dict(one) == dict(other)


def test_other_seed_gives_another_world() -> None:
    one, other = (World.generate(bookings=300, seed=seed, now=NOW) for seed in (5, 6))

    assert dict(one)["bookings"] != dict(other)["bookings"]


@pytest.mark.parametrize("count", [0, 1, 7, 500])
def test_world_has_exactly_the_bookings_asked_for(count: int) -> None:
    assert len(World.generate(bookings=count, seed=1, now=NOW).bookings) == count


def test_default_instant_is_the_present_hour() -> None:
    now = World.generate(bookings=0).now

    assert (now.minute, now.second, now.tzinfo) == (0, 0, UTC)
    assert abs(datetime.now(UTC) - now) < timedelta(hours=2)


def test_five_thousand_bookings_are_made_in_two_seconds() -> None:
    began = time.perf_counter()
    World.generate(bookings=SIZE, seed=1, now=NOW)

    assert time.perf_counter() - began < 2


def test_everybody_is_at_example_com(big: World) -> None:
    emails = {user.email for user in big.users.values()}
    emails |= {person.email for booking in big.bookings for person in booking.attendees}

    assert all(email.endswith("@example.com") for email in emails)


def test_seven_in_ten_bookings_are_past(bookings: list[Booking]) -> None:
    past = sum(booking.end < NOW for booking in bookings)

    assert 0.6 < past / SIZE < 0.8


def test_eight_in_a_hundred_past_attendees_did_not_come(bookings: list[Booking]) -> None:
    people = [
        person
        for booking in bookings
        if booking.status == "accepted" and booking.end < NOW
        for person in booking.attendees
    ]

    assert 0.06 < sum(person.is_absent for person in people) / len(people) < 0.1


@pytest.mark.parametrize(
    ("kind", "holds"),
    [
        ("accepted", lambda b: b.status == "accepted"),
        ("rejected", lambda b: b.status == "rejected"),
        ("pending past", lambda b: b.status == "pending" and b.end < NOW),
        ("pending coming", lambda b: b.status == "pending" and b.end > NOW),
        ("plainly cancelled", lambda b: b.status == "cancelled" and not b.is_rescheduled),
        ("moved", lambda b: b.is_rescheduled),
        ("occurrence", lambda b: b.recurring_event_id is not None),
        ("host absent", lambda b: b.is_host_absent),
        ("rated", lambda b: b.rating is not None),
        ("no host", lambda b: b.user_id is None),
        ("no event type", lambda b: b.event_type_id is None),
        ("no attendees", lambda b: not b.attendees),
        ("no updatedAt", lambda b: b.updated_at is None),
        ("unreadable answers", lambda b: b.responses is None and b.attendees),
        ("name in parts", lambda b: b.responses and isinstance(b.responses["name"], dict)),
        ("answers", lambda b: b.responses and "company" in b.responses),
        ("repeated address", lambda b: _has_repeated_address(b.attendees)),
        ("seats", lambda b: any(p.seat for p in b.attendees)),
        ("phone", lambda b: any(p.phone_number for p in b.attendees)),
        ("video link", lambda b: "videoCallUrl" in b.metadata),
        ("references", lambda b: b.references),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_world_has_every_kind_of_booking(bookings: list[Booking], kind: str, holds) -> None:
    assert sum(bool(holds(booking)) for booking in bookings) >= 3, kind


def _has_repeated_address(people: list[Attendee]) -> bool:
    return max(Counter(person.email for person in people).values(), default=0) > 1


def test_chains_of_moves_are_up_to_four_long(big: World) -> None:
    lengths = set()
    for booking in big.bookings:
        if booking.from_reschedule is None and booking.is_rescheduled:
            length, row = 1, booking
            while (row_after := big.bookings.successor(row.uid)) is not None:
                length, row = length + 1, row_after
            lengths.add(length)

    assert {2, 3, 4} <= lengths
    assert max(lengths) == 4


def test_moved_booking_was_cancelled_when_its_successor_was_made(big: World) -> None:
    for booking in big.bookings:
        before = booking.from_reschedule and big.bookings.by_uid(booking.from_reschedule)
        if before:
            assert (before.status, before.is_rescheduled) == ("cancelled", True)
            assert booking.created_at >= before.created_at


@pytest.mark.parametrize("column", ["created_at", "updated_at"])
def test_a_run_of_equal_timestamps_is_longer_than_a_page(
    bookings: list[Booking], column: str
) -> None:
    counts = Counter(getattr(booking, column) for booking in bookings)
    counts.pop(None, None)

    assert counts.most_common(1)[0][1] > 250


def test_nothing_was_made_or_changed_in_the_future(bookings: list[Booking]) -> None:
    assert all(booking.created_at <= NOW for booking in bookings)
    assert all(booking.updated_at <= NOW for booking in bookings if booking.updated_at)
    assert all(booking.start < booking.end for booking in bookings)


def test_updates_do_not_precede_creation(bookings: list[Booking]) -> None:
    late = [b for b in bookings if b.updated_at is not None and b.updated_at < b.created_at]

    assert not late


def test_only_known_rows_are_referred_to(big: World) -> None:
    for booking in big.bookings:
        assert booking.user_id is None or booking.user_id in big.users
        assert booking.event_type_id is None or booking.event_type_id in big.event_types
    for row in big.memberships.values():
        assert row.user_id in big.users
        assert row.team_id in big.teams
    for schedule in big.schedules.values():
        assert schedule.owner_id in big.users
        ZoneInfo(schedule.time_zone)


def test_hosts_live_at_the_edges_of_the_clock(big: World) -> None:
    offsets = {NOW.astimezone(ZoneInfo(u.time_zone)).utcoffset() for u in big.users.values()}

    assert timedelta(hours=14) in offsets
    assert timedelta(hours=-11) in offsets
    assert any(o is not None and o.seconds % 3600 for o in offsets), "half and quarter hours"


def test_some_bookings_lie_where_clocks_change(big: World) -> None:
    near = 0
    for booking in big.bookings:
        user = big.users.get(booking.user_id or 0)
        if user is not None:
            zone = ZoneInfo(user.time_zone)
            around = (booking.start - timedelta(hours=1), booking.end + timedelta(hours=1))
            near += len({instant.astimezone(zone).utcoffset() for instant in around}) > 1

    assert near >= 10


def test_clock_changes_are_found_in_both_hemispheres() -> None:
    assert clock_changes(NOW, "Europe/Berlin") == [
        datetime(2026, 3, 29, 1, tzinfo=UTC),
        datetime(2026, 10, 25, 1, tzinfo=UTC),
    ]
    assert datetime(2026, 4, 4, 15, tzinfo=UTC) in clock_changes(NOW, "Australia/Lord_Howe")
    assert clock_changes(NOW, "Asia/Tokyo") == []


def test_schedules_have_days_off_and_ends_at_midnight(big: World) -> None:
    overrides = [o for s in big.schedules.values() for o in s.overrides]
    ends = {hours["endTime"] for s in big.schedules.values() for hours in s.availability}

    assert any(o["startTime"] == o["endTime"] == "00:00" for o in overrides)
    assert "23:59" in ends


def test_every_kind_of_event_type_is_offered(big: World) -> None:
    kinds = {row.scheduling_type for row in big.event_types.values()}

    assert kinds == {None, "collective", "roundRobin", "managed"}
    assert any(row.is_seated for row in big.event_types.values())
    assert any(row.parent_id for row in big.event_types.values())
    assert any(row.is_hidden for row in big.event_types.values())


def test_webhooks_with_secrets_exist_at_every_level(big: World) -> None:
    rows = big.webhooks.values()

    for column in ("user_id", "event_type_id", "team_id", "oauth_client_id"):
        assert any(getattr(row, column) for row in rows), column
    assert all(row.secret for row in rows)


def test_keys_mean_what_they_mean_in_recordings(big: World) -> None:
    roles = {
        name: big.api_keys[f"cal_sandbox_{name}"].user_id
        for name in ("owner", "admin", "member", "teamadmin", "solo", "otherorg")
    }

    def role(team_id: int, name: str) -> str | None:
        row = big.membership(team_id, roles[name])
        return row and row.role

    assert [role(101, name) for name in ("owner", "admin", "member", "teamadmin")] == [
        "OWNER",
        "ADMIN",
        "MEMBER",
        "MEMBER",
    ]
    assert role(102, "teamadmin") == "ADMIN"
    assert big.users[roles["solo"]].organization_id is None
    assert big.users[roles["otherorg"]].organization_id == 106
