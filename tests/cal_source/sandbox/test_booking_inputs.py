"""What is wrong with a body, in the words and shapes of each operation."""

from __future__ import annotations

from typing import Any

import pytest

from cal_source.sandbox import Sandbox, World
from tests.cal_source.sandbox.booking_requests import BOOKER, MONDAY
from tests.cal_source.sandbox.conftest import Ask, telling

GOOD = {"start": MONDAY, "eventTypeId": 5002, "attendee": BOOKER}
LOCATION = "BookingInputLocationValidator_2024_08_13"
UPDATE = "UpdateBookingInputLocationValidator_2024_08_13"
METADATA = (
    "metadata property is wrong,Metadata must have at most 50 keys, each key up to 40 characters, "
    "and string values up to 500 characters. "
)


@pytest.fixture
def tell(empty_world: World) -> Ask:
    return telling(Sandbox(empty_world, rate_limits=False))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": None}, "start property is wrong,start must be a valid ISO 8601 date string "),
        ({"extra": 1}, "extra property is wrong,property extra should not exist "),
        (
            {"attendee": None},
            "attendee property is wrong,attendee should not be null or undefined ",
        ),
        (
            {"attendee": "x"},
            "attendee property is wrong,nested property attendee must be either object or array ",
        ),
        (
            {"attendee": BOOKER | {"timeZone": "Moon"}},
            (
                "attendee property is wrong, timeZone property is wrong,timeZone must be a valid "
                "IANA "
                "time-zone "
            ),
        ),
        (
            {"attendee": BOOKER | {"x": 1}},
            "attendee property is wrong, x property is wrong,property x should not exist ",
        ),
        (
            {"attendee": {"name": "Lena", "timeZone": "UTC"}},
            (
                "attendee property is wrong, attendee email or phone property is wrong,Attendee "
                "must "
                "have at least one contact method (email or phone number) "
            ),
        ),
        (
            {"eventTypeId": None},
            (
                "eventTypeId or eventTypeSlug + username property is wrong,Either eventTypeId or "
                "eventTypeSlug + username or eventTypeSlug + teamSlug must be provided "
            ),
        ),
        (
            {"eventTypeId": "x"},
            "eventTypeId property is wrong,eventTypeId must be an integer number ",
        ),
        ({"guests": "x"}, "guests property is wrong,guests must be an array "),
        ({"guests": [1]}, "guests property is wrong,each value in guests must be a string "),
        (
            {"lengthInMinutes": "x"},
            (
                "lengthInMinutes property is wrong,lengthInMinutes must not be less than 1, "
                "lengthInMinutes must be an integer number "
            ),
        ),
        ({"metadata": {"k": "v" * 501}}, METADATA),
        ({"metadata": {str(n): "" for n in range(51)}}, METADATA),
        ({"metadata": {"k" * 41: ""}}, METADATA),
        ({"instant": "yes"}, "instant property is wrong,instant must be a boolean value "),
        (
            {"recurrenceCount": 0},
            "recurrenceCount property is wrong,recurrenceCount must not be less than 1 ",
        ),
        (
            {"location": {}},
            (
                f"location property is wrong,{LOCATION} - Booking 'location' must have a 'type' "
                "property. "
            ),
        ),
        (
            {"location": {"type": "moon"}},
            (
                f"location property is wrong,{LOCATION} - Unsupported booking location type "
                "'moon'. "
                "Valid types are address, link, integration, phone, attendeePhone, "
                "attendeeAddress, "
                "attendeeDefined and organizersDefaultApp. "
            ),
        ),
        (
            {"location": {"type": "attendeePhone", "phone": "x"}},
            (
                f"location property is wrong,{LOCATION} - Validation failed for attendeePhone "
                "location: phone must be a valid phone number "
            ),
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_new_booking_says_in_one_sentence_what_is_wrong(
    tell: Ask, change: dict[str, Any], message: str
) -> None:
    body = {name: value for name, value in (GOOD | change).items() if value is not None}

    answer = tell("/v2/bookings", body)

    assert answer.status == 400
    assert answer.json()["error"]["message"] == message


def test_new_booking_names_unknown_fields_before_broken_ones(tell: Ask) -> None:
    answer = tell("/v2/bookings", {"eventTypeId": 5002, "attendee": BOOKER, "extra": 1})

    assert answer.json()["error"]["message"] == (
        "extra property is wrong,property extra should not exist , "
        "start property is wrong,start must be a valid ISO 8601 date string "
    )


def test_booker_without_an_email_address_is_refused_by_the_form(tell: Ask) -> None:
    answer = tell("/v2/bookings", GOOD | {"attendee": BOOKER | {"email": "nope"}})

    error = answer.json()["error"]
    assert (answer.status, error["code"]) == (400, "BAD_REQUEST")
    assert error["message"] == "responses - {email}email_validation_error, "


@pytest.mark.parametrize(
    ("offer", "location", "message"),
    [
        (
            {"type": "address", "address": "x"},
            {"type": "phone"},
            "The event type has following location types: address",
        ),
        (
            {"type": "integration", "integration": "zoom"},
            {"type": "integration", "integration": "cal-video"},
            "The event type has following integrations: zoom",
        ),
    ],
    ids=["type", "integration"],
)
def test_place_that_is_not_offered_is_refused(
    empty_world: World, offer: dict[str, str], location: dict[str, str], message: str
) -> None:
    empty_world.edit("event_types", 5002, settings={"locations": [offer]})
    tell = telling(Sandbox(empty_world, rate_limits=False))

    answer = tell("/v2/bookings", GOOD | {"location": location})

    assert answer.status == 400
    assert message in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("verb", "body", "message"),
    [
        ("reschedule", {}, "start property is wrong,start must be a valid ISO 8601 date string "),
        (
            "reschedule",
            {"start": MONDAY, "x": 1},
            "x property is wrong,property x should not exist ",
        ),
        (
            "reschedule",
            {"start": MONDAY, "seatUid": 7},
            "seatUid property is wrong,seatUid must be a string ",
        ),
        (
            "cancel",
            {"cancellationReason": 7},
            "cancellationReason property is wrong,cancellationReason must be a string ",
        ),
        ("cancel", {"seatUid": 7}, "seatUid property is wrong,seatUid must be a string "),
        ("cancel", {"x": 1}, "x property is wrong,property x should not exist "),
    ],
    ids=["no start", "unknown", "seat", "reason", "cancel seat", "cancel unknown"],
)
def test_moves_and_cancellations_use_the_same_sentence(
    tell: Ask, verb: str, body: dict[str, Any], message: str
) -> None:
    answer = tell(f"/v2/bookings/nope/{verb}", body)

    assert answer.status == 400
    assert answer.json()["error"]["message"] == message


@pytest.mark.parametrize(
    ("method", "verb", "body", "where", "rules"),
    [
        ("POST", "decline", {"reason": 7}, "reason", {"isString"}),
        ("POST", "mark-absent", {"host": "x"}, "host", {"isBoolean"}),
        ("POST", "mark-absent", {"attendees": []}, "attendees", {"arrayMinSize"}),
        (
            "POST",
            "mark-absent",
            {"attendees": "x"},
            "attendees",
            {"isArray", "arrayMinSize", "nestedValidation"},
        ),
        ("POST", "guests", {"guests": []}, "guests", {"arrayMinSize"}),
        (
            "POST",
            "guests",
            {"guests": [{"email": f"g{n}@example.com"} for n in range(11)]},
            "guests",
            {"arrayMaxSize"},
        ),
        ("POST", "attendees", BOOKER | {"email": "x"}, "email", {"isEmail"}),
        ("PATCH", "location", {"location": "x"}, "location", {"ValidateUpdateLocation"}),
        ("POST", "reassign/1002", {"reason": 7}, "reason", {"isString"}),
    ],
    ids=["decline", "host", "nobody", "no list", "no guests", "11 guests", "email", "place", "why"],
)
def test_other_writes_list_the_broken_rules(
    tell: Ask, method: str, verb: str, body: dict[str, Any], where: str, rules: set[str]
) -> None:
    answer = tell(f"/v2/bookings/nope/{verb}", body, method=method)

    [error] = answer.json()["error"]["details"]["errors"]
    assert answer.status == 400
    assert (error["property"], set(error["constraints"])) == (where, rules)
    assert error["target"][where] == error["value"]


@pytest.mark.parametrize(
    ("verb", "body", "path"),
    [
        ("guests", {"guests": [{"email": "x"}]}, ["0", "email"]),
        ("mark-absent", {"attendees": [{"email": "a@example.com"}]}, ["0", "absent"]),
    ],
    ids=["guest", "absence"],
)
def test_rules_broken_inside_a_list_are_found_by_position(
    tell: Ask, verb: str, body: dict[str, Any], path: list[str]
) -> None:
    [error] = tell(f"/v2/bookings/nope/{verb}", body).json()["error"]["details"]["errors"]

    [child] = error["children"]
    [grandchild] = child["children"]
    assert [child["property"], grandchild["property"]] == path
    assert grandchild["constraints"]


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ({"x": 1}, f"{UPDATE} - Booking 'location' must have a 'type' property."),
        (
            {"type": "integration"},
            (
                f"{UPDATE} - Unsupported booking location type 'integration'. Valid types are "
                "address, "
                "link, phone, attendeePhone, attendeeAddress, and attendeeDefined."
            ),
        ),
        (
            {"type": "address"},
            (
                f"{UPDATE} - Validation failed for address location: address must be longer than "
                "or "
                "equal to 1 characters, address must be a string"
            ),
        ),
        (
            {"type": "link", "link": "x"},
            f"{UPDATE} - Validation failed for link location: link must be a URL address",
        ),
    ],
    ids=["no type", "type", "empty", "no url"],
)
def test_place_of_an_update_is_checked(tell: Ask, location: dict[str, Any], message: str) -> None:
    answer = tell("/v2/bookings/nope/location", {"location": location}, method="PATCH")

    [error] = answer.json()["error"]["details"]["errors"]
    assert error["constraints"] == {"ValidateUpdateLocation": message}
