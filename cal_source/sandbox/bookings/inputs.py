"""Bodies of the writes that make, move and cancel bookings.

These three refuse unknown fields and answer their complaints in one sentence; all other writes use
the usual list of broken rules.

Source: recordings `create_a_new_booking__*`, `reschedule_booking_by_uid__*`,
`cancel_booking_via_uid__*`, `w_booking_create_400`; OpenAPI `CreateBookingInput_2024_08_13`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.bodies import (
    MISSING,
    BodyField,
    BodyRules,
    Rule,
    at_least,
    each,
    is_array,
    is_boolean,
    is_date_string,
    is_enum,
    is_int,
    is_object,
    is_string,
    is_time_zone,
    json_body,
    matches,
)
from cal_source.sandbox.bookings.locations import location_rule
from cal_source.sandbox.errors import BadRequestError, InvalidInputError

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Json

LANGUAGES: Final = (
    "ar", "ca", "de", "es", "eu", "he", "id", "ja", "lv", "pl",
    "ro", "sr", "th", "vi", "az", "cs", "el", "es-419", "fi", "hr",
    "it", "km", "nl", "pt", "ru", "sv", "tr", "zh-CN", "bg", "da",
    "en", "et", "fr", "hu", "iw", "ko", "no", "pt-BR", "sk", "ta",
    "uk", "zh-TW", "bn",
)  # fmt: skip
_URL: Final = r"^(https?://)?[^\s/$.?#]+\.[^\s]+$"
_METADATA_TEXT: Final = (
    "Metadata must have at most 50 keys, each key up to 40 characters, and string values up to "
    "500 characters."
)
_MOST_KEYS, _LONGEST_KEY, _LONGEST_VALUE = 50, 40, 500
_NO_EVENT_TYPE: Final = (
    "Either eventTypeId or eventTypeSlug + username or eventTypeSlug + teamSlug must be provided"
)
_NO_CONTACT: Final = "Attendee must have at least one contact method (email or phone number)"


def _is_defined(name: str) -> Rule:
    text = f"{name} should not be null or undefined"
    return Rule("isDefined", lambda value: text if value is MISSING or value is None else None)


def _is_nested(name: str) -> Rule:
    text = f"nested property {name} must be either object or array"

    def complaint(value: Any) -> str | None:
        is_fine = value is MISSING or value is None or isinstance(value, dict)
        return None if is_fine else text

    return Rule("nestedValidation", complaint)


def _is_small_metadata(value: Any) -> str | None:
    if not isinstance(value, dict):
        return _METADATA_TEXT
    is_small = len(value) <= _MOST_KEYS and all(
        len(key) <= _LONGEST_KEY
        and isinstance(text, str | int | float | bool)
        and len(str(text)) <= _LONGEST_VALUE
        for key, text in value.items()
    )
    return None if is_small else _METADATA_TEXT


def _optional(name: str, *rules: Rule) -> BodyField:
    return BodyField(name, rules, is_optional=True)


_ATTENDEE: Final = BodyRules((
    BodyField("name", (is_string("name"),)),
    _optional("email"),
    BodyField("timeZone", (is_time_zone("timeZone"),)),
    _optional("phoneNumber"),
    _optional("language", is_enum("language", LANGUAGES)),
))  # fmt: skip
_ROUTING: Final = BodyRules((
    BodyField("responseId", (is_int("responseId"),)),
    BodyField("teamMemberIds", (each(is_int("teamMemberIds")), is_array("teamMemberIds"))),
    _optional("teamMemberEmail", is_string("teamMemberEmail")),
    _optional("skipContactOwner", is_boolean("skipContactOwner")),
    _optional("crmAppSlug", is_string("crmAppSlug")),
    _optional("crmOwnerRecordType", is_string("crmOwnerRecordType")),
))  # fmt: skip
_CREATE_FIELDS: Final = (
    BodyField("start", (is_date_string("start"),)),
    BodyField("attendee", (_is_defined("attendee"), _is_nested("attendee")), nested=_ATTENDEE),
    _optional("bookingFieldsResponses", is_object("bookingFieldsResponses")),
    _optional("eventTypeId", is_int("eventTypeId")),
    _optional("eventTypeSlug", is_string("eventTypeSlug")),
    _optional("username", is_string("username")),
    _optional("teamSlug", is_string("teamSlug")),
    _optional("organizationSlug", is_string("organizationSlug")),
    _optional("guests", each(is_string("guests")), is_array("guests")),
    _optional("meetingUrl", matches("meetingUrl", _URL, "meetingUrl must be a URL address")),
    _optional("location", location_rule("BookingInputLocationValidator_2024_08_13")),
    _optional("metadata", Rule("validateMetadata", _is_small_metadata), is_object("metadata")),
    _optional("lengthInMinutes", at_least("lengthInMinutes", 1), is_int("lengthInMinutes")),
    BodyField("routing", (_is_nested("routing"),), is_optional=True, nested=_ROUTING),
    _optional("emailVerificationCode", is_string("emailVerificationCode")),
)
_COUNT: Final = _optional(
    "recurrenceCount", at_least("recurrenceCount", 1), is_int("recurrenceCount")
)
_INSTANT: Final = BodyField("instant", (is_boolean("instant"),))
_MOVE: Final = (
    BodyField("start", (is_date_string("start"),)),
    _optional("rescheduledBy"),
)
_RESCHEDULE: Final = BodyRules((
    *_MOVE,
    _optional("reschedulingReason", is_string("reschedulingReason")),
    _optional("emailVerificationCode", is_string("emailVerificationCode")),
))  # fmt: skip
_RESCHEDULE_SEAT: Final = BodyRules((
    *_MOVE,
    BodyField("seatUid", (is_string("seatUid"),)),
    _optional("emailVerificationCode", is_string("emailVerificationCode")),
))  # fmt: skip
_REASON: Final = _optional("cancellationReason", is_string("cancellationReason"))
_CANCEL: Final = BodyRules((
    _REASON,
    _optional("cancelSubsequentBookings", is_boolean("cancelSubsequentBookings")),
))  # fmt: skip
_CANCEL_SEAT: Final = BodyRules((BodyField("seatUid", (is_string("seatUid"),)), _REASON))


def creation_input(call: Call) -> Json:
    """Read the body of a new booking.

    Raises:
        BadRequestError: It breaks a rule, has an unknown field, or names no event type.
    """
    body = json_body(call)
    extra = (_COUNT,) if "recurrenceCount" in body else ()
    if "instant" in body and not extra:
        extra = (_INSTANT,)
    entries = _complaints(BodyRules((*extra, *_CREATE_FIELDS)), body)
    attendee = body.get("attendee")
    if isinstance(attendee, dict) and not (attendee.get("email") or attendee.get("phoneNumber")):
        contact = _entry("attendee email or phone", "requireEmailOrPhone", _NO_CONTACT)
        _children_of(entries, "attendee").append(contact)
    slug = body.get("eventTypeSlug")
    if not (body.get("eventTypeId") or (slug and (body.get("username") or body.get("teamSlug")))):
        name = "eventTypeId or eventTypeSlug + username"
        entries.append(_entry(name, "requireEventTypeIdentification", _NO_EVENT_TYPE))
    _refuse(entries)
    return body


def reschedule_input(call: Call) -> Json:
    """Read the body that moves a booking, or one seat of it.

    Raises:
        BadRequestError: It breaks a rule or has an unknown field.
    """
    body = json_body(call)
    _refuse(_complaints(_RESCHEDULE_SEAT if "seatUid" in body else _RESCHEDULE, body))
    return body


def cancel_input(call: Call) -> Json:
    """Read the body that cancels a booking, or one seat of it.

    Raises:
        BadRequestError: It breaks a rule or has an unknown field.
    """
    body = json_body(call)
    _refuse(_complaints(_CANCEL_SEAT if "seatUid" in body else _CANCEL, body))
    return body


def is_email_address(value: Any) -> bool:
    """Whether a value is an e-mail address, as Cal.com's booking form judges it."""
    pattern = r"[^\s@]+@[^\s@.]+(\.[^\s@.]+)+"
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _complaints(rules: BodyRules, body: Json) -> list[Json]:
    """Unknown fields first, as the real pipe names them, then broken rules."""
    try:
        rules.check(body)
        broken: list[Json] = []
    except InvalidInputError as error:
        broken = error.errors
    entries = [*_unknown(rules, body), *broken]
    for item in rules.fields:
        inner = body.get(item.name)
        if item.nested is not None and isinstance(inner, dict):
            found = _unknown(item.nested, inner)
            if found:
                children = _children_of(entries, item.name)
                children[:0] = found
    return entries


def _unknown(rules: BodyRules, body: Json) -> list[Json]:
    known = {item.name for item in rules.fields}
    return [
        _entry(name, "whitelistValidation", f"property {name} should not exist")
        for name in body
        if name not in known
    ]


def _entry(name: str, rule: str, text: str) -> Json:
    return {"property": name, "constraints": {rule: text}, "children": []}


def _children_of(entries: list[Json], name: str) -> list[Json]:
    """The complaints about what is inside a field, made empty where there are none yet."""
    for entry in entries:
        if entry["property"] == name:
            children: list[Json] = entry["children"]
            return children
    entries.append({"property": name, "children": []})
    return _children_of(entries, name)


def _refuse(entries: list[Json]) -> None:
    if entries:
        raise BadRequestError(_sentence(entries))


def _sentence(entries: list[Json]) -> str:
    return ", ".join(
        f"{entry['property']} property is wrong,{', '.join(entry.get('constraints', {}).values())} "
        f"{_sentence(entry['children'])}"
        for entry in entries
    )
