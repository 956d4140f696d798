"""Bookings: the only large list, and what can be done to one booking."""

from __future__ import annotations

from cal_source.catalogue.model import Evidence, Kind, Operation, Paging, Risk, Scope
from cal_source.catalogue.parameters import (
    ALL_BOOKING_FILTERS,
    BOOKING_FILTERS,
    ORGANIZATION_BOOKING_FILTERS,
)

BOOKINGS = (
    Operation(
        key="fetch_all_bookings",
        summary="All bookings that the key may see",
        kind=Kind.READ,
        method="GET",
        path="/v2/bookings",
        query=ALL_BOOKING_FILTERS,
        version="2024-08-13",
        action="Fetch all bookings",
        table="bookings",
        primary_key=("uid",),
        authoritative=True,
        paging=Paging.BOOKINGS,
        paging_trap=(
            "equal sort values change places on every request; totals ignore some filters"
        ),
        page_size=250,
        incremental=("afterUpdatedAt", "beforeUpdatedAt"),
        notes=(
            "A missing or wrong version header is no error: the old shape comes back and "
            "filters are dropped. updatedAt may be null, and absent marks, seats and "
            "deleted event types do not move it. An admin also sees bookings that members "
            "merely attend."
        ),
    ),
    Operation(
        key="retrieve_booking_details_by_uid",
        summary="One booking by its uid",
        kind=Kind.READ,
        method="GET",
        path="/v2/bookings/{bookingUid}",
        version="2024-08-13",
        action="Retrieve booking details by uid",
        parents=("bookings",),
        table="bookings",
        primary_key=("uid",),
        notes=(
            "The uid of a recurring series returns a list. Needs no credentials: a uid is a "
            "capability. Attendees of a seated booking may be hidden, so never let this "
            "answer overwrite a list's attendees."
        ),
    ),
    Operation(
        key="get_team_bookings",
        summary="Bookings of one team of an organisation",
        kind=Kind.READ,
        method="GET",
        path="/v2/organizations/{orgId}/teams/{teamId}/bookings",
        query=BOOKING_FILTERS,
        action="Get team bookings",
        scope=Scope.ORGANIZATION,
        role="TEAM_ADMIN",
        parents=("organizations", "teams"),
        table="bookings",
        primary_key=("uid",),
        paging=Paging.BOOKINGS,
        paging_trap="filters by created and updated are dropped silently; walk it by start",
        page_size=250,
        incremental=("afterStart", "beforeEnd"),
        notes=(
            "Has no created or updated filters and drops them silently, so a delta would be "
            "a full read."
        ),
    ),
    Operation(
        key="create_a_new_booking",
        summary="Book a slot",
        kind=Kind.WRITE,
        method="POST",
        path="/v2/bookings",
        version="2024-08-13",
        action="Create a new booking",
        table="bookings",
        primary_key=("uid",),
        risk=Risk.NOTIFIES,
        idempotent=False,
        irreversible=True,
        already_done="400 that the user already has a booking at this time, whoever made it",
        read_back="retrieve_booking_details_by_uid",
        undo="cancel_booking_via_uid",
        notes=(
            "Wants the attendee object of 2024-08-13, not the older responses object. There "
            "is no idempotency key: put a token in metadata and look for it before a retry. "
            "Confirmed double posts mostly fail, pending, seated and round-robin ones may "
            "double."
        ),
    ),
    Operation(
        key="cancel_booking_via_uid",
        summary="Cancel a booking, one seat, or a series",
        kind=Kind.WRITE,
        method="POST",
        path="/v2/bookings/{bookingUid}/cancel",
        version="2024-08-13",
        action="Cancel booking via uid",
        parents=("bookings",),
        table="bookings",
        primary_key=("uid",),
        risk=Risk.NOTIFIES,
        irreversible=True,
        already_done="400 that it has been cancelled already",
        read_back="retrieve_booking_details_by_uid",
        notes=(
            "Hosts must give a reason. cancelSubsequentBookings on a booking outside a "
            "series cancels it and then answers 400. Rejected bookings can be cancelled "
            "too. cancelledByEmail stays empty."
        ),
    ),
    Operation(
        key="confirm_booking_by_uid",
        summary="Accept a pending booking",
        kind=Kind.WRITE,
        method="POST",
        path="/v2/bookings/{bookingUid}/confirm",
        version="2024-08-13",
        action="Confirm booking by uid",
        parents=("bookings",),
        table="bookings",
        primary_key=("uid",),
        risk=Risk.NOTIFIES,
        irreversible=True,
        already_done="400 in general words; a read shows accepted",
        read_back="retrieve_booking_details_by_uid",
        undo="cancel_booking_via_uid",
        notes=(
            "Only accepted bookings are refused: a cancelled or rejected one comes back to "
            "life. Of a series, every pending occurrence is accepted."
        ),
    ),
    Operation(
        key="decline_booking_with_reason",
        summary="Reject a pending booking",
        kind=Kind.WRITE,
        method="POST",
        path="/v2/bookings/{bookingUid}/decline",
        version="2024-08-13",
        action="Decline booking with reason",
        parents=("bookings",),
        table="bookings",
        primary_key=("uid",),
        risk=Risk.NOTIFIES,
        irreversible=True,
        already_done="none: 200 again; a read shows rejected",
        read_back="retrieve_booking_details_by_uid",
        notes=(
            "Declining again answers 200 and sends the mails again; confirming afterwards "
            "accepts it. The reason cannot be read back."
        ),
    ),
    Operation(
        key="reschedule_booking_by_uid",
        summary="Move a booking to another start",
        kind=Kind.WRITE,
        method="POST",
        path="/v2/bookings/{bookingUid}/reschedule",
        version="2024-08-13",
        action="Reschedule booking by uid",
        parents=("bookings",),
        table="bookings",
        primary_key=("uid",),
        risk=Risk.NOTIFIES,
        idempotent=False,
        irreversible=True,
        already_done="400 that names the new uid",
        read_back="retrieve_booking_details_by_uid",
        undo="reschedule_booking_by_uid",
        notes=(
            "Makes a new booking with a new uid and cancels the old one. The new length is "
            "the event type's. Where confirmation is required it becomes pending."
        ),
    ),
    Operation(
        key="reassign_booking_to_another_user",
        summary="Give a round-robin booking to a named host",
        kind=Kind.WRITE,
        method="POST",
        path="/v2/bookings/{bookingUid}/reassign/{userId}",
        version="2024-08-13",
        action="Reassign booking to another user",
        parents=("bookings", "users"),
        table="bookings",
        primary_key=("uid",),
        risk=Risk.NOTIFIES,
        irreversible=True,
        already_done="none: 200 again; a read shows the host",
        read_back="retrieve_booking_details_by_uid",
        undo="reassign_booking_to_another_user",
        notes=(
            "Naming the present host changes nothing and mails everybody again. With a "
            "fixed host, an attendee is rewritten instead."
        ),
    ),
    Operation(
        key="reassign_booking_with_uid",
        summary="Give a round-robin booking to another host that Cal.com picks",
        kind=Kind.WRITE,
        method="POST",
        path="/v2/bookings/{bookingUid}/reassign",
        version="2024-08-13",
        action="Reassign booking with uid",
        parents=("bookings",),
        table="bookings",
        primary_key=("uid",),
        risk=Risk.NOTIFIES,
        idempotent=False,
        irreversible=True,
        already_done="cannot be told",
        read_back="retrieve_booking_details_by_uid",
        undo="reassign_booking_to_another_user",
        notes="Every call moves it again, so a retry after a timeout is a second change.",
    ),
    Operation(
        key="mark_booking_absent_for_uid",
        summary="Mark or unmark attendees, or mark the host, as absent",
        kind=Kind.WRITE,
        method="POST",
        path="/v2/bookings/{bookingUid}/mark-absent",
        version="2024-08-13",
        action="Mark booking absent for UID",
        parents=("bookings",),
        table="bookings",
        primary_key=("uid",),
        risk=Risk.NOTIFIES,
        already_done="none: 200 again; a read shows the marks",
        read_back="retrieve_booking_details_by_uid",
        undo="mark_booking_absent_for_uid",
        notes=(
            "Refused before the start. An e-mail that is no attendee answers 500 after the "
            "known ones were written. host can be set and not unset. Attendee marks do not "
            "move updatedAt. Every call sends the webhook again."
        ),
    ),
    Operation(
        key="edit_booking_by_id",
        summary="Change columns of a booking directly",
        kind=Kind.WRITE,
        method="PATCH",
        path="/v1/bookings/{id}",
        action="Edit booking by ID",
        parents=("bookings",),
        table="bookings",
        primary_key=("uid",),
        risk=Risk.LOW,
        read_back="retrieve_booking_details_by_uid",
        undo="edit_booking_by_id",
        v2_way=(
            "reschedule_booking_by_uid, cancel_booking_via_uid, confirm_booking_by_uid, "
            "decline_booking_with_reason or reassign_booking_to_another_user, by field"
        ),
        evidence=Evidence.SOURCE,
        missing_from_openapi="API v1 has a document of its own",
        notes=(
            "Raw change of the database: no mail, no calendar, no availability check. Title "
            "and description have no v2 way."
        ),
    ),
    Operation(
        key="list_organization_bookings",
        summary="All bookings of an organisation",
        kind=Kind.READ,
        method="GET",
        path="/v2/organizations/{orgId}/bookings",
        query=ORGANIZATION_BOOKING_FILTERS,
        version="2024-08-13",
        scope=Scope.ORGANIZATION,
        role="ORG_ADMIN",
        parents=("organizations",),
        table="bookings",
        primary_key=("uid",),
        authoritative=True,
        paging=Paging.BOOKINGS,
        paging_trap=(
            "equal sort values change places on every request; totals ignore some filters"
        ),
        page_size=250,
        incremental=("afterUpdatedAt", "beforeUpdatedAt"),
        notes=(
            "The authoritative list where the key is the organisation's admin. userIds "
            "outside the organisation is refused with 403."
        ),
    ),
    Operation(
        key="list_organization_user_bookings",
        summary="Bookings that one member may see",
        kind=Kind.READ,
        method="GET",
        path="/v2/organizations/{orgId}/users/{userId}/bookings",
        query=ALL_BOOKING_FILTERS,
        scope=Scope.ORGANIZATION,
        role="ORG_ADMIN",
        parents=("organizations", "users"),
        table="bookings",
        primary_key=("uid",),
        paging=Paging.BOOKINGS,
        paging_trap=(
            "equal sort values change places on every request; totals ignore some filters"
        ),
        page_size=250,
        incremental=("afterUpdatedAt", "beforeUpdatedAt"),
        notes="Runs as that user: what they may see, not what they host.",
    ),
    Operation(
        key="list_team_bookings",
        summary="Bookings of a team",
        kind=Kind.READ,
        method="GET",
        path="/v2/teams/{teamId}/bookings",
        query=BOOKING_FILTERS,
        version="2024-08-13",
        scope=Scope.TEAM,
        role="TEAM_ADMIN",
        parents=("teams",),
        table="bookings",
        primary_key=("uid",),
        paging=Paging.BOOKINGS,
        paging_trap="filters by created and updated are dropped silently; walk it by start",
        page_size=250,
        incremental=("afterStart", "beforeEnd"),
        evidence=Evidence.DOCS,
        notes="Newer than the servers of January 2026.",
    ),
    Operation(
        key="get_booking_by_seat",
        summary="The booking that a seat belongs to",
        kind=Kind.READ,
        method="GET",
        path="/v2/bookings/by-seat/{seatUid}",
        version="2024-08-13",
        parents=("seats",),
        table="bookings",
        primary_key=("uid",),
        evidence=Evidence.DOCS,
        notes="Newer than the servers of January 2026.",
    ),
)
