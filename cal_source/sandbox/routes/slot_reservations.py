"""Slots held for a few minutes, in the present shape and the one before it.

Holding a slot neither needs the slot to be free nor hides it from the list of slots.

Source: recordings `reserve_slot_for_event__*`, `extra_update_reservation__*`,
`delete_selected_slot__*`. Refusals that no recording shows are worded as in Cal.com's public
source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.bodies import BodyField, BodyRules, is_date_string, is_int
from cal_source.sandbox.bookings.creation import ALIVE
from cal_source.sandbox.bookings.draft import end_of, instant
from cal_source.sandbox.call import success
from cal_source.sandbox.clock import to_iso
from cal_source.sandbox.errors import (
    BadRequestError,
    ForbiddenError,
    NotFoundError,
    UnauthorizedError,
    UnprocessableError,
)
from cal_source.sandbox.guards import maybe_authenticated
from cal_source.sandbox.records import SlotReservation
from cal_source.sandbox.router import KNOWN_VERSIONS, get, write
from cal_source.sandbox.routes.slots import VERSION

if TYPE_CHECKING:
    from datetime import datetime

    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import EventType, Json

_USUAL_MINUTES: Final = 5
_RULES: Final = BodyRules((
    BodyField("eventTypeId", (is_int("eventTypeId"),)),
    BodyField("slotStart", (is_date_string("slotStart"),)),
    BodyField("slotDuration", (is_int("slotDuration"),), is_optional=True),
    BodyField("reservationDuration", (is_int("reservationDuration"),), is_optional=True),
))  # fmt: skip
_LEGACY: Final = BodyRules((
    BodyField("eventTypeId", (is_int("eventTypeId"),)),
    BodyField("slotUtcStartDate", (is_date_string("slotUtcStartDate"),)),
    BodyField("slotUtcEndDate", (is_date_string("slotUtcEndDate"),)),
))  # fmt: skip


def reservation(call: Call) -> Any:
    """A held slot; an unknown one is null."""
    row = call.world.slot_reservations.get(call.params["uid"])
    return success(row and _shown(row))


def reserve(call: Call) -> Any:
    """Hold a slot. How long is only for those to say who have to do with the event type.

    Raises:
        UnauthorizedError: A duration was given without credentials.
    """
    body = _RULES.read(call)
    if body.get("reservationDuration") and call.principal is None:
        text = (
            "reservationDuration can only be used for authenticated requests - use access token, "
            "api key or OAuth credentials"
        )
        raise UnauthorizedError(text)
    return _held(call, body, call.ids.uuid())


def update(call: Call) -> Any:
    """Hold another slot instead.

    Raises:
        NotFoundError: Nothing is held under this uid.
    """
    body = _RULES.read(call)
    uid = call.params["uid"]
    if uid not in call.world.slot_reservations:
        text = f"Slot with uid={uid} not found"
        raise NotFoundError(text)
    return _held(call, body, uid)


def release(call: Call) -> Any:
    """Let a slot go; an unknown one is fine."""
    return _released(call, call.params["uid"])


def reserve_legacy(call: Call) -> Any:
    """Hold a slot, bounds given; the answer is its uid alone."""
    body = _LEGACY.read(call)
    event_type = _event_type(call, body)
    span = instant(body["slotUtcStartDate"]), instant(body["slotUtcEndDate"])
    row = _store(call, event_type, span, _USUAL_MINUTES, call.ids.uuid())
    return success(row.uid)


def release_legacy(call: Call) -> Any:
    """Let the slot of the parameter `uid` go."""
    return _released(call, call.value("uid") or "")


def _held(call: Call, body: Json, uid: str) -> Any:
    event_type = _event_type(call, body)
    minutes = body.get("reservationDuration") or _USUAL_MINUTES
    if body.get("reservationDuration") and not _has_to_do_with(call, event_type):
        text = (
            "authenticated user is not owner of event type, does not have memberships in common "
            "with owner of the event type, nor does belong to event type's team or org."
        )
        raise ForbiddenError(text)
    start = instant(body["slotStart"])
    end = end_of(start, _slot_minutes(event_type, body.get("slotDuration")))
    _refuse_taken(call, event_type, (start, end), body)
    row = _store(call, event_type, (start, end), minutes, uid)
    return success(_shown(row) | {"reservationDuration": minutes})


def _store(
    call: Call,
    event_type: EventType,
    span: tuple[datetime, datetime],
    minutes: int,
    uid: str,
) -> SlotReservation:
    row = SlotReservation(uid, event_type.id, *span, end_of(call.now, minutes))
    call.world.slot_reservations[uid] = row
    return row


def _event_type(call: Call, body: Json) -> EventType:
    row = call.world.event_types.get(body["eventTypeId"])
    if row is None:
        text = f"Event Type with ID={body['eventTypeId']} not found"
        raise NotFoundError(text)
    return row


def _has_to_do_with(call: Call, event_type: EventType) -> bool:
    """The owner, whoever shares a team with them, or a member of the event type's team."""
    if event_type.owner_id == call.user.id:
        return True
    rows = [row for row in call.world.memberships.values() if row.is_accepted]
    joined = {row.team_id for row in rows if row.user_id == call.user.id}
    team = call.world.teams.get(event_type.team_id or 0)
    if team is not None:
        return bool(joined & {team.id, team.parent_id})
    return bool(joined & {row.team_id for row in rows if row.user_id == event_type.owner_id})


def _slot_minutes(event_type: EventType, asked: int | None) -> int:
    if asked is None:
        return event_type.length_minutes
    if not event_type.length_options:
        text = "You passed 'slotDuration' but this event type is not a variable length event type."
        raise BadRequestError(text)
    if asked not in event_type.length_options:
        lengths = ", ".join(map(str, event_type.length_options))
        raise BadRequestError(
            "Provided 'slotDuration' is not one of the possible lengths for the event type. The "
            f"possible lengths for this variable length event type are: {lengths}",
        )
    return asked


def _refuse_taken(
    call: Call,
    event_type: EventType,
    span: tuple[datetime, datetime],
    body: Json,
) -> None:
    """Refuse a slot that is booked out or held by somebody.

    Raises:
        UnprocessableError: It is one of those.
    """
    low, high = span
    rows = call.world.bookings.of_event_type(event_type.id)
    booked = [row for row in rows if row.status in ALIVE and row.start < high and row.end > low]
    if booked and event_type.seats_per_slot is None:
        text = "Can't reserve a slot if the event is already booked."
        raise UnprocessableError(text)
    if booked and len(booked[0].attendees) >= (event_type.seats_per_slot or 0):
        raise UnprocessableError(
            f"Booking with id={body['eventTypeId']} at {body['slotStart']} has no more seats left.",
        )
    for row in call.world.slot_reservations.values():
        is_same = row.event_type_id == event_type.id and row.start < high and row.end > low
        if is_same and row.until > call.now:
            text = (
                "This time slot is already reserved by another user. Please choose a different "
                "time."
            )
            raise UnprocessableError(text)


def _shown(row: SlotReservation) -> Json:
    return {
        "reservationUid": row.uid,
        "eventTypeId": row.event_type_id,
        "slotStart": to_iso(row.start),
        "slotEnd": to_iso(row.end),
        "slotDuration": int((row.end - row.start).total_seconds() // 60),
        "reservationUntil": to_iso(row.until),
    }


def _released(call: Call, uid: str) -> Json:
    call.world.slot_reservations.pop(uid, None)
    return {"status": "success"}


_HELD: Final = "/v2/slots/reservations"
_OLD: Final = KNOWN_VERSIONS - {VERSION}
ROUTES = (
    get(f"{_HELD}/{{uid}}", reservation, maybe_authenticated, versions=(VERSION,)),
    write("POST", _HELD, reserve, maybe_authenticated, versions=(VERSION,)),
    write("PATCH", f"{_HELD}/{{uid}}", update, maybe_authenticated, versions=(VERSION,)),
    write("DELETE", f"{_HELD}/{{uid}}", release, maybe_authenticated, versions=(VERSION,)),
    write("POST", "/v2/slots/reserve", reserve_legacy, maybe_authenticated, versions=_OLD),
    write("DELETE", "/v2/slots/selected-slot", release_legacy, maybe_authenticated, versions=_OLD),
)
