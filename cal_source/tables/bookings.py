"""Bookings and the lists inside them. Source: OpenAPI 2024-08-13 and recorded answers."""

from __future__ import annotations

from cal_source.tables.model import (
    ORDINAL,
    POSITION,
    Child,
    Table,
    bigint,
    boolean,
    json,
    text,
    timestamp,
)

_BOOKING_UID = text("$bookingUid", "The booking this row belongs to.", required=True)
_PARENT = {"booking_uid": "uid"}
_EMAIL_KEY = ("booking_uid", "email", "ordinal")

BOOKING_HOSTS = Table(
    name="booking_hosts",
    key=_EMAIL_KEY,
    parent_key=_PARENT,
    identity=("email",),
    description="The host of each booking as Cal.com names them; exactly one per booking today.",
    columns=(
        _BOOKING_UID,
        text("email", "The host's e-mail; 'unknown' when the user is gone.", required=True),
        ORDINAL,
        POSITION,
        bigint(
            "id",
            "The host's user id; NULL where Cal.com says 'unknown' because the user is gone.",
            null_words=("unknown",),
        ),
        text("name", "The host's name; 'unknown' when the user is gone."),
        text("displayEmail", "The e-mail as shown to people, without a managed user's suffix."),
        text("username", "The host's user name; 'unknown' when there is none."),
        text("timeZone", "The host's IANA time zone; NULL when the user is gone."),
    ),
)

BOOKING_ATTENDEES = Table(
    name="booking_attendees",
    key=_EMAIL_KEY,
    parent_key=_PARENT,
    identity=("email",),
    description=(
        "Who attends each booking: booker, guests and, on collective events, the co-hosts too."
    ),
    columns=(
        _BOOKING_UID,
        text("email", "The attendee's e-mail; may repeat within a booking.", required=True),
        ORDINAL,
        POSITION,
        text("name", "The attendee's name; empty for guests added by e-mail only."),
        text("displayEmail", "The e-mail as shown to people, without a managed user's suffix."),
        text("timeZone", "The attendee's IANA time zone."),
        text("language", "The attendee's language code."),
        boolean("absent", "True when marked as not having come; false also when never marked."),
        text("phoneNumber", "The attendee's phone number, where one was given."),
        text("seatUid", "The seat, on seated event types; it is a capability, treat it as secret."),
        json("bookingFieldsResponses", "Answers of this attendee, on seated event types."),
        json("metadata", "Free-form metadata of this seat."),
    ),
)

BOOKING_GUESTS = Table(
    name="booking_guests",
    key=_EMAIL_KEY,
    parent_key=_PARENT,
    identity=("email",),
    description="E-mails that the booker named as guests; they are among the attendees too.",
    columns=(
        _BOOKING_UID,
        text("email", "The guest's e-mail.", required=True),
        ORDINAL,
        POSITION,
    ),
)

BOOKING_ANSWERS = Table(
    name="booking_answers",
    key=("booking_uid", "email", "ordinal", "slug"),
    parent_key=_PARENT,
    identity=(),
    description=(
        "Answers to booking questions, one row per question: by the booker, or by each attendee "
        "of a seated booking."
    ),
    columns=(
        _BOOKING_UID,
        text("email", "Who answered; empty when Cal.com does not say.", required=True),
        ORDINAL,
        text("slug", "The question's slug on the event type.", required=True),
        text("$valueText", "The answer as text, when it is a text, number or yes/no."),
        json("value", "The answer as it came."),
    ),
)

BOOKINGS = Table(
    name="bookings",
    key=("uid",),
    description="One row per booking, every status; each occurrence of a series is its own row.",
    columns=(
        bigint("id", "Cal.com's number of the booking.", required=True),
        text("uid", "The booking's uid; whoever knows it can read and cancel it.", required=True),
        text("title", "Title of the booking."),
        text("description", "Description; NULL when there is none."),
        text(
            "status",
            "accepted, cancelled, rejected, pending or awaiting_host; a moved booking is cancelled "
            "and has a successor.",
            required=True,
        ),
        text("cancellationReason", "Why it was cancelled; also set on live bookings once moved."),
        text("cancelledByEmail", "Who cancelled; empty for cancellations over the API."),
        text("reschedulingReason", "Why it was moved; only on moves through the booking page."),
        text("rescheduledByEmail", "Who moved it, on both the old and the new booking."),
        text("rescheduledFromUid", "The booking this one replaces."),
        text("rescheduledToUid", "The booking that replaces this one; never set on occurrences."),
        text("recurringBookingUid", "Groups the occurrences of a series."),
        timestamp("start", "When it starts, UTC.", required=True),
        timestamp("end", "When it ends, UTC.", required=True),
        bigint("duration", "Length in minutes."),
        bigint(
            "eventTypeId|eventType.id",
            "The event type; NULL once it was deleted.",
        ),
        text("eventType.slug", "Slug of the event type as it is now; NULL once it was deleted."),
        text("meetingUrl", "Where to meet: a video link, or the location again."),
        text("location", "Location as Cal.com stores it, e.g. integrations:daily."),
        boolean("absentHost", "True when the host was marked as not having come."),
        timestamp("createdAt", "When it was made, UTC.", required=True),
        timestamp("updatedAt", "When Cal.com last wrote the booking row; NULL on some, see docs."),
        json("metadata", "Free-form metadata set over the API."),
        bigint("rating", "The attendee's rating; NULL when not rated."),
        text("icsUid", "Uid of the calendar event; kept when the booking is moved."),
        json("bookingFieldsResponses", "The booker's answers as they came."),
    ),
    children=(
        Child(BOOKING_HOSTS, "hosts"),
        Child(BOOKING_ATTENDEES, "attendees"),
        Child(BOOKING_GUESTS, "guests", explode="guests"),
        Child(BOOKING_ANSWERS, "bookingFieldsResponses", explode="answers", keeps_source=True),
    ),
)
