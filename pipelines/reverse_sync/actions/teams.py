"""Writes about teams: profiles, invitations, workflows of forms, verified addresses.

Source: BEHAVIOUR.md 7.5; recordings `*team*`, `create_organization_team_form_workflow__*`.
"""

from __future__ import annotations

from typing import Final

from pipelines.reverse_sync.actions.blind import Blind
from pipelines.reverse_sync.actions.creations import Creation
from pipelines.reverse_sync.actions.deletions import Deletion
from pipelines.reverse_sync.actions.model import Action, Asked, Look
from pipelines.reverse_sync.actions.updates import Update
from pipelines.reverse_sync.plan import Effects, Json, Mail, Repeat

_TEAM: Final = Look(operation="get_team_information_by_team_id")
_ORGANIZATION_TEAM: Final = Look(operation="get_team_details_by_organization_id_and_team_id")
_LOST: Final = ("its event types, memberships and webhooks", "its id")
_NAME: Final = ("name",)  # Cal.com asks for it in a change too


def _creating(_asked: Asked, _record: Json) -> Effects:
    return Effects(costs=("with billing, a team has to be paid for before it is there",))


def _deleting(_asked: Asked, _record: Json) -> Effects:
    return Effects(lasting=_LOST)


def _verifying(asked: Asked, _record: Json) -> Effects:
    mail = Mail(kind="verification_code", to=asked.values["email"])
    return Effects(mails=(mail,), lasting=("mails cannot be unsent",))


def _inviting(_asked: Asked, _record: Json) -> Effects:
    return Effects(lasting=("the link's token is valid for seven days and cannot be revoked",))


def _starting_workflow(_asked: Asked, _record: Json) -> Effects:
    return Effects(lasting=("it mails or texts people whenever a form is answered",))


TEAMS: Final[tuple[Action, ...]] = (
    Creation(
        key="create_or_update_team_profile",
        look=Look(operation="get_teams_list"),
        likes={"name": "name", "slug": "slug"},
        repeat=Repeat.REFUSED,
        effects=_creating,
        undo_action="delete_team_by_id",
        undo_target={"teamId": "id"},
        source="recordings: creates only, it never updates",
    ),
    Creation(
        key="create_team_in_organization",
        look=Look(operation="retrieve_team_details_in_organization"),
        likes={"name": "name", "slug": "slug"},
        repeat=Repeat.REFUSED,
        effects=_creating,
        undo_action="delete_team_from_organization",
        undo_target={"teamId": "id"},
        source="recordings: the slug is unique, a repeat answers 409",
    ),
    Update(key="patch_team_details_by_id", look=_TEAM, always=_NAME),
    Update(key="update_team_information_by_id", look=_ORGANIZATION_TEAM, always=_NAME),
    Deletion(
        key="delete_team_by_id",
        look=_TEAM,
        is_cascading=True,
        repeat=Repeat.REFUSED,
        effects=_deleting,
        losses=_LOST,
    ),
    Deletion(
        key="delete_team_from_organization",
        look=_ORGANIZATION_TEAM,
        is_cascading=True,
        repeat=Repeat.REFUSED,
        effects=_deleting,
        losses=_LOST,
    ),
    Blind(
        key="create_team_invite_link",
        repeat=Repeat.DOUBLES,
        effects=_inviting,
        losses=("no action revokes the link; it ends after seven days",),
        source="recordings: another token on every call; it is a secret and not kept",
    ),
    Blind(
        key="request_email_verification_code",
        repeat=Repeat.NOTIFIES,
        effects=_verifying,
        losses=("mails cannot be unsent",),
        source="recordings: 200 on every call, for verified addresses too",
    ),
    Creation(
        key="create_organization_team_form_workflow",
        look=Look(operation="list_team_routing_form_workflows"),
        likes={"name": "name"},
        shown_otherwise=("steps",),
        repeat=Repeat.DOUBLES,
        effects=_starting_workflow,
        losses=("deleting a workflow is not among the actions",),
        source="recordings: nothing is unique, a repeat makes a second one",
    ),
)
