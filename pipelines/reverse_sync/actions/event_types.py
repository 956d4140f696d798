"""Writes about event types, their private links and calls.

Source: BEHAVIOUR.md 7.4; recordings `*event_type*`, `update_private_link__*`, `create_phone_call*`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.reverse_sync.actions.blind import Blind
from pipelines.reverse_sync.actions.creations import Creation
from pipelines.reverse_sync.actions.deletions import Deletion
from pipelines.reverse_sync.actions.model import Action, Asked, Look
from pipelines.reverse_sync.actions.updates import Update
from pipelines.reverse_sync.plan import Effects, Json, Repeat, Touched

if TYPE_CHECKING:
    from datetime import datetime

_BOOKING_FIELDS: Final = ("bookingFields",)  # the list leaves out hidden ones
_PERSONAL: Final = Look(
    operation="retrieve_event_type_by_id",
    listed="list_event_types",
    listed_by={"id": "eventTypeId"},
    listed_lacks=_BOOKING_FIELDS,
)
_OF_TEAM: Final = Look(
    operation="get_event_type_by_team_id",
    listed="retrieve_team_event_types",
    listed_by={"id": "eventTypeId"},
    listed_lacks=_BOOKING_FIELDS,
)
_OF_ORGANIZATION_TEAM: Final = Look(
    operation="fetch_event_type_details",
    listed="list_team_event_types_by_org_and_team_id",
    listed_by={"id": "eventTypeId"},
    listed_lacks=_BOOKING_FIELDS,
)
_LOST: Final = (
    "its id; links to the old one stay dead",
    "the event type on its bookings, which stay without one",
)


def _touched(asked: Asked, record: Json, _now: datetime) -> Touched:
    shown = record if isinstance(record, dict) else {}
    return Touched(event_type_id=asked.target.get("eventTypeId") or shown.get("id"))


def _deleting(_asked: Asked, _record: Json) -> Effects:
    return Effects(lasting=_LOST)


def _calling(asked: Asked, _record: Json) -> Effects:
    return Effects(
        lasting=(f"a telephone rings: {asked.values['numberToCall'][:4]}…",),
        costs=("a telephone call, charged at once",),
    )


EVENT_TYPES: Final[tuple[Action, ...]] = (
    Update(key="edit_event_type_by_id", look=_PERSONAL, touched=_touched),
    Update(key="update_team_event_type", look=_OF_TEAM, touched=_touched),
    Deletion(
        key="delete_event_type_by_id",
        look=Look(operation="retrieve_event_type_by_id"),
        is_cascading=True,
        repeat=Repeat.REFUSED,
        effects=_deleting,
        touched=_touched,
        losses=("no action makes a personal event type", *_LOST),
    ),
    Deletion(
        key="delete_event_type_in_team",
        look=Look(operation="get_event_type_by_team_id"),
        is_cascading=True,
        repeat=Repeat.REFUSED,
        effects=_deleting,
        touched=_touched,
        undo_action="create_team_event_type",
        losses=_LOST,
    ),
    Deletion(
        key="delete_team_event_type_in_organization",
        look=Look(operation="fetch_event_type_details"),
        is_cascading=True,
        repeat=Repeat.REFUSED,
        effects=_deleting,
        touched=_touched,
        undo_action="create_team_event_types_with_custom_options",
        losses=_LOST,
    ),
    Creation(
        key="create_team_event_type",
        look=Look(operation="retrieve_team_event_types"),
        likes={"slug": "slug"},
        repeat=Repeat.REFUSED,
        undo_action="delete_event_type_in_team",
        undo_target={"eventTypeId": "id"},
        source="7.4: the slug is unique; a failure half way leaves a bare event type",
    ),
    Creation(
        key="create_team_event_types_with_custom_options",
        look=Look(operation="list_team_event_types_by_org_and_team_id"),
        likes={"slug": "slug"},
        repeat=Repeat.REFUSED,
        undo_action="delete_team_event_type_in_organization",
        undo_target={"eventTypeId": "id"},
        source="7.4: the slug is unique; a failure half way leaves a bare event type",
    ),
    Update(
        key="update_private_link",
        look=Look(operation="get_private_links_for_team_event_type", select={"linkId": "linkId"}),
        touched=_touched,
        source="recordings: an empty body clears the date",
    ),
    Blind(
        key="create_phone_call_for_event_type",
        repeat=Repeat.DOUBLES,
        effects=_calling,
        touched=_touched,
        losses=("a call cannot be taken back",),
    ),
    Blind(
        key="create_phone_call_event",
        repeat=Repeat.DOUBLES,
        effects=_calling,
        touched=_touched,
        losses=("a call cannot be taken back",),
    ),
)
