"""Random histories of an invented account, and the comparison of a warehouse with it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

    from cal_source.sandbox import Sandbox
    from pipelines.warehouse import Warehouse

_HEADERS = {"authorization": "Bearer cal_sandbox_owner", "cal-api-version": "2024-08-13"}


class Histories:
    """Changes an account as time goes by; what the real service would stamp is stamped."""

    def __init__(self, sandbox: Sandbox, rng: Random) -> None:
        self.sandbox = sandbox
        self.world = sandbox.world
        self.rng = rng
        self._made = 0

    def step(self) -> str:
        """Let some time pass and make one change; returns its name."""
        self.sandbox.clock.advance(timedelta(minutes=self.rng.randint(0, 600)))
        change = self.rng.choice([
            self.book,
            self.retitle,
            self.cancel,
            self.mark,
            self.delete,
            self.forget_event_type,
        ])
        change()
        return change.__name__

    def _booking(self):
        return self.rng.choice(list(self.world.bookings))

    def book(self) -> None:
        now = self.sandbox.clock.now()
        model = self._booking()
        self._made += 1
        start = now + timedelta(hours=self.rng.randint(1, 500))
        self.world.add_booking(
            replace(
                model,
                id=9_000_000 + self._made,
                uid=f"history{self._made}",
                start=start,
                end=start + timedelta(minutes=30),
                created_at=now,
                updated_at=now,
                attendees=[replace(a) for a in model.attendees],
            )
        )

    def retitle(self) -> None:
        self.world.edit_booking(
            self._booking().uid, title=f"T{self.rng.random()}", updated_at=self.sandbox.clock.now()
        )

    def cancel(self) -> None:
        self.world.edit_booking(
            self._booking().uid, status="cancelled", updated_at=self.sandbox.clock.now()
        )

    def mark(self) -> None:
        booking = self._booking()
        if booking.attendees:
            email = self.rng.choice(booking.attendees).email
            self.world.mark_absent(booking.uid, email, is_absent=self.rng.random() < 0.8)

    def delete(self) -> None:
        self.world.delete_booking(self._booking().uid)

    def forget_event_type(self) -> None:
        if self.rng.random() < 0.2 and len(self.world.event_types) > 5:
            self.world.delete_event_type(self.rng.choice(list(self.world.event_types)))


def visible_bookings(sandbox: Sandbox) -> dict[str, dict]:
    """Return every booking the owner sees, read in pages until all that are counted are there."""
    found: dict[str, dict] = {}
    total = 1
    while len(found) < total:
        for skip in range(0, max(total, 1), 250):
            query = [("take", "250"), ("skip", str(skip)), ("sortCreated", "asc")]
            body = json.loads(
                sandbox.respond("GET", "/v2/organizations/101/bookings", query, _HEADERS, b"").body
            )
            total = body["pagination"]["totalItems"]
            found |= {b["uid"]: b for b in body["data"]}
    return found


def differences(warehouse: Warehouse, sandbox: Sandbox) -> list[str]:
    """Return how the warehouse's bookings and attendees differ from what Cal.com shows."""
    expected = visible_bookings(sandbox)
    rows = {
        r["uid"]: r
        for r in warehouse.rows("select uid, title, status, event_type_id from raw.bookings")
    }
    absences: dict[str, list[tuple[str, bool]]] = {}
    for row in warehouse.rows("select booking_uid, email, absent from raw.booking_attendees"):
        absences.setdefault(row["booking_uid"], []).append((row["email"], row["absent"]))
    problems = [f"missing {uid}" for uid in expected.keys() - rows.keys()]
    problems += [f"left over {uid}" for uid in rows.keys() - expected.keys()]
    for uid in expected.keys() & rows.keys():
        booking, row = expected[uid], rows[uid]
        given = (booking["title"], booking["status"], booking["eventTypeId"])
        if given != (row["title"], row["status"], row["event_type_id"]):
            problems.append(f"stale {uid}")
        if sorted((a["email"], a["absent"]) for a in booking["attendees"]) != sorted(
            absences.get(uid, [])
        ):
            problems.append(f"attendees of {uid}")
    return problems
