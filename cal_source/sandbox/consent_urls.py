"""Addresses at outside services where a user lets this installation in.

An installation without an OAuth client at the service has none to offer. The `state` carries the
credentials of the call in the clear, as Cal.com's does.

Source: recordings `*__ok_configured*` and `*__missing_configured` of `recorded-actions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import msgspec

from cal_source.sandbox.auth import Credentials

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Json

_GOOGLE_SCOPES: Final = (
    "https://www.googleapis.com/auth/calendar.readonly "
    "https://www.googleapis.com/auth/calendar.events"
)
_MICROSOFT: Final = "https://login.microsoftonline.com/common/oauth2/v2.0/authorize"


def host_of(call: Call) -> str:
    """Host and port the request was sent to."""
    sent = {name.lower(): value for name, value in call.headers.items()}
    return sent.get("host", "localhost")


def calendar_url(call: Call, calendar: str) -> str | None:
    """Where to connect a Google or Office 365 calendar."""
    client = call.world.connections.app_client_ids.get(calendar)
    state: Json = {
        "accessToken": _bearer(call),
        "origin": host_of(call),
        "redir": call.value("redir") or "",
    }
    if call.value("isDryRun") is not None:
        state["isDryRun"] = call.value("isDryRun") == "true"
    if client is None:
        return None
    if calendar == "google":
        return _google_url(call, client, _json(state))
    scopes = quote("User.Read Calendars.Read Calendars.ReadWrite offline_access")
    redirect = _own(call, "/v2/calendars/office365/save")
    return (
        f"{_MICROSOFT}?response_type=code&scope={scopes}&client_id={client}"
        f"&prompt=select_account&redirect_uri={redirect}&state={_json(state)}"
    )


def google_url(call: Call) -> str | None:
    """Where to connect a Google calendar, for the endpoint that knows only Google."""
    client = call.world.connections.app_client_ids.get("google")
    state = f"accessToken={_bearer(call)}&origin={host_of(call)}"
    return None if client is None else _google_url(call, client, quote(state, safe=":"))


def conferencing_url(call: Call, app: str) -> str | None:
    """Where to connect Zoom or Microsoft Teams."""
    client = call.world.connections.app_client_ids.get(app)
    if client is None:
        return None
    state = _json(_returns(call) | {"fromApp": False, "accessToken": _bearer(call)})
    redirect = _own(call, f"/v2/conferencing/{app}/oauth/callback")
    if app == "zoom":
        return (
            f"https://zoom.us/oauth/authorize?response_type=code&client_id={client}"
            f"&redirect_uri={redirect}&state={state}"
        )
    scopes = quote("OnlineMeetings.ReadWrite offline_access")
    return (
        f"{_MICROSOFT}?response_type=code&client_id={client}&scope={scopes}"
        f"&redirect_uri={redirect}&state={state}"
    )


def stripe_url(call: Call) -> str | None:
    """Where to connect Stripe, for the caller or the path's team."""
    client = call.world.connections.app_client_ids.get("stripe")
    if client is None:
        return None
    returns = _returns(call)
    state: Json = {name: returns[name] for name in ("onErrorReturnTo",) if name in returns}
    state |= {"fromApp": False}
    state |= {name: returns[name] for name in ("returnTo",) if name in returns}
    state |= {"accessToken": _bearer(call)}
    state |= {name: call.params[name] for name in ("teamId", "orgId") if name in call.params}
    return (
        f"https://connect.stripe.com/oauth/authorize?client_id={client}&scope=read_write"
        f"&response_type=code&stripe_user[email]={quote(call.user.email)}"
        f"&stripe_user[first_name]={quote(call.user.name or '')}&stripe_user[country]=undefined"
        f"&redirect_uri={_own(call, '/v2/stripe/save')}&state={_json(state)}"
    )


def _google_url(call: Call, client: str, state: str) -> str:
    redirect = _own(call, "/v2/gcal/oauth/save")
    return (
        "https://accounts.google.com/o/oauth2/v2/auth?access_type=offline"
        f"&scope={quote(_GOOGLE_SCOPES, safe='')}&prompt=consent&state={state}"
        f"&response_type=code&client_id={client}&redirect_uri={redirect}"
    )


def _own(call: Call, path: str) -> str:
    return quote(f"http://{host_of(call)}{path}", safe="")


def _json(state: Json) -> str:
    return quote(msgspec.json.encode(state).decode(), safe="")


def _returns(call: Call) -> Json:
    names = ("returnTo", "onErrorReturnTo")
    return {name: value for name in names if (value := call.value(name)) is not None}


def _bearer(call: Call) -> str:
    return Credentials.of(call.headers).bearer or ""
