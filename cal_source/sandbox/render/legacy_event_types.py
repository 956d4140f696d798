"""Event types and schedules in the shape of API version 2024-04-15.

A client gets it when the version header is missing, unknown or wrong: the status is 200 and the
filters it sent are ignored.

Source: recordings `event_types_no_version`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from cal_source.sandbox.clock import to_iso

if TYPE_CHECKING:
    from cal_source.sandbox.records import EventType, Host, Json, Schedule, Team, User
    from cal_source.sandbox.world import World

SCHEDULING_TYPES: Final = {
    "collective": "COLLECTIVE",
    "roundRobin": "ROUND_ROBIN",
    "managed": "MANAGED",
}
# How the recurrence rules of iCalendar libraries number their frequencies.
_FREQUENCIES: Final = {"yearly": 0, "monthly": 1, "weekly": 2, "daily": 3}
_WEEK: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
# Columns that no other version shows, at the values Cal.com gives them.
_UNSHOWN: Final[Json] = {
    "requiresConfirmationForFreeEmail": False,
    "requiresConfirmationWillBlockSlot": False,
    "autoTranslateDescriptionEnabled": False,
    "position": 0,
    "profileId": None,
    "eventName": None,
    "timeZone": None,
    "periodType": "UNLIMITED",
    "periodStartDate": None,
    "periodEndDate": None,
    "periodDays": None,
    "periodCountCalendarDays": None,
    "lockedTimeZone": None,
    "disableCancelling": False,
    "disableRescheduling": False,
    "minimumRescheduleNotice": None,
    "instantMeetingScheduleId": None,
    "instantMeetingExpiryTimeOffsetInSeconds": 90,
    "instantMeetingParameters": [],
    "aiPhoneCallConfig": None,
    "isRRWeightsEnabled": False,
    "bookingFields": None,
    "useEventTypeDestinationCalendarEmail": False,
    "secondaryEmailId": None,
    "durationLimits": None,
    "rrSegmentQueryValue": None,
    "assignRRMembersUsingSegment": False,
    "maxLeadThreshold": None,
    "useEventLevelSelectedCalendars": False,
    "customReplyToEmail": None,
    "restrictionScheduleId": None,
    "useBookerTimezone": False,
    "instantMeetingSchedule": None,
    "children": [],
}
_SAME_NAME: Final = (
    "interfaceLanguage",
    "offsetStart",
    "lockTimeZoneToggleOnBookingPage",
    "requiresBookerEmailVerification",
    "disableGuests",
    "allowReschedulingCancelledBookings",
    "hideCalendarNotes",
    "minimumBookingNotice",
    "beforeEventBuffer",
    "afterEventBuffer",
    "onlyShowFirstAvailableSlot",
    "allowReschedulingPastBookings",
    "hideOrganizerEmail",
    "showOptimizedSlots",
    "price",
    "currency",
    "slotInterval",
    "successRedirectUrl",
    "isInstantEvent",
    "assignAllTeamMembers",
    "rescheduleWithSameRoundRobinHost",
    "hideCalendarEventDetails",
)
_SAME_NAME_DEFAULTS: Final[Json] = {
    "interfaceLanguage": None,
    "offsetStart": 0,
    "minimumBookingNotice": 120,
    "beforeEventBuffer": 0,
    "afterEventBuffer": 0,
    "price": 0,
    "currency": "usd",
    "slotInterval": None,
    "successRedirectUrl": None,
}


def event_type_groups_json(world: World, user: User, teams: list[tuple[Team, str]]) -> Json:
    """A user's event types, grouped by the user and the teams they are in (with their role)."""
    own = [row for row in world.event_types.values() if row.owner_id == user.id]
    avatar = f"{world.web_url}/avatar.svg"
    profile = {"slug": user.username, "name": user.name, "image": avatar}
    groups: list[Json] = [
        {
            "teamId": None,
            "bookerUrl": world.web_url,
            "membershipRole": None,
            "profile": profile,
            "eventTypes": [_event_type(world, row) for row in own],
            "metadata": {"membershipCount": 1, "readOnly": False},
        },
    ]
    profiles: list[Json] = [
        profile | {"membershipCount": 1, "readOnly": False, "teamId": None, "membershipRole": None},
    ]
    for team, role in teams:
        group = _team_group(world, team, role)
        groups.append(group)
        facts = group["metadata"] | {"teamId": team.id, "membershipRole": role}
        profiles.append(group["profile"] | facts)
    return {
        "eventTypeGroups": groups,
        "profiles": profiles,
        "allUsersAcrossAllEventTypes": {},
    }


def legacy_schedule_json(world: World, row: Schedule) -> Json:
    """A schedule with times as minutes of the day, Sunday being day 0."""
    hours = [
        {
            "days": [_WEEK.index(day) for day in entry["days"]],
            "startTime": _minutes(entry["startTime"]),
            "endTime": _minutes(entry["endTime"]),
            "userId": row.owner_id,
        }
        for entry in row.availability
    ]
    owner = world.users[row.owner_id]
    own = [other for other in world.schedules.values() if other.owner_id == row.owner_id]
    return {
        "id": row.id,
        "name": row.name,
        "isManaged": False,
        "workingHours": hours,
        "timeZone": row.time_zone,
        "dateOverrides": row.overrides,
        "isDefault": owner.default_schedule_id == row.id,
        "isLastSchedule": len(own) == 1,
        "readOnly": False,
    }


def _minutes(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def _team_group(world: World, team: Team, role: str) -> Json:
    organization = world.teams.get(team.parent_id or 0)
    members = [row for row in world.memberships_of_team(team.id) if row.is_accepted]
    label = quote((organization or team).name)
    return {
        "teamId": team.id,
        "parentId": team.parent_id,
        "bookerUrl": _site(world, organization),
        "membershipRole": role,
        "profile": {
            "image": "https://eu.ui-avatars.com/api/?background=fff&color=f9f9f9&bold=true"
            f"&background=000000&name={label}",
            "name": team.name,
            "slug": team.slug,
        },
        "metadata": {"membershipCount": len(members), "readOnly": role == "MEMBER"},
        "eventTypes": [_event_type(world, row) for row in world.event_types_of_team(team.id)],
    }


def _site(world: World, organization: Team | None) -> str:
    scheme, host = world.web_url.split("://", 1)
    return f"{scheme}://{organization.slug}.{host}" if organization else world.web_url


def _event_type(world: World, row: EventType) -> Json:
    owner = world.users.get(row.owner_id or 0)
    settings = row.settings
    same = {n: settings.get(n, _SAME_NAME_DEFAULTS.get(n, False)) for n in _SAME_NAME}
    body: Json = {
        "id": row.id,
        "teamId": row.team_id,
        "schedulingType": SCHEDULING_TYPES.get(row.scheduling_type or ""),
        "userId": row.owner_id,
        "metadata": settings.get("metadata") or None,
        "description": row.description or None,
        "hidden": row.is_hidden,
        "slug": row.slug,
        "length": row.length_minutes,
        "title": row.title,
        "requiresConfirmation": "type" in settings.get("confirmationPolicy", {}),
        "canSendCalVideoTranscriptionEmails": True,
        "owner": owner and {"timeZone": owner.time_zone},
        "parentId": row.parent_id,
        "seatsPerTimeSlot": row.seats_per_slot,
        "seatsShowAttendees": row.seats_show_attendees,
        "seatsShowAvailabilityCount": True,
        "scheduleId": row.schedule_id,
        "recurringEvent": recurring_event_json(settings),
        "locations": _locations(settings),
        "hashedLink": _links(world, row),
        "bookingLimits": _limits(settings),
        "eventTypeColor": color_json(settings),
        "hosts": [_host(world, row, host) for host in row.hosts],
        "team": _team_with_owner(world, row),
        "userIds": [h.user_id for h in row.hosts] or [row.owner_id],
    }
    return _UNSHOWN | same | body | {"profileId": owner and owner.profile_id}


def _team_with_owner(world: World, row: EventType) -> Json | None:
    if row.team_id is None:
        return None
    team = world.teams[row.team_id]
    return {"id": team.id, "members": [{"user": {"timeZone": team.time_zone}}]}


def _links(world: World, row: EventType) -> list[Json]:
    links = sorted(world.private_links.values(), key=lambda link: link.number)
    return [
        {
            "id": link.number,
            "link": link.id,
            "expiresAt": link.expires_at and to_iso(link.expires_at),
            "maxUsageCount": link.max_usage_count or 1,
            "usageCount": link.usage_count,
        }
        for link in links
        if link.event_type_id == row.id
    ]


def _limits(settings: Json) -> Json | None:
    limits = settings.get("bookingLimitsCount")
    return limits and {f"PER_{unit.upper()}": value for unit, value in limits.items()}


def _locations(settings: Json) -> list[Json]:
    if "locations" not in settings:
        return [{"type": "integrations:daily"}]
    return [
        {"type": "integrations:daily"}
        if location["type"] == "integration"
        else {"type": "link", "link": location.get("link"), "displayLocationPublicly": True}
        for location in settings["locations"]
    ]


def _host(world: World, row: EventType, host: Host) -> Json:
    user = world.users[host.user_id]
    membership = world.membership(row.team_id or 0, host.user_id)
    return {
        "userId": host.user_id,
        "eventTypeId": row.id,
        "isFixed": host.is_fixed,
        "priority": 2,
        "weight": 100,
        "weightAdjustment": None,
        "scheduleId": None,
        "groupId": None,
        "memberId": membership and membership.id,
        "user": {
            "name": user.name,
            "avatarUrl": user.avatar_url,
            "username": user.username,
            "id": user.id,
            "timeZone": user.time_zone,
        },
    }


def recurring_event_json(settings: Json) -> Json | None:
    """The recurrence of an event type as iCalendar libraries write it."""
    rule = settings.get("recurrence")
    if not rule or rule.get("disabled"):
        return None
    return {
        "freq": _FREQUENCIES[rule["frequency"]],
        "count": rule["occurrences"],
        "interval": rule["interval"],
    }


def color_json(settings: Json) -> Json | None:
    """The colours of an event type."""
    color = settings.get("color")
    return color and {
        "darkEventTypeColor": color["darkThemeHex"],
        "lightEventTypeColor": color["lightThemeHex"],
    }
