"""What an operation's path and query may carry, as data, and the groups that many rows share.

Names, bounds and choices as in the OpenAPI document of March 2026; where a recorded answer shows
another rule, the row's parameters follow the answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final


class ValueKind(StrEnum):
    """What a parameter's value must be."""

    TEXT = "text"
    NUMBER = "a whole number"
    FLAG = "true or false"
    INSTANT = "a date or an ISO 8601 instant"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a path or query.

    Attributes:
        name: Its name.
        kind: What its value must be; of a list, each entry.
        required: Whether Cal.com refuses a request without it.
        choices: The values it may take; empty when any will do.
        minimum: The smallest number allowed.
        maximum: The largest number allowed.
        is_list: Whether it takes several values, sent joined by commas.
        sent_as: Its name on the wire, where that is another.
    """

    name: str
    kind: ValueKind = ValueKind.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    is_list: bool = False
    sent_as: str = ""


_NUMBERED_IN_PATHS: Final = frozenset({
    "orgId",
    "teamId",
    "userId",
    "attendeeId",
    "eventTypeId",
    "scheduleId",
    "membershipId",
    "workflowId",
    "managedOrganizationId",
    "id",
})
_WAYS: Final = ("asc", "desc")


def path_parameter(name: str, choices: tuple[str, ...]) -> Parameter:
    """Return the parameter of a path that `name` is, with the choices of its operation."""
    kind = ValueKind.NUMBER if name in _NUMBERED_IN_PATHS else ValueKind.TEXT
    return Parameter(
        name, kind, required=True, choices=choices if name in {"calendar", "app"} else ()
    )


def _texts(*names: str) -> tuple[Parameter, ...]:
    return tuple(Parameter(name) for name in names)


def _instants(*names: str) -> tuple[Parameter, ...]:
    return tuple(Parameter(name, ValueKind.INSTANT) for name in names)


def _sorts(*names: str) -> tuple[Parameter, ...]:
    return tuple(Parameter(name, choices=_WAYS) for name in names)


def _required(*parameters: Parameter) -> tuple[Parameter, ...]:
    return tuple(replace(parameter, required=True) for parameter in parameters)


SKIP: Final = Parameter("skip", ValueKind.NUMBER, minimum=0)
PAGE: Final = (Parameter("take", ValueKind.NUMBER, minimum=1, maximum=250), SKIP)
USER_PAGE: Final = (Parameter("take", ValueKind.NUMBER, minimum=1, maximum=1000), SKIP)
LIMIT_PAGE: Final = (
    Parameter("limit", ValueKind.NUMBER, minimum=1, maximum=250),
    Parameter("offset", ValueKind.NUMBER, minimum=0, maximum=250),
)
EMAILS: Final = (Parameter("emails", is_list=True),)
ASSIGNED_OPTIONS: Final = (Parameter("assignedOptionIds", is_list=True),)
TEAMS: Final = (Parameter("teamIds", ValueKind.NUMBER, is_list=True),)
EVENT_TYPE: Final = (Parameter("eventTypeId", ValueKind.NUMBER),)
BY_CREATION: Final = _sorts("sortCreatedAt")

BOOKING_FILTERS: Final = (
    Parameter(
        "status",
        choices=("upcoming", "recurring", "past", "cancelled", "unconfirmed"),
        is_list=True,
    ),
    *_texts("attendeeEmail", "attendeeName", "bookingUid", "eventTypeIds", "eventTypeId"),
    *_instants("afterStart", "beforeEnd"),
    *_sorts("sortStart", "sortEnd", "sortCreated"),
    *PAGE,
)
ALL_BOOKING_FILTERS: Final = (
    *BOOKING_FILTERS,
    *_texts("teamsIds", "teamId"),
    *_instants("afterCreatedAt", "beforeCreatedAt", "afterUpdatedAt", "beforeUpdatedAt"),
    *_sorts("sortUpdatedAt"),
)
ORGANIZATION_BOOKING_FILTERS: Final = (*ALL_BOOKING_FILTERS, *_texts("userIds"))
REFERENCE_TYPE: Final = (
    Parameter(
        "type",
        choices=(
            "google_calendar",
            "office365_calendar",
            "daily_video",
            "google_video",
            "office365_video",
            "zoom_video",
        ),
    ),
)

EVENT_TYPE_FILTERS: Final = (
    *_texts("username", "eventSlug", "usernames", "orgSlug"),
    Parameter("orgId", ValueKind.NUMBER),
    *BY_CREATION,
)
TEAM_EVENT_TYPE_FILTERS: Final = (
    *_texts("eventSlug"),
    Parameter("hostsLimit", ValueKind.NUMBER, minimum=1),
    *BY_CREATION,
)
ABSENCE_SORTS: Final = _sorts("sortStart", "sortEnd")
EMAIL: Final = _texts("email")
ATTRIBUTE_OPERATOR: Final = (Parameter("attributeQueryOperator", choices=("OR", "AND", "NONE")),)
ROUTING_FILTERS: Final = (
    *PAGE,
    *_sorts("sortCreatedAt", "sortUpdatedAt"),
    *_instants("afterCreatedAt", "beforeCreatedAt", "afterUpdatedAt", "beforeUpdatedAt"),
    *_texts("routedToBookingUid"),
)
MANAGED_ORGANIZATION_FILTERS: Final = (*PAGE, *_texts("slug", "metadataKey", "metadataValue"))

SLOT_SEARCH: Final = (
    *_required(*_instants("start", "end")),
    *EVENT_TYPE,
    *_texts("eventTypeSlug", "username", "teamSlug", "organizationSlug", "usernames", "timeZone"),
    Parameter("duration", ValueKind.NUMBER, minimum=1),
    Parameter("format", choices=("range", "time")),
    *_texts("bookingUidToReschedule"),
)
BUSY_TIMES: Final = (
    # Required beyond the OpenAPI document: recording retrieve_calendar_busy_times__missing.
    *_required(*_texts("loggedInUsersTz"), *_instants("dateFrom", "dateTo")),
    # The document shows these two flat; the server wants them as the first of a list.
    *_required(
        Parameter("credentialId", ValueKind.NUMBER, sent_as="calendarsToLoad[0][credentialId]"),
        Parameter("externalId", sent_as="calendarsToLoad[0][externalId]"),
    ),
    *_texts("timeZone"),
)
SELECTED_CALENDAR: Final = (
    *_required(*_texts("integration", "externalId", "credentialId")),
    *_texts("delegationCredentialId"),
)

# Optional against the OpenAPI document: recordings connect_to_calendar__missing_configured,
# get_conference_oauth_authorization_url__missing_configured, get_stripe_connect_url_for_team__….
CALENDAR_CONNECT: Final = (Parameter("isDryRun", ValueKind.FLAG), *_texts("redir"))
RETURN_TO: Final = _texts("returnTo", "onErrorReturnTo")
CALLBACK: Final = _required(*_texts("state", "code"))
STRIPE_CALLBACK: Final = (
    # A refused consent comes without code: recording save_stripe_details__error_param.
    *_required(*_texts("state")),
    *_texts("code", "error", "error_description"),
)
