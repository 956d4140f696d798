"""Free and held slots, and the list of time zones."""

from __future__ import annotations

from cal_source.catalogue.model import Kind, Operation, Paging, Risk
from cal_source.catalogue.parameters import SLOT_SEARCH

SLOTS = (
    Operation(
        key="get_available_slots_info",
        summary="Free slots of an event type or of users",
        kind=Kind.LOOKUP,
        method="GET",
        path="/v2/slots",
        query=SLOT_SEARCH,
        version="2024-09-04",
        action="Get available slots info",
        notes="Needs no credentials; the older twin is /v2/slots/available.",
    ),
    Operation(
        key="reserve_slot_for_event",
        summary="Hold a slot for some minutes",
        kind=Kind.WRITE,
        method="POST",
        path="/v2/slots/reservations",
        version="2024-09-04",
        action="Reserve slot for event",
        table="slot_reservations",
        primary_key=("reservation_uid",),
        risk=Risk.LOW,
        idempotent=False,
        already_done="422 that it is reserved",
        undo="delete_selected_slot",
        notes="Ends by itself after five minutes.",
    ),
    Operation(
        key="delete_selected_slot",
        summary="Give a held slot back",
        kind=Kind.WRITE,
        method="DELETE",
        path="/v2/slots/reservations/{uid}",
        version="2024-09-04",
        action="Delete selected slot",
        parents=("slot_reservations",),
        table="slot_reservations",
        primary_key=("reservation_uid",),
        risk=Risk.LOW,
        irreversible=True,
        already_done="none: 200 again",
        undo="reserve_slot_for_event",
        notes="An unknown uid answers 200.",
    ),
    Operation(
        key="get_all_timezones",
        summary="Cities and their time zones",
        kind=Kind.READ,
        method="GET",
        path="/v2/timezones",
        action="Get all timezones",
        table="timezones",
        primary_key=("city", "ordinal"),
        authoritative=True,
        paging=Paging.WHOLE,
        missing_from_openapi="kept out of the document by Cal.com; found in the source",
        notes="Static: once a month is enough.",
    ),
)
