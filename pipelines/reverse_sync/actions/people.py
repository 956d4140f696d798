"""Writes about memberships, users, profiles and managed users.

Source: BEHAVIOUR.md 7.5; recordings of the memberships, `*_user*` and `*oauth_client_user*`.
"""

from __future__ import annotations

from typing import Final

from pipelines.reverse_sync.actions.creations import Creation
from pipelines.reverse_sync.actions.deletions import Deletion
from pipelines.reverse_sync.actions.model import Action, Asked, Look
from pipelines.reverse_sync.actions.updates import Update
from pipelines.reverse_sync.plan import Effects, Json, Mail, Repeat

_IN_ORGANIZATION: Final = Look(
    operation="retrieve_membership_from_organization",
    listed="list_organization_memberships",
    listed_by={"id": "membershipId"},
)
_IN_ORGANIZATION_TEAM: Final = Look(
    operation="retrieve_team_membership_by_id",
    listed="retrieve_team_memberships_for_organization",
    listed_by={"id": "membershipId"},
)
_IN_TEAM: Final = Look(
    operation="retrieve_team_membership_details",
    listed="retrieve_team_memberships",
    listed_by={"id": "membershipId"},
)
_OF_ORGANIZATION: Final = Look(
    operation="retrieve_users_in_organization",
    select={"id": "userId"},
    narrowed={"emails": "email"},
)
_MANAGED: Final = Look(operation="retrieve_oauth_client_user_by_id")
_MEMBER: Final = {"userId": "userId"}
_BARE: Final = {
    "userId": "userId",
    "role": "role",
    "accepted": "accepted",
    "disableImpersonation": "disableImpersonation",
}
_HOSTS_LOST: Final = ("its id", "the member's place among the hosts of event types")
_ACCOUNT_LOST: Final = ("the account, with bookings, schedules and event types",)


def _by_email(asked: Asked) -> dict[str, Json]:
    return {"emails": asked.values["email"]}


def _inviting(asked: Asked, _record: Json) -> Effects:
    if asked.values.get("autoAccept"):
        return Effects()
    mail = Mail(kind="organization_invitation", to=asked.values["email"])
    return Effects(mails=(mail,), lasting=("mails cannot be unsent",))


def _removing_member(_asked: Asked, _record: Json) -> Effects:
    return Effects(lasting=_HOSTS_LOST)


def _deleting_account(_asked: Asked, _record: Json) -> Effects:
    return Effects(lasting=_ACCOUNT_LOST)


def _is_managed_like(asked: Asked, entry: Json) -> bool:
    """Compare addresses: Cal.com stores a managed user's with the client's id in it."""
    name, _, domain = asked.values["email"].partition("@")
    stored = f"{name}+{asked.target['clientId']}@{domain}"
    return str(entry.get("email")).lower() in {stored.lower(), asked.values["email"].lower()}


PEOPLE: Final[tuple[Action, ...]] = (
    Creation(
        key="create_membership_for_organization",
        look=Look(operation="list_organization_memberships"),
        likes=_MEMBER,
        undo_action="delete_organization_membership",
        undo_target={"membershipId": "id"},
        source="recordings: a repeat answers 201",
    ),
    Creation(
        key="add_member_to_team",
        look=Look(operation="retrieve_team_memberships_for_organization"),
        likes=_MEMBER,
        repeat=Repeat.REFUSED,
        undo_action="delete_membership_in_team",
        undo_target={"membershipId": "id"},
    ),
    Creation(
        key="create_team_membership_with_role",
        look=Look(operation="retrieve_team_memberships"),
        likes=_MEMBER,
        repeat=Repeat.REFUSED,
        undo_action="delete_team_memberships_by_id",
        undo_target={"membershipId": "id"},
    ),
    Update(key="modify_organization_membership_by_id", look=_IN_ORGANIZATION),
    Update(key="update_team_membership_properties", look=_IN_ORGANIZATION_TEAM),
    Update(key="update_team_membership", look=_IN_TEAM),
    Update(key="update_team_membership_by_id", look=_IN_TEAM),
    Deletion(
        key="delete_organization_membership",
        look=_IN_ORGANIZATION,
        is_cascading=True,
        repeat=Repeat.REFUSED,
        effects=_removing_member,
        undo_action="create_membership_for_organization",
        undo_fields=_BARE,
        losses=(*_HOSTS_LOST, "the member's teams and attributes"),
        source="7.5: removes the member from all teams and hosts",
    ),
    Deletion(
        key="delete_membership_in_team",
        look=_IN_ORGANIZATION_TEAM,
        is_cascading=True,
        repeat=Repeat.REFUSED,
        effects=_removing_member,
        undo_action="add_member_to_team",
        undo_fields=_BARE,
        losses=_HOSTS_LOST,
    ),
    Deletion(
        key="delete_team_memberships_by_id",
        look=_IN_TEAM,
        is_cascading=True,
        repeat=Repeat.REFUSED,
        effects=_removing_member,
        undo_action="create_team_membership_with_role",
        undo_fields=_BARE,
        losses=_HOSTS_LOST,
    ),
    Update(key="update_user_profile_details", look=Look(operation="retrieve_my_information")),
    Creation(
        key="post_user_to_organization",
        look=Look(operation="retrieve_users_in_organization", query=_by_email),
        likes={"email": "email"},
        repeat=Repeat.REFUSED,
        effects=_inviting,
        undo_action="delete_user_from_organization",
        undo_target={"userId": "id"},
        losses=("the undo deletes the account", "mails cannot be unsent"),
        source="7.5: 409 for an address that exists",
    ),
    Update(
        key="patch_organization_user_details",
        look=_OF_ORGANIZATION,
        shown_as={"weekday": "weekStart"},
        source="the body is the source's; the OpenAPI document leaves it empty",
    ),
    Deletion(
        key="delete_user_from_organization",
        look=_OF_ORGANIZATION,
        is_cascading=True,
        deletes_account=True,
        repeat=Repeat.REFUSED,
        effects=_deleting_account,
        losses=_ACCOUNT_LOST,
        source="7.5: the delete cascades to bookings",
    ),
    Creation(
        key="create_oauth_client_user",
        look=Look(operation="get_oauth_clients_user"),
        like=_is_managed_like,
        repeat=Repeat.REFUSED,
        undo_action="delete_oauth_client_managed_user",
        undo_target={"userId": "id"},
        losses=("the undo deletes the account",),
        source="recordings: 409 names the id; the answer's tokens are not kept",
    ),
    Update(key="update_oauth_client_user_settings", look=_MANAGED),
    Deletion(
        key="delete_oauth_client_managed_user",
        look=_MANAGED,
        is_cascading=True,
        deletes_account=True,
        repeat=Repeat.REFUSED,
        effects=_deleting_account,
        losses=_ACCOUNT_LOST,
    ),
)
