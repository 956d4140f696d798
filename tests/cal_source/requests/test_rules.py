"""Rules that span fields, unions, and how faults are told."""

from __future__ import annotations

import pytest

from cal_source.call_errors import NotAWriteError, RequestBodyError
from cal_source.errors import UnknownOperationError
from cal_source.requests import validate_body

NO_FIELD = "is not a field of this body, and Cal.com would drop it silently"
BOOKING = {
    "start": "2026-12-03T10:00:00Z",
    "eventTypeId": 5002,
    "attendee": {"name": "Ada", "timeZone": "Europe/Berlin", "email": "ada@example.com"},
}
TEAM_EVENT = {
    "title": "Demo",
    "slug": "demo",
    "lengthInMinutes": 30,
    "schedulingType": "collective",
    "hosts": [{"userId": 7}],
}


def faults(key, body):
    with pytest.raises(RequestBodyError) as refused:
        validate_body(key, body)
    return [str(rule) for rule in refused.value.rules]


GOOD = {
    "booking by id": ("create_a_new_booking", BOOKING),
    "booking by slug and username": (
        "create_a_new_booking",
        {**BOOKING, "eventTypeSlug": "intro", "username": "ada"},
    ),
    "booking by phone number": (
        "create_a_new_booking",
        {**BOOKING, "attendee": {"name": "A", "timeZone": "UTC", "phoneNumber": "+15550100100"}},
    ),
    "instant booking": ("create_a_new_booking", {**BOOKING, "instant": True}),
    "series": ("create_a_new_booking", {**BOOKING, "recurrenceCount": 3}),
    "one seat cancelled": ("cancel_booking_via_uid", {"seatUid": "s1"}),
    "one seat moved": (
        "reschedule_booking_by_uid",
        {"seatUid": "s1", "start": "2026-12-03T11:00:00+01:00"},
    ),
    "setting switched off": ("edit_event_type_by_id", {"seats": {"disabled": True}}),
    "limits not switched off": (
        "edit_event_type_by_id",
        {"bookingLimitsCount": {"disabled": False, "day": 4}},
    ),
    "window of dates": (
        "edit_event_type_by_id",
        {"bookingWindow": {"type": "range", "value": ["2026-12-01", "2026-12-24"]}},
    ),
    "question by slug and by type": (
        "edit_event_type_by_id",
        {
            "bookingFields": [
                {"slug": "notes", "required": True},
                {
                    "type": "boolean",
                    "slug": "ok",
                    "label": "OK?",
                    "required": True,
                    "hidden": False,
                },
            ]
        },
    ),
    "write without a body": ("confirm_booking_by_uid", {}),
}
BAD = {
    "booking of nothing": (
        "create_a_new_booking",
        {key: value for key, value in BOOKING.items() if key != "eventTypeId"},
        ["body must have eventTypeId, or eventTypeSlug with username or teamSlug"],
    ),
    "booker out of reach": (
        "create_a_new_booking",
        {**BOOKING, "attendee": {"name": "Ada", "timeZone": "UTC"}},
        ["attendee must have email or phoneNumber"],
    ),
    "instant that is not": (
        "create_a_new_booking",
        {**BOOKING, "instant": False},
        ["instant must be True"],
    ),
    "local time without offset": (
        "create_a_new_booking",
        {**BOOKING, "start": "2026-12-03T10:00:00"},
        [
            "start must be an ISO 8601 instant with its offset, such as 2026-11-24T09:30:00Z",
        ],
    ),
    "place named and addressed alike": (
        "create_a_new_booking",
        {**BOOKING, "location": {"type": "attendeeAddress", "address": 7}},
        ["location.address must be a valid string"],
    ),
    "place of no kind": (
        "edit_event_type_by_id",
        {"locations": [{"link": "https://example.com"}]},
        ["locations[0] must be an object with 'type'"],
    ),
    "misspelt reason": (
        "cancel_booking_via_uid",
        {"cancelationReason": "x"},
        [f"cancelationReason {NO_FIELD} (did you mean cancellationReason?)"],
    ),
    "seat and series at once": (
        "cancel_booking_via_uid",
        {"seatUid": "s1", "cancelSubsequentBookings": True},
        [f"cancelSubsequentBookings {NO_FIELD}"],
    ),
    "hosts named twice": (
        "create_team_event_type",
        {**TEAM_EVENT, "assignAllTeamMembers": True},
        ["body must have hosts or assignAllTeamMembers, not both"],
    ),
    "length that is not offered": (
        "create_team_event_type",
        {**TEAM_EVENT, "lengthInMinutesOptions": [15, 60]},
        ["body must have lengthInMinutes among lengthInMinutesOptions"],
    ),
    "other scheduling without hosts": (
        "update_team_event_type",
        {"schedulingType": "roundRobin"},
        ["body must have hosts or assignAllTeamMembers where schedulingType changes"],
    ),
    "notice without threshold": (
        "edit_event_type_by_id",
        {"confirmationPolicy": {"type": "time", "blockUnconfirmedBookingsInBooker": True}},
        ["confirmationPolicy must have noticeThreshold when type is 'time'"],
    ),
    "limit of odd minutes": (
        "edit_event_type_by_id",
        {"bookingLimitsDuration": {"day": 50}},
        ["bookingLimitsDuration.day must be a multiple of 15"],
    ),
    "setting half switched off": (
        "edit_event_type_by_id",
        {"seats": {"disabled": True, "seatsPerTimeSlot": 3}},
        [f"seats.seatsPerTimeSlot {NO_FIELD}"],
    ),
    "day that is none": (
        "update_schedule_by_id",
        {"overrides": [{"date": "2026-02-30", "startTime": "09:00", "endTime": "24:00"}]},
        [
            "overrides[0].date must be a date such as 2026-12-31",
            "overrides[0].endTime must match pattern '^([01]\\d|2[0-3]):[0-5]\\d$'",
        ],
    ),
    "metadata too long": (
        "update_user_profile_details",
        {"metadata": {"k" * 41: "v"}},
        ["metadata must have keys of up to 40 characters"],
    ),
    "metadata text too long": (
        "update_user_profile_details",
        {"metadata": {"key": "v" * 501}},
        ["metadata must have texts of up to 500 characters"],
    ),
    "number as text": (
        "reserve_slot_for_event",
        {"eventTypeId": "7", "slotStart": "2026-12-03T10:00:00Z"},
        ["eventTypeId must be a valid integer"],
    ),
    "yes or no as number": (
        "mark_booking_absent_for_uid",
        {"host": 1},
        ["host must be a valid boolean"],
    ),
    "feed of another kind": (
        "save_calendar_ics_feeds",
        {"urls": ["https://example.com/feed.xml"]},
        ["urls[0] must be an http(s) address ending with .ics"],
    ),
    "body where there is none": (
        "confirm_booking_by_uid",
        {"reason": "x"},
        ["body must be left out: there is none"],
    ),
    "no body where there is one": (
        "update_schedule_by_id",
        None,
        ["body must be an object"],
    ),
}


@pytest.mark.parametrize(("key", "body"), GOOD.values(), ids=GOOD)
def test_validate_body_gives_back_what_may_be_sent(key, body):
    assert validate_body(key, body) == (body or None)


@pytest.mark.parametrize(("key", "body", "told"), BAD.values(), ids=BAD)
def test_validate_body_names_field_and_rule(key, body, told):
    assert faults(key, body) == told


def test_validate_body_shows_no_value():
    body = {
        "active": "canary-one",
        "subscriberUrl": "canary-two",
        "triggers": ["canary-three"],
        "secret": 7_777_777,
    }

    with pytest.raises(RequestBodyError) as refused:
        validate_body("create_webhook_subscription", body)

    assert len(refused.value.rules) == 4
    assert "canary" not in str(refused.value)
    assert "7777777" not in str(refused.value)


def test_validate_body_names_the_likely_key_of_an_unknown_write():
    with pytest.raises(UnknownOperationError, match="cancel_booking_via_uid"):
        validate_body("cancel_booking_by_uid", {})


def test_validate_body_refuses_what_is_no_write():
    with pytest.raises(NotAWriteError, match="is a read, not a write"):
        validate_body("retrieve_my_information", {})
