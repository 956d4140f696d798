"""Making, changing and deleting workflows of a team, for event types and for routing forms.

Source: recordings `*workflow*` of `recorded-actions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.bodies import (
    BodyField,
    BodyRules,
    Rule,
    each,
    is_boolean,
    is_in,
    is_number,
    is_string,
)
from cal_source.sandbox.errors import MaskedUnauthorizedError, NotFoundError
from cal_source.sandbox.guards import organization_team_role
from cal_source.sandbox.records import Workflow
from cal_source.sandbox.router import write

if TYPE_CHECKING:
    from collections.abc import Callable

    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Json

_STEP_PARTS: Final = frozenset({
    "id", "action", "stepNumber", "sender", "includeCalendarEvent", "message", "verifiedEmailId",
    "verifiedPhoneId", "autoTranslateEnabled", "phoneRequired",
})  # fmt: skip
_RECIPIENTS: Final = {
    "email_host": "const",
    "email_address": "email",
    "sms_number": "phone_number",
    "whatsapp_number": "phone_number",
}
EVENT_TYPE, ROUTING_FORM = "event-type", "routing-form"
_TRIGGERS: Final = {
    EVENT_TYPE: (
        "beforeEvent", "eventCancelled", "newEvent", "afterEvent", "rescheduleEvent",
        "afterHostsCalVideoNoShow", "afterGuestsCalVideoNoShow", "bookingRejected",
        "bookingRequested", "bookingPaymentInitiated", "bookingPaid", "bookingNoShowUpdated",
    ),
    ROUTING_FORM: ("formSubmitted", "formSubmittedNoEvent"),
}  # fmt: skip
_ACTIONS: Final = {
    EVENT_TYPE: (
        "email_host", "email_attendee", "email_address", "sms_attendee", "sms_number",
        "whatsapp_attendee", "whatsapp_number", "cal_ai_phone_call",
    ),
    ROUTING_FORM: ("email_attendee", "email_address", "sms_attendee", "sms_number"),
}  # fmt: skip
_ALL: Final = {EVENT_TYPE: "isActiveOnAllEventTypes", ROUTING_FORM: "isActiveOnAllRoutingForms"}
_SOME: Final = {EVENT_TYPE: "activeOnEventTypeIds", ROUTING_FORM: "activeOnRoutingFormIds"}
_NAMES: Final = {EVENT_TYPE: "event-type", ROUTING_FORM: "routing form"}


def _rules(kind: str, *, is_new: bool) -> BodyRules:
    some, everything = _SOME[kind], _ALL[kind]
    element = is_number(some) if kind == EVENT_TYPE else is_string(some)
    activation = BodyRules((
        BodyField(everything, (is_boolean(everything),)),
        BodyField(some, (each(element),), is_optional=True),
    ))
    trigger = BodyRules((BodyField("type", (is_in("type", _TRIGGERS[kind]),)), BodyField("offset")))
    text = (
        "Your workflow must contain at least one allowed step. allowed steps are "
        f"{','.join(_ACTIONS[kind])}"
    )
    has_steps = Rule("arrayMinSize", lambda value: None if _is_filled(value) else text)
    return BodyRules((
        BodyField("name", (is_string("name"),), is_optional=not is_new),
        BodyField("activation", nested=activation),
        BodyField("trigger", nested=trigger),
        BodyField("steps", (has_steps,), is_optional=not is_new, convert=_known_parts),
    ))


def _known_parts(steps: Any) -> Any:
    """Steps without the parts Cal.com does not know: a recipient and a template among them."""
    if not isinstance(steps, list):
        return steps
    return [
        {name: value for name, value in step.items() if name in _STEP_PARTS}
        if isinstance(step, dict)
        else step
        for step in steps
    ]


def _is_filled(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 0


def create(kind: str) -> Callable[[Call], Any]:
    """Make the handler that adds a workflow; names may repeat."""
    rules = _rules(kind, is_new=True)

    def handler(call: Call) -> Any:
        body = rules.read(call)
        key = call.ids.number("workflows", call.world.workflows)
        activation = _activation(call, kind, body.get("activation", {}))
        content = {
            "id": key,
            "name": body["name"],
            "activation": activation,
            "trigger": body.get("trigger"),
            "steps": [_step(call, step) for step in body["steps"]],
            "type": kind,
        }
        call.world.workflows[key] = Workflow(key, int(call.params["teamId"]), kind, content)
        return {"data": content, "status": "success"}

    return handler


def update(kind: str) -> Callable[[Call], Any]:
    """Make the handler that changes a workflow; given steps replace all."""
    rules = _rules(kind, is_new=False)

    def handler(call: Call) -> Any:
        row = _existing(call, kind)
        body = rules.read(call)
        content = row.content | {name: body[name] for name in ("name", "trigger") if name in body}
        if "activation" in body:
            content["activation"] = _activation(call, kind, body["activation"])
        if "steps" in body:
            content["steps"] = [_step(call, step) for step in body["steps"]]
        call.world.edit("workflows", row.id, content=content)
        return {"data": content, "status": "success"}

    return handler


def delete(kind: str) -> Callable[[Call], Any]:
    """Make the handler that deletes a workflow."""

    def handler(call: Call) -> Any:
        del call.world.workflows[_existing(call, kind).id]
        return {"status": "success"}

    return handler


def _existing(call: Call, kind: str) -> Workflow:
    row = call.world.workflows.get(call.guarded_number("workflowId"))
    if row is None or row.kind != kind or row.team_id != int(call.params["teamId"]):
        key = call.params["workflowId"]
        text = f"IsWorkflowInTeam - {_NAMES[kind]} workflow ({key}) not found."
        raise NotFoundError(text)
    return row


def _activation(call: Call, kind: str, given: Json) -> Json:
    """What the workflow is active on, which must be the team's.

    Raises:
        MaskedUnauthorizedError: Something of it is not.
    """
    team_id = int(call.params["teamId"])
    rows: Any = call.world.event_types if kind == EVENT_TYPE else call.world.routing_forms
    known = {row.id for row in rows.values() if row.team_id == team_id}
    wanted = given.get(_SOME[kind]) or []
    if not set(wanted) <= known:
        raise MaskedUnauthorizedError
    return {_ALL[kind]: given.get(_ALL[kind], False), _SOME[kind]: wanted}


def _step(call: Call, given: Json) -> Json:
    """A step as it is stored: its action tells whom it reaches."""
    contact = given.get("verifiedEmailId") or given.get("verifiedPhoneId")
    kind = "email" if "verifiedEmailId" in given else "phone"
    known = call.world.verified_contacts.get((kind, contact or 0))
    value = "" if known is None else known.value
    steps = (step["id"] for row in call.world.workflows.values() for step in row.content["steps"])
    return {
        "id": call.ids.number("workflow_steps", steps),
        "stepNumber": given.get("stepNumber"),
        "template": "reminder",
        "recipient": _RECIPIENTS.get(given.get("action", ""), "attendee"),
        "sender": given.get("sender"),
        "includeCalendarEvent": given.get("includeCalendarEvent", False),
        "email": value if kind == "email" else "",
        "phone": value if kind == "phone" else "",
        "message": given.get("message"),
        "action": given.get("action"),
    }


_BASE: Final = "/v2/organizations/{orgId}/teams/{teamId}/workflows"
_GUARDS: Final = organization_team_role("TEAM_ADMIN")
ROUTES = tuple(
    route
    for kind, tail in ((EVENT_TYPE, ""), (ROUTING_FORM, "/routing-form"))
    for route in (
        write("POST", f"{_BASE}{tail}", create(kind), *_GUARDS),
        write("PATCH", f"{_BASE}/{{workflowId}}{tail}", update(kind), *_GUARDS),
        write("DELETE", f"{_BASE}/{{workflowId}}{tail}", delete(kind), *_GUARDS),
    )
)
