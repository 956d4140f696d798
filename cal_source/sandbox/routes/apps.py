"""Calendars, conferencing, Stripe: what of outside services is connected; at first nothing is.

Source: recordings `calendars_admin`, `conferencing`, `busy_times`, `stripe_check`,
`check_*__no_success`, `connect_to_calendar__*`, `get_*_url*__*`, `retrieve_calendar_busy_times__*`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.calendars import ICS, connected_calendars, destination_calendar
from cal_source.sandbox.calendars import busy_times as busy_times_of
from cal_source.sandbox.call import success
from cal_source.sandbox.clock import parse_iso
from cal_source.sandbox.consent_urls import (
    calendar_url,
    conferencing_url,
    google_url,
    stripe_url,
)
from cal_source.sandbox.errors import (
    BadRequestError,
    BareNotFoundError,
    InvalidChoiceError,
    InvalidInputError,
    NoAppKeysError,
    NotFoundError,
    UnauthorizedError,
)
from cal_source.sandbox.guards import authenticated, organization_team_role
from cal_source.sandbox.router import get
from cal_source.sandbox.routes.conferencing_writes import conferencing_connections, connection_json

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Json

_CALENDARS: Final = {
    "google": "google_calendar",
    "office365": "office_365_calendar",
    "apple": "apple calendar",
    "ics-feed": "Ics Feed calendar",
}
_CREDENTIAL_TYPES: Final = {
    "google": "google_calendar",
    "office365": "office365_calendar",
    "apple": "apple_calendar",
    "ics-feed": ICS,
}
_TITLES: Final = {
    "google": "Google Calendar",
    "office365": "Office 365 Calendar",
    "apple": "Apple Calendar",
}
_WORKING: Final = frozenset({"ics-feed"})
_NO_CALENDAR: Final = "Invalid calendar type, available calendars are: "
_CALENDAR_CHOICES: Final = "google, office365, apple"
_CONNECTED_BY_OAUTH: Final = frozenset({"google", "office365"})
_CONFERENCING_BY_OAUTH: Final = frozenset({"zoom", "msteams"})


def calendars(call: Call) -> Any:
    """Connected calendars and the destination of bookings."""
    connected = connected_calendars(call.world, call.user.id)
    destination = destination_calendar(call, connected)
    return success({"connectedCalendars": connected, "destinationCalendar": destination})


def calendar_check(call: Call) -> Any:
    """Whether a calendar works: a calendar file does, what needs the network does not.

    Raises:
        BadRequestError: No credentials are stored for it.
        InvalidChoiceError: There is no such kind of calendar.
        UnauthorizedError: Its credentials do not work.
    """
    kind = call.params.get("calendar", "google")
    name = _CALENDARS.get(kind)
    if name is None:
        raise InvalidChoiceError(_NO_CALENDAR, _CALENDAR_CHOICES)
    if call.world.connections.credentials_of(call.user.id, _CREDENTIAL_TYPES[kind]):
        if kind in _WORKING:
            return {"status": "success"}
        text = f"{_TITLES[kind]} not connected."
        raise UnauthorizedError(text)
    text = f"Credentials for {name} not found."
    raise BadRequestError(text)


def calendar_connect(call: Call) -> Any:
    """Where to connect a calendar.

    Raises:
        BareNotFoundError: The installation has no OAuth app for it.
        InvalidChoiceError: It is not connected by OAuth.
    """
    if call.params["calendar"] in _CONNECTED_BY_OAUTH:
        url = calendar_url(call, call.params["calendar"])
        if url is None:
            raise BareNotFoundError
        return success({"authUrl": url})
    raise InvalidChoiceError(_NO_CALENDAR, _CALENDAR_CHOICES)


def google_auth_url(call: Call) -> Any:
    """Where to connect Google.

    Raises:
        BareNotFoundError: The installation has no OAuth app for it.
    """
    url = google_url(call)
    if url is None:
        raise BareNotFoundError
    return success({"authUrl": url})


def busy_times(call: Call) -> Any:
    """Busy times of connected calendars; of a connection, all calendars are looked at.

    Raises:
        UnauthorizedError: The credential named is not the caller's.
    """
    query = _check_busy_query(call)
    named = {item.get("credentialId") for item in query["calendarsToLoad"]}
    own = call.world.connections.credentials_of(call.user.id)
    found = [row for row in own if row.id in named]
    if not found:
        text = "These credentials do not belong to you"
        raise UnauthorizedError(text)
    return success(busy_times_of(call.world, found, query["dateFrom"], query["dateTo"]))


def conferencing(call: Call) -> Any:
    """Connected conferencing apps; a team has none of its own."""
    rows = [] if "teamId" in call.params else conferencing_connections(call)
    return success([connection_json(row) for row in rows])


def default_conferencing(call: Call) -> Any:
    """The default conferencing app; without one there is no data."""
    owner = call.team() if "teamId" in call.params else call.user
    slug = owner.default_conferencing_app
    return {"status": "success"} if slug is None else success({"appSlug": slug})


def conferencing_auth_url(call: Call) -> Any:
    """Where to connect a conferencing app.

    Raises:
        NoAppKeysError: The installation has no keys for it.
        InvalidChoiceError: It is not connected by OAuth.
    """
    if call.params["app"] in _CONFERENCING_BY_OAUTH:
        url = conferencing_url(call, call.params["app"])
        if url is None:
            raise NoAppKeysError
        return success({"url": url})
    text = "Invalid conferencing app, available apps are: "
    raise InvalidChoiceError(text, "zoom, msteams")


def stripe_check(_: Call) -> Any:
    """Whether Stripe works; it is not connected.

    Raises:
        NotFoundError: Always.
    """
    text = "Credentials for stripe not found."
    raise NotFoundError(text)


def stripe_connect(call: Call) -> Any:
    """Where to connect Stripe.

    Raises:
        NoAppKeysError: The installation has no keys for it.
    """
    url = stripe_url(call)
    if url is None:
        raise NoAppKeysError
    return success({"authUrl": url})


def _check_busy_query(call: Call) -> Json:
    target = _busy_target(call)
    broken: dict[str, Json] = {}
    if "loggedInUsersTz" not in target:
        broken["loggedInUsersTz"] = {"isString": "loggedInUsersTz must be a string"}
    for name in ("dateFrom", "dateTo"):
        rules = {}
        if parse_iso(str(target.get(name, ""))) is None:
            rules["isDateString"] = f"{name} must be a valid ISO 8601 date string"
        if name not in target:
            rules["isString"] = f"{name} must be a string"
        if rules:
            broken[name] = rules
    if "calendarsToLoad" not in target:
        broken["calendarsToLoad"] = {"isArray": "calendarsToLoad must be an array"}
    if broken:
        raise InvalidInputError(
            [
                {"target": target}
                | ({"value": target[name]} if name in target else {})
                | {"property": name, "children": [], "constraints": rules}
                for name, rules in broken.items()
            ],
        )
    return target


def _busy_target(call: Call) -> Json:
    known = ("loggedInUsersTz", "dateFrom", "dateTo")
    target: Json = {name: value for name, value in call.query if name in known}
    found: dict[str, Json] = {}
    for name, value in call.query:
        match = re.fullmatch(r"calendarsToLoad\[(\d+)\]\[(credentialId|externalId)\]", name)
        if match:
            number = match[2] == "credentialId" and value.isdigit()
            found.setdefault(match[1], {})[match[2]] = int(value) if number else value
    return target | ({"calendarsToLoad": list(found.values())} if found else {})


_TEAM: Final = "/v2/organizations/{orgId}/teams/{teamId}"
_TEAM_ADMIN: Final = organization_team_role("TEAM_ADMIN")
ROUTES = (
    get("/v2/calendars", calendars, authenticated),
    get("/v2/calendars/busy-times", busy_times, authenticated),
    get("/v2/calendars/{calendar}/check", calendar_check, authenticated),
    get("/v2/calendars/{calendar}/connect", calendar_connect, authenticated),
    get("/v2/gcal/check", calendar_check, authenticated),
    get("/v2/gcal/oauth/auth-url", google_auth_url, authenticated),
    get("/v2/conferencing", conferencing, authenticated),
    get("/v2/conferencing/default", default_conferencing, authenticated),
    get("/v2/conferencing/{app}/oauth/auth-url", conferencing_auth_url, authenticated),
    get(f"{_TEAM}/conferencing", conferencing, *_TEAM_ADMIN),
    get(f"{_TEAM}/conferencing/default", default_conferencing, *_TEAM_ADMIN),
    get(f"{_TEAM}/conferencing/{{app}}/oauth/auth-url", conferencing_auth_url, *_TEAM_ADMIN),
    get("/v2/stripe/check", stripe_check, authenticated),
    get("/v2/stripe/connect", stripe_connect, authenticated),
    get(f"{_TEAM}/stripe/check", stripe_check, *_TEAM_ADMIN),
    get(f"{_TEAM}/stripe/connect", stripe_connect, *_TEAM_ADMIN),
)
