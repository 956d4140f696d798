"""Proving that one owns an e-mail address or a phone number: asking for a code, sending it back.

The code stands in `Connections.verification_codes`, as a mailbox is not there to look into. No
message reaches a phone from here.

Source: recordings `request_email_verification_code__*`, `extra_request_phone_code__no_success`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.bodies import BodyField, BodyRules, is_email, is_string, matches
from cal_source.sandbox.call import success
from cal_source.sandbox.errors import BadRequestError
from cal_source.sandbox.guards import authenticated, organization_team_role, team_role
from cal_source.sandbox.records import VerifiedContact
from cal_source.sandbox.render.people import contact_json
from cal_source.sandbox.router import Throttle, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from cal_source.sandbox.call import Call

_EMAIL: Final = BodyField("email", (is_email("email"),))
_PHONE: Final = BodyField("phone", (matches("phone", r"^\+[1-9]\d{1,14}$"), is_string("phone")))
_CODE: Final = BodyField("code", (is_string("code"),))
_EMAIL_RULES: Final = BodyRules((_EMAIL,))
_PHONE_RULES: Final = BodyRules((_PHONE,))
_FIELDS: Final = {"email": _EMAIL, "phone": _PHONE}
_CODE_DIGITS: Final = 6


def request_email_code(call: Call) -> Any:
    """Mail a code, also to an address that is verified already; every request makes a new one."""
    email = _EMAIL_RULES.read(call)["email"]
    code = f"{call.ids.number('verification_codes', ()):0{_CODE_DIGITS}}"
    call.world.connections.verification_codes["email", email] = code
    call.outbox.mail("verification_code", [email], call.now)
    return {"status": "success"}


def request_phone_code(call: Call) -> Any:
    """Send a code to a phone: no message reaches one.

    Raises:
        BadRequestError: Always, once the body is good.
    """
    _PHONE_RULES.read(call)
    text = "Could not send verification code to this phone number."
    raise BadRequestError(text)


def verify(kind: str) -> Callable[[Call], Any]:
    """Make the handler that takes a code and notes the address or number as verified."""
    rules = BodyRules((_FIELDS[kind], _CODE))

    def handler(call: Call) -> Any:
        body = rules.read(call)
        world = call.world
        if world.connections.verification_codes.get((kind, body[kind])) != body["code"]:
            text = "Invalid verification code"
            raise BadRequestError(text)
        team_id = int(call.params["teamId"]) if "teamId" in call.params else None
        key = call.ids.number(f"{kind}s", (number for _, number in world.verified_contacts))
        row = VerifiedContact(key, kind, body[kind], call.user.id, team_id)
        world.verified_contacts[kind, key] = row
        return success(contact_json(row))

    return handler


_SCOPES: Final = (
    ("/v2", "Users", 5, (authenticated,)),
    ("/v2/teams/{teamId}", "Teams", 5, team_role("TEAM_ADMIN")),
    (
        "/v2/organizations/{orgId}/teams/{teamId}",
        "Org_teams",
        3,
        organization_team_role("TEAM_ADMIN"),
    ),
)
_PHONE_LIMIT: Final = 3
ROUTES = tuple(
    route
    for base, name, limit, guards in _SCOPES
    for route in (
        write(
            "POST",
            f"{base}/verified-resources/emails/verification-code/request",
            request_email_code,
            *guards,
            status=200,
            throttle=Throttle(f"{name}_verified_resources_emails_requests", limit),
        ),
        write(
            "POST",
            f"{base}/verified-resources/phones/verification-code/request",
            request_phone_code,
            *guards,
            status=200,
            throttle=Throttle(f"{name}_verified_resources_phones_requests", _PHONE_LIMIT),
        ),
        *(
            write(
                "POST",
                f"{base}/verified-resources/{kind}s/verification-code/verify",
                verify(kind),
                *guards,
                status=200,
            )
            for kind in _FIELDS
        ),
    )
)
