"""Where outside services send users back after a consent.

The services cannot be reached from here, so that no code can be exchanged: what comes back is a
dry run, a refusal, or the error of the exchange.

Source: recordings `save_calendar_entry__*`, `save_oauth_credentials_via_gcal_api__*`,
`save_stripe_details__*`, `handle_conferencing_oauth_callback_for_app__*` of `recorded-actions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, quote

import msgspec

from cal_source.sandbox.call import Reply
from cal_source.sandbox.consent_urls import host_of
from cal_source.sandbox.errors import (
    BadRequestError,
    InvalidChoiceError,
    PlainError,
    UnauthorizedError,
    UnforeseenError,
)
from cal_source.sandbox.router import get

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Json

_CALENDARS: Final = ("google", "office365", "apple")
_CONFERENCING: Final = ("zoom", "msteams")
_NEEDED: Final = ("isDryRun", "origin", "accessToken")


def calendar(call: Call) -> Any:
    """The way back from Google or Microsoft; a dry run only sends the user on.

    Raises:
        PlainError: The `state` lacks something.
        InvalidChoiceError: There is no such kind of calendar.
        UnforeseenError: The code could not be exchanged.
    """
    state = {name: values[-1] for name, values in parse_qs(call.value("state") or "").items()}
    missing = [name for name in _NEEDED if name not in state]
    if missing:
        text = "".join(f"{name} - Expected string, received null, " for name in missing)
        raise PlainError(400, "BAD_REQUEST", text)
    if call.params["calendar"] not in _CALENDARS:
        text = "Invalid calendar type, available calendars are: "
        raise InvalidChoiceError(text, ", ".join(_CALENDARS))
    if state["isDryRun"] == "true":
        return _redirect(state.get("redir") or state["origin"])
    _check_token(call, state["accessToken"])
    raise UnforeseenError


def google(call: Call) -> Any:
    """The older way back from Google, which leads on to the newer one."""
    code, state = (quote(call.value(name) or "", safe="") for name in ("code", "state"))
    return _redirect(f"http://{host_of(call)}/v2/calendars/google/save?code={code}&state={state}")


def stripe(call: Call) -> Any:
    """The way back from Stripe, which always ends at the page for errors."""
    state = _state(call)
    return _redirect(state.get("onErrorReturnTo") or state.get("returnTo") or call.world.web_url)


def conferencing(call: Call) -> Any:
    """The way back from Zoom or Microsoft Teams; API keys are not taken for access tokens.

    Raises:
        InvalidChoiceError: There is no such app.
        UnforeseenError: The code could not be exchanged.
    """
    _check_token(call, str(_state(call).get("accessToken")))
    if call.params["app"] not in _CONFERENCING:
        text = "Invalid conferencing app, available apps are: "
        raise InvalidChoiceError(text, ", ".join(_CONFERENCING))
    raise UnforeseenError


def _state(call: Call) -> Json:
    try:
        state = msgspec.json.decode(call.value("state") or "null")
    except msgspec.DecodeError:
        state = None
    if not isinstance(state, dict):
        text = "Missing `state` query param"
        raise BadRequestError(text)
    return state


def _check_token(call: Call, token: str) -> None:
    row = call.world.access_tokens.get(token)
    if row is None or row.expires_at <= call.now:
        text = "Invalid Access token."
        raise UnauthorizedError(text)


def _redirect(address: str) -> Reply:
    return Reply(301, b"", {"Location": address})


ROUTES = (
    get("/v2/calendars/{calendar}/save", calendar),
    get("/v2/gcal/oauth/save", google),
    get("/v2/stripe/save", stripe),
    get("/v2/conferencing/{app}/oauth/callback", conferencing),
)
