"""Connecting and disconnecting calendars, and choosing those that are looked at.

Source: recordings `save_calendar_ics_feeds__*`, `*selected_calendar*`,
`update_destination_calendar_integration__*`, `disconnect_calendar_*`,
`post_calendar_credentials__*`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from cal_source.sandbox.bodies import (
    BodyField,
    BodyRules,
    Rule,
    array_not_empty,
    each,
    is_array,
    is_boolean,
    is_enum,
    is_int,
    is_not_empty,
    is_string,
)
from cal_source.sandbox.calendars import ICS, connected_calendars, destination_calendar
from cal_source.sandbox.call import success
from cal_source.sandbox.connections import Credential, SelectedCalendar
from cal_source.sandbox.errors import BadRequestError, InvalidChoiceError, NotFoundError
from cal_source.sandbox.guards import authenticated
from cal_source.sandbox.router import write

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Json

_DESTINATIONS: Final = ("apple_calendar", "google_calendar", "office365_calendar")


def _is_ics(value: Any) -> str | None:
    values = value if isinstance(value, list) else [value]
    if all(isinstance(url, str) and _is_ics_address(url) for url in values):
        return None
    return "The URL must be a valid ICS URL (ending with .ics)"


def _is_ics_address(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"http", "https"} and parts.path.endswith(".ics")


def _no_choice(name: str) -> Rule:
    """One of the calendars that can be written to; Cal.com's message fails to name them."""
    known = is_enum(name, _DESTINATIONS)
    text = f"{name} must be one of the following values: "
    return Rule(known.name, lambda value: None if known.complaint(value) is None else text)


_FEED_RULES: Final = BodyRules(
    (
        BodyField(
            "urls",
            (
                Rule("IsICSUrlConstraint", _is_ics),
                each(is_not_empty("urls")),
                array_not_empty("urls"),
                is_array("urls"),
            ),
        ),
        BodyField("readOnly", (is_boolean("readOnly"),), is_optional=True),
    ),
    {"readOnly": True},
)
_SELECT_RULES: Final = BodyRules((
    BodyField("integration", (is_string("integration"),)),
    BodyField("externalId", (is_string("externalId"),)),
    BodyField("credentialId", (is_int("credentialId"),)),
    BodyField("delegationCredentialId", (is_string("delegationCredentialId"),), is_optional=True),
))
_UNSELECT_RULES: Final = BodyRules((
    *_SELECT_RULES.fields[:2],
    BodyField("credentialId", (is_string("credentialId"),)),
    _SELECT_RULES.fields[3],
))
_DESTINATION_RULES: Final = BodyRules((
    BodyField("integration", (_no_choice("integration"),)),
    BodyField("externalId", (is_string("externalId"),)),
))
_DISCONNECT_RULES: Final = BodyRules((BodyField("id", (is_int("id"),)),))
_CREDENTIAL_RULES: Final = BodyRules((
    BodyField("username", (is_string("username"),)),
    BodyField("password", (is_string("password"),)),
))


def save_feeds(call: Call) -> Any:
    """Connect calendar files; every call makes one more connection.

    Raises:
        BadRequestError: One of them cannot be reached.
    """
    urls = _FEED_RULES.read(call)["urls"]
    connections = call.world.connections
    if not set(urls) <= set(connections.feeds):
        text = "Could not add ICS feeds, try using private ics feed."
        raise BadRequestError(text)
    key = call.ids.number("credentials", connections.credentials)
    row = Credential(key, ICS, "ics-feed", call.user.id, tuple(urls))
    connections.credentials[key] = row
    return success(credential_json(row))


def save_credentials(call: Call) -> Any:
    """Connect an Apple calendar, whose server cannot be reached from here.

    Raises:
        InvalidChoiceError: It is no Apple calendar.
        BadRequestError: Always otherwise.
    """
    if call.params["calendar"] != "apple":
        text = "Invalid calendar type, available calendars are: "
        raise InvalidChoiceError(text, "apple")
    _CREDENTIAL_RULES.read(call)
    text = (
        "Could not add this apple calendar account: FetchError: request to "
        "https://caldav.icloud.com/ failed, reason: getaddrinfo ENOTFOUND caldav.icloud.com"
    )
    raise BadRequestError(text)


def disconnect(call: Call) -> Any:
    """Drop a connection; the kind of calendar in the path is not looked at."""
    row = _own_credential(call, _DISCONNECT_RULES.read(call)["id"])
    del call.world.connections.credentials[row.id]
    return success(credential_json(row))


def select(call: Call) -> Any:
    """Look at a calendar for busy times; whether it exists is not checked."""
    body = _SELECT_RULES.read(call)
    row = _selected(call, body)
    if row in call.world.connections.selected_calendars:
        return success({})
    call.world.connections.selected_calendars.append(row)
    return success(_selected_json(row))


def unselect(call: Call) -> Any:
    """Look at a calendar no more; the query says which.

    Raises:
        NotFoundError: It is not looked at.
    """
    row = _selected(call, _UNSELECT_RULES.check(dict(call.query)))
    if row not in call.world.connections.selected_calendars:
        text = "No SelectedCalendar found."
        raise NotFoundError(text)
    call.world.connections.selected_calendars.remove(row)
    return success(_selected_json(row))


def choose_destination(call: Call) -> Any:
    """Write bookings to another calendar: none that can be written to is ever connected.

    Raises:
        NotFoundError: Always, once the body is good.
    """
    body = _DESTINATION_RULES.read(call)
    destination_calendar(call, connected_calendars(call.world, call.user.id))
    text = f"Could not find calendar {body['externalId']}"
    raise NotFoundError(text)


def credential_json(row: Credential) -> Json:
    """A connection without its secrets."""
    return {
        "id": row.id,
        "type": row.type,
        "userId": row.user_id,
        "teamId": None,
        "appId": row.app_id,
        "invalid": row.is_invalid,
    }


def _own_credential(call: Call, key: int) -> Credential:
    row = call.world.connections.credentials.get(key)
    if row is None or row.user_id != call.user.id:
        text = "Calendar credentials not found"
        raise NotFoundError(text)
    return row


def _selected(call: Call, body: Json) -> SelectedCalendar:
    try:
        key = int(body["credentialId"])
    except ValueError:
        key = 0
    credential = _own_credential(call, key)
    return SelectedCalendar(call.user.id, body["integration"], body["externalId"], credential.id)


def _selected_json(row: SelectedCalendar) -> Json:
    return {
        "userId": row.user_id,
        "integration": row.integration,
        "externalId": row.external_id,
        "credentialId": row.credential_id,
    }


ROUTES = (
    write("POST", "/v2/calendars/ics-feed/save", save_feeds, authenticated),
    write("POST", "/v2/calendars/{calendar}/credentials", save_credentials, authenticated),
    write("POST", "/v2/calendars/{calendar}/disconnect", disconnect, authenticated, status=200),
    write("POST", "/v2/selected-calendars", select, authenticated),
    write("DELETE", "/v2/selected-calendars", unselect, authenticated),
    write("PUT", "/v2/destination-calendars", choose_destination, authenticated),
)
