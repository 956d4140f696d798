"""Making, changing and deleting webhooks at every level.

Two webhooks of one owner may not have the same address: making the second is a conflict at every
level; changing an address to a taken one is refused only where the database has a unique key, that
is for users and platform clients.

Source: BEHAVIOUR.md section 7.5; recordings `*webhook*` of `recorded-actions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.bodies import (
    BodyField,
    BodyRules,
    each,
    is_array,
    is_boolean,
    is_enum,
    is_string,
)
from cal_source.sandbox.call import success
from cal_source.sandbox.errors import (
    BadRequestError,
    ConflictError,
    DuplicateError,
    ForbiddenError,
    NotFoundError,
)
from cal_source.sandbox.guards import authenticated, organization_role, team_role
from cal_source.sandbox.records import Webhook
from cal_source.sandbox.render.people import webhook_json
from cal_source.sandbox.router import write
from cal_source.sandbox.routes.webhooks import (
    administers_client,
    is_of_organization,
    is_of_team,
    owns_event_type,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Json

TRIGGERS: Final = (
    "BOOKING_CREATED", "BOOKING_PAYMENT_INITIATED", "BOOKING_PAID", "BOOKING_RESCHEDULED",
    "BOOKING_REQUESTED", "BOOKING_CANCELLED", "BOOKING_REJECTED", "BOOKING_NO_SHOW_UPDATED",
    "FORM_SUBMITTED", "MEETING_ENDED", "MEETING_STARTED", "RECORDING_READY", "INSTANT_MEETING",
    "RECORDING_TRANSCRIPTION_GENERATED", "OOO_CREATED", "AFTER_HOSTS_CAL_VIDEO_NO_SHOW",
    "AFTER_GUESTS_CAL_VIDEO_NO_SHOW", "FORM_SUBMITTED_NO_EVENT", "DELEGATION_CREDENTIAL_ERROR",
)  # fmt: skip
_ORGANIZATION_ONLY: Final = "DELEGATION_CREDENTIAL_ERROR"
_VERSIONS: Final = ("2021-10-20",)
# Which column names the owner, which part of the path it is, and what a conflict calls it (an
# organisation is called a user).
_OWNERS: Final = {
    "user_id": ("", "user"),
    "event_type_id": ("eventTypeId", "event type"),
    "team_id": ("orgId", "user"),
    "oauth_client_id": ("clientId", "oAuth client"),
}
_WITH_UNIQUE_KEY: Final = frozenset({"user_id", "oauth_client_id"})
_COLUMNS: Final = {
    "payloadTemplate": "payload_template",
    "active": "is_active",
    "subscriberUrl": "subscriber_url",
    "triggers": "triggers",
    "secret": "secret",
}


def _nullable(name: str) -> BodyField:
    return BodyField(name, (is_string(name),), is_optional=True, is_nullable=True)


def _rules(*, is_new: bool) -> BodyRules:
    needed = not is_new
    triggers = (each(is_enum("triggers", TRIGGERS)), is_array("triggers"))
    return BodyRules((
        _nullable("payloadTemplate"),
        BodyField("active", (is_boolean("active"),), is_optional=needed),
        BodyField("subscriberUrl", (is_string("subscriberUrl"),), is_optional=needed),
        BodyField("triggers", triggers, is_optional=needed),
        _nullable("secret"),
        BodyField("version", (is_enum("version", _VERSIONS),), is_optional=True),
    ))


_CREATE_RULES: Final = _rules(is_new=True)
_UPDATE_RULES: Final = _rules(is_new=False)


def create(column: str) -> Callable[[Call], Any]:
    """Make the handler that adds a webhook to the owner that `column` names."""

    def handler(call: Call) -> Any:
        body = _read(call, _CREATE_RULES, column)
        owner = _owner(call, column)
        if _is_taken(call, column, owner, body["subscriberUrl"]):
            text = f"Webhook with this subscriber url already exists for this {_OWNERS[column][1]}"
            raise ConflictError(text)
        row = Webhook(id=call.ids.uuid(), created_at=call.now, **{column: owner}, **_columns(body))
        call.world.webhooks[row.id] = row
        return success(webhook_json(row))

    return handler


def update(column: str) -> Callable[[Call], Any]:
    """Make the handler that changes a webhook of the owner that `column` names."""

    def handler(call: Call) -> Any:
        row = _existing(call, column)
        body = _read(call, _UPDATE_RULES, column)
        url = body.get("subscriberUrl", row.subscriber_url)
        is_moved = url != row.subscriber_url and column in _WITH_UNIQUE_KEY
        if is_moved and _is_taken(call, column, _owner(call, column), url):
            raise DuplicateError
        changed = call.world.edit("webhooks", row.id, **_columns(body))
        return success(webhook_json(changed))

    return handler


def delete(column: str) -> Callable[[Call], Any]:
    """Make the handler that deletes a webhook of the owner that `column` names."""

    def handler(call: Call) -> Any:
        row = _existing(call, column)
        del call.world.webhooks[row.id]
        return success(webhook_json(row))

    return handler


def delete_all(column: str) -> Callable[[Call], Any]:
    """Make the handler that deletes all webhooks of an owner and tells how many there were."""

    def handler(call: Call) -> Any:
        owner = _owner(call, column)
        rows = [row.id for row in call.world.webhooks.values() if getattr(row, column) == owner]
        for key in rows:
            del call.world.webhooks[key]
        return success(f"{len(rows)} webhooks deleted")

    return handler


def _read(call: Call, rules: BodyRules, column: str) -> Json:
    body = rules.read(call)
    if column != "team_id" and _ORGANIZATION_ONLY in body.get("triggers", ()):
        text = f"{_ORGANIZATION_ONLY} trigger is only available for organization webhooks"
        raise BadRequestError(text)
    return body


def _columns(body: Json) -> Json:
    return {column: body[name] for name, column in _COLUMNS.items() if name in body}


def _owner(call: Call, column: str) -> Any:
    part = _OWNERS[column][0]
    if not part:
        return call.user.id
    return call.params[part] if column == "oauth_client_id" else int(call.params[part])


def _is_taken(call: Call, column: str, owner: Any, url: str) -> bool:
    rows = call.world.webhooks.values()
    return any(getattr(row, column) == owner and row.subscriber_url == url for row in rows)


def _existing(call: Call, column: str) -> Webhook:
    """The path's webhook, which must be the owner's.

    Raises:
        NotFoundError: There is no such webhook.
        BadRequestError: An event type's is asked for, and it is none.
        ForbiddenError: It is somebody else's.
    """
    key = call.params["webhookId"]
    row = call.world.webhooks.get(key)
    if row is None:
        text = f"Webhook ({key}) not found"
        raise NotFoundError(text)
    if getattr(row, column) == _owner(call, column):
        return row
    if column == "user_id":
        text = f"IsUserWebhookGuard - User ({call.user.id}) is not the owner of webhook ({key})"
        raise ForbiddenError(text)
    if column == "event_type_id":
        guard = "IsTeam" if "teamId" in call.params else "IsUser"
        start = f"{guard}EventTypeWebhookGuard - Webhook ({key}) is not associated with"
        if row.event_type_id is None:
            raise BadRequestError(f"{start} an event type")
        raise ForbiddenError(f"{start} event type ({call.params['eventTypeId']})")
    text = f"Webhook ({key}) not found"
    raise NotFoundError(text)


_SCOPES: Final = (
    ("/v2/webhooks", "user_id", (authenticated,), ()),
    (
        "/v2/event-types/{eventTypeId}/webhooks",
        "event_type_id",
        (authenticated, owns_event_type),
        (),
    ),
    (
        "/v2/teams/{teamId}/event-types/{eventTypeId}/webhooks",
        "event_type_id",
        (*team_role("TEAM_ADMIN"), is_of_team),
        (),
    ),
    (
        "/v2/organizations/{orgId}/webhooks",
        "team_id",
        organization_role("ORG_ADMIN"),
        (is_of_organization,),
    ),
    (
        "/v2/oauth-clients/{clientId}/webhooks",
        "oauth_client_id",
        (authenticated, administers_client),
        (),
    ),
)
_WITH_DELETE_ALL: Final = frozenset({"event_type_id", "oauth_client_id"})
ROUTES = (
    *(
        route
        for base, column, guards, more in _SCOPES
        for route in (
            write("POST", base, create(column), *guards),
            write("PATCH", f"{base}/{{webhookId}}", update(column), *guards, *more),
            write("DELETE", f"{base}/{{webhookId}}", delete(column), *guards, *more),
        )
    ),
    *(
        write("DELETE", base, delete_all(column), *guards)
        for base, column, guards, _ in _SCOPES
        if column in _WITH_DELETE_ALL
    ),
)
