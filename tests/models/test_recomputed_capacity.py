"""Capacity, buffers, hours of the clock and free time again, in plain Python without SQL.

The same sets of five-minute slots as in `test_recomputed`, over weeks in which clocks change in two
hemispheres: schedules change in the middle, hosts go away, event types keep time around bookings.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from tests.models.test_recomputed import (
    SLOT_SECONDS,
    Booking,
    Host,
    World,
    available_slots,
    fill,
    instant,
    random_booking,
    random_host,
    slots,
)
from transforms import DuckDBEngine, build

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

AS_OF = datetime(2026, 4, 20, 12, tzinfo=UTC)
FIRST = datetime(2026, 3, 2, tzinfo=UTC)
LOADED = datetime(2026, 3, 3, tzinfo=UTC)
MINUTES = (
    "available_minutes",
    "booked_minutes",
    "booked_in_hours_minutes",
    "blocked_minutes",
    "blocked_in_hours_minutes",
)
BUFFERS = {1: (0, 0), 2: (15, 30), 3: (60, 0), 4: (5, 90)}


@dataclass
class Employee:
    """A host whose schedule changes once, and who is away for some days."""

    before: Host
    after: Host
    changed_at: datetime
    away: tuple[date, date]

    def available(self, day: date) -> set[int]:
        if self.away[0] <= day <= self.away[1]:
            return set()
        is_new = day >= self.changed_at.astimezone(ZoneInfo(self.before.zone)).date()
        return available_slots(self.after if is_new else self.before, day)


def random_employees(rng: random.Random, count: int) -> list[Employee]:
    found = []
    for number in range(1, count + 1):
        before, after = random_host(rng, number), random_host(rng, number)
        changed_at = FIRST + timedelta(hours=rng.randint(48, 24 * 40))
        away = (FIRST + timedelta(days=rng.randint(0, 45))).date()
        days = timedelta(days=rng.randint(0, 4))
        found.append(Employee(before, after, changed_at, (away, away + days)))
    return found


def random_bookings(rng: random.Random, hosts: list[Host], count: int) -> list[Booking]:
    bookings = [random_booking(rng, f"uid{number}", hosts) for number in range(count)]
    for booking in bookings:
        length = booking.end - booking.start
        booking.start = FIRST + timedelta(minutes=5 * rng.randint(0, 12 * 24 * 48))
        booking.end = booking.start + length
    return bookings


def fill_histories(
    connection: duckdb.DuckDBPyConnection, employees: list[Employee], types: dict[str, int]
) -> None:
    """Write what `fill` leaves out: event types, absences and versions of schedules."""
    for number, (before, after) in BUFFERS.items():
        connection.execute(
            "insert into raw.event_types (id, title, slug, scheduling_type, before_event_buffer, "
            "after_event_buffer) values (?, 'Talk', 'talk', 'collective', ?, ?)",
            [number, before, after],
        )
    for uid, number in types.items():
        connection.execute("update raw.bookings set event_type_id = ? where uid = ?", [number, uid])
    for employee in employees:
        number, (first, last) = employee.before.number, employee.away
        connection.execute(
            'insert into raw.out_of_office_entries (id, user_id, start, "end") values (?, ?, ?, ?)',
            [number, number, f"{first} 00:00:00+00", f"{last} 23:59:59.999+00"],
        )
        connection.execute(
            "insert into raw.schedules_history (id, owner_id, time_zone, valid_from) "
            "values (?, ?, ?, ?)",
            [number, number, employee.before.zone, LOADED],
        )
        versions = (
            (employee.before, LOADED, employee.changed_at),
            (employee.after, employee.changed_at, None),
        )
        for host, begin, end in versions:
            for day, hours in host.weekly:
                connection.execute(
                    "insert into raw.schedule_availability_history (schedule_id, day, start_time, "
                    "end_time, ordinal, valid_from, valid_to) values (?, ?, ?, ?, 1, ?, ?)",
                    [number, day, *hours, begin, end],
                )
            for date_, hours in host.overrides:
                connection.execute(
                    "insert into raw.schedule_overrides_history (schedule_id, date, start_time, "
                    "end_time, ordinal, valid_from, valid_to) values (?, ?, ?, ?, 1, ?, ?)",
                    [number, date_, *hours, begin, end],
                )


def runs(taken: set[int]) -> list[int]:
    """Lengths of the stretches of consecutive slots."""
    ordered = sorted(taken)
    starts = [0, *(n + 1 for n, (a, b) in enumerate(pairwise(ordered)) if b != a + 1)]
    return [b - a for a, b in pairwise([*starts, len(ordered)])] if ordered else []


def back_to_back(meetings: list[tuple[datetime, datetime]]) -> int:
    count, reached = 0, None
    for start, end in sorted(meetings):
        count += reached is not None and start - reached <= timedelta(minutes=5)
        reached = end if reached is None else max(reached, end)
    return count


def taking(employee: Employee, bookings: list[Booking]) -> list[Booking]:
    """Accepted bookings that somebody hosts, or attends without having booked."""
    own = employee.before
    return [
        b
        for b in bookings
        if b.status == "accepted"
        and (b.host == own.number or own.email in {mail for mail, _ in b.attendees} - {b.booker})
    ]


def blocked_slots(bookings: list[Booking], types: dict[str, int]) -> set[int]:
    """Booked time and the buffers around it."""
    return set[int]().union(
        *(
            slots(b.start - timedelta(minutes=low), b.end + timedelta(minutes=high))
            for b in bookings
            for low, high in [BUFFERS[types[b.uid]]]
        )
    )


def minutes_by_hour(slots_: set[int], zone: str) -> dict[int, float]:
    clock = ZoneInfo(zone)
    hours = Counter(datetime.fromtimestamp(slot * SLOT_SECONDS, clock).hour for slot in slots_)
    return {hour: count * 5.0 for hour, count in hours.items()}


def expected_days(
    employees: list[Employee], bookings: list[Booking], types: dict[str, int]
) -> Iterator[tuple[object, ...]]:
    """Host, day, available, blocked in hours, free, longest free, focus minutes, back to back."""
    first_start = min(booking.start for booking in bookings)
    for employee in employees:
        number, zone = employee.before.number, employee.before.zone
        mine = taking(employee, bookings)
        reserved = blocked_slots(mine, types)
        day = first_start.astimezone(ZoneInfo(zone)).date()
        while day <= AS_OF.date() + timedelta(days=28):
            begin, end = instant(day, "00:00", zone), instant(day, "23:59", zone)
            meetings = [
                (max(b.start, begin), min(b.end, end))
                for b in mine
                if b.start < end and b.end > begin
            ]
            busy = set[int]().union(*(slots(*meeting) for meeting in meetings))
            available = employee.available(day)
            free = runs(available - busy)
            yield (
                *(number, day, len(available) * 5.0, len(reserved & available) * 5.0),
                *(sum(free) * 5.0, max(free, default=0) * 5.0),
                *(sum(run for run in free if run >= 24) * 5.0, len(meetings)),
                back_to_back(meetings),
            )
            day += timedelta(days=1)


@pytest.mark.parametrize("seed", [1, 2])
def test_capacity_agrees_with_plain_python(project, warehouse, seed):
    rng = random.Random(seed)
    employees = random_employees(rng, 8)
    bookings = random_bookings(rng, [e.before for e in employees], 220)
    types = {booking.uid: rng.choice(list(BUFFERS)) for booking in bookings}
    fill(warehouse, World(AS_OF, [e.after for e in employees], bookings))
    fill_histories(warehouse, employees, types)

    assert build(project, DuckDBEngine(warehouse), as_of=AS_OF, select=SELECT).ok

    days = warehouse.execute(
        "select u.host_id, u.local_date, u.available_minutes, u.blocked_in_hours_minutes, "
        "coalesce(f.free_minutes, 0), coalesce(f.longest_free_minutes, 0), "
        "coalesce(f.focus_minutes, 0), coalesce(f.meeting_count, 0), "
        "coalesce(f.back_to_back_count, 0) from marts.agg_host_utilisation_daily as u "
        "left join marts.agg_host_free_time_daily as f using (host_id, local_date) "
        "order by u.host_id, u.local_date"
    ).fetchall()
    expected = sorted(expected_days(employees, bookings, types))
    assert days == expected
    assert sum(day[3] for day in expected) > 1000
    assert sum(day[8] for day in expected) > 20

    hours = warehouse.execute(
        "select host_id, local_hour, sum(available_minutes), sum(blocked_in_hours_minutes) "
        "from marts.fct_host_hours group by host_id, local_hour"
    ).fetchall()
    found: dict[int, list[dict[int, float]]] = {e.before.number: [{}, {}] for e in employees}
    for host, hour, *minutes in hours:
        for place, value in enumerate(minutes):
            if value:
                found[host][place][hour] = value
    for employee in employees:
        number, zone = employee.before.number, employee.before.zone
        days_of = {row[1] for row in expected if row[0] == number}
        available = set[int]().union(*(employee.available(day) for day in days_of))
        reserved = blocked_slots(taking(employee, bookings), types)
        assert found[number][0] == minutes_by_hour(available, zone)
        assert found[number][1] == minutes_by_hour(available & reserved, zone)
    assert_hours_add_up(warehouse)


def assert_hours_add_up(connection: duckdb.DuckDBPyConnection) -> None:
    """The hours of each day have the day's minutes."""
    summed = ", ".join(f"coalesce(sum(h.{column}), 0) as {column}" for column in MINUTES)
    differs = " or ".join(f"coalesce(u.{column}, 0) <> h.{column}" for column in MINUTES)
    rows = connection.execute(
        f"select host_id, local_date from marts.agg_host_utilisation_daily as u left join "
        f"(select host_id, local_date, {summed} from marts.fct_host_hours as h group by all) as h "
        f"using (host_id, local_date) where {differs}"
    ).fetchall()
    assert rows == []


SELECT = ["+agg_host_free_time_daily", "+agg_host_utilisation_daily", "+fct_host_hours"]


def test_chains_agree_with_plain_python(project, warehouse):
    rng = random.Random(7)
    uids = [f"uid{number}" for number in range(60)]
    chains: dict[str, tuple[str, int, int]] = {}
    rng.shuffle(uids)
    while uids:
        chain = [uids.pop() for _ in range(min(len(uids), rng.choice([1, 1, 2, 3, 4, 6])))]
        for place, uid in enumerate(chain):
            chains[uid] = (chain[0], place + 1, len(chain))
            link = rng.choice(["both", "from", "to"])
            before = chain[place - 1] if place and link != "to" else None
            is_last = place + 1 == len(chain)
            warehouse.execute(
                'insert into raw.bookings (uid, status, start, "end", created_at, '
                "rescheduled_from_uid, rescheduled_to_uid) values (?, ?, ?, ?, ?, ?, ?)",
                [
                    uid,
                    "accepted" if is_last else "cancelled",
                    FIRST,
                    FIRST + timedelta(hours=1),
                    FIRST - timedelta(days=30 - place),
                    before,
                    None,
                ],
            )
            if place and before is None:
                warehouse.execute(
                    "update raw.bookings set rescheduled_to_uid = ? where uid = ?",
                    [uid, chain[place - 1]],
                )

    assert build(project, DuckDBEngine(warehouse), as_of=AS_OF, select=["+fct_bookings"]).ok

    found = warehouse.execute(
        "select booking_uid, chain_uid, chain_position, chain_length from marts.fct_bookings"
    ).fetchall()
    assert {uid: tuple(rest) for uid, *rest in found} == chains
    assert max(length for _, _, length in chains.values()) >= 4
