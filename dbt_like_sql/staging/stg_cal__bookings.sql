-- model: staging.stg_cal__bookings
-- description: One row per booking, every status; each occurrence of a series is its own row.
-- grain: booking_uid
-- materialized: view
-- sources: raw.bookings
-- history: raw.bookings_history(valid_from, valid_to)
-- time: all *_at columns are UTC

select
    id as booking_id, -- id; Cal.com's number of the booking
    uid as booking_uid, -- text; the booking's uid; whoever knows it can read and cancel it
    title, -- text; title of the booking
    description, -- text; description; NULL when there is none
    status, -- text; accepted, cancelled, rejected, pending or awaiting_host
    cancellation_reason, -- text; why it was cancelled; also set on live bookings once moved
    cancelled_by_email, -- text; who cancelled; empty for cancellations over the API
    rescheduling_reason, -- text; why it was moved; only on moves through the booking page
    rescheduled_by_email, -- text; who moved it, on both the old and the new booking
    rescheduled_from_uid, -- text; the booking this one replaces
    rescheduled_to_uid, -- text; the booking that replaces this one; never set on occurrences
    recurring_booking_uid, -- text; groups the occurrences of a series
    start as start_at, -- UTC; when it starts
    "end" as end_at, -- UTC; when it ends
    duration as duration_minutes, -- minutes; length in minutes
    event_type_id, -- id; the event type; NULL once it was deleted
    event_type_slug, -- text; slug of the event type as it is now; NULL once it was deleted
    meeting_url, -- text; where to meet: a video link, or the location again
    location, -- text; location as Cal.com stores it, e.g. integrations:daily
    absent_host as is_host_absent, -- flag; the host was marked as not having come
    created_at, -- UTC; when it was made
    updated_at, -- UTC; when Cal.com last wrote the booking row; NULL on some, see docs
    metadata, -- JSON; free-form metadata set over the API
    rating, -- number; the attendee's rating; NULL when not rated
    ics_uid, -- text; uid of the calendar event; kept when the booking is moved
    booking_fields_responses, -- JSON; the booker's answers as they came
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.bookings
