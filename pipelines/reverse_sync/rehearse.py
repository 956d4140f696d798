"""Rehearsing a plan: the warehouse's state in the sandbox, the plan applied there, and the result.

The same gate, executor and journal carry it out, in a warehouse of its own that is thrown away. The
approvals are signed by keys that exist for the rehearsal only and that no policy file trusts; what
is sent goes to the sandbox on this machine and nowhere else.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cal_source.client import CalClient
from cal_source.errors import CalError
from cal_source.sandbox import Sandbox
from pipelines.reverse_sync.actions import observe
from pipelines.reverse_sync.apply import SUCCESSES, ApplyOptions, Surroundings, apply_plan
from pipelines.reverse_sync.approval import Statement, StatementKind, public_key_of, sign
from pipelines.reverse_sync.errors import ReverseSyncError
from pipelines.reverse_sync.journal import Journal
from pipelines.reverse_sync.plan import digest_of
from pipelines.reverse_sync.policy import Approver, Policy, required_approvals
from pipelines.reverse_sync.references import with_results
from pipelines.reverse_sync.warehouse_world import KEY_NAME, world_of
from pipelines.warehouse import Warehouse

if TYPE_CHECKING:
    from datetime import datetime

    from pipelines.reverse_sync.apply import ApplyResult, ChangeResult
    from pipelines.reverse_sync.approval import SignedStatement
    from pipelines.reverse_sync.plan import Plan

_NEVER_LIMITED: Final = 10**6


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """What one change did in the rehearsal.

    Attributes:
        result: Its outcome.
        differences: Field of the target, before and after; where both are known and differ.
    """

    result: ChangeResult
    differences: tuple[tuple[str, Any, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """How a plan went on the warehouse's state.

    Attributes:
        plan_digest: The plan.
        changes: One for each change, in the plan's order.
        mails: Kind and address of the mails sent, with how many.
        webhooks: Trigger and subscriber of the webhooks sent, with how many.
        mails_not_foretold: Those of `mails` that the plan does not name.
        mails_not_sent: Those that the plan names and that were not sent.
    """

    plan_digest: str
    changes: tuple[Rehearsed, ...]
    mails: dict[tuple[str, str], int]
    webhooks: dict[tuple[str, str], int]
    mails_not_foretold: tuple[tuple[str, str], ...]
    mails_not_sent: tuple[tuple[str, str], ...]

    @property
    def is_success(self) -> bool:
        """Whether every change is done."""
        return all(one.result.outcome in SUCCESSES for one in self.changes)


def rehearse(plan: Plan, policy: Policy, warehouse: Warehouse, now: datetime) -> Rehearsal:
    """Apply a plan to the warehouse's state in the sandbox, and return what happened there.

    Args:
        plan: The plan; one that breaks guards can be rehearsed too.
        policy: The policy; quiet hours, freezes and canaries do not count here.
        warehouse: A synced warehouse; only read.
        now: The present instant.
    """
    sandbox = Sandbox(
        world_of(warehouse, plan.account.user_id, now),
        now=now,
        rate_limit_per_minute=_NEVER_LIMITED,
    )
    with sandbox.serve() as url, TemporaryDirectory() as folder:
        client = CalClient(f"cal_sandbox_{KEY_NAME}", base_url=url, v1_base_url=f"{url}/v1")
        with client, Warehouse.open(str(Path(folder) / "rehearsal.duckdb")) as own:
            result = _apply(plan, policy, client, own, now)
            changes = tuple(_rehearsed(client, one, result) for one in result.changes)
    mails = Counter((mail.kind, mail.to) for mail in sandbox.outbox.mails)
    foretold = {
        (mail.kind, mail.to)
        for one in result.changes
        if one.outcome in SUCCESSES
        for mail in one.change.effects.mails
    }
    return Rehearsal(
        plan_digest=digest_of(plan),
        changes=changes,
        mails=dict(mails),
        webhooks=dict(Counter((one.trigger, one.subscriber) for one in sandbox.outbox.webhooks)),
        mails_not_foretold=tuple(sorted(set(mails) - foretold)),
        mails_not_sent=tuple(sorted(foretold - set(mails))),
    )


def _apply(
    plan: Plan, policy: Policy, client: CalClient, own: Warehouse, now: datetime
) -> ApplyResult:
    rehearsed = replace(plan, breaches=())
    keys = {
        f"rehearsal {number}": Ed25519PrivateKey.generate()
        for number in range(required_approvals(policy, plan))
    }
    around = Surroundings(
        warehouse=own,
        journal=Journal(own, clock=lambda: now),
        sender=client,
        account=plan.account,
        policy=_rehearsal_policy(policy, keys),
        statements=lambda: _approvals(rehearsed, keys, now),
        clock=lambda: now,
        sleep=lambda _: None,
        secret=_no_secret,
    )
    return apply_plan(rehearsed, around, ApplyOptions(canary=0))


def _rehearsal_policy(policy: Policy, keys: dict[str, Ed25519PrivateKey]) -> Policy:
    approvers = tuple(
        Approver(name=name, public_key=public_key_of(key)) for name, key in keys.items()
    )
    return replace(policy, approvers=approvers, quiet_hours=None, freezes=(), error_rate=1.0)


def _approvals(
    plan: Plan, keys: dict[str, Ed25519PrivateKey], now: datetime
) -> list[SignedStatement]:
    digest = digest_of(plan)
    return [
        sign(
            Statement(
                kind=StatementKind.APPROVAL,
                plan_digest=digest,
                approver=name,
                reason="rehearsal",
                signed_at=now,
                expires_at=now + timedelta(minutes=5),
            ),
            key,
        )
        for name, key in keys.items()
    ]


def _no_secret(name: str) -> str:
    """Return a stand-in: a rehearsal needs no real secret, and gets none."""
    return f"rehearsal of {name}"


def _rehearsed(client: CalClient, one: ChangeResult, result: ApplyResult) -> Rehearsed:
    results = {other.change.id: other.result for other in result.changes}
    differences: list[tuple[str, Any, Any]] = []
    if one.outcome in SUCCESSES:
        try:
            after = observe(client, with_results(one.change, results), results) or {}
        except (CalError, ReverseSyncError):
            after = {}
        before = one.change.before or {}
        differences = [
            (name, before.get(name), after.get(name))
            for name in dict.fromkeys([*before, *after])
            if before.get(name) != after.get(name)
        ]
    return Rehearsed(result=one, differences=tuple(differences))
