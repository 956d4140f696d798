"""Writes about webhooks at every level.

A subscription's secret is shown by Cal.com's reads; images hold its fingerprint only, so that it
can be compared and not told. An undo needs it again.

Source: BEHAVIOUR.md 7.5: one address once per level (409), outputs include the secret.
"""

from __future__ import annotations

from typing import Final

from pipelines.reverse_sync.actions.creations import Creation
from pipelines.reverse_sync.actions.deletions import Deletion, DeletionOfAll
from pipelines.reverse_sync.actions.model import Action, Look
from pipelines.reverse_sync.actions.updates import Update
from pipelines.reverse_sync.plan import Repeat

_SECRET: Final = ("secret",)
_LOST: Final = ("its id", "its secret, which is not kept; give it again")
_ADDRESS: Final = {"subscriberUrl": "subscriberUrl"}
_OWN: Final = Look(operation="get_webhook_by_id")
# Once it is gone the single read answers 403, so it is looked for in the list.
_OF_ORGANIZATION: Final = Look(
    operation="retrieve_organization_webhooks_by_org_id", select={"id": "webhookId"}
)
_OF_CLIENT: Final = Look(
    operation="retrieve_webhook_details_for_oauth_client", select={"id": "webhookId"}
)
_OF_EVENT_TYPE: Final = Look(operation="fetch_webhook_by_event_type_id")
_OF_TEAM_EVENT_TYPE: Final = Look(operation="get_team_event_type_webhook")


def _level(
    creation: str, update: str, deletion: str, listing: str, look: Look
) -> tuple[Action, ...]:
    """Return the three writes about the subscriptions of one level."""
    return (
        Creation(
            key=creation,
            look=Look(operation=listing),
            likes=_ADDRESS,
            repeat=Repeat.REFUSED,
            undo_action=deletion,
            undo_target={"webhookId": "id"},
        ),
        Update(key=update, look=look, secrets=_SECRET),
        Deletion(
            key=deletion,
            look=look,
            secrets=_SECRET,
            repeat=Repeat.REFUSED,
            undo_action=creation,
            losses=_LOST,
        ),
    )


WEBHOOKS: Final[tuple[Action, ...]] = (
    *_level(
        "create_webhook_subscription",
        "update_webhook_by_id",
        "delete_webhook_by_id",
        "retrieve_webhooks_list",
        _OWN,
    ),
    *_level(
        "create_organization_webhook_by_org_id",
        "update_webhook_for_organization",
        "delete_org_webhook",
        "retrieve_organization_webhooks_by_org_id",
        _OF_ORGANIZATION,
    ),
    *_level(
        "create_oauth_client_webhook_configuration",
        "update_oauth_client_webhook",
        "delete_oauth_client_webhook",
        "retrieve_webhook_details_for_oauth_client",
        _OF_CLIENT,
    ),
    *_level(
        "create_webhook_for_event_type",
        "patch_webhook_event_type",
        "delete_webhook_for_event_type",
        "retrieve_webhooks_for_event_type",
        _OF_EVENT_TYPE,
    ),
    Update(key="update_team_event_type_webhook", look=_OF_TEAM_EVENT_TYPE, secrets=_SECRET),
    DeletionOfAll(
        key="delete_webhooks_for_event_type",
        look=Look(operation="retrieve_webhooks_for_event_type"),
        secrets=_SECRET,
        is_cascading=True,
        undo_action="create_webhook_for_event_type",
        losses=_LOST,
    ),
    DeletionOfAll(
        key="delete_all_team_event_type_webhooks",
        look=Look(operation="get_team_event_type_webhooks"),
        secrets=_SECRET,
        is_cascading=True,
        losses=("making webhooks of team event types is not among the actions",),
    ),
)
