"""Routing forms and their responses, workflows, roles and verified contacts.

Source: recordings `org_routing_form*`, `orgteam_*`, `org_roles`, `verified_*`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.booking_query import Bounds
from cal_source.sandbox.call import success
from cal_source.sandbox.clock import parse_iso, to_iso
from cal_source.sandbox.errors import NotFoundError, RecordNotFoundError
from cal_source.sandbox.guards import (
    authenticated,
    organization_role,
    organization_team_role,
    team_role,
)
from cal_source.sandbox.render.people import contact_json
from cal_source.sandbox.router import get
from cal_source.sandbox.validation import (
    SKIP_TAKE,
    QueryRules,
    choice,
    instant,
    integers,
    page,
    page_by_id,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Json, RoutingForm, RoutingResponse, Workflow

_ROUTING_RULES: Final = QueryRules(
    (
        *SKIP_TAKE.fields,
        choice("sortCreatedAt", "sortCreatedAt"),
        choice("sortUpdatedAt", "sortUpdatedAt"),
        instant("afterCreatedAt", "afterCreatedAt"),
        instant("beforeCreatedAt", "beforeCreatedAt"),
        instant("afterUpdatedAt", "afterUpdatedAt"),
        instant("beforeUpdatedAt", "beforeUpdatedAt"),
        text("routedToBookingUid"),
        integers("teamIds"),
    ),
    SKIP_TAKE.defaults,
)


def forms(call: Call) -> Any:
    """Routing forms of an organisation's teams, or of one team."""
    values = _ROUTING_RULES.read(call.query)
    rows = _within(forms_of_path(call), values)
    if "teamIds" in values:
        rows = [row for row in rows if row.team_id in values["teamIds"]]
    if "routedToBookingUid" in values:
        uid = values["routedToBookingUid"]
        found = {r.form_id for r in call.world.routing_responses.values() if r.booking_uid == uid}
        rows = [row for row in rows if row.id in found]
    return success([row.content for row in page(rows, values)])


def responses(call: Call) -> Any:
    """Filled-in forms; their `updatedAt` filters and sorts, but is not shown.

    Raises:
        RecordNotFoundError: The form is not of the organisation or team.
    """
    values = _ROUTING_RULES.read(call.query)
    form_id = call.params["routingFormId"]
    if form_id not in {row.id for row in forms_of_path(call)}:
        raise RecordNotFoundError
    own = [row for row in call.world.routing_responses.values() if row.form_id == form_id]
    rows = _within(own, values)
    if "routedToBookingUid" in values:
        rows = [row for row in rows if row.booking_uid == values["routedToBookingUid"]]
    return success([response_json(row) for row in page(rows, values)])


def workflows(kind: str) -> Callable[[Call], Any]:
    """Make the handler of a team's workflows of one kind; data comes before the status."""

    def handler(call: Call) -> Any:
        rows = page_by_id(_workflows(call, kind), SKIP_TAKE.read(call.query))
        return {"data": [row.content for row in rows], "status": "success"}

    return handler


def workflow(kind: str) -> Callable[[Call], Any]:
    """Make the handler of one of a team's workflows."""

    def handler(call: Call) -> Any:
        key = call.number("workflowId")
        for row in _workflows(call, kind):
            if row.id == key:
                return {"data": row.content, "status": "success"}
        message = f"Workflow with ID {key} not found for team {call.params['teamId']}."
        raise NotFoundError(message)

    return handler


def roles(scope: str) -> Callable[[Call], Any]:
    """Make the handler of roles; the system's own belong to no `scope` (teamId, organizationId)."""

    def handler(call: Call) -> Any:
        rows = page(call.world.roles, SKIP_TAKE.read(call.query))
        return success([_role_json(row, scope) for row in rows])

    return handler


def role(scope: str) -> Callable[[Call], Any]:
    """Make the handler of one role."""

    def handler(call: Call) -> Any:
        return success(_role_json(_role(call), scope))

    return handler


def role_permissions(call: Call) -> Any:
    """The permissions of one role."""
    return success(_role(call)["permissions"])


def contacts(kind: str) -> Callable[[Call], Any]:
    """Make the handler of verified e-mails or phones, of the caller or of a team."""

    def handler(call: Call) -> Any:
        rows = page_by_id(_contacts(call, kind), SKIP_TAKE.read(call.query))
        return success([contact_json(row) for row in rows])

    return handler


def contact(kind: str) -> Callable[[Call], Any]:
    """Make the handler of one verified contact."""

    def handler(call: Call) -> Any:
        key = call.number("id")
        for row in _contacts(call, kind):
            if row.id == key:
                return success(contact_json(row))
        raise RecordNotFoundError

    return handler


def forms_of_path(call: Call) -> list[RoutingForm]:
    """Routing forms of the path's team, or of the organisation and all its teams."""
    rows = list(call.world.routing_forms.values())
    if "teamId" in call.params:
        return [row for row in rows if row.team_id == int(call.params["teamId"])]
    organization_id = int(call.params["orgId"])
    teams = {t.id for t in call.world.teams.values() if t.parent_id == organization_id}
    return [row for row in rows if row.team_id in teams | {organization_id}]


def _within(rows: list[Any], values: Json) -> list[Any]:
    created, updated = (
        Bounds(*(_instant(values, f"{side}{name}At") for side in ("after", "before")))
        for name in ("Created", "Updated")
    )
    rows = sorted(rows, key=lambda row: row.id)
    kept = [row for row in rows if created.holds(row.created_at) and updated.holds(row.updated_at)]
    for name, column in (("sortCreatedAt", "created_at"), ("sortUpdatedAt", "updated_at")):
        if name in values:
            return _sorted(kept, column, is_descending=values[name] == "desc")
    return kept


def _sorted(rows: list[Any], column: str, *, is_descending: bool) -> list[Any]:
    """Missing values last when ascending and first when descending, as PostgreSQL has it."""
    filled = sorted(
        (row for row in rows if getattr(row, column) is not None),
        key=lambda row: getattr(row, column),
        reverse=is_descending,
    )
    empty = [row for row in rows if getattr(row, column) is None]
    return empty + filled if is_descending else filled + empty


def _instant(values: Json, name: str) -> Any:
    return parse_iso(values[name]) if name in values else None


def response_json(row: RoutingResponse) -> Json:
    """A filled-in form."""
    return {
        "id": row.id,
        "formId": row.form_id,
        "formFillerId": row.filler_id,
        "routedToBookingUid": row.booking_uid,
        "response": row.response,
        "createdAt": to_iso(row.created_at),
    }


def _workflows(call: Call, kind: str) -> list[Workflow]:
    team_id = int(call.params["teamId"])
    rows = call.world.workflows.values()
    return [row for row in rows if row.team_id == team_id and row.kind == kind]


def _role(call: Call) -> Json:
    for row in call.world.roles:
        if row["id"] == call.params["roleId"]:
            return row
    message = f"Role with id {call.params['roleId']} not found"
    raise NotFoundError(message)


def _role_json(row: Json, scope: str) -> Json:
    head = ("id", "name", "color", "description")
    body = {name: row[name] for name in head} | {scope: None}
    return body | {name: value for name, value in row.items() if name not in head}


def _contacts(call: Call, kind: str) -> list[Any]:
    rows = [row for row in call.world.verified_contacts.values() if row.kind == kind]
    if "teamId" in call.params:
        return [row for row in rows if row.team_id == int(call.params["teamId"])]
    return [row for row in rows if row.user_id == call.user.id]


_ORGANIZATION: Final = "/v2/organizations/{orgId}"
_TEAM: Final = f"{_ORGANIZATION}/teams/{{teamId}}"
_ADMIN: Final = organization_role("ORG_ADMIN")
_TEAM_ADMIN: Final = organization_team_role("TEAM_ADMIN")
_CONTACT_SCOPES: Final = (
    ("/v2", (authenticated,)),
    ("/v2/teams/{teamId}", team_role("TEAM_ADMIN")),
    (_TEAM, _TEAM_ADMIN),
)
_ROLE_SCOPES: Final = (
    (_ORGANIZATION, "organizationId", _ADMIN),
    (_TEAM, "teamId", _TEAM_ADMIN),
)
ROUTES = (
    get(f"{_ORGANIZATION}/routing-forms", forms, *_ADMIN),
    get(f"{_ORGANIZATION}/routing-forms/{{routingFormId}}/responses", responses, *_ADMIN),
    get(f"{_TEAM}/routing-forms", forms, *_TEAM_ADMIN),
    get(f"{_TEAM}/routing-forms/{{routingFormId}}/responses", responses, *_TEAM_ADMIN),
    get(f"{_TEAM}/workflows", workflows("event-type"), *_TEAM_ADMIN),
    get(f"{_TEAM}/workflows/routing-form", workflows("routing-form"), *_TEAM_ADMIN),
    get(f"{_TEAM}/workflows/{{workflowId}}", workflow("event-type"), *_TEAM_ADMIN),
    get(f"{_TEAM}/workflows/{{workflowId}}/routing-form", workflow("routing-form"), *_TEAM_ADMIN),
    *(
        route
        for base, scope, guards in _ROLE_SCOPES
        for route in (
            get(f"{base}/roles", roles(scope), *guards),
            get(f"{base}/roles/{{roleId}}", role(scope), *guards),
            get(f"{base}/roles/{{roleId}}/permissions", role_permissions, *guards),
        )
    ),
    *(
        route
        for base, guards in _CONTACT_SCOPES
        for kind in ("email", "phone")
        for route in (
            get(f"{base}/verified-resources/{kind}s", contacts(kind), *guards),
            get(f"{base}/verified-resources/{kind}s/{{id}}", contact(kind), *guards),
        )
    ),
)
