"""Writes about an organisation's attributes, their options, and who has which.

Source: BEHAVIOUR.md 7.5; recordings `*attribute*`.
"""

from __future__ import annotations

from typing import Final

from pipelines.reverse_sync.actions.creations import Creation
from pipelines.reverse_sync.actions.deletions import Deletion
from pipelines.reverse_sync.actions.model import Action, Asked, Look
from pipelines.reverse_sync.actions.updates import Update
from pipelines.reverse_sync.plan import Json, Repeat

_ATTRIBUTE: Final = Look(operation="fetch_organization_attribute_by_id")
_OPTION: Final = Look(operation="retrieve_attribute_options_for_org", select={"id": "optionId"})


def _is_assigned(asked: Asked, entry: Json) -> bool:
    """Tell whether a user's option is the one asked for, by id or by value."""
    given = asked.values
    if "attributeOptionId" in given:
        return bool(entry["id"] == given["attributeOptionId"])
    return bool(
        entry["attributeId"] == given["attributeId"] and entry["value"] == given.get("value")
    )


ATTRIBUTES: Final[tuple[Action, ...]] = (
    Creation(
        key="create_organization_attributes",
        look=Look(operation="retrieve_organization_attributes"),
        likes={"slug": "slug"},
        repeat=Repeat.REFUSED,
        undo_action="delete_organization_attribute",
        undo_target={"attributeId": "id"},
    ),
    Update(key="modify_org_attribute_by_id", look=_ATTRIBUTE),
    Deletion(
        key="delete_organization_attribute",
        look=_ATTRIBUTE,
        is_cascading=True,
        repeat=Repeat.REFUSED,
        undo_action="create_organization_attributes",
        undo_fields={"name": "name", "slug": "slug", "type": "type", "enabled": "enabled"},
        undo_defaults={"options": []},
        losses=("its id", "its options and everybody's assignments"),
    ),
    Creation(
        key="add_organization_attribute_option",
        look=Look(operation="retrieve_attribute_options_for_org"),
        likes={"slug": "slug"},
        repeat=Repeat.DOUBLES,
        undo_action="delete_organization_attribute_option",
        undo_target={"optionId": "id"},
        source="recordings: equal slugs are allowed, so it is looked for first",
    ),
    Update(key="patch_organization_attribute_option", look=_OPTION),
    Deletion(
        key="delete_organization_attribute_option",
        look=_OPTION,
        is_cascading=True,
        repeat=Repeat.REFUSED,
        undo_action="add_organization_attribute_option",
        undo_fields={"value": "value", "slug": "slug"},
        losses=("its id", "its assignments"),
    ),
    Creation(
        key="assign_or_create_attribute_option_for_user",
        look=Look(operation="retrieve_organization_attributes_options"),
        like=_is_assigned,
        repeat=Repeat.DOUBLES,
        result_name="attributeOptionId",
        result_fields=("attributeOptionId",),
        undo_action="delete_user_attribute_option",
        undo_target={"attributeOptionId": "attributeOptionId"},
        losses=("an option that a value made stays",),
        source="recordings: with a value every call makes a new option",
    ),
    Deletion(
        key="delete_user_attribute_option",
        look=Look(
            operation="retrieve_organization_attributes_options",
            select={"id": "attributeOptionId"},
        ),
        repeat=Repeat.REFUSED,
        undo_action="assign_or_create_attribute_option_for_user",
        undo_fields={"attributeId": "attributeId", "attributeOptionId": "id"},
    ),
)
