"""Attributes of an organisation, their options, and giving options to members.

An option's slug may repeat; assigning a value makes a new option every time, and a second option
of a single-select attribute does not take the first one away.

Source: recordings `*attribute*` of `recorded-actions`, `w_attribute_assign`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.bodies import (
    BodyField,
    BodyRules,
    is_array,
    is_boolean,
    is_enum,
    is_not_empty,
    is_string,
)
from cal_source.sandbox.call import success
from cal_source.sandbox.clock import to_iso
from cal_source.sandbox.errors import (
    BadRequestError,
    DuplicateError,
    MissingReferenceError,
    NotFoundError,
    RecordNotFoundError,
)
from cal_source.sandbox.guards import organization_role
from cal_source.sandbox.records import Attribute, AttributeAssignment, AttributeOption
from cal_source.sandbox.render.people import attribute_json, option_json
from cal_source.sandbox.router import write

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Json, Membership

TYPES: Final = ("TEXT", "NUMBER", "SINGLE_SELECT", "MULTI_SELECT")
_FREE_TYPES: Final = frozenset({"TEXT", "NUMBER"})
_OPTION_RULES: Final = BodyRules((
    BodyField("value", (is_not_empty("value"), is_string("value"))),
    BodyField("slug", (is_not_empty("slug"), is_string("slug"))),
))
_CREATE_RULES: Final = BodyRules((
    BodyField("name", (is_not_empty("name"), is_string("name"))),
    BodyField("slug", (is_not_empty("slug"), is_string("slug"))),
    BodyField("type", (is_not_empty("type"), is_enum("type", TYPES))),
    BodyField("options", (is_array("options"),), nested=_OPTION_RULES, is_list=True),
    BodyField("enabled", (is_boolean("enabled"),), is_optional=True),
))
_UPDATE_RULES: Final = BodyRules((
    BodyField("name", (is_string("name"),), is_optional=True),
    BodyField("slug", (is_string("slug"),), is_optional=True),
    BodyField("type", (is_enum("type", TYPES),), is_optional=True),
    BodyField("enabled", (is_boolean("enabled"),), is_optional=True),
))
_OPTION_UPDATE_RULES: Final = BodyRules((
    BodyField("value", (is_string("value"),), is_optional=True),
    BodyField("slug", (is_string("slug"),), is_optional=True),
))
_ASSIGN_RULES: Final = BodyRules((
    BodyField("value", (is_string("value"),), is_optional=True),
    BodyField("attributeOptionId", (is_string("attributeOptionId"),), is_optional=True),
    BodyField("attributeId", (is_string("attributeId"), is_not_empty("attributeId"))),
))


def create(call: Call) -> Any:
    """Make an attribute with its options.

    Raises:
        DuplicateError: The organisation has an attribute of this slug.
    """
    body = _CREATE_RULES.read(call)
    organization_id = int(call.params["orgId"])
    _check_slug(call, body["slug"])
    row = Attribute(
        id=call.ids.uuid(),
        team_id=organization_id,
        type=body["type"],
        name=body["name"],
        slug=body["slug"],
        created_at=call.now,
        updated_at=call.now,
        is_enabled=body.get("enabled", True),
    )
    call.world.attributes[row.id] = row
    for option in body["options"]:
        _add_option(call, row.id, option["value"], option["slug"])
    return success(attribute_json(row))


def update(call: Call) -> Any:
    """Change an attribute."""
    row = _attribute(call)
    body = _UPDATE_RULES.read(call)
    if body.get("slug", row.slug) != row.slug:
        _check_slug(call, body["slug"])
    columns = {"is_enabled" if name == "enabled" else name: body[name] for name in body}
    changed = call.world.edit("attributes", row.id, **columns, updated_at=call.now)
    return success(attribute_json(changed))


def delete(call: Call) -> Any:
    """Delete an attribute with its options and who has them."""
    row = _attribute(call)
    for option in call.world.options_of_attribute(row.id):
        _drop_option(call, option)
    del call.world.attributes[row.id]
    return success(attribute_json(row))


def create_option(call: Call) -> Any:
    """Add an option to an attribute; the same slug again makes another one.

    Raises:
        MissingReferenceError: There is no such attribute.
    """
    body = _OPTION_RULES.read(call)
    if call.params["attributeId"] not in call.world.attributes:
        raise MissingReferenceError
    return success(
        option_json(_add_option(call, call.params["attributeId"], body["value"], body["slug"]))
    )


def update_option(call: Call) -> Any:
    """Change an option.

    Raises:
        RecordNotFoundError: The attribute has no such option.
    """
    body = _OPTION_UPDATE_RULES.read(call)
    row = _option(call)
    if row is None:
        raise RecordNotFoundError
    return success(option_json(call.world.edit("attribute_options", row.id, **body)))


def delete_option(call: Call) -> Any:
    """Delete an option and take it from those who have it.

    Raises:
        NotFoundError: The attribute has no such option.
    """
    row = _option(call)
    if row is None:
        text = "Attribute option not found"
        raise NotFoundError(text)
    _drop_option(call, row)
    return success(option_json(row))


def assign(call: Call) -> Any:
    """Give a member an option, or a value of a free attribute as a new option.

    Raises:
        DuplicateError: The member has this option already.
    """
    body = _ASSIGN_RULES.read(call)
    member = _member(call)
    option_id = _option_to_assign(call, body)
    held = call.world.attribute_assignments.values()
    if any(row.user_id == member.user_id and row.option_id == option_id for row in held):
        raise DuplicateError
    key = call.ids.number("attribute_assignments", call.world.attribute_assignments)
    row = AttributeAssignment(
        key, member.user_id, option_id, uuid=call.ids.uuid(), created_at=call.now
    )
    call.world.attribute_assignments[key] = row
    call.world.touch()
    return success(_assignment_json(row, member))


def unassign(call: Call) -> Any:
    """Take an option from a member.

    Raises:
        NotFoundError: The member does not have it.
    """
    member = _member(call)
    for row in list(call.world.attribute_assignments.values()):
        if row.user_id == member.user_id and row.option_id == call.params["attributeOptionId"]:
            del call.world.attribute_assignments[row.id]
            call.world.touch()
            return success(_assignment_json(row, member))
    text = "Attribute does not belong to this user"
    raise NotFoundError(text)


def _attribute(call: Call) -> Attribute:
    row = call.world.attributes.get(call.params["attributeId"])
    if row is None or row.team_id != int(call.params["orgId"]):
        raise RecordNotFoundError
    return row


def _check_slug(call: Call, slug: str) -> None:
    organization_id = int(call.params["orgId"])
    rows = call.world.attributes.values()
    if any(row.team_id == organization_id and row.slug == slug for row in rows):
        raise DuplicateError


def _option(call: Call) -> AttributeOption | None:
    row = call.world.attribute_options.get(call.params["optionId"])
    return row if row is not None and row.attribute_id == call.params["attributeId"] else None


def _add_option(call: Call, attribute_id: str, value: str, slug: str) -> AttributeOption:
    row = AttributeOption(call.ids.uuid(), attribute_id, value, slug)
    call.world.attribute_options[row.id] = row
    call.world.touch()
    return row


def _drop_option(call: Call, option: AttributeOption) -> None:
    del call.world.attribute_options[option.id]
    for row in list(call.world.attribute_assignments.values()):
        if row.option_id == option.id:
            del call.world.attribute_assignments[row.id]
    call.world.touch()


def _option_to_assign(call: Call, body: Json) -> str:
    attribute = call.world.attributes.get(body["attributeId"])
    if attribute is None or attribute.team_id != int(call.params["orgId"]):
        text = "Attribute not found"
        raise NotFoundError(text)
    option_id, value = body.get("attributeOptionId"), body.get("value")
    if option_id is None:
        if attribute.type not in _FREE_TYPES:
            text = "Attribute type does not support value"
            raise BadRequestError(text)
        slug = re.sub(r"[^a-z0-9]+", "-", str(value).lower()).strip("-")
        return _add_option(call, attribute.id, str(value), slug).id
    option = call.world.attribute_options.get(option_id)
    if option is None or option.attribute_id != attribute.id:
        text = "Attribute option not found"
        raise NotFoundError(text)
    return option.id


def _member(call: Call) -> Membership:
    organization_id, user_id = int(call.params["orgId"]), call.number("userId")
    row = call.world.membership(organization_id, user_id)
    if row is None:
        raise NotFoundError(
            f"Membership for user with id {user_id} within organization id {organization_id} "
            "not found",
        )
    return row


def _assignment_json(row: AttributeAssignment, member: Membership) -> Json:
    made = None if row.created_at is None else to_iso(row.created_at)
    return {
        "id": row.uuid,
        "memberId": member.id,
        "attributeOptionId": row.option_id,
        "weight": None,
        "createdAt": made,
        "createdById": None,
        "createdByDSyncId": None,
        "updatedAt": made,
        "updatedById": None,
        "updatedByDSyncId": None,
    }


_ATTRIBUTES: Final = "/v2/organizations/{orgId}/attributes"
_ADMIN: Final = organization_role("ORG_ADMIN")
_MEMBER: Final = organization_role("ORG_MEMBER")
ROUTES = (
    write("POST", _ATTRIBUTES, create, *_ADMIN),
    write("PATCH", f"{_ATTRIBUTES}/{{attributeId}}", update, *_ADMIN),
    write("DELETE", f"{_ATTRIBUTES}/{{attributeId}}", delete, *_ADMIN),
    write("POST", f"{_ATTRIBUTES}/{{attributeId}}/options", create_option, *_ADMIN),
    write("PATCH", f"{_ATTRIBUTES}/{{attributeId}}/options/{{optionId}}", update_option, *_ADMIN),
    write("DELETE", f"{_ATTRIBUTES}/{{attributeId}}/options/{{optionId}}", delete_option, *_ADMIN),
    write("POST", f"{_ATTRIBUTES}/options/{{userId}}", assign, *_ADMIN),
    write("DELETE", f"{_ATTRIBUTES}/options/{{userId}}/{{attributeOptionId}}", unassign, *_MEMBER),
)
