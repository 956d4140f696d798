"""Connecting, choosing and disconnecting conferencing apps.

Source: recordings `connect_conferencing_app__*`, `set_default_conferencing_app__*`,
`delete_conference_app_connection__*` of `recorded-actions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.call import success
from cal_source.sandbox.connections import Credential
from cal_source.sandbox.errors import BadRequestError, InvalidChoiceError
from cal_source.sandbox.guards import authenticated
from cal_source.sandbox.router import write

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Json

_TYPES: Final = {"google-meet": "google_video", "zoom": "zoom_video", "msteams": "office365_video"}
_ALWAYS_THERE: Final = "daily-video"


def connect(call: Call) -> Any:
    """Connect Google Meet, which rests on a Google calendar; the other apps connect by OAuth.

    Raises:
        BadRequestError: It is another app, is connected, or there is no Google calendar.
    """
    if call.params["app"] != "google-meet":
        text = "Invalid conferencing app. Available apps: GOOGLE_MEET."
        raise BadRequestError(text)
    connections = call.world.connections
    if not connections.credentials_of(call.user.id, "google_calendar"):
        text = "Google Meet requires a Google Calendar connection."
        raise BadRequestError(text)
    if connections.credentials_of(call.user.id, _TYPES["google-meet"]):
        text = "Google Meet is already connected for this user."
        raise BadRequestError(text)
    key = call.ids.number("credentials", connections.credentials)
    row = Credential(key, _TYPES["google-meet"], "google-meet", call.user.id)
    connections.credentials[key] = row
    return success(connection_json(row) | {"key": {}})


def choose(call: Call) -> Any:
    """Hold meetings in an app; Cal Video is always there."""
    app = call.params["app"]
    if app != _ALWAYS_THERE:
        _connected(call)
    user = call.user
    metadata = (user.metadata or {}) | {"defaultConferencingApp": {"appSlug": app}}
    call.world.edit("users", user.id, default_conferencing_app=app, metadata=metadata)
    return {"status": "success"}


def disconnect(call: Call) -> Any:
    """Drop the connection to an app."""
    row = _connected(call)
    del call.world.connections.credentials[row.id]
    return {"status": "success"}


def connection_json(row: Credential) -> Json:
    """A connected app without its secrets."""
    return {
        "id": row.id,
        "type": row.type,
        "userId": row.user_id,
        "teamId": None,
        "appId": row.app_id,
        "subscriptionId": None,
        "paymentStatus": None,
        "billingCycleStart": None,
        "invalid": row.is_invalid,
        "delegationCredentialId": None,
    }


def conferencing_connections(call: Call) -> list[Credential]:
    """The caller's connected conferencing apps."""
    rows = call.world.connections.credentials_of(call.user.id)
    return [row for row in rows if row.type in _TYPES.values()]


def _connected(call: Call) -> Credential:
    """The caller's connection to the path's app.

    Raises:
        InvalidChoiceError: There is no such app.
        BadRequestError: It is not connected.
    """
    app = call.params["app"]
    if app not in _TYPES:
        text = "Invalid app, available apps are: "
        raise InvalidChoiceError(text, ", ".join(_TYPES))
    found = call.world.connections.credentials_of(call.user.id, _TYPES[app])
    if not found:
        text = f"{app} not connected."
        raise BadRequestError(text)
    return found[0]


_APP: Final = "/v2/conferencing/{app}"
ROUTES = (
    write("POST", f"{_APP}/connect", connect, authenticated, status=200),
    write("POST", f"{_APP}/default", choose, authenticated, status=200),
    write("DELETE", f"{_APP}/disconnect", disconnect, authenticated),
)
