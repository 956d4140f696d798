"""Writes about schedules and slot reservations.

Source: BEHAVIOUR.md 7.3: lists are replaced whole, nothing is unique, nobody is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from pipelines.reverse_sync.actions.blind import Blind
from pipelines.reverse_sync.actions.creations import Creation
from pipelines.reverse_sync.actions.deletions import Deletion
from pipelines.reverse_sync.actions.model import Action, Asked, Frozen, Look
from pipelines.reverse_sync.actions.updates import Update
from pipelines.reverse_sync.plan import Condition, Image, Json, Repeat, Rule, Undo, content_digest

_OWN: Final = Look(
    operation="fetch_schedule_by_id",
    listed="retrieve_schedules_list",
    listed_by={"id": "scheduleId"},
)
_OF_USER: Final = Look(
    operation="fetch_user_schedule_by_org_id",
    listed="get_organization_schedules",
    listed_by={"id": "scheduleId"},
)
_LOST: Final = (
    "its id",
    "its place on event types and hosts, which fall back to the default schedule",
)
_WEEKDAYS: Final = (
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityEdit(Action):
    """A change of one range of working hours, by the id that only API v1 knows.

    v2 shows the ranges without ids, so the whole availability is the image, and the change counts
    as done when a range like the one asked for is among them.
    """

    def image(self, _asked: Asked, record: Json) -> Image:
        """Return the schedule's hours."""
        if record is None:
            return None
        return {"availability": record["availability"], "overrides": record["overrides"]}

    def freeze(self, asked: Asked, image: Image, _record: Json) -> Frozen:
        """Freeze that the hours are as they were, and that the range will be among them."""
        wanted = _range(asked.values)
        shown = Condition(field="availability", rule=Rule.CONTAINS, value=[wanted])
        return Frozen(
            after={"availability": [wanted]},
            precondition=(
                Condition(rule=Rule.PRESENT),
                Condition(rule=Rule.UNCHANGED, value=content_digest(image)),
            ),
            done=(shown,),
            undo=Undo(losses=self.losses),
        )


def _range(body: dict[str, Any]) -> dict[str, Any]:
    """Return a range of API v1 as v2 shows it: days by name, hours as HH:MM."""
    shown: dict[str, Any] = {}
    if "days" in body:
        shown["days"] = [_WEEKDAYS[day] for day in sorted(body["days"])]
    for name in ("startTime", "endTime"):
        if name in body:
            shown[name] = body[name].partition("T")[2][:5]
    return shown


SCHEDULES: Final[tuple[Action, ...]] = (
    Creation(
        key="create_user_availability_schedule",
        look=Look(operation="retrieve_schedules_list"),
        repeat=Repeat.DOUBLES,
        undo_action="delete_schedule_by_id",
        undo_target={"scheduleId": "id"},
        losses=("which schedule was the default before, where this one became it",),
        source="7.3: nothing is unique, a retry makes a second one",
    ),
    Creation(
        key="create_user_schedule_in_organization",
        look=Look(operation="get_organization_user_schedules"),
        repeat=Repeat.DOUBLES,
        undo_action="delete_user_schedule",
        undo_target={"scheduleId": "id"},
        losses=("which schedule was the default before, where this one became it",),
        source="7.3: nothing is unique, a retry makes a second one",
    ),
    Update(key="update_schedule_by_id", look=_OWN),
    Update(key="update_user_schedule_in_organization", look=_OF_USER),
    Deletion(
        key="delete_schedule_by_id",
        look=_OWN,
        is_cascading=True,
        repeat=Repeat.REFUSED,
        undo_action="create_user_availability_schedule",
        losses=_LOST,
    ),
    Deletion(
        key="delete_user_schedule",
        look=_OF_USER,
        is_cascading=True,
        repeat=Repeat.REFUSED,
        undo_action="create_user_schedule_in_organization",
        losses=_LOST,
    ),
    AvailabilityEdit(
        key="edit_availability_by_id",
        look=Look(operation="fetch_schedule_by_id"),
        locators=("scheduleId",),
        losses=("v2 does not show the ids of ranges, so the former one is not known",),
        source="API v1; day 0 is Sunday, hours are instants of 1970",
    ),
    Blind(
        key="reserve_slot_for_event",
        repeat=Repeat.REFUSED,
        undo_action="delete_selected_slot",
        undo_target={"uid": "reservationUid"},
        result_fields=("reservationUid",),
        losses=("it ends by itself after five minutes",),
        source="recordings: 422 while it is reserved; no read shows a reservation",
    ),
    Blind(
        key="delete_selected_slot",
        losses=("no read shows what was reserved, so it cannot be reserved again",),
        source="recordings: an unknown uid answers 200 too",
    ),
)
