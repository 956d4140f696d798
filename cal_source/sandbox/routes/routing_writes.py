"""Correcting the answers of a filled-in routing form.

Source: recording `w_routing_response_update`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.bodies import BodyField, BodyRules, is_object
from cal_source.sandbox.call import success
from cal_source.sandbox.errors import RecordNotFoundError
from cal_source.sandbox.guards import organization_role, organization_team_role
from cal_source.sandbox.router import write
from cal_source.sandbox.routes.automation import forms_of_path, response_json

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call

_RULES: Final = BodyRules((BodyField("response", (is_object("response"),), is_optional=True),))


def update(call: Call) -> Any:
    """Replace the answers; only `updatedAt`, which is not shown, tells.

    Raises:
        RecordNotFoundError: The form, or the form's response, is not there.
    """
    form_id = call.params["routingFormId"]
    if form_id not in {row.id for row in forms_of_path(call)}:
        raise RecordNotFoundError
    row = call.world.routing_responses.get(call.number("responseId"))
    body = _RULES.read(call)
    if row is None or row.form_id != form_id:
        raise RecordNotFoundError
    changed = call.world.edit("routing_responses", row.id, **body, updated_at=call.now)
    return success(response_json(changed))


_TAIL: Final = "routing-forms/{routingFormId}/responses/{responseId}"
_ORGANIZATION: Final = "/v2/organizations/{orgId}"
ROUTES = (
    write("PATCH", f"{_ORGANIZATION}/{_TAIL}", update, *organization_role("ORG_ADMIN")),
    write(
        "PATCH",
        f"{_ORGANIZATION}/teams/{{teamId}}/{_TAIL}",
        update,
        *organization_team_role("TEAM_ADMIN"),
    ),
)
