"""What each step of a booking asks for, refuses, and is taken back by.

Source: BEHAVIOUR.md 7.2 and table 7.6; recordings `w_*`.
"""

from __future__ import annotations

from datetime import UTC
from typing import Any, Final

from pipelines.reverse_sync.actions import booking_facts as facts
from pipelines.reverse_sync.actions.creations import OWN_RESULT
from pipelines.reverse_sync.actions.model import Asked, Fault
from pipelines.reverse_sync.conditions import parse_instant
from pipelines.reverse_sync.plan import Condition, Image, Json, Rule, Undo

ALIVE: Final = ["accepted", "pending"]
"""The states of a booking that still stands."""
UNDO_REASON: Final = "Taken back"


def cancel_faults(asked: Asked, record: Json) -> list[Fault]:
    """Return why this booking cannot be cancelled so."""
    if asked.values.get("cancelSubsequentBookings") and not record.get("recurringBookingUid"):
        return [
            Fault(
                "cancelSubsequentBookings",
                "is for occurrences of a series only; Cal.com cancels this booking and answers 400",
            )
        ]
    return seat_faults(asked, record)


def seat_faults(asked: Asked, record: Json) -> list[Fault]:
    """Return a fault where the seat named is none of this booking."""
    seat = asked.values.get("seatUid")
    if seat and seat not in {p.get("seatUid") for p in facts.attendees_of(record)}:
        return [Fault("seatUid", "is no seat of this booking")]
    return []


def cancel_wanted(asked: Asked, _record: Json) -> tuple[Condition, ...]:
    """Return that it is cancelled, or that the seat is free."""
    if "seatUid" in asked.values:
        return (_without_seat(asked),)
    return (Condition(field="status", rule=Rule.IS, value="cancelled"),)


def _without_seat(asked: Asked) -> Condition:
    seat = {"seatUid": asked.values["seatUid"]}
    return Condition(field="attendees", rule=Rule.LACKS, value=[seat])


def confirm_wanted(_asked: Asked, _record: Json) -> tuple[Condition, ...]:
    """Return that it is accepted."""
    return (Condition(field="status", rule=Rule.IS, value="accepted"),)


def decline_wanted(_asked: Asked, _record: Json) -> tuple[Condition, ...]:
    """Return that it is rejected."""
    return (Condition(field="status", rule=Rule.IS, value="rejected"),)


def reschedule_wanted(asked: Asked, _record: Json) -> tuple[Condition, ...]:
    """Return that its successor starts as asked, or that the seat is free."""
    if "seatUid" in asked.values:
        return (_without_seat(asked),)
    return (Condition(field="movedToStart", rule=Rule.MATCHES, value=asked.values["start"]),)


def starts_then(asked: Asked, image: Image) -> bool:
    """Return whether a booking that stands starts as asked already."""
    if image is None or not image["start"] or image["status"] not in ALIVE:
        return False
    return parse_instant(asked.values["start"]) == parse_instant(image["start"])


def reassign_wanted(asked: Asked, _record: Json) -> tuple[Condition, ...]:
    """Return that the host is the one asked for."""
    return (Condition(field="hosts", rule=Rule.CONTAINS, value=[asked.target["userId"]]),)


def nothing_shows(_asked: Asked, _record: Json) -> tuple[Condition, ...]:
    """Return nothing: no read tells that this was done."""
    return ()


def absent_wanted(asked: Asked, _record: Json) -> tuple[Condition, ...]:
    """Return that everybody named is marked as asked."""
    marks = [{"email": m["email"], "absent": m["absent"]} for m in _marks(asked)]
    wanted = [Condition(field="attendees", rule=Rule.CONTAINS, value=marks)] if marks else []
    if "host" in asked.values:
        wanted.append(Condition(field="absentHost", rule=Rule.IS, value=asked.values["host"]))
    return tuple(wanted)


def absent_faults(asked: Asked, record: Json) -> list[Fault]:
    """Return who cannot be marked so; Cal.com would answer 500 half way."""
    emails = [person.get("email") for person in facts.attendees_of(record)]
    faults = [
        Fault("attendees.email", "is no attendee of this booking, exactly as written")
        for mark in _marks(asked)
        if mark["email"] not in emails
    ]
    faults += [
        Fault("attendees.email", "is there twice on this booking; Cal.com marks one row only")
        for mark in _marks(asked)
        if emails.count(mark["email"]) > 1
    ]
    if asked.values.get("host") is False and record.get("absentHost"):
        faults.append(Fault("host", "cannot be unmarked by the servers of early 2026"))
    if not asked.values:
        faults.append(Fault("body", "marks nobody; give host or attendees"))
    return faults


def _marks(asked: Asked) -> list[dict[str, Any]]:
    return list(asked.values.get("attendees") or ())


def attendee_wanted(asked: Asked, _record: Json) -> tuple[Condition, ...]:
    """Return that the address is on the booking."""
    person = {"email": asked.values["email"]}
    return (Condition(field="attendees", rule=Rule.CONTAINS, value=[person]),)


def no_way_back(_asked: Asked, _record: Json, losses: tuple[str, ...]) -> Undo:
    """Return that nothing takes it back."""
    return Undo(losses=losses)


def cancel_again(asked: Asked, _record: Json, losses: tuple[str, ...]) -> Undo:
    """Return the cancellation of what was confirmed."""
    target = {"bookingUid": asked.target["bookingUid"]}
    body = {"cancellationReason": UNDO_REASON}
    return Undo(action="cancel_booking_via_uid", target=target, body=body, losses=losses)


def move_back(asked: Asked, record: Json, losses: tuple[str, ...]) -> Undo:
    """Return the move of the new booking to the former start."""
    body = {"start": _milliseconds(record["start"])}
    seat = asked.values.get("seatUid")
    return Undo(
        action="reschedule_booking_by_uid",
        target={"bookingUid": f"{OWN_RESULT}uid"},
        body=body | ({"seatUid": seat} if seat else {"reschedulingReason": UNDO_REASON}),
        losses=losses,
    )


def hand_back(asked: Asked, record: Json, losses: tuple[str, ...]) -> Undo:
    """Return the handing over to the former host."""
    hosts = facts.hosts_of(record)
    if not hosts or not isinstance(hosts[0].get("id"), int):
        return Undo(losses=("the former host is not known",))
    target = {"bookingUid": asked.target["bookingUid"], "userId": hosts[0]["id"]}
    body = {"reason": UNDO_REASON}
    return Undo(action="reassign_booking_to_another_user", target=target, body=body, losses=losses)


def mark_back(asked: Asked, record: Json, losses: tuple[str, ...]) -> Undo:
    """Return the former marks of those whose mark changed."""
    former = {p.get("email"): bool(p.get("absent")) for p in facts.attendees_of(record)}
    marks = [
        {"email": mark["email"], "absent": former[mark["email"]]}
        for mark in _marks(asked)
        if former.get(mark["email"], mark["absent"]) != mark["absent"]
    ]
    is_host_kept = asked.values.get("host") is True and not record.get("absentHost")
    kept = (*losses, "the host's mark stays") if is_host_kept else losses
    if not marks:
        return Undo(losses=kept)
    target = {"bookingUid": asked.target["bookingUid"]}
    return Undo(
        action="mark_booking_absent_for_uid", target=target, body={"attendees": marks}, losses=kept
    )


def _milliseconds(text: str) -> str:
    instant = parse_instant(text).astimezone(UTC)
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
