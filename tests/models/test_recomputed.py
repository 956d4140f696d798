"""The headline numbers again, in plain Python without SQL: sets of five-minute slots, one by one.

Everything random lies on a five-minute grid (so do all zone offsets used), so that a set of slots
holds an interval exactly, and unions, clipping and clock changes need no arithmetic.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from tests.conftest import RECORDED_AT
from transforms import DuckDBEngine, build

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import duckdb

    from transforms import Project

AS_OF = datetime(2026, 11, 10, 12, tzinfo=UTC)
FIRST = datetime(2026, 2, 20, tzinfo=UTC)
SLOT_SECONDS = 300
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "America/Havana",
    "Asia/Kolkata",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
Range = tuple[str, str]


@dataclass
class Host:
    number: int
    email: str
    zone: str
    weekly: list[tuple[str, Range]] = field(default_factory=list)
    overrides: list[tuple[date, Range]] = field(default_factory=list)


@dataclass
class Booking:
    uid: str
    host: int
    status: str
    start: datetime
    end: datetime
    is_host_absent: bool
    booker: str
    attendees: list[tuple[str, bool]]
    is_moved: bool


@dataclass
class World:
    as_of: datetime
    hosts: list[Host]
    bookings: list[Booking]


def random_world(seed: int, size: int = 400) -> World:
    """Hosts with odd working hours and bookings of every kind."""
    rng = random.Random(seed)
    hosts = [random_host(rng, number) for number in range(1, 13)]
    return World(AS_OF, hosts, [random_booking(rng, f"uid{n}", hosts) for n in range(size)])


def random_host(rng: random.Random, number: int) -> Host:
    host = Host(number, f"host{number}@example.com", ZONES[number % len(ZONES)])
    host.weekly = [(day, random_range(rng)) for day in DAYS for _ in range(rng.randint(0, 3))]
    for _ in range(25):
        day = (FIRST + timedelta(days=rng.randint(0, 290))).date()
        entry = (day, rng.choice([random_range(rng), ("00:00", "00:00")]))
        if entry not in host.overrides:
            host.overrides.append(entry)
    host.weekly = list(dict.fromkeys(host.weekly))
    return host


def random_range(rng: random.Random) -> Range:
    """Mostly a few hours; now and then until midnight, in the small hours, or the wrong way."""
    start, end = rng.randint(0, 95) * 15, rng.randint(0, 95) * 15
    if rng.random() < 0.9:
        start, end = min(start, end), max(start, end)
    last = "23:59" if rng.random() < 0.15 else f"{end // 60:02}:{end % 60:02}"
    return f"{start // 60:02}:{start % 60:02}", last


def random_booking(rng: random.Random, uid: str, hosts: list[Host]) -> Booking:
    start = FIRST + timedelta(minutes=15 * rng.randint(0, 4 * 24 * 275))
    length = rng.choice([15, 30, 30, 45, 60, 90, 600, 3000])
    outside = [f"guest{n}@example.com" for n in rng.sample(range(40), 3)]
    co_hosts = [host.email for host in rng.sample(hosts, rng.choice([0, 0, 0, 1, 2]))]
    booker = rng.choice([*outside, outside[0], rng.choice(hosts).email])
    emails = [booker, *rng.sample(outside, rng.randint(0, 2)), *co_hosts]
    rng.shuffle(emails)
    return Booking(
        uid=uid,
        host=rng.choice(hosts).number,
        status=rng.choice(["accepted"] * 6 + ["cancelled", "rejected", "pending"]),
        start=start,
        end=start + timedelta(minutes=length),
        is_host_absent=rng.random() < 0.1,
        booker=booker,
        attendees=[(email, rng.random() < 0.25) for email in emails],
        is_moved=rng.random() < 0.5,
    )


def fill(connection: duckdb.DuckDBPyConnection, world: World) -> None:
    """Write the world into the raw tables."""

    def insert(table: str, columns: str, rows: list[tuple[object, ...]]) -> None:
        values = [list(column) for column in zip(*rows, strict=True)]
        connection.register("rows", pa.table(values, names=columns.split(", ")))
        connection.execute(f"insert into raw.{table} ({columns}) select * from rows")

    hosts, bookings = world.hosts, world.bookings
    emails = {host.number: host.email for host in hosts}
    insert(
        "users",
        "id, email, time_zone, default_schedule_id",
        [(host.number, host.email, host.zone, host.number) for host in hosts],
    )
    insert(
        "schedules",
        "id, owner_id, time_zone, is_default",
        [(host.number, host.number, host.zone, True) for host in hosts],
    )
    insert(
        "schedule_availability",
        "schedule_id, day, start_time, end_time, ordinal",
        [(host.number, day, *hours, 1) for host in hosts for day, hours in host.weekly],
    )
    insert(
        "schedule_overrides",
        "schedule_id, date, start_time, end_time, ordinal",
        [(host.number, day, *hours, 1) for host in hosts for day, hours in host.overrides],
    )
    insert(
        "bookings",
        'uid, status, start, "end", created_at, absent_host, rescheduled_to_uid',
        [
            (b.uid, b.status, b.start, b.end, FIRST, b.is_host_absent, "next" if moved else None)
            for b in bookings
            for moved in [b.is_moved and b.status == "cancelled"]
        ],
    )
    insert(
        "booking_hosts",
        "booking_uid, email, ordinal, position, id",
        [(b.uid, emails[b.host], 1, 0, b.host) for b in bookings],
    )
    insert(
        "booking_answers",
        "booking_uid, email, ordinal, slug, value_text",
        [(b.uid, b.booker, 1, "email", b.booker) for b in bookings],
    )
    insert(
        "booking_attendees",
        "booking_uid, email, ordinal, position, absent",
        [
            (b.uid, email, 1 + [e for e, _ in b.attendees[:place]].count(email), place, absent)
            for b in bookings
            for place, (email, absent) in enumerate(b.attendees)
        ],
    )


def no_shows_by_host(world: World) -> dict[int, Counter[str]]:
    """Counts per host over accepted bookings that have ended."""
    people = {host.email for host in world.hosts}
    counts: dict[int, Counter[str]] = {}
    for booking in world.bookings:
        if booking.status != "accepted" or booking.end > world.as_of:
            continue
        marks = [
            absent
            for email, absent in booking.attendees
            if email == booking.booker or email not in people
        ]
        count = counts.setdefault(booking.host, Counter())
        count["bookings"] += 1
        count["any"] += any(marks)
        count["every"] += bool(marks) and all(marks)
        count["host"] += booking.is_host_absent
        count["attendees"] += len(marks)
        count["absent"] += sum(marks)
    return counts


def slots(start: datetime, end: datetime) -> set[int]:
    return set(range(int(start.timestamp()) // SLOT_SECONDS, int(end.timestamp()) // SLOT_SECONDS))


def instant(day: date, clock: str, zone: str) -> datetime:
    """The first moment at which clocks in `zone` show `clock`, 23:59 meaning midnight."""
    if clock == "23:59":
        day, clock = day + timedelta(days=1), "00:00"
    return datetime.combine(day, time.fromisoformat(clock), ZoneInfo(zone)).astimezone(UTC)


def available_slots(host: Host, day: date) -> set[int]:
    overridden = [hours for date_, hours in host.overrides if date_ == day]
    weekly = [hours for name, hours in host.weekly if name == DAYS[day.weekday()]]
    found: set[int] = set()
    for start, end in overridden or weekly:
        if end == "23:59" or start < end:
            found |= slots(instant(day, start, host.zone), instant(day, end, host.zone))
    return found


def utilisation(world: World) -> Iterator[tuple[int, date, float, float, float]]:
    """Host, local day, and available, booked and booked-in-hours minutes."""
    first_start = min(booking.start for booking in world.bookings)
    booked: dict[int, set[int]] = {host.number: set() for host in world.hosts}
    by_email = {host.email: host.number for host in world.hosts}
    for booking in world.bookings:
        if booking.status != "accepted":
            continue
        co_hosts = {
            by_email[email]
            for email, _ in booking.attendees
            if email in by_email and email != booking.booker
        }
        for number in {booking.host} | co_hosts:
            booked[number] |= slots(booking.start, booking.end)
    for host in world.hosts:
        day = first_start.astimezone(ZoneInfo(host.zone)).date()
        while day <= world.as_of.date() + timedelta(days=28):
            whole = slots(instant(day, "00:00", host.zone), instant(day, "23:59", host.zone))
            available = available_slots(host, day)
            taken = booked[host.number] & whole
            minutes = [len(part) * 5.0 for part in (available, taken, taken & available)]
            yield host.number, day, minutes[0], minutes[1], minutes[2]
            day += timedelta(days=1)


def recorded_world(folder: Path) -> World:
    """The recorded account: its users' default schedules and all its bookings."""

    def read(name: str) -> list[dict[str, Any]]:
        return json.loads((folder / "world" / f"{name}.json").read_text(encoding="utf-8"))

    schedules = {schedule["id"]: schedule for schedule in read("org_schedules")}
    hosts = []
    for user in read("org_users"):
        schedule = schedules[user["defaultScheduleId"]]
        weekly = [
            (day, (hours["startTime"], hours["endTime"]))
            for hours in schedule["availability"]
            for day in hours["days"]
        ]
        overrides = [
            (date.fromisoformat(o["date"]), (o["startTime"], o["endTime"]))
            for o in schedule["overrides"]
        ]
        hosts.append(Host(user["id"], user["email"], schedule["timeZone"], weekly, overrides))
    return World(RECORDED_AT, hosts, [recorded_booking(record) for record in read("bookings")])


def recorded_booking(record: dict[str, Any]) -> Booking:
    return Booking(
        uid=record["uid"],
        host=record["hosts"][0]["id"],
        status=record["status"],
        start=datetime.fromisoformat(record["start"]),
        end=datetime.fromisoformat(record["end"]),
        is_host_absent=record["absentHost"],
        booker=record.get("bookingFieldsResponses", {}).get("email", ""),
        attendees=[(attendee["email"], attendee["absent"]) for attendee in record["attendees"]],
        is_moved=bool(record.get("rescheduledToUid")),
    )


def assert_marts_agree(
    project: Project, warehouse: duckdb.DuckDBPyConnection, world: World
) -> None:
    """Build over the world's rows and compare every headline number with plain Python."""
    fill(warehouse, world)
    assert build(project, DuckDBEngine(warehouse), as_of=world.as_of).ok
    no_shows = warehouse.execute(
        "select host_id, sum(booking_count), sum(booking_no_show_count), "
        "sum(booking_full_no_show_count), sum(host_no_show_count), sum(attendee_count), "
        "sum(attendee_no_show_count) from marts.agg_no_show_rates group by host_id"
    ).fetchall()
    names = ("bookings", "any", "every", "host", "attendees", "absent")
    expected = {
        number: tuple(count[name] for name in names)
        for number, count in no_shows_by_host(world).items()
    }
    assert {row[0]: tuple(int(value) for value in row[1:]) for row in no_shows} == expected
    assert sum(count[1] for count in expected.values()) > 50

    days = warehouse.execute(
        "select host_id, local_date, available_minutes, booked_minutes, booked_in_hours_minutes "
        "from marts.agg_host_utilisation_daily order by host_id, local_date"
    ).fetchall()
    assert days == sorted(utilisation(world))
    assert sum(day[4] for day in days) > 1000


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_marts_agree_with_plain_python_on_random_worlds(project, warehouse, seed):
    assert_marts_agree(project, warehouse, random_world(seed))


@pytest.mark.reference
def test_marts_agree_with_plain_python_on_the_recorded_world(project, warehouse, reference_dir):
    world = recorded_world(reference_dir)

    assert len(world.bookings) == 1809
    assert_marts_agree(project, warehouse, world)


@pytest.mark.parametrize("seed", [4])
def test_local_days_agree_with_plain_python(project, warehouse, seed):
    world = random_world(seed)
    fill(warehouse, world)
    zones = {host.number: ZoneInfo(host.zone) for host in world.hosts}

    build(project, DuckDBEngine(warehouse), as_of=AS_OF, select=["+fct_bookings"])

    found = warehouse.execute(
        "select booking_uid, start_date, start_hour, start_weekday from marts.fct_bookings"
    ).fetchall()
    local = {b.uid: b.start.astimezone(zones[b.host]) for b in world.bookings}
    assert sorted(found) == sorted(
        (uid, at.date(), at.hour, at.isoweekday()) for uid, at in local.items()
    )
