"""What costs one request per booking: read only when asked for. Source: OpenAPI, recordings."""

from __future__ import annotations

from cal_source.tables.model import (
    ORDINAL,
    POSITION,
    Child,
    Table,
    bigint,
    boolean,
    double,
    json,
    text,
)

_BOOKING_UID = text("$bookingUid", "The booking.", required=True)

BOOKING_REFERENCES = Table(
    name="booking_references",
    key=("id",),
    description="Events that a booking has in calendars and video apps.",
    columns=(
        bigint("id", "The reference's id.", required=True),
        _BOOKING_UID,
        text("type", "The calendar or video app."),
        text("eventUid", "The event's id there."),
        text("destinationCalendarId", "The calendar it was written to, by its id at the provider."),
    ),
)

BOOKING_RECORDINGS = Table(
    name="booking_recordings",
    key=("id",),
    secrets=("shareToken", "downloadLink"),
    description="Recordings of video meetings; their links and tokens never land.",
    columns=(
        text("id", "The recording's id.", required=True),
        _BOOKING_UID,
        text("roomName", "The room."),
        double("startTs", "Start, seconds since 1970."),
        text("status", "finished or in-progress."),
        bigint("maxParticipants", "Most people at one time."),
        double("duration", "Length in seconds."),
        text("error", "Why it cannot be had."),
        boolean("hasShareToken", "True when it can be shared; the token never lands."),
        boolean("hasDownloadLink", "True when it can be downloaded; the link never lands."),
    ),
)

BOOKING_TRANSCRIPTS = Table(
    name="booking_transcripts",
    key=("booking_uid", "position"),
    description="How many transcripts a booking's meeting has; their links never land.",
    columns=(
        _BOOKING_UID,
        bigint("$position", "Place in the list, from 0.", name="position", required=True),
        boolean("hasLink", "True when there is a link; the link itself never lands."),
    ),
    secrets=("link",),
)

CONFERENCING_PARTICIPANTS = Table(
    name="conferencing_participants",
    key=("session_id", "user_id", "join_time", "ordinal"),
    parent_key={"session_id": "id"},
    identity=("user_id", "join_time"),
    description="Who was in a video session, and how long.",
    columns=(
        text("$sessionId", "The session.", required=True),
        text("userId", "The participant's id in the video app.", required=True),
        bigint("joinTime", "When they joined, seconds since 1970.", required=True),
        ORDINAL,
        POSITION,
        text("userName", "Name as given on joining."),
        bigint("duration", "How long they stayed, in seconds."),
    ),
)

CONFERENCING_SESSIONS = Table(
    name="conferencing_sessions",
    key=("id",),
    description="Video sessions of bookings held in Cal Video.",
    columns=(
        text("id", "The session's id.", required=True),
        _BOOKING_UID,
        text("room", "The room."),
        bigint("startTime", "Start, seconds since 1970."),
        bigint("duration", "Length in seconds."),
        boolean("ongoing", "True while it lasts."),
        bigint("maxParticipants", "Most people at one time."),
    ),
    children=(Child(CONFERENCING_PARTICIPANTS, "participants"),),
)

BOOKING_ATTENDEE_IDS = Table(
    name="booking_attendee_ids",
    key=("id",),
    description="Attendees with their ids, which the bookings list does not show.",
    columns=(
        bigint("id", "The attendee's id.", required=True),
        _BOOKING_UID,
        text("email", "The attendee's e-mail."),
        text("name", "The attendee's name."),
        text("displayEmail", "The e-mail as shown to people."),
        text("timeZone", "The attendee's IANA time zone."),
        text("language", "The attendee's language code."),
        boolean("absent", "True when marked as not having come."),
        text("phoneNumber", "The attendee's phone number."),
        text("seatUid", "The seat, on seated event types."),
        json("bookingFieldsResponses", "Answers of this attendee, on seated event types."),
        json("metadata", "Free-form metadata of this seat."),
    ),
)
