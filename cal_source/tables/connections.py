"""Calendars, conferencing, private links, time zones. Source: OpenAPI and recordings."""

from __future__ import annotations

from cal_source.tables.model import Table, bigint, boolean, double, json, text, timestamp

CALENDARS = Table(
    name="calendars",
    key=("credential_id", "external_id"),
    description="Calendars of the connected accounts of the key's user.",
    columns=(
        bigint("credentialId", "The connected account.", required=True),
        text(
            "externalId",
            "The calendar's id at its provider; empty where an account shows no calendar.",
            required=True,
        ),
        text("integration", "The provider, as the documentation calls it."),
        text("integrationName", "The provider, such as google_calendar."),
        text("name", "Name."),
        text("email", "E-mail of the account."),
        boolean("primary", "True for the account's main calendar."),
        boolean("readOnly", "True when it cannot be written."),
        boolean("isSelected", "True when it is checked for conflicts."),
        text("delegationCredentialId", "Set when an organisation delegates the account."),
        json("account", "The connected account: its app and its main calendar, as they came."),
    ),
)

DESTINATION_CALENDARS = Table(
    name="destination_calendars",
    key=("id",),
    description="Where bookings of the key's user are written.",
    columns=(
        bigint("id", "Id.", required=True),
        text("integration", "The provider."),
        text("externalId", "The calendar's id at its provider."),
        text("primaryEmail", "E-mail of the account's main calendar."),
        bigint("userId", "The user."),
        bigint("eventTypeId", "Set when it holds for one event type only."),
        bigint("credentialId", "The connected account."),
        text("delegationCredentialId", "Set when an organisation delegates the account."),
        text("name", "Name."),
        boolean("primary", "True for the account's main calendar."),
        boolean("readOnly", "True when it cannot be written."),
        text("email", "E-mail of the account."),
        text("integrationName", "The provider, such as google_calendar."),
        text("integrationTitle", "The provider's name as people read it."),
        text("domainWideDelegationCredentialId", "An older name of the delegated account."),
        bigint("customCalendarReminder", "Minutes before a booking at which it reminds."),
        timestamp("createdAt", "When it was chosen, UTC."),
        timestamp("updatedAt", "When it was last written, UTC."),
    ),
)

CONFERENCING_APPS = Table(
    name="conferencing_apps",
    key=("id",),
    description="Video apps that a user or team has connected.",
    columns=(
        bigint("id", "The connected account.", required=True),
        text("type", "The app, such as google_video."),
        bigint("userId", "The user it belongs to."),
        bigint("teamId|$teamId", "The team it belongs to."),
        boolean("invalid", "True when it has to be connected again."),
        text("appId", "The app in Cal.com's store, such as google-meet."),
        text("subscriptionId", "The paid subscription, where the app has one."),
        text("paymentStatus", "State of that subscription."),
        bigint("billingCycleStart", "Day of the month on which it is billed."),
        text("delegationCredentialId", "Set when an organisation delegates the account."),
    ),
)

CONFERENCING_DEFAULTS = Table(
    name="conferencing_defaults",
    key=("owner_type", "owner_id"),
    description="The video app used where an event type names none; no row where none is set.",
    columns=(
        text("$scopeKind", "user or team.", name="owner_type", required=True),
        bigint("$scopeId", "The user or team.", name="owner_id", required=True),
        text("appSlug", "The app."),
        text("appLink", "Fixed link, where the app is one."),
    ),
)

EVENT_TYPE_PRIVATE_LINKS = Table(
    name="event_type_private_links",
    key=("link_id",),
    description="Links that let their bearer book a hidden event type; treat them as secret.",
    columns=(
        text("linkId", "The link's id.", required=True),
        bigint("eventTypeId", "The event type."),
        boolean("isExpired", "True when it no longer works."),
        text("bookingUrl", "Address of the link."),
        timestamp("expiresAt", "When it expires, UTC; NULL: by use."),
        bigint("maxUsageCount", "How often it may be used; NULL: by date."),
        bigint("usageCount", "How often it was used."),
    ),
)

TIMEZONES = Table(
    name="timezones",
    key=("city", "ordinal"),
    description="Cities that Cal.com offers for choosing a time zone; many names are not unique.",
    columns=(
        text("city", "City.", required=True),
        bigint("$ordinal", "Tells cities of one name apart, from 1.", required=True),
        text("timezone", "IANA zone; NULL for some places in Antarctica."),
        double("pop", "Inhabitants; a mean of sources, so not always whole."),
    ),
)

MANAGED_USERS = Table(
    name="managed_users",
    key=("id",),
    secrets=("accessToken", "refreshToken"),
    description="Users that a platform client manages.",
    columns=(
        bigint("id", "User id.", required=True),
        text("$clientId", "The platform client.", name="oauth_client_id"),
        text("email", "E-mail, with the client's suffix."),
        text("username", "User name."),
        text("name", "Name."),
        text("bio", "About the user."),
        text("timeZone", "IANA time zone."),
        text("weekStart", "First day of the week."),
        timestamp("createdDate", "When the user was made, UTC."),
        bigint("timeFormat", "12 or 24."),
        bigint("defaultScheduleId", "Schedule used where an event type names none."),
        text("locale", "Language."),
        text("avatarUrl", "Address of the picture."),
        json("metadata", "Free-form metadata."),
    ),
)

OAUTH_CLIENTS = Table(
    name="oauth_clients",
    key=("id",),
    secrets=("secret",),
    description="Platform clients; their secrets never land.",
    columns=(
        text("id", "Client id.", required=True),
        text("name", "Name."),
        json("permissions", "What it may do."),
        text("logo", "Address of the logo."),
        json("redirectUris", "Where sign-in may return to."),
        bigint("organizationId", "The platform organisation."),
        timestamp("createdAt", "When it was made, UTC."),
        boolean("areEmailsEnabled", "True when managed users get Cal.com's mails."),
        boolean("areDefaultEventTypesEnabled", "True when managed users start with event types."),
        boolean("areCalendarEventsEnabled", "True when bookings make calendar events."),
        text("bookingRedirectUri", "Where bookers are sent."),
        text("bookingCancelRedirectUri", "Where cancellers are sent."),
        text("bookingRescheduleRedirectUri", "Where those who move a booking are sent."),
        boolean("hasSecret", "True when it has a secret; the secret itself never lands."),
    ),
)

MANAGED_ORGANIZATIONS = Table(
    name="managed_organizations",
    key=("id",),
    secrets=("apiKey",),
    description="Organisations that a platform manages.",
    columns=(
        bigint("id", "Organisation id.", required=True),
        text("name", "Name."),
        text("slug", "Last part of its address."),
        json("metadata", "Free-form metadata."),
    ),
)
