"""The smaller lists of a recorded world: webhooks, attributes, absences, forms, links."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.records import (
    Attribute,
    AttributeAssignment,
    AttributeOption,
    OutOfOffice,
    PrivateLink,
    RoutingForm,
    RoutingResponse,
    VerifiedContact,
    Webhook,
    Workflow,
)

if TYPE_CHECKING:
    from cal_source.sandbox.load import Recording
    from cal_source.sandbox.world import World

# Lists of webhooks do not show when they were made; the recorded single answers say this.
WEBHOOKS_MADE_AT: Final = datetime(2026, 1, 10, tzinfo=UTC)


def load_organization_lists(world: World, recording: Recording) -> None:
    """Fill the tables of the smaller lists."""
    _load_webhooks(world, recording)
    _load_attributes(world, recording)
    _load_absences(world, recording)
    _load_routing(world, recording)
    _load_workflows(world, recording)
    _load_contacts(world, recording)
    _load_private_links(world, recording)
    for _, _, rows in recording.matching(r"/v2/organizations/\d+/roles"):
        world.roles = [{k: v for k, v in row.items() if k != "organizationId"} for row in rows]


def _load_webhooks(world: World, recording: Recording) -> None:
    for _, _, rows in recording.matching(r".*/webhooks"):
        for row in rows:
            world.webhooks[row["id"]] = Webhook(
                id=row["id"],
                subscriber_url=row["subscriberUrl"],
                triggers=row["triggers"],
                created_at=WEBHOOKS_MADE_AT,
                user_id=row.get("userId"),
                event_type_id=row.get("eventTypeId"),
                team_id=row.get("teamId"),
                payload_template=row["payloadTemplate"],
                is_active=row["active"],
                secret=row["secret"],
            )


def _load_attributes(world: World, recording: Recording) -> None:
    for _, _, rows in recording.matching(r"/v2/organizations/\d+/attributes"):
        for row in rows:
            world.attributes[row["id"]] = Attribute(
                id=row["id"],
                team_id=row["teamId"],
                type=row["type"],
                name=row["name"],
                slug=row["slug"],
                created_at=_instant(row["createdAt"]),
                updated_at=_instant(row["updatedAt"]),
                is_enabled=row["enabled"],
                is_editable_by_users=row["usersCanEditRelation"],
                is_weights_enabled=row["isWeightsEnabled"],
                is_locked=row["isLocked"],
            )
    for _, _, rows in recording.matching(r"/v2/organizations/\d+/attributes/[^/]+/options"):
        for row in rows:
            world.attribute_options[row["id"]] = AttributeOption(
                id=row["id"],
                attribute_id=row["attributeId"],
                value=row["value"],
                slug=row["slug"],
                is_group=row["isGroup"],
                contains=row["contains"],
            )
    _load_assignments(world, recording)


def _load_assignments(world: World, recording: Recording) -> None:
    """Memberships show the options of a member in the order they were assigned."""
    for _, _, rows in recording.matching(r"/v2/organizations/\d+/memberships"):
        for row in rows:
            for attribute in row["attributes"]:
                for option in attribute.get("options", [attribute]):
                    key = len(world.attribute_assignments) + 1
                    assignment = AttributeAssignment(key, row["userId"], option["optionId"])
                    world.attribute_assignments[key] = assignment


def _load_absences(world: World, recording: Recording) -> None:
    for _, _, rows in recording.matching(r"/v2/organizations/\d+/ooo"):
        for row in rows:
            world.out_of_office[row["id"]] = OutOfOffice(
                id=row["id"],
                uuid=row["uuid"],
                user_id=row["userId"],
                start=_instant(row["start"]),
                end=_instant(row["end"]),
                to_user_id=row["toUserId"],
                notes=row["notes"],
                reason=row["reason"],
            )


def _load_routing(world: World, recording: Recording) -> None:
    for _, _, rows in recording.matching(r"/v2/organizations/\d+/routing-forms"):
        for row in rows:
            world.routing_forms[row["id"]] = RoutingForm(
                id=row["id"],
                team_id=row["teamId"],
                user_id=row["userId"],
                created_at=_instant(row["createdAt"]),
                updated_at=_instant(row["updatedAt"]),
                content=row,
            )
    pattern = r"/v2/organizations/\d+/routing-forms/[^/]+/responses"
    for _, _, rows in recording.matching(pattern):
        for row in rows:
            made = _instant(row["createdAt"])
            world.routing_responses[row["id"]] = RoutingResponse(
                id=row["id"],
                form_id=row["formId"],
                filler_id=row["formFillerId"],
                response=row["response"],
                created_at=made,
                updated_at=made,
                booking_uid=row["routedToBookingUid"],
            )


def _load_workflows(world: World, recording: Recording) -> None:
    kinds = {"workflows": "event-type", "workflows/routing-form": "routing-form"}
    for tail, kind in kinds.items():
        pattern = rf"/v2/organizations/\d+/teams/(\d+)/{tail}"
        for match, _, rows in recording.matching(pattern):
            for row in rows:
                world.workflows[row["id"]] = Workflow(row["id"], int(match[1]), kind, row)


def _load_contacts(world: World, recording: Recording) -> None:
    for match, _, rows in recording.matching(r".*/verified-resources/(email|phone)s"):
        for row in rows:
            value = row["email" if match[1] == "email" else "phoneNumber"]
            contact = VerifiedContact(row["id"], match[1], value, row["userId"], row["teamId"])
            world.verified_contacts[match[1], row["id"]] = contact


def _load_private_links(world: World, recording: Recording) -> None:
    found = [row for _, _, rows in recording.matching(r".*/private-links") for row in rows]
    for number, row in enumerate(sorted(found, key=lambda row: int(row["eventTypeId"])), 1):
        expires = row.get("expiresAt")
        world.private_links[row["linkId"]] = PrivateLink(
            id=row["linkId"],
            event_type_id=row["eventTypeId"],
            number=number,
            expires_at=expires and _instant(expires),
            max_usage_count=row.get("maxUsageCount"),
            usage_count=row.get("usageCount", 0),
        )


def _instant(text: Any) -> datetime:
    return datetime.fromisoformat(text)
