"""Plans, policies, keys and approvals for tests of the reverse sync."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipelines.reverse_sync.approval import Statement, StatementKind, public_key_of, sign
from pipelines.reverse_sync.plan import (
    Account,
    Change,
    Plan,
    Totals,
    change_id,
    digest_of,
)
from pipelines.reverse_sync.policy import Approver, Policy

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
ADA, GRACE, MAKER = "ada@example.com", "grace@example.com", "maker@example.com"
ACCOUNT = Account(base_url="http://sandbox.test", user_id=1001, organization_id=101)
NO_TOTALS = Totals(
    by_action={},
    mails_by_attendee={},
    mails_by_host={},
    changes_by_host={},
    requests=3,
    requests_per_minute=120,
    minutes=1,
    already_so={},
    rejected=0,
)


def key_of(name: str) -> Ed25519PrivateKey:
    """The same key for the same name."""
    return Ed25519PrivateKey.from_private_bytes(name.encode().ljust(32, b".")[:32])


def policy_of(*names: str, **settings) -> Policy:
    """A policy that trusts the keys of these people."""
    approvers = tuple(
        Approver(name=name, public_key=public_key_of(key_of(name))) for name in names or (ADA,)
    )
    values = {"digest": "f" * 64, "two_approvals_for": frozenset()} | settings
    return Policy(approvers=approvers, **values)


def change_of(action: str = "cancel_booking_via_uid", **values) -> Change:
    """A change, of a booking unless said otherwise."""
    target = values.pop("target", {"bookingUid": "abc"})
    body = values.pop("body", {"cancellationReason": "the host is ill"})
    return Change(
        id=change_id(action, target, {}, body), action=action, target=target, body=body, **values
    )


def plan_of(*changes: Change, policy: Policy | None = None, **values) -> Plan:
    """A plan of these changes under a policy."""
    given = {
        "account": ACCOUNT,
        "author": MAKER,
        "reason": "the host is ill",
        "policy_digest": (policy or policy_of()).digest,
        "changes": changes or (change_of(),),
        "totals": NO_TOTALS,
    }
    return Plan(**given | values)


def approval_of(plan: Plan, name: str = ADA, *, key: str = "", **values):
    """An approval of a plan, signed an hour ago by one who is trusted, valid for a day."""
    statement = Statement(
        kind=StatementKind.APPROVAL,
        plan_digest=digest_of(plan),
        approver=name,
        reason="seen",
        signed_at=NOW - timedelta(hours=1),
        expires_at=NOW + timedelta(hours=23),
    )
    return sign(replace(statement, **values), key_of(key or name))


def revocation_of(plan: Plan, name: str = ADA, *, key: str = "", **values):
    """A revocation of what was approved of a plan until half an hour ago."""
    given = {"kind": StatementKind.REVOCATION, "signed_at": NOW - timedelta(minutes=30)}
    return approval_of(plan, name, key=key, **given | {"expires_at": None} | values)
