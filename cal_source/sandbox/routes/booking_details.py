"""What hangs on one booking: references, recordings, sessions, calendar links, attendees.

Source: recordings `booking_references_forbidden`, `booking_recordings`, `booking_calendar_links`,
`booking_conferencing_sessions`, `orgteam_booking_references`; OpenAPI for attendees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from cal_source.sandbox.call import success
from cal_source.sandbox.errors import BadRequestError, BookingNotFoundError, NotFoundError
from cal_source.sandbox.guards import authenticated, maybe_authenticated, organization_team_role
from cal_source.sandbox.render.bookings import display_email
from cal_source.sandbox.router import get
from cal_source.sandbox.routes.bookings import VERSION

if TYPE_CHECKING:
    from datetime import datetime

    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Attendee, Booking, Json

_UNRESERVED: Final = "!~*'()"


def references(call: Call) -> Any:
    """Calendar and video events of a booking the caller hosts; others are refused with 400.

    Raises:
        BadRequestError: The caller does not host the booking.
    """
    booking = _existing(call)
    if booking.user_id != call.user.id:
        text = f"Booking with uid {booking.uid} does not belong to user"
        raise BadRequestError(text)
    return _references(call, booking)


def references_of_team(call: Call) -> Any:
    """Calendar and video events of a booking of the team's event types.

    Raises:
        BadRequestError: The booking is not of the team.
    """
    booking = _existing(call)
    event_type = call.world.event_types.get(booking.event_type_id or 0)
    if event_type is None or event_type.team_id != int(call.params["teamId"]):
        text = f"Booking with uid {booking.uid} does not belong to team"
        raise BadRequestError(text)
    return _references(call, booking)


def nothing(call: Call) -> Any:
    """Recordings, transcripts and sessions: there are none without a video provider."""
    _existing(call)
    return success([])


def calendar_links(call: Call) -> Any:
    """Links that add the booking to somebody's calendar."""
    booking = _existing(call)
    event_type = call.world.event_types.get(booking.event_type_id or 0)
    details = (event_type and event_type.description) or ""
    return success(_links(booking, details, call.now, f"{call.rng.getrandbits(104):x}"[:21]))


def attendees(call: Call) -> Any:
    """Attendees with their ids, which bookings do not show."""
    booking = _existing(call)
    return success([attendee_json(booking, person) for person in booking.attendees])


def attendee(call: Call) -> Any:
    """One attendee by id.

    Raises:
        NotFoundError: Nobody on the booking has this id.
    """
    booking, attendee_id = _existing(call), call.number("attendeeId")
    for person in booking.attendees:
        if person.id == attendee_id:
            return success(attendee_json(booking, person))
    text = f"Attendee with id {attendee_id} not found in booking {booking.uid}"
    raise NotFoundError(text)


def _existing(call: Call) -> Booking:
    booking = call.world.bookings.by_uid(call.params["bookingUid"])
    if booking is None:
        raise BookingNotFoundError(call.params["bookingUid"])
    return booking


def _references(call: Call, booking: Booking) -> Any:
    kind = call.value("type")
    return success(
        [
            {
                "type": row.type,
                "eventUid": row.event_uid,
                "id": row.id,
                "destinationCalendarId": row.destination_calendar_id,
            }
            for row in booking.references
            if kind in {None, row.type}
        ],
    )


def attendee_json(booking: Booking, person: Attendee) -> Json:
    """An attendee with the ids that bookings leave out."""
    return {
        "id": person.id,
        "bookingId": booking.id,
        "name": person.name,
        "email": person.email,
        "displayEmail": display_email(person.email),
        "timeZone": person.time_zone,
        "language": person.locale,
        "absent": person.is_absent,
    } | ({} if person.phone_number is None else {"phoneNumber": person.phone_number})


def _links(booking: Booking, details: str, now: datetime, uid: str) -> list[Json]:
    compact, dashed = "%Y%m%dT%H%M%SZ", "%Y-%m-%dT%H:%M:%SZ"
    text = quote(details, safe=_UNRESERVED)
    google = (
        "https://calendar.google.com/calendar/r/eventedit"
        f"?dates={booking.start:{compact}}/{booking.end:{compact}}&text={booking.title}"
        f"&details={text}"
    )
    times = (
        f"enddt={booking.end:{dashed}}&path={{path}}&rru=addevent&startdt={booking.start:{dashed}}"
    )
    office, live = (times.format(path=f"{p}calendar{p}action{p}compose") for p in ("%2F", "%252F"))
    outlook = "calendar/0/deeplink/compose"
    title = quote(booking.title, safe=_UNRESERVED)
    return [
        {"label": "Google Calendar", "id": "googleCalendar", "link": google},
        {
            "label": "Microsoft Office",
            "id": "microsoftOffice",
            "link": f"https://outlook.office.com/{outlook}?body={text}&{office}"
            f"&subject={booking.title}",
        },
        {
            "label": "Microsoft Outlook",
            "id": "microsoftOutlook",
            "link": f"https://outlook.live.com/{outlook}?body={text}&{live}&subject={title}",
        },
        {"label": "ICS", "id": "ics", "link": _ics(booking, details, now, uid)},
    ]


def _ics(booking: Booking, details: str, now: datetime, uid: str) -> str:
    minutes = int((booking.end - booking.start).total_seconds() // 60)
    hours, rest = divmod(minutes, 60)
    duration = "PT" + (f"{hours}H" if hours else "") + (f"{rest}M" if rest else "")
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "CALSCALE:GREGORIAN",
        "PRODID:adamgibbons/ics",
        "METHOD:PUBLISH",
        "X-PUBLISHED-TTL:PT1H",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"SUMMARY:{booking.title}",
        f"DTSTAMP:{now:%Y%m%dT%H%M%SZ}",
        f"DTSTART:{booking.start:%Y%m%dT%H%M%SZ}",
        *([f"DESCRIPTION:{details}"] if details else []),
        f"DURATION:{duration}",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    return "data:text/calendar," + quote("\r\n".join(lines), safe=_UNRESERVED)


_BOOKING: Final = "/v2/bookings/{bookingUid}"
ROUTES = (
    get(f"{_BOOKING}/references", references, authenticated, versions=VERSION),
    get(f"{_BOOKING}/recordings", nothing, authenticated, versions=VERSION),
    get(f"{_BOOKING}/transcripts", nothing, authenticated, versions=VERSION),
    get(f"{_BOOKING}/conferencing-sessions", nothing, authenticated, versions=VERSION),
    get(f"{_BOOKING}/calendar-links", calendar_links, maybe_authenticated, versions=VERSION),
    get(f"{_BOOKING}/attendees", attendees, authenticated, versions=VERSION),
    get(f"{_BOOKING}/attendees/{{attendeeId}}", attendee, authenticated, versions=VERSION),
    get(
        "/v2/organizations/{orgId}/teams/{teamId}/bookings/{bookingUid}/references",
        references_of_team,
        *organization_team_role("TEAM_ADMIN"),
    ),
)
