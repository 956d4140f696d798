"""Attributes of an organisation's members, their options and who has which.

Source: recordings `org_attribute*`, `fetch_organization_attribute_by_id__*`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.call import success
from cal_source.sandbox.guards import organization_role
from cal_source.sandbox.render.people import assigned_option_json, attribute_json, option_json
from cal_source.sandbox.router import get
from cal_source.sandbox.validation import SKIP_TAKE, QueryRules, integers, page, page_by_id, texts

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Attribute, AttributeOption, Json

_ASSIGNED_RULES: Final = QueryRules(
    (*SKIP_TAKE.fields, texts("assignedOptionIds"), integers("teamIds")),
    SKIP_TAKE.defaults,
)


def attributes(call: Call) -> Any:
    """All attributes of an organisation."""
    values = SKIP_TAKE.read(call.query)
    return success([attribute_json(row) for row in page_by_id(_own(call), values)])


def attribute(call: Call) -> Any:
    """One attribute; an unknown id is answered with null."""
    found = next((row for row in _own(call) if row.id == call.params["attributeId"]), None)
    return success(None if found is None else attribute_json(found))


def options(call: Call) -> Any:
    """All options of an attribute."""
    rows = call.world.options_of_attribute(call.params["attributeId"])
    return success([option_json(row) for row in rows])


def assigned_by_id(call: Call) -> Any:
    """The options of an attribute that somebody has; an unknown id has none."""
    return _assigned(call, call.world.options_of_attribute(call.params["attributeId"]))


def assigned_by_slug(call: Call) -> Any:
    """The same, the attribute named by its slug."""
    slug = call.params["attributeSlug"]
    ids = [row.id for row in _own(call) if row.slug == slug]
    return _assigned(call, [row for i in ids for row in call.world.options_of_attribute(i)])


def options_of_user(call: Call) -> Any:
    """The options one member has, by id."""
    user_id = call.number("userId")
    held = {
        row.option_id for row in call.world.attribute_assignments.values() if row.user_id == user_id
    }
    return success([option_json(call.world.attribute_options[key]) for key in sorted(held)])


def _own(call: Call) -> list[Attribute]:
    organization_id = int(call.params["orgId"])
    return [row for row in call.world.attributes.values() if row.team_id == organization_id]


def _assigned(call: Call, rows: list[AttributeOption]) -> Any:
    values = _ASSIGNED_RULES.read(call.query)
    found = []
    for row in sorted(rows, key=lambda row: row.id):
        holders = [
            item.user_id
            for item in call.world.attribute_assignments.values()
            if item.option_id == row.id and _keeps(call, item.user_id, values)
        ]
        if holders:
            found.append(assigned_option_json(row, holders))
    return success(page(found, values))


def _keeps(call: Call, user_id: int, values: Json) -> bool:
    world = call.world
    if "teamIds" in values and not any(world.membership(t, user_id) for t in values["teamIds"]):
        return False
    asked = set(values.get("assignedOptionIds", ()))
    rows = world.attribute_assignments.values()
    return asked <= {row.option_id for row in rows if row.user_id == user_id}


_ATTRIBUTES: Final = "/v2/organizations/{orgId}/attributes"
_MEMBER: Final = organization_role("ORG_MEMBER")
ROUTES = (
    get(_ATTRIBUTES, attributes, *_MEMBER),
    get(f"{_ATTRIBUTES}/{{attributeId}}", attribute, *_MEMBER),
    get(f"{_ATTRIBUTES}/{{attributeId}}/options", options, *_MEMBER),
    get(f"{_ATTRIBUTES}/{{attributeId}}/options/assigned", assigned_by_id, *_MEMBER),
    get(f"{_ATTRIBUTES}/slugs/{{attributeSlug}}/options/assigned", assigned_by_slug, *_MEMBER),
    get(f"{_ATTRIBUTES}/options/{{userId}}", options_of_user, *_MEMBER),
)
