"""Random histories of an account: what its people do to bookings, each step by name.

Where Cal.com has a write for it a step makes that request, refusals included; the rest happens in
the state as it does behind Cal.com's back, stamped or not as BEHAVIOUR.md section 5 says. The same
seed makes the same history. Steps on everything but bookings stand in `tests.account_changes`.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.clock import to_iso
from tests.account_changes import ACCOUNT_STEPS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from random import Random

    from cal_source.sandbox import Answer, Sandbox
    from cal_source.sandbox.records import Booking

    Step = Callable[["Histories"], str]

_BOOKINGS_VERSION: Final = "2024-08-13"
_SLOTS_VERSION: Final = "2024-09-04"


class Histories:
    """Changes an account as time goes by.

    Args:
        sandbox: Cal.com; its clock is moved.
        rng: Decides everything.
        steps: What may happen, by name; default everything, bookings more often than the rest.
    """

    def __init__(
        self, sandbox: Sandbox, rng: Random, steps: Mapping[str, Step] | None = None
    ) -> None:
        self.sandbox = sandbox
        self.rng = rng
        if steps is not None:
            self._choices = list(steps.items())
        else:
            self._choices = [*BOOKING_STEPS.items()] * 3 + [*ACCOUNT_STEPS.items()]
        self.left: list[int] = []
        self._made = 0

    @property
    def world(self) -> Any:
        """The state behind Cal.com."""
        return self.sandbox.world

    def step(self, most_minutes: int = 600) -> str:
        """Let some time pass and make one change; returns what happened."""
        self.sandbox.clock.advance(timedelta(minutes=self.rng.randint(0, most_minutes)))
        return self.change()

    def change(self) -> str:
        """Make one change now; returns what happened."""
        self.sandbox.clock.advance(timedelta(milliseconds=self.rng.randint(1, 3000)))
        name, step = self.rng.choice(self._choices)
        return f"{name}: {step(self)}"

    def ask(
        self, method: str, path: str, body: Any = None, *, key: str = "owner", version: str = ""
    ) -> Answer:
        """Make a request of Cal.com."""
        headers = {"authorization": f"Bearer cal_sandbox_{key}", "content-type": "application/json"}
        if version:
            headers["cal-api-version"] = version
        path, _, query = path.partition("?")
        pairs = [tuple(pair.split("=", 1)) for pair in query.split("&") if pair]
        raw = b"" if body is None else json.dumps(body).encode()
        return self.sandbox.respond(method, path, pairs, headers, raw)  # type: ignore[arg-type]

    def told(self, *request: Any, **options: Any) -> str:
        """Make a request; returns what it was and how it was answered."""
        method, path = request[:2]
        return f"{method} {path} {self.ask(*request, **options).status}"

    def number(self) -> int:
        """A number that this history has not had before."""
        self._made += 1
        return self._made

    def one_of(self, found: Iterable[Any]) -> Any:
        """One of the things found, None where there are none."""
        rows = list(found)
        return self.rng.choice(rows) if rows else None

    def booking(self, fits: Callable[[Booking], bool] = lambda _: True) -> Booking | None:
        """A booking that fits, None where there is none."""
        found: Booking | None = self.one_of(b for b in self.world.bookings if fits(b))
        return found


def _person(history: Histories) -> dict[str, str]:
    number = history.number()
    return {
        "name": f"Guest {number}",
        "email": f"guest{number % 7}@example.com",  # people come back
        "timeZone": history.rng.choice(["Europe/Berlin", "America/New_York", "Asia/Kolkata"]),
        "language": "en",
    }


def _free_start(history: Histories, event_type_id: int) -> str | None:
    now = history.sandbox.clock.now()
    first = now + timedelta(days=history.rng.randint(1, 20))
    query = (
        f"eventTypeId={event_type_id}&start={first:%Y-%m-%d}&end={first + timedelta(3):%Y-%m-%d}"
    )
    answer = history.ask("GET", f"/v2/slots?{query}", version=_SLOTS_VERSION)
    days = answer.json()["data"] if answer.status == 200 else {}
    start: str | None = history.one_of(slot["start"] for day in days.values() for slot in day)
    return start


def _post(history: Histories, booking: Booking | None, action: str, body: Any = None) -> str:
    if booking is None:
        return "nothing to do"
    path = f"/v2/bookings/{booking.uid}/{action}"
    return f"{booking.uid} {history.ask('POST', path, body, version=_BOOKINGS_VERSION).status}"


def _book(history: Histories, event_type: Any, more: Any) -> str:
    start = event_type and _free_start(history, event_type.id)
    if start is None:
        return "no free slot"
    body = {"start": start, "eventTypeId": event_type.id, "attendee": _person(history)} | more
    fields = {f["slug"]: "Acme" for f in event_type.settings.get("bookingFields") or ()}
    body |= {"bookingFieldsResponses": fields} if fields else {}
    answer = history.ask("POST", "/v2/bookings", body, version=_BOOKINGS_VERSION)
    return f"{event_type.slug} {answer.status}"


def book(history: Histories) -> str:
    """Somebody books; sometimes with guests."""
    guests = [f"friend{history.number()}@example.com"] if history.rng.random() < 0.3 else []
    types = [e for e in history.world.event_types.values() if not e.settings.get("recurrence")]
    return _book(history, history.one_of(types), {"guests": guests} if guests else {})


def book_series(history: Histories) -> str:
    """Somebody books a series."""
    types = [e for e in history.world.event_types.values() if e.settings.get("recurrence")]
    return _book(history, history.one_of(types), {})


def book_directly(history: Histories) -> str:
    """A booking comes to be otherwise, as by an import; some of those have no `updatedAt`."""
    now = history.sandbox.server_now()
    model = history.booking()
    if model is None:
        return "nothing to copy"
    number = history.number()
    start = now + timedelta(hours=history.rng.randint(-500, 500))
    history.world.add_booking(
        replace(
            model,
            id=9_000_000 + 1000 * number,  # Cal.com's own go on from the greatest
            uid=f"history{number}",
            start=start,
            end=start + timedelta(minutes=30),
            created_at=now,
            updated_at=None if history.rng.random() < 0.2 else now,
            from_reschedule=None,
            attendees=[replace(person) for person in model.attendees],
        )
    )
    return f"history{number}"


def add_seat(history: Histories) -> str:
    """Another person takes a seat of a booking; `updatedAt` does not move."""
    booking = history.booking(lambda b: _is_open_seated(history, b))
    if booking is None:
        return "nothing to do"
    body = {
        "start": to_iso(booking.start),
        "eventTypeId": booking.event_type_id,
        "attendee": _person(history),
    }
    answer = history.ask("POST", "/v2/bookings", body, version=_BOOKINGS_VERSION)
    return f"{booking.uid} {answer.status}"


def _is_open_seated(history: Histories, booking: Booking) -> bool:
    event_type = history.world.event_types.get(booking.event_type_id)
    return _is_ahead(history, booking) and event_type is not None and event_type.is_seated


def cancel_seat(history: Histories) -> str:
    """A seat is given back; `updatedAt` does not move unless it was the last one."""
    booking = history.booking(
        lambda b: _is_ahead(history, b) and any(person.seat for person in b.attendees)
    )
    seat = booking and history.one_of(p.seat for p in booking.attendees if p.seat)
    return _post(history, booking, "cancel", seat and {"seatUid": seat.uid})


def cancel(history: Histories) -> str:
    """A booking is cancelled."""
    booking = history.booking(lambda b: _is_ahead(history, b))
    return _post(history, booking, "cancel", {"cancellationReason": "Ill"})


def _is_ahead(history: Histories, booking: Booking) -> bool:
    return booking.status == "accepted" and booking.end > history.sandbox.clock.now()


def cancel_series(history: Histories) -> str:
    """The rest of a series is cancelled: many rows of one `updatedAt`."""
    booking = history.booking(lambda b: b.recurring_event_id is not None and _is_ahead(history, b))
    body = {"cancellationReason": "Holiday", "cancelSubsequentBookings": True}
    return _post(history, booking, "cancel", body)


def move(history: Histories) -> str:
    """A booking is moved: the old row is cancelled, a new one made."""
    booking = history.booking(lambda b: b.status == "accepted" and b.event_type_id is not None)
    start = booking and _free_start(history, booking.event_type_id or 0)
    return _post(history, booking if start else None, "reschedule", {"start": start})


def confirm(history: Histories) -> str:
    """A request is accepted."""
    return _post(history, history.booking(lambda b: b.status == "pending"), "confirm")


def decline(history: Histories) -> str:
    """A request is turned down."""
    booking = history.booking(lambda b: b.status == "pending")
    return _post(history, booking, "decline", {"reason": "Busy"})


def mark_absent(history: Histories) -> str:
    """An attendee is marked as not having come, or the mark taken back; nothing is stamped."""
    now = history.sandbox.clock.now()
    booking = history.booking(lambda b: b.start < now and bool(b.attendees))
    person = booking and history.one_of(booking.attendees)
    marks = person and [{"email": person.email, "absent": not person.is_absent}]
    return _post(history, booking, "mark-absent", {"attendees": marks})


def mark_host_absent(history: Histories) -> str:
    """The host is marked as not having come."""
    now = history.sandbox.clock.now()
    return _post(history, history.booking(lambda b: b.start < now), "mark-absent", {"host": True})


def reassign(history: Histories) -> str:
    """Another host takes a round-robin booking."""
    types = history.world.event_types
    booking = history.booking(
        lambda b: (
            b.event_type_id in types
            and types[b.event_type_id].scheduling_type == "roundRobin"
            and b.start > history.sandbox.clock.now()
        )
    )
    return _post(history, booking, "reassign")


def add_guests(history: Histories) -> str:
    """Guests are added to a booking."""
    booking = history.booking(lambda b: b.start > history.sandbox.clock.now())
    guest = {"email": f"late{history.number()}@example.com", "name": "Late", "language": "en"}
    return _post(history, booking, "guests", {"guests": [guest]})


def rate(history: Histories) -> str:
    """An attendee rates a booking."""
    booking = history.booking()
    if booking is None:
        return "nothing to do"
    stamp = history.sandbox.server_now()
    rating = history.rng.randint(1, 5)
    history.world.edit_booking(booking.uid, rating=rating, updated_at=stamp)
    return booking.uid


def write_many_at_once(history: Histories) -> str:
    """One statement writes many bookings: they share an `updatedAt`."""
    stamp = history.sandbox.server_now()
    some = list(history.world.bookings)
    chosen = history.rng.sample(some, min(len(some), history.rng.randint(2, 30)))
    for booking in chosen:
        history.world.edit_booking(booking.uid, description=f"{stamp}", updated_at=stamp)
    return f"{len(chosen)} bookings"


def edit_attendee(history: Histories) -> str:
    """An attendee's row is written alone: nothing is stamped."""
    booking = history.booking(lambda b: bool(b.attendees))
    if booking is None:
        return "nothing to do"
    first, *others = booking.attendees
    name = f"{first.name} {history.number()}"
    history.world.edit_booking(booking.uid, attendees=[*others, replace(first, name=name)])
    return booking.uid


def delete_booking(history: Histories) -> str:
    """A booking's row goes, as with its host's account."""
    booking = history.booking()
    if booking is None:
        return "nothing to do"
    history.world.delete_booking(booking.uid)
    return booking.uid


BOOKING_STEPS: Final[dict[str, Step]] = {
    step.__name__: step
    for step in (
        book,
        book_series,
        book_directly,
        add_seat,
        cancel_seat,
        cancel,
        cancel_series,
        move,
        confirm,
        decline,
        mark_absent,
        mark_host_absent,
        reassign,
        add_guests,
        rate,
        write_many_at_once,
        edit_attendee,
        delete_booking,
    )
}
