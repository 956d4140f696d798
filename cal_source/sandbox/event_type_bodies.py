"""The body of an event type: its rules, and how it becomes a row.

Source: BEHAVIOUR.md section 7.4; recordings `*event_type*__invalid`, `extra_create_event_type__ok`,
`create_team_event_type__ok*`, `w_event_type_*`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.bodies import (
    BodyField,
    BodyRules,
    Rule,
    at_least,
    each,
    is_array,
    is_boolean,
    is_enum,
    is_int,
    is_nested_list,
    is_object,
    is_string,
    matches,
    said,
)
from cal_source.sandbox.records import Host

if TYPE_CHECKING:
    from cal_source.sandbox.records import EventType, Json

_NUMBERS: Final = (
    ("slotInterval", 1),
    ("minimumBookingNotice", 0),
    ("beforeEventBuffer", 0),
    ("afterEventBuffer", 0),
    ("offsetStart", 0),
)
_FLAGS: Final = (
    "disableGuests", "onlyShowFirstAvailableSlot", "requiresBookerEmailVerification",
    "hideCalendarNotes", "lockTimeZoneToggleOnBookingPage", "useDestinationCalendarEmail",
    "hideCalendarEventDetails", "hideOrganizerEmail", "hidden", "bookingRequiresAuthentication",
    "allowReschedulingPastBookings", "allowReschedulingCancelledBookings", "showOptimizedSlots",
)  # fmt: skip
_OBJECTS: Final = (
    "bookingLimitsCount", "bookerActiveBookingsLimit", "bookingLimitsDuration", "bookingWindow",
    "bookerLayouts", "confirmationPolicy", "recurrence", "color", "destinationCalendar",
    "calVideoSettings", "disableCancelling", "disableRescheduling",
)  # fmt: skip
_TEXTS: Final = ("description", "customName", "successRedirectUrl", "interfaceLanguage")
_NULLABLE: Final = frozenset({
    "scheduleId", "slotInterval", "successRedirectUrl", "interfaceLanguage", "recurrence",
})  # fmt: skip
_SCHEDULING_TYPES: Final = ("ROUND_ROBIN", "COLLECTIVE", "MANAGED")
_NAMES_OF_TYPES: Final = {
    "collective": "COLLECTIVE",
    "roundRobin": "ROUND_ROBIN",
    "managed": "MANAGED",
}
_COLUMNS: Final = {
    "title": "title",
    "slug": "slug",
    "lengthInMinutes": "length_minutes",
    "lengthInMinutesOptions": "length_options",
    "description": "description",
    "scheduleId": "schedule_id",
    "hidden": "is_hidden",
}
_NOT_SETTINGS: Final = frozenset({*_COLUMNS, "seats", "hosts", "schedulingType"})
# Fields that vanish when they are set to `{"disabled": true}`, instead of showing it.
_GONE_WHEN_DISABLED: Final = frozenset({"bookingLimitsCount", "bookingLimitsDuration"})
# An API-made event type labels the name field, and has no field for a phone number.
NEW_BOOKING_FIELDS: Final[list[Json]] = [
    {"isDefault": True, "type": "name", "slug": "name", "required": True, "label": "your_name",
     "disableOnPrefill": False},
    {"isDefault": True, "type": "email", "slug": "email", "required": True,
     "disableOnPrefill": False, "hidden": False},
    {"isDefault": True, "type": "radioInput", "slug": "location", "required": False,
     "hidden": False},
    {"isDefault": True, "type": "text", "slug": "title", "required": True,
     "disableOnPrefill": False, "hidden": True},
    {"isDefault": True, "type": "textarea", "slug": "notes", "required": False,
     "disableOnPrefill": False, "hidden": False},
    {"isDefault": True, "type": "multiemail", "slug": "guests", "required": False,
     "disableOnPrefill": False, "hidden": False},
    {"isDefault": True, "type": "textarea", "slug": "rescheduleReason", "required": False,
     "disableOnPrefill": False, "hidden": False},
]  # fmt: skip


def _optional(name: str, *rules: Rule) -> BodyField:
    return BodyField(name, rules, is_optional=True, is_nullable=name in _NULLABLE)


def _list_of(name: str, rules: BodyRules) -> BodyField:
    checks = (is_array(name), is_nested_list(name))
    return BodyField(name, checks, is_optional=True, nested=rules, is_list=True)


def _scheduling_type(value: Any) -> Any:
    return _NAMES_OF_TYPES.get(value, value) if isinstance(value, str) else value


_BOOKING_FIELD_RULES: Final = BodyRules((
    BodyField("type", (is_string("type"),)),
    _optional("slug", is_string("slug")),
))
_LOCATION_RULES: Final = BodyRules((BodyField("type", (is_string("type"),)),))
_SEATS_RULES: Final = BodyRules((
    _optional("seatsPerTimeSlot", at_least("seatsPerTimeSlot", 1), is_int("seatsPerTimeSlot")),
    _optional("showAttendeeInfo", is_boolean("showAttendeeInfo")),
    _optional("showAvailabilityCount", is_boolean("showAvailabilityCount")),
))


def _common_fields(*, is_new: bool) -> tuple[BodyField, ...]:
    length = (at_least("lengthInMinutes", 1), is_int("lengthInMinutes"))
    return (
        BodyField("lengthInMinutes", length, is_optional=not is_new),
        _optional(
            "lengthInMinutesOptions",
            each(is_int("lengthInMinutesOptions")),
            is_array("lengthInMinutesOptions"),
        ),
        BodyField("title", (is_string("title"),), is_optional=not is_new),
        BodyField("slug", (is_string("slug"),), is_optional=not is_new),
        *(_optional(name, is_string(name)) for name in _TEXTS),
        _list_of("bookingFields", _BOOKING_FIELD_RULES),
        _list_of("locations", _LOCATION_RULES),
        *(_optional(name, at_least(name, low), is_int(name)) for name, low in _NUMBERS),
        _optional("scheduleId", is_int("scheduleId")),
        *(_optional(name, is_boolean(name)) for name in _FLAGS),
        *(_optional(name, is_object(name)) for name in _OBJECTS),
        BodyField("seats", (is_object("seats"),), is_optional=True, nested=_SEATS_RULES),
    )


_HOST_RULES: Final = BodyRules((
    BodyField("userId", (is_int("userId"),)),
    _optional("mandatory", is_boolean("mandatory")),
    _optional("priority", is_enum("priority", ("lowest", "low", "medium", "high", "highest"))),
))


def _team_fields(*, is_new: bool) -> tuple[BodyField, ...]:
    return (
        BodyField(
            "schedulingType",
            (is_enum("schedulingType", _SCHEDULING_TYPES),),
            is_optional=not is_new,
            convert=_scheduling_type,
        ),
        BodyField(
            "hosts",
            (is_array("hosts"), is_nested_list("hosts")),
            is_optional=True,
            nested=_HOST_RULES,
            is_list=True,
        ),
        _optional("assignAllTeamMembers", is_boolean("assignAllTeamMembers")),
        _optional(
            "rescheduleWithSameRoundRobinHost", is_boolean("rescheduleWithSameRoundRobinHost")
        ),
    )


PERSONAL_CREATE: Final = BodyRules(_common_fields(is_new=True))
PERSONAL_UPDATE: Final = BodyRules(_common_fields(is_new=False))
OLD_UPDATE: Final = BodyRules((
    _optional("length", at_least("length", 1), is_int("length")),
    _optional("title", is_string("title")),
    _optional("slug", is_string("slug")),
    _optional("description", is_string("description")),
    _optional("hidden", is_boolean("hidden")),
))
TEAM_CREATE: Final = BodyRules((*_team_fields(is_new=True), *_common_fields(is_new=True)))
TEAM_UPDATE: Final = BodyRules((*_team_fields(is_new=False), *_common_fields(is_new=False)))

_PHONE: Final = r"^\+[1-9]\d{1,14}$"
_PHONE_TEXT: Final = (
    "Invalid phone number format. Expected format: +<CountryCode><PhoneNumber> with no spaces or "
    "separators."
)


def scheduling_type(body: Json) -> str | None:
    """The scheduling type as rows have it, or None where the body does not say."""
    names = {long: short for short, long in _NAMES_OF_TYPES.items()}
    return names.get(body.get("schedulingType", ""))


def columns_of(body: Json, known: EventType | None = None) -> Json:
    """The columns a body sets; what is not a column of its own becomes a setting."""
    columns = {column: body[name] for name, column in _COLUMNS.items() if name in body}
    settings: Json = {"bookingFields": NEW_BOOKING_FIELDS}
    if known is not None:
        settings = dict(known.settings)
    for name, value in body.items():
        if name == "bookingFields":
            settings[name] = booking_fields(value)
        elif name in _GONE_WHEN_DISABLED and value.get("disabled"):
            settings.pop(name, None)
        elif name == "recurrence":
            settings[name] = None if value is None or value.get("disabled") else value
        elif name not in _NOT_SETTINGS:
            settings[name] = value
    if "lengthInMinutesOptions" in body:
        options = body["lengthInMinutesOptions"]
        settings["metadata"] = settings.get("metadata", {}) | {"multipleDuration": options}
    return columns | _seats(body.get("seats"), settings) | {"settings": settings}


def booking_fields(given: list[Json]) -> list[Json]:
    """The fixed fields, changed as asked, and then the further ones."""
    by_slug = {field.get("slug", field.get("type")): field for field in given}
    fixed = [
        field | {k: v for k, v in by_slug.pop(field["slug"], {}).items() if k != "type"}
        for field in NEW_BOOKING_FIELDS
    ]
    return fixed + [{"isDefault": False} | field for field in by_slug.values()]


def hosts_of(body: Json, kind: str | None, members: list[int]) -> list[Host]:
    """The hosts a body names, or all `members` where it asks for them.

    A round-robin host takes turns unless it is mandatory; other hosts always take part.
    """
    given = body.get("hosts") or []
    if body.get("assignAllTeamMembers"):
        given = [{"userId": member} for member in members]
    is_fixed = kind != "roundRobin"
    return [
        Host(host["userId"], host.get("mandatory", is_fixed), host.get("priority", "medium"))
        for host in given
    ]


def phone_call_rules() -> BodyRules:
    """The body of a request for a phone call."""
    fields = [
        BodyField(name, (_phone(name), is_string(name)))
        for name in ("yourPhoneNumber", "numberToCall")
    ]
    template = is_enum("templateType", ("CHECK_IN_APPOINTMENT", "CUSTOM_TEMPLATE"))
    fields += [
        BodyField("calApiKey", (is_string("calApiKey"),)),
        BodyField("enabled"),
        BodyField("templateType", (template,)),
    ]
    others = ("schedulerName", "guestName", "guestEmail", "guestCompany")
    fields += [_optional(name, is_string(name)) for name in (*others, "beginMessage")]
    fields.append(_optional("generalPrompt", is_string("generalPrompt")))
    return BodyRules(tuple(fields), {"enabled": True, "templateType": "CUSTOM_TEMPLATE"})


def _phone(name: str) -> Rule:
    return said(matches(name, _PHONE), _PHONE_TEXT)


def _seats(seats: Json | None, settings: Json) -> Json:
    if seats is None:
        return {}
    if seats.get("disabled"):
        return {"seats_per_slot": None}
    settings["showAvailabilityCount"] = seats.get("showAvailabilityCount", True)
    return {
        "seats_per_slot": seats.get("seatsPerTimeSlot"),
        "seats_show_attendees": seats.get("showAttendeeInfo", False),
    }
