"""Writes that take a booking a step further: cancel, confirm, move, hand over, mark, add.

Image: status, times, hosts and attendees. A step is safe while those are as they were when it was
approved, and while it is allowed at all: Cal.com itself confirms a cancelled booking back to life,
declines a declined one again with all mails, and cancels a rejected one.

Source: BEHAVIOUR.md 7.2 and table 7.6; recordings `w_*`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from pipelines.reverse_sync.actions import booking_facts as facts
from pipelines.reverse_sync.actions import booking_rules as rules
from pipelines.reverse_sync.actions.creations import Creation
from pipelines.reverse_sync.actions.model import Action, Asked, Fault, Frozen, Look
from pipelines.reverse_sync.actions.updates import Update
from pipelines.reverse_sync.live import read_record
from pipelines.reverse_sync.plan import (
    Condition,
    Flag,
    Image,
    Json,
    Read,
    Repeat,
    Rule,
    Undo,
    content_digest,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipelines.reverse_sync.live import Sender

CHANGE_MARK: Final = "calWarehouseChange"
"""Metadata key by which a booking is found that this program made."""
_BOOKING: Final = Look(operation="retrieve_booking_details_by_uid", listed="fetch_all_bookings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Action):
    """A step of one booking.

    Attributes:
        allowed: Conditions of the step, besides that nothing has changed.
        wanted: Gives the conditions that show it was done; none where nothing can.
        back: Gives what takes it back.
        refused: Gives the faults of a request that this booking cannot take.
        so: Tells that the booking is as asked for, where `wanted` alone does not.
        may_cover_series: Whether Cal.com does it to every pending occurrence of a series.
    """

    look: Look | None = _BOOKING
    allowed: tuple[Condition, ...] = ()
    wanted: Callable[[Asked, Json], tuple[Condition, ...]]
    back: Callable[[Asked, Json, tuple[str, ...]], Undo]
    refused: Callable[[Asked, Json], list[Fault]] | None = None
    so: Callable[[Asked, Image], bool] | None = None
    may_cover_series: bool = False
    touched: Any = facts.touched_by

    def flags(self, asked: Asked, record: Json) -> tuple[Flag, ...]:
        """Return the declared flags; of a series, that others go with it."""
        raised = Action.flags(self, asked, record)
        in_series = self.may_cover_series and bool(record.get("recurringBookingUid"))
        if in_series or asked.values.get("cancelSubsequentBookings"):
            return (*raised, Flag.CASCADING)
        return raised

    def image(self, _asked: Asked, record: Json) -> Image:
        """Return status, times, hosts and attendees of a booking."""
        if not isinstance(record, dict):
            return None
        return image_of(record)

    def faults(self, asked: Asked, record: Json) -> list[Fault]:
        """Return why this booking cannot take the step."""
        if isinstance(record, list):
            return [Fault("bookingUid", "names a whole series; give the uid of an occurrence")]
        return [] if self.refused is None else self.refused(asked, record)

    def is_so(self, asked: Asked, image: Image) -> bool:
        """Return whether the booking is as asked for although nobody took this step."""
        return self.so is not None and self.so(asked, image)

    def freeze(self, asked: Asked, image: Image, record: Json) -> Frozen:
        """Freeze that the booking is as it was, and how one sees the step."""
        before = image or {}
        done = self.wanted(asked, record)
        kept = ("start", "hosts", "attendees")
        return Frozen(
            after={c.field: c.value for c in done if c.rule in {Rule.IS, Rule.CONTAINS}} or None,
            precondition=(
                Condition(rule=Rule.PRESENT),
                *self.allowed,
                Condition(field="status", rule=Rule.IS, value=before["status"]),
                *(
                    Condition(field=n, rule=Rule.UNCHANGED, value=content_digest(before[n]))
                    for n in kept
                ),
            ),
            done=done,
            undo=self.back(asked, record, self.losses),
        )


def image_of(record: dict[str, Any]) -> dict[str, Json]:
    """Return what a step must know of a booking; attendees by address, in a fixed order."""
    people = [
        {"email": person.get("email"), "absent": bool(person.get("absent"))}
        | ({"seatUid": person["seatUid"]} if person.get("seatUid") else {})
        for person in facts.attendees_of(record)
    ]
    return {
        "status": record.get("status"),
        "start": record.get("start"),
        "end": record.get("end"),
        "hosts": [host.get("id") for host in facts.hosts_of(record)],
        "attendees": sorted(people, key=str),
        "absentHost": bool(record.get("absentHost")),
        "movedTo": record.get("rescheduledToUid") or "",
        "movedToStart": record.get("movedToStart") or "",
    }


def _search(asked: Asked) -> dict[str, Json]:
    """Ask for the attendee's bookings from the wanted start on, the wanted one first."""
    person = asked.values["attendee"]
    query = {"afterStart": asked.values["start"], "sortStart": "asc", "take": 100}
    return query | ({"attendeeEmail": person["email"]} if person.get("email") else {})


def _has_token(asked: Asked, record: Json) -> bool:
    return (record.get("metadata") or {}).get(CHANGE_MARK) == asked.id


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingCreation(Creation):
    """A new booking, which carries the change's id in its metadata."""

    def prepared(self, asked: Asked) -> Asked:
        """Return the request with the token by which the booking will be found."""
        metadata = {**(asked.values.get("metadata") or {}), CHANGE_MARK: asked.id}
        return replace(asked, body={**asked.values, "metadata": metadata})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reschedule(Step):
    """A move, which makes a new booking and cancels the old one.

    The new booking's start is what shows that this move was made, and not another.
    """

    def seen(self, sender: Sender, asked: Asked, record: Json, result: Mapping[str, Any]) -> Json:
        """Return the old booking's record with the start of the one that replaced it."""
        uid = (record or {}).get("rescheduledToUid") or result.get("uid")
        if not isinstance(record, dict) or not uid or "seatUid" in asked.values:
            return record
        moved = read_record(sender, Read(operation=_BOOKING.operation, path={"bookingUid": uid}))
        is_its_own = isinstance(moved, dict) and moved.get("rescheduledFromUid") in {
            asked.target["bookingUid"],
            None,
        }
        return record | ({"movedToStart": moved["start"]} if is_its_own else {})

    def result_from(self, image: Image, _done: tuple[Condition, ...]) -> dict[str, Json]:
        """Return the new booking's uid, which the old one names."""
        return {"uid": image["movedTo"]} if image and image["movedTo"] else {}


_MAILS_STAY: Final = "mails cannot be unsent"
BOOKINGS: Final[tuple[Action, ...]] = (
    BookingCreation(
        key="create_a_new_booking",
        look=Look(operation="fetch_all_bookings", query=_search),
        like=_has_token,
        identity="uid",
        repeat=Repeat.DOUBLES,
        effects=facts.booking,
        touched=facts.touched_by_new,
        result_fields=("uid", "id"),
        undo_action="cancel_booking_via_uid",
        undo_target={"bookingUid": "uid"},
        undo_body={"cancellationReason": rules.UNDO_REASON},
        losses=("the booking ends cancelled, not gone", _MAILS_STAY),
        source="7.2 Create: no idempotency key; token in metadata, searched by e-mail and start",
    ),
    Step(
        key="cancel_booking_via_uid",
        allowed=(
            Condition(field="status", rule=Rule.ONE_OF, value=rules.ALIVE),
            Condition(field="end", rule=Rule.FUTURE),
        ),
        wanted=rules.cancel_wanted,
        back=rules.no_way_back,
        refused=rules.cancel_faults,
        repeat=Repeat.REFUSED,
        effects=facts.cancelling,
        losses=("a cancelled booking cannot come back; booking again gives a new uid",),
        source="7.2 Cancel: rejected ones can be cancelled too, so the status is checked",
    ),
    Step(
        key="confirm_booking_by_uid",
        allowed=(Condition(field="status", rule=Rule.IS, value="pending"),),
        wanted=rules.confirm_wanted,
        back=rules.cancel_again,
        may_cover_series=True,
        repeat=Repeat.REFUSED,
        effects=facts.confirming,
        losses=("the booking ends cancelled, not pending", _MAILS_STAY),
        source="7.2 Confirm: only accepted ones are refused; others come back to life",
    ),
    Step(
        key="decline_booking_with_reason",
        allowed=(Condition(field="status", rule=Rule.IS, value="pending"),),
        wanted=rules.decline_wanted,
        back=rules.no_way_back,
        may_cover_series=True,
        repeat=Repeat.NOTIFIES,
        effects=facts.declining,
        losses=("a declined booking cannot come back; booking again gives a new uid",),
        source="7.2 Decline: a repeat answers 200 and mails again",
    ),
    Reschedule(
        key="reschedule_booking_by_uid",
        allowed=(Condition(field="status", rule=Rule.ONE_OF, value=rules.ALIVE),),
        wanted=rules.reschedule_wanted,
        back=rules.move_back,
        so=rules.starts_then,
        refused=rules.seat_faults,
        repeat=Repeat.REFUSED,
        effects=facts.rescheduling,
        result_fields=("uid", "id"),
        losses=("the booking gets another new uid", _MAILS_STAY),
        source="7.2 Reschedule: new uid; the refusal of a repeat names it",
    ),
    Step(
        key="reassign_booking_to_another_user",
        allowed=(
            Condition(field="status", rule=Rule.ONE_OF, value=rules.ALIVE),
            Condition(field="start", rule=Rule.FUTURE),
        ),
        wanted=rules.reassign_wanted,
        back=rules.hand_back,
        repeat=Repeat.NOTIFIES,
        effects=facts.reassigning,
        losses=(_MAILS_STAY,),
        source="7.2 Reassign; of events with a fixed host the read does not show the change",
    ),
    Step(
        key="reassign_booking_with_uid",
        allowed=(
            Condition(field="status", rule=Rule.ONE_OF, value=rules.ALIVE),
            Condition(field="start", rule=Rule.FUTURE),
        ),
        wanted=rules.nothing_shows,
        back=rules.hand_back,
        repeat=Repeat.DOUBLES,
        effects=facts.reassigning,
        losses=(_MAILS_STAY,),
        source="7.6: automatic reassignment cannot be told",
    ),
    Step(
        key="mark_booking_absent_for_uid",
        allowed=(Condition(field="start", rule=Rule.PAST),),
        wanted=rules.absent_wanted,
        back=rules.mark_back,
        refused=rules.absent_faults,
        repeat=Repeat.NOTIFIES,
        effects=facts.marking_absent,
        source="7.2 Mark absent: refused before the start; e-mails compare exactly",
    ),
    Step(
        key="add_attendee",
        allowed=(Condition(field="status", rule=Rule.ONE_OF, value=rules.ALIVE),),
        wanted=rules.attendee_wanted,
        back=rules.no_way_back,
        repeat=Repeat.REFUSED,
        effects=facts.adding_attendee,
        losses=("no action takes an attendee off again",),
        source="7.2 Guests; the operation is newer than the recorded servers",
    ),
    Update(
        key="edit_booking_by_id",
        look=_BOOKING,
        locators=("bookingUid",),
        shown_as={
            "startTime": "start",
            "endTime": "end",
            "userId": "hosts.0.id",
            "rescheduledBy": "rescheduledByEmail",
            "cancelledBy": "cancelledByEmail",
            "responses": "bookingFieldsResponses",
        },
        wanted_as={"status": str.lower},
        given_back_as={"status": str.upper},
        touched=facts.touched_by,
        source="API v1: columns of the database, without mail, calendar or availability check",
    ),
    Update(
        key="edit_attendee_by_id",
        look=Look(operation="list_booking_attendees", select={"id": "id"}),
        locators=("bookingUid",),
        source="API v1: columns of the database, without mail or calendar",
    ),
)
