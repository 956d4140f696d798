"""Stripe connections."""

from __future__ import annotations

from cal_source.catalogue.model import Evidence, Kind, Operation, Risk, Scope
from cal_source.catalogue.parameters import RETURN_TO, STRIPE_CALLBACK

PAYMENTS = (
    Operation(
        key="check_stripe_status",
        summary="Whether Stripe is connected",
        kind=Kind.LOOKUP,
        method="GET",
        path="/v2/stripe/check",
        action="Check Stripe status",
        evidence=Evidence.REFUSAL,
        notes="404 means it is not.",
    ),
    Operation(
        key="check_team_stripe_integration_status",
        summary="Whether a team's Stripe is connected",
        kind=Kind.LOOKUP,
        method="GET",
        path="/v2/organizations/{orgId}/teams/{teamId}/stripe/check",
        action="Check team stripe integration status",
        scope=Scope.ORGANIZATION,
        role="TEAM_ADMIN",
        parents=("organizations", "teams"),
        evidence=Evidence.REFUSAL,
    ),
    Operation(
        key="get_stripe_connect_info",
        summary="Address at which Stripe is connected",
        kind=Kind.LOOKUP,
        method="GET",
        path="/v2/stripe/connect",
        action="Get stripe connect info",
        notes="An address, no account details, whatever the action's text says.",
    ),
    Operation(
        key="get_stripe_connect_url_for_team",
        summary="Address at which a team's Stripe is connected",
        kind=Kind.LOOKUP,
        method="GET",
        path="/v2/organizations/{orgId}/teams/{teamId}/stripe/connect",
        query=RETURN_TO,
        action="Get Stripe Connect URL for team",
        scope=Scope.ORGANIZATION,
        role="TEAM_ADMIN",
        parents=("organizations", "teams"),
    ),
    Operation(
        key="save_stripe_details",
        summary="Sign-in callback of Stripe",
        kind=Kind.CREDENTIAL,
        method="GET",
        path="/v2/stripe/save",
        query=STRIPE_CALLBACK,
        action="Save stripe details",
        risk=Risk.SECRET,
        idempotent=False,
        notes="A GET with effects.",
    ),
)
