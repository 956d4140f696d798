"""Event types in the shape of API version 2024-06-14, personal and of teams.

Source: BEHAVIOUR.md section 6; `world/event_types.json`, `world/team_*_event_types.json`; recording
`event_type_team_via_personal`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from cal_source.sandbox.records import EventType, Host, Json, Team, User
    from cal_source.sandbox.world import World

# Fields before and after the ones that are columns of their own, with Cal.com's defaults.
_DEFAULTS_BEFORE_USERS: Final[Json] = {
    "recurrence": None,
    "disableGuests": False,
    "slotInterval": None,
    "minimumBookingNotice": 120,
    "beforeEventBuffer": 0,
    "afterEventBuffer": 0,
    "metadata": {},
    "price": 0,
    "currency": "usd",
    "lockTimeZoneToggleOnBookingPage": False,
    "forwardParamsSuccessRedirect": True,
    "successRedirectUrl": None,
    "isInstantEvent": False,
}
_DEFAULTS_BEFORE_SEATS: Final[Json] = {
    "onlyShowFirstAvailableSlot": False,
    "offsetStart": 0,
    "bookingWindow": {"disabled": True},
    "confirmationPolicy": {"disabled": True},
    "requiresBookerEmailVerification": False,
    "hideCalendarNotes": False,
}
_DEFAULTS_AFTER_SEATS: Final[Json] = {
    "useDestinationCalendarEmail": False,
    "hideCalendarEventDetails": False,
    "hideOrganizerEmail": False,
    "calVideoSettings": {"sendTranscriptionEmails": True},
}
_DEFAULTS_BEFORE_URL: Final[Json] = {
    "bookingRequiresAuthentication": False,
    "bookerActiveBookingsLimit": {"disabled": True},
}
_DEFAULTS_AFTER_URL: Final[Json] = {
    "disableCancelling": {"disabled": False},
    "disableRescheduling": {"disabled": False},
    "interfaceLanguage": None,
    "allowReschedulingPastBookings": False,
    "allowReschedulingCancelledBookings": False,
    "showOptimizedSlots": False,
}
_OPTIONAL_BEFORE_WINDOW: Final = ("bookingLimitsCount", "bookingLimitsDuration")
_OPTIONAL_BEFORE_SEATS: Final = ("color", "customName", "destinationCalendar", "bookerLayouts")
DEFAULT_LOCATIONS: Final[list[Json]] = [{"type": "integration", "integration": "cal-video"}]


def _booking_field(kind: str, slug: str, *, is_required: bool, is_hidden: bool | None) -> Json:
    body: Json = {"isDefault": True, "type": kind, "slug": slug, "required": is_required}
    if slug != "location":
        body["disableOnPrefill"] = False
    return body if is_hidden is None else body | {"hidden": is_hidden}


DEFAULT_BOOKING_FIELDS: Final[list[Json]] = [
    _booking_field("name", "name", is_required=True, is_hidden=None),
    _booking_field("email", "email", is_required=True, is_hidden=False),
    _booking_field("phone", "attendeePhoneNumber", is_required=False, is_hidden=True),
    _booking_field("radioInput", "location", is_required=False, is_hidden=False),
    _booking_field("text", "title", is_required=True, is_hidden=True),
    _booking_field("textarea", "notes", is_required=False, is_hidden=False),
    _booking_field("multiemail", "guests", is_required=False, is_hidden=False),
    _booking_field("textarea", "rescheduleReason", is_required=False, is_hidden=False),
]


def personal_event_type_json(world: World, row: EventType) -> Json:
    """A user's own event type, read alone."""
    owner = world.users[row.owner_id or 0]
    body: Json = {"id": row.id, "ownerId": row.owner_id} | _common(row)
    body["users"] = [_user_json(owner)]
    url = f"{_site(world, owner)}/{owner.username}/{row.slug}"
    return body | _rest(row, url)


def listed_event_type_json(world: World, row: EventType) -> Json:
    """A user's own event type in a list, which leaves hidden booking fields out."""
    body = personal_event_type_json(world, row)
    fields = [field for field in body["bookingFields"] if not field.get("hidden")]
    return body | {"bookingFields": fields}


def team_event_type_json(
    world: World,
    row: EventType,
    *,
    hosts_limit: int | None = None,
) -> Json:
    """A team's event type, its hosts cut at `hosts_limit`."""
    team = world.teams[row.team_id or 0]
    body = {"id": row.id} | _common(row) | _rest(row, _team_url(world, row, world.web_url))
    return (
        body | _team_tail(world, row, hosts_limit) | {"team": _team_json(team)} | _team_flags(row)
    )


def team_event_type_by_id_json(world: World, row: EventType) -> Json:
    """A team's event type read through the personal endpoint: `team` is only an id there."""
    first = world.users[row.hosts[0].user_id] if row.hosts else None
    url = _team_url(world, row, _site(world, first) if first else world.web_url)
    body = {"id": row.id} | _common(row) | _rest(row, url) | _team_tail(world, row, None)
    return body | {"team": {"id": row.team_id}} | _team_flags(row)


def managed_child_json(world: World, row: EventType) -> Json:
    """A copy of a managed event type, as the answer that made it shows it."""
    url = f"{world.web_url}/{world.users[row.owner_id or 0].username}/{row.slug}"
    tail = _team_tail(world, row, None)
    del tail["assignAllTeamMembers"]
    body = {"id": row.id} | _common(row) | _rest(row, url) | tail
    return body | {"team": {"id": None}} | _team_flags(row)


def _common(row: EventType) -> Json:
    settings = row.settings
    body: Json = {"lengthInMinutes": row.length_minutes}
    if row.length_options:
        body["lengthInMinutesOptions"] = row.length_options
    body |= {
        "title": row.title,
        "slug": row.slug,
        "description": row.description or "",
        "locations": settings.get("locations", DEFAULT_LOCATIONS),
        "bookingFields": settings.get("bookingFields", DEFAULT_BOOKING_FIELDS),
    }
    return body | _with_defaults(settings, _DEFAULTS_BEFORE_USERS)


def _rest(row: EventType, url: str) -> Json:
    settings = row.settings
    body: Json = {"scheduleId": row.schedule_id}
    body |= {name: settings[name] for name in _OPTIONAL_BEFORE_WINDOW if name in settings}
    body |= _with_defaults(settings, _DEFAULTS_BEFORE_SEATS)
    body |= {name: settings[name] for name in _OPTIONAL_BEFORE_SEATS if name in settings}
    body["seats"] = _seats(row)
    body |= _with_defaults(settings, _DEFAULTS_AFTER_SEATS)
    body["hidden"] = row.is_hidden
    body |= _with_defaults(settings, _DEFAULTS_BEFORE_URL)
    body["bookingUrl"] = url
    return body | _with_defaults(settings, _DEFAULTS_AFTER_URL)


def _team_tail(world: World, row: EventType, hosts_limit: int | None) -> Json:
    return {
        "hosts": [_host_json(world, row, host) for host in row.hosts[:hosts_limit]],
        "teamId": row.team_id,
        "ownerId": row.owner_id,
        "parentEventTypeId": row.parent_id,
        "schedulingType": row.scheduling_type,
        "assignAllTeamMembers": row.settings.get("assignAllTeamMembers", False),
    }


def _team_flags(row: EventType) -> Json:
    flags: Json = {"rescheduleWithSameRoundRobinHost": False, "rrHostSubsetEnabled": False}
    return _with_defaults(row.settings, flags)


def _host_json(world: World, row: EventType, host: Host) -> Json:
    user = world.users[host.user_id]
    body: Json = {}
    if row.scheduling_type == "roundRobin":
        body = {"mandatory": host.is_fixed, "priority": host.priority}
    return body | {
        "userId": user.id,
        "name": user.name,
        "username": user.username,
        "avatarUrl": user.avatar_url,
    }


def _user_json(user: User) -> Json:
    return {
        "id": user.id,
        "name": user.name,
        "username": user.username,
        "avatarUrl": user.avatar_url,
        "brandColor": None,
        "darkBrandColor": None,
        "weekStart": user.week_start,
        "metadata": user.metadata,
    }


def _team_json(team: Team) -> Json:
    return {
        "id": team.id,
        "name": team.name,
        "slug": team.slug,
        "bannerUrl": None,
        "logoUrl": None,
        "weekStart": team.week_start,
        "brandColor": None,
        "darkBrandColor": None,
        "theme": None,
    }


def _team_url(world: World, row: EventType, site: str) -> str:
    """A team's booking link names its first host; a managed parent cannot be booked itself."""
    if row.scheduling_type == "managed" or not row.hosts or not row.has_users:
        return ""
    return f"{site}/{world.users[row.hosts[0].user_id].username}/{row.slug}"


def _site(world: World, user: User) -> str:
    organization = world.teams.get(user.organization_id or 0)
    if organization is None:
        return world.web_url
    scheme, host = world.web_url.split("://", 1)
    return f"{scheme}://{organization.slug}.{host}"


def _seats(row: EventType) -> Json:
    if row.seats_per_slot is None:
        return {"disabled": True}
    return {
        "disabled": False,
        "seatsPerTimeSlot": row.seats_per_slot,
        "showAttendeeInfo": row.seats_show_attendees,
        "showAvailabilityCount": row.settings.get("showAvailabilityCount", True),
    }


def _with_defaults(settings: Json, defaults: Json) -> dict[str, Any]:
    return {name: settings.get(name, default) for name, default in defaults.items()}
