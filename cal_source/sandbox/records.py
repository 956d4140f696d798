"""What the sandbox holds: plain rows, one class per table, in the terms of Cal.com's database.

Rows are changed through `World.edit` and its sisters only, so that indexes and caches follow.
Instants are aware and in UTC. Free-form JSON stays a `dict`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

Json = dict[str, Any]


@dataclass(slots=True)
class User:
    """A person with an account; `organization_id` is the organisation of their profile.

    Who was made by an organisation (`invited_to`) may have another user name in its profile.
    `settings` holds looks the account was given, as the API writes them.
    """

    id: int
    email: str
    name: str | None
    username: str | None
    time_zone: str
    created_at: datetime
    organization_id: int | None = None
    profile_id: int | None = None
    default_schedule_id: int | None = None
    week_start: str = "Sunday"
    time_format: int | None = 12
    locale: str | None = "en"
    bio: str | None = None
    avatar_url: str | None = None
    email_verified_at: datetime | None = None
    metadata: Json | None = field(default_factory=dict)
    oauth_client_id: str | None = None
    default_conferencing_app: str | None = None
    invited_to: int | None = None
    profile_username: str | None = None
    settings: Json = field(default_factory=dict)


@dataclass(slots=True)
class Team:
    """A team, or an organisation (`is_organization`), which is the parent of its teams."""

    id: int
    name: str
    slug: str
    parent_id: int | None = None
    is_organization: bool = False
    is_platform: bool = False
    bio: str | None = None
    time_zone: str = "Europe/London"
    week_start: str = "Sunday"
    metadata: Json | None = None
    default_conferencing_app: str | None = None
    settings: Json = field(default_factory=dict)


@dataclass(slots=True)
class Membership:
    """A user in a team or organisation; a pending invitation has `is_accepted` False."""

    id: int
    team_id: int
    user_id: int
    role: str
    is_accepted: bool
    created_at: datetime | None = None
    updated_at: datetime | None = None
    is_impersonation_disabled: bool = False


@dataclass(slots=True)
class Host:
    """A user who takes the bookings of a team event type."""

    user_id: int
    is_fixed: bool = True
    priority: str = "medium"


@dataclass(slots=True)
class EventType:
    """A bookable meeting: personal (`owner_id`), of a team (`team_id`), or a managed child.

    `settings` holds the further fields of the 2024-06-14 shape as the API writes them. A team's
    made through the API has hosts, but no users (`has_users`), so that its booking link is empty.
    """

    id: int
    title: str
    slug: str
    length_minutes: int
    owner_id: int | None = None
    team_id: int | None = None
    parent_id: int | None = None
    description: str | None = None
    scheduling_type: str | None = None
    hosts: list[Host] = field(default_factory=list)
    is_hidden: bool = False
    seats_per_slot: int | None = None
    seats_show_attendees: bool = False
    length_options: list[int] = field(default_factory=list)
    schedule_id: int | None = None
    settings: Json = field(default_factory=dict)
    has_users: bool = True

    @property
    def is_seated(self) -> bool:
        """Whether one booking of it is shared by several attendees."""
        return self.seats_per_slot is not None

    @property
    def host_ids(self) -> list[int]:
        """Who takes its bookings: the hosts, or the owner; nobody once all hosts have left."""
        owner = [] if self.owner_id is None else [self.owner_id]
        return [host.user_id for host in self.hosts] or owner


@dataclass(slots=True)
class Schedule:
    """Working hours: `availability` and `overrides` in the shape of API version 2024-06-11."""

    id: int
    owner_id: int
    name: str
    time_zone: str
    availability: list[Json]
    overrides: list[Json]


@dataclass(slots=True)
class Seat:
    """An attendee's place in a seated booking, with that attendee's own answers."""

    uid: str
    responses: Json
    metadata: Json = field(default_factory=dict)


@dataclass(slots=True)
class Attendee:
    """A person invited to a booking; e-mails repeat, also within a booking."""

    id: int
    name: str
    email: str
    time_zone: str
    locale: str | None = "en"
    phone_number: str | None = None
    is_absent: bool = False
    seat: Seat | None = None


@dataclass(slots=True)
class Reference:
    """An event of a booking in an outside system (video room, calendar entry)."""

    id: int
    type: str
    event_uid: str
    destination_calendar_id: str | None = None


@dataclass(slots=True)
class Booking:
    """A booking. `updated_at` is None for rows written before the column was kept up.

    `responses` is None where the stored answers cannot be read: such bookings are answered with
    the name and e-mail "unknown".
    """

    id: int
    uid: str
    title: str
    start: datetime
    end: datetime
    status: str
    created_at: datetime
    updated_at: datetime | None
    user_id: int | None
    event_type_id: int | None
    attendees: list[Attendee] = field(default_factory=list)
    description: str | None = None
    location: str | None = None
    responses: Json | None = None
    metadata: Json = field(default_factory=dict)
    cancellation_reason: str | None = None
    cancelled_by: str | None = None
    rescheduled_by: str | None = None
    from_reschedule: str | None = None
    is_rescheduled: bool = False
    recurring_event_id: str | None = None
    is_host_absent: bool = False
    rating: int | None = None
    ical_uid: str | None = None
    ical_sequence: int = 0
    references: list[Reference] = field(default_factory=list)


@dataclass(slots=True)
class SlotReservation:
    """A slot held for one booker until `until`; it does not hide the slot from others."""

    uid: str
    event_type_id: int
    start: datetime
    end: datetime
    until: datetime


@dataclass(slots=True)
class Webhook:
    """A subscription at exactly one level: user, event type, team (organisation) or client."""

    id: str
    subscriber_url: str
    triggers: list[str]
    created_at: datetime
    user_id: int | None = None
    event_type_id: int | None = None
    team_id: int | None = None
    oauth_client_id: str | None = None
    payload_template: str | None = None
    is_active: bool = True
    secret: str | None = None


@dataclass(slots=True)
class Attribute:
    """A property an organisation keeps about its members."""

    id: str
    team_id: int
    type: str
    name: str
    slug: str
    created_at: datetime
    updated_at: datetime
    is_enabled: bool = True
    is_editable_by_users: bool = False
    is_weights_enabled: bool = False
    is_locked: bool = False


@dataclass(slots=True)
class AttributeOption:
    """One value of an attribute."""

    id: str
    attribute_id: str
    value: str
    slug: str
    is_group: bool = False
    contains: list[str] = field(default_factory=list)


@dataclass(slots=True)
class AttributeAssignment:
    """An option given to a member."""

    id: int
    user_id: int
    option_id: str
    uuid: str | None = None
    created_at: datetime | None = None


@dataclass(slots=True)
class OutOfOffice:
    """Whole days away, with the colleague who stands in."""

    id: int
    uuid: str
    user_id: int
    start: datetime
    end: datetime
    to_user_id: int | None = None
    notes: str | None = None
    reason: str = "unspecified"


@dataclass(slots=True)
class RoutingForm:
    """A form that sends its filler to an event type; `content` is its body as answered."""

    id: str
    team_id: int | None
    user_id: int
    created_at: datetime
    updated_at: datetime
    content: Json


@dataclass(slots=True)
class RoutingResponse:
    """One filled-in routing form. `updated_at` filters answers but is not shown."""

    id: int
    form_id: str
    filler_id: str
    response: Json
    created_at: datetime
    updated_at: datetime | None = None
    booking_uid: str | None = None


@dataclass(slots=True)
class Workflow:
    """Reminders of a team; `kind` is `event-type` or `routing-form`, `content` its body."""

    id: int
    team_id: int
    kind: str
    content: Json


@dataclass(slots=True)
class VerifiedContact:
    """An e-mail address (`kind` email) or phone number (`kind` phone) someone proved to own."""

    id: int
    kind: str
    value: str
    user_id: int | None = None
    team_id: int | None = None


@dataclass(slots=True)
class PrivateLink:
    """A secret booking link of an event type: valid until an instant, or for a number of uses.

    `number` counts links up as they are made, and orders them.
    """

    id: str
    event_type_id: int
    number: int
    expires_at: datetime | None = None
    max_usage_count: int | None = None
    usage_count: int = 0


@dataclass(slots=True)
class OAuthClient:
    """A platform's client: its id and secret act as the owner of its organisation."""

    id: str
    secret: str
    name: str
    organization_id: int
    permissions: frozenset[str]


@dataclass(slots=True)
class ApiKey:
    """A key in plain text; its limit is in requests per minute, None for the sandbox's default.

    Exceeding the limit blocks the key for `block_seconds`. A key that was replaced (`is_revoked`)
    is still known to the throttler.
    """

    token: str
    name: str
    user_id: int
    limit_per_minute: int | None = None
    block_seconds: float = 60.0
    expires_at: datetime | None = None
    is_revoked: bool = False


@dataclass(slots=True)
class AccessToken:
    """A managed user's token, or an app's (`client_id` None)."""

    token: str
    user_id: int
    client_id: str | None
    expires_at: datetime
