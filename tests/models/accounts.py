"""Accounts as the API tells of them: the recorded one, invented ones, and their raw tables."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import duckdb

AS_OF = datetime(2026, 11, 22, 9, tzinfo=UTC)
Record = dict[str, Any]
SUBMISSION_KEYS = ("id", "formId", "routedToBookingUid", "createdAt")
BOOKING_KEYS = (
    *("uid", "status", "start", "end", "createdAt", "updatedAt", "eventTypeId"),
    *("rescheduledFromUid", "rescheduledToUid", "absentHost", "rating", "cancelledByEmail"),
)


@dataclass(frozen=True)
class EventType:
    """`weights` has the hosts among whom a round robin chooses."""

    team: str
    minutes: int
    seats: int
    is_confirmed: bool = False
    weights: Mapping[int, float] = field(default_factory=dict)


@dataclass
class Account:
    """What the API tells: bookings as it sends them, zones of members, event types.

    `waits` has the bookings that a reading found waiting, with the moments of this reading and of
    the next one, which found them as they are.
    """

    bookings: list[Record]
    zones: dict[int, str]
    members: set[int]
    emails: dict[str, int]
    event_types: dict[int, EventType]
    submissions: list[Record] = field(default_factory=list)
    waits: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)


def recorded_account(folder: Path) -> Account:
    def read(name: str) -> list[Record]:
        return json.loads((folder / "world" / f"{name}.json").read_text(encoding="utf-8"))

    users = read("org_users")
    listed = [*read("event_types"), *read("team_102_event_types"), *read("team_103_event_types")]
    return Account(
        bookings=read("bookings"),
        zones={user["id"]: user["timeZone"] for user in users},
        members={user["id"] for user in users},
        emails={user["email"].lower(): user["id"] for user in users},
        event_types={
            kind["id"]: EventType(
                str(kind.get("teamId") or ""),
                kind["lengthInMinutes"],
                kind["seats"].get("seatsPerTimeSlot", 0),
                is_confirmed=not kind["confirmationPolicy"].get("disabled"),
                weights={
                    host["userId"]: host.get("weight") or 100
                    for host in kind.get("hosts", [])
                    if kind["schedulingType"] == "roundRobin" and not host.get("mandatory")
                },
            )
            for kind in listed
        },
        submissions=[
            r
            for form in read("org_routing_forms")
            for r in read(f"org_routing_form_responses_{form['id']}")
        ],
    )


def random_account(seed: int, size: int = 500) -> Account:
    """Records of every kind: few bookers who come back, moves, seats, months with absences."""
    rng = random.Random(seed)
    zones = dict(enumerate(("Europe/Berlin", "Asia/Kolkata", "Pacific/Pago_Pago"), start=1))
    kinds = {
        10: EventType("", 30, 0, is_confirmed=True),
        11: EventType("7", 45, 0, weights={1: 100, 2: 50, 3: 200}),
        12: EventType("", 60, 4),
    }
    account = Account([], zones, {1, 2}, {f"h{n}@example.com": n for n in zones}, kinds)
    for number in range(size):
        account.bookings.append(random_record(rng, number, account))
    for record in account.bookings:
        if record["status"] != "pending" and rng.random() < 0.3:
            seen = datetime.fromisoformat(record["createdAt"]) + timedelta(
                minutes=rng.randint(1, 2000)
            )
            # half of the answers lie between the two readings
            updated = datetime.fromisoformat(record["updatedAt"] or record["start"])
            latest = updated if updated > seen and rng.random() < 0.5 else seen
            account.waits[record["uid"]] = (seen, latest + timedelta(hours=rng.randint(1, 30)))
    for number in range(60):
        booked = rng.choice([None, "hidden", *(f"u{rng.randrange(size)}" for _ in range(4))])
        account.submissions.append({
            "id": number,
            "formId": rng.choice("fg"),
            "routedToBookingUid": booked,
            "createdAt": (AS_OF - timedelta(hours=rng.randint(1, 5000))).isoformat(),
        })
    return account


def random_record(rng: random.Random, number: int, account: Account) -> Record:
    start = AS_OF + timedelta(minutes=15 * rng.randint(-26000, 1000))
    kind = rng.choice(list(account.event_types))
    host = rng.choice(list(account.zones))
    status = rng.choice(["accepted"] * 5 + ["cancelled"] * 2 + ["rejected", "pending"])
    booker = f"c{rng.randint(1, 60)}@example.com"
    emails = [booker, *rng.sample([f"g{n}@example.com" for n in range(9)], rng.choice([0, 0, 2]))]
    emails += [f"h{n}@example.com" for n in account.zones if rng.random() < 0.1]
    if kind == 12:
        emails = emails[: rng.choice([1, 3])]
    by = rng.choice(["", booker.upper(), "h1@example.com", "x@example.com"])
    created = start - timedelta(minutes=rng.choice([-5, 30, 60, 1440, 4321, 20000, 90000]))
    chance = 0.3 if start.month % 2 else 0.05
    entries = [{"email": email, "absent": rng.random() < chance} for email in emails]
    if kind == 12:
        entries = [{**entry, "seatUid": f"s{number}.{n}"} for n, entry in enumerate(entries)]
    # some name the same one, or each other
    from_uid = f"u{number - rng.choice([1, 1, 2])}" if number > 1 and rng.random() < 0.2 else None
    to_uid = rng.choice([f"u{number + 1}", f"u{number - 1}", "hidden"])
    return {
        "uid": f"u{number}",
        "status": status,
        "start": start.isoformat(),
        "end": (start + timedelta(minutes=rng.choice([15, 30, 60]))).isoformat(),
        "createdAt": created.isoformat(),
        "updatedAt": rng.choice([
            None,
            (start - timedelta(hours=rng.choice([1, 24, 30]))).isoformat(),
        ]),
        "eventTypeId": kind,
        "hosts": [{"id": host}],
        "absentHost": rng.random() < 0.1,
        "rating": rng.choice([None, None, 1, 3, 4, 5]),
        "cancelledByEmail": by if status == "cancelled" else "",
        "rescheduledFromUid": from_uid,
        "rescheduledToUid": to_uid if status == "cancelled" and rng.random() < 0.2 else None,
        "bookingFieldsResponses": {} if kind == 12 else {"email": booker},
        "attendees": entries,
    }


def fill(connection: duckdb.DuckDBPyConnection, account: Account) -> None:
    """Write the account into the raw tables."""

    def insert(table: str, columns: str, rows: list[tuple[object, ...]]) -> None:
        values = [list(column) for column in zip(*rows, strict=True)]
        connection.register("rows", pa.table(values, names=columns.split(", ")))
        connection.execute(f"insert into raw.{table} ({columns}) select * from rows")

    emails = {number: email for email, number in account.emails.items()}
    insert(
        "users",
        "id, email, time_zone",
        [(n, emails[n], account.zones[n]) for n in sorted(account.members)],
    )
    insert(
        "event_types",
        "id, title, slug, team_id, length_in_minutes, seats, confirmation_policy, scheduling_type",
        [
            (
                n,
                "T",
                "t",
                k.team or None,
                k.minutes,
                json.dumps({"seatsPerTimeSlot": k.seats or None}),
                json.dumps({"type": "always", "disabled": not k.is_confirmed}),
                "roundRobin" if k.weights else None,
            )
            for n, k in account.event_types.items()
        ],
    )
    insert(
        "bookings",
        'uid, status, start, "end", created_at, updated_at, event_type_id, rescheduled_from_uid, '
        "rescheduled_to_uid, absent_host, rating, cancelled_by_email",
        [tuple(b[key] for key in BOOKING_KEYS) for b in account.bookings],
    )
    insert(
        "bookings_history",
        'uid, status, start, "end", created_at, updated_at, event_type_id, valid_from, valid_to',
        [row for b in account.bookings for row in versions(b, account.waits.get(b["uid"]))],
    )
    insert(
        "event_type_hosts",
        "event_type_id, user_id, ordinal, weight",
        [(n, h, 1, w) for n, k in account.event_types.items() for h, w in k.weights.items()],
    )
    insert(
        "routing_form_responses",
        "id, form_id, routed_to_booking_uid, created_at",
        [tuple(s[key] for key in SUBMISSION_KEYS) for s in account.submissions],
    )
    hosts = [(b["uid"], b["hosts"][0]["id"]) for b in account.bookings]
    insert(
        "booking_hosts",
        "booking_uid, email, ordinal, position, id, time_zone",
        [(uid, emails[n], 1, 0, n, account.zones[n]) for uid, n in hosts],
    )
    insert(
        "booking_attendees",
        "booking_uid, email, ordinal, position, absent, seat_uid",
        [
            (b["uid"], e["email"], 1, place, e["absent"], e.get("seatUid"))
            for b in account.bookings
            for place, e in enumerate(b["attendees"])
        ],
    )
    insert(
        "booking_answers",
        "booking_uid, email, ordinal, slug, value_text",
        [
            (b["uid"], "", 1, "email", b["bookingFieldsResponses"]["email"])
            for b in account.bookings
            if b["bookingFieldsResponses"]
        ],
    )


def versions(
    record: Record, wait: tuple[datetime, datetime] | None
) -> Iterator[tuple[object, ...]]:
    """Yield what readings of a booking found; what was found waiting was so before."""
    keys = ("uid", "status", "start", "end", "createdAt", "updatedAt", "eventTypeId")
    values = [record[key] for key in keys]
    if wait is None:
        yield (*values, AS_OF.isoformat(), None)
    else:
        first, second = (moment.isoformat() for moment in wait)
        yield (values[0], "pending", *values[2:5], None, values[6], first, second)
        yield (*values, second, None)
