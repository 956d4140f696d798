"""The one gate before every write: no valid approval for exactly this plan, no request.

The executor asks the gate before each change, not once: an approval can expire or be revoked, and
the clock can be set back, while a plan of ten thousand changes is applied. No option opens it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pipelines.reverse_sync.approval import StatementKind
from pipelines.reverse_sync.errors import ApprovalRefusedError
from pipelines.reverse_sync.plan import digest_of
from pipelines.reverse_sync.policy import required_approvals

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from pipelines.reverse_sync.approval import SignedStatement, Statement
    from pipelines.reverse_sync.plan import Account, Plan
    from pipelines.reverse_sync.policy import Policy

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""By how much the clocks of the people and machines of one team may differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """Leave to send the changes of one plan.

    Attributes:
        plan_digest: The plan.
        approvals: Ids of the approvals that count.
        approvers: Who gave them, in the same order.
        given_at: When it was given.
        valid_until: When too few of the approvals will be left.
    """

    plan_digest: str
    approvals: tuple[str, ...]
    approvers: tuple[str, ...]
    given_at: datetime
    valid_until: datetime


class Gate:
    """Decides whether a plan may be sent.

    Args:
        plan: The plan, as it will be applied.
        policy: The policy file as it is now.
        account: Whose Cal.com the client speaks to.
    """

    def __init__(self, plan: Plan, policy: Policy, account: Account) -> None:
        self.digest = digest_of(plan)
        self._policy = policy
        self._required = max(1, required_approvals(policy, plan))
        self._keys = {approver.name: approver.public_key for approver in policy.approvers}
        makers = (plan.author, *(change.requested_by for change in plan))
        self._makers = {name.casefold() for name in makers}
        self._faults = tuple(_faults_of(plan, policy, account))

    def check(
        self,
        statements: Collection[SignedStatement],
        *,
        now: datetime,
        last_seen: datetime | None = None,
        revoked: Collection[str] = (),
    ) -> Pass:
        """Return the leave to send; asked again before every change.

        Args:
            statements: Every approval and revocation at hand, trusted or not, of any plan.
            now: The present instant.
            last_seen: The latest instant that the journal holds; an earlier `now` shows a clock
                that was set back.
            revoked: Ids of revocations that the journal holds; each must be among `statements`.

        Raises:
            ApprovalRefusedError: The plan may not be sent; names every reason.
        """
        faults = [*self._faults, *_faults_of_time(now, last_seen)]
        if set(revoked) - {signed.id for signed in statements}:
            faults.append("a revocation that the journal holds was removed from ops.approvals")
        valid: dict[str, SignedStatement] = {}
        doubts = []
        for signed in statements:
            if signed.statement.kind is StatementKind.APPROVAL:
                doubt = self._doubt(signed, statements, now)
                if doubt:
                    doubts.append(doubt)
                else:
                    _keep_longest(valid, self._keys[signed.statement.approver], signed)
        if len(valid) < self._required:
            faults += [f"{len(valid)} of {self._required} approvals needed are valid", *doubts]
        if faults:
            raise ApprovalRefusedError(self.digest, tuple(dict.fromkeys(faults)))
        return self._pass(list(valid.values()), now)

    def objections(self, signed: SignedStatement, *, now: datetime) -> list[str]:
        """Return why an approval would not count, or would not help, however many others there are.

        Args:
            signed: The approval.
            now: The present instant.
        """
        doubt = self._doubt(signed, [signed], now)
        return [*self._faults, *([doubt] if doubt else [])]

    def _doubt(
        self, signed: SignedStatement, statements: Collection[SignedStatement], now: datetime
    ) -> str:
        """Return why an approval does not count; nothing where it does."""
        statement = signed.statement
        name = statement.approver
        if statement.plan_digest != self.digest:
            return f"the approval of {name} is of another plan ({statement.plan_digest[:12]})"
        if not self._is_trusted(signed):
            return f"the approval of {name} is not signed by a key that the policy trusts for them"
        if name.casefold() in self._makers and not self._policy.self_approval:
            return f"{name} made or asked for this plan and may not approve it"
        if any(self._revokes(other, statement) for other in statements):
            return f"the approval of {name} was revoked"
        return _doubt_about_time(statement, self._policy.approval_hours, now)

    def _is_trusted(self, signed: SignedStatement) -> bool:
        key = self._keys.get(signed.statement.approver)
        return key is not None and signed.is_signed_by(key)

    def _revokes(self, other: SignedStatement, approval: Statement) -> bool:
        """Whether a statement is a valid revocation of an approval of this plan."""
        statement = other.statement
        return (
            statement.kind is StatementKind.REVOCATION
            and statement.plan_digest == self.digest
            and statement.signed_at >= approval.signed_at
            and self._is_trusted(other)
        )

    def _pass(self, approvals: list[SignedStatement], now: datetime) -> Pass:
        ends = sorted((_end_of(signed) for signed in approvals), reverse=True)
        return Pass(
            plan_digest=self.digest,
            approvals=tuple(signed.id for signed in approvals),
            approvers=tuple(signed.statement.approver for signed in approvals),
            given_at=now,
            valid_until=ends[self._required - 1],
        )


def _keep_longest(valid: dict[str, SignedStatement], key: str, signed: SignedStatement) -> None:
    """Count every key once, whatever names it has, with the approval that ends last."""
    if key not in valid or _end_of(signed) > _end_of(valid[key]):
        valid[key] = signed


def _end_of(signed: SignedStatement) -> datetime:
    expires_at = signed.statement.expires_at
    return expires_at if expires_at is not None else signed.statement.signed_at


def _doubt_about_time(statement: Statement, longest_hours: float, now: datetime) -> str:
    name, expires_at = statement.approver, statement.expires_at
    if expires_at is None or expires_at - statement.signed_at > timedelta(hours=longest_hours):
        return f"the approval of {name} is for longer than the policy's {longest_hours:g} hours"
    if statement.signed_at > now + CLOCK_TOLERANCE:
        return f"the approval of {name} was signed in the future, by the clock of this machine"
    if now >= expires_at:
        return f"the approval of {name} expired at {expires_at:%Y-%m-%d %H:%M} UTC"
    return ""


def _faults_of(plan: Plan, policy: Policy, account: Account) -> Iterator[str]:
    if plan.policy_digest != policy.digest:
        yield "the policy file is not the one that the plan was checked against"
    for breach in plan.breaches:
        yield f"it breaks the guard {breach.guard}: {breach.message.rstrip('.')}"
    if plan.account != account:
        yield (
            f"it is for user {plan.account.user_id} at {plan.account.base_url}, and this key is "
            f"of user {account.user_id} at {account.base_url}"
        )


def _faults_of_time(now: datetime, last_seen: datetime | None) -> Iterator[str]:
    if last_seen is not None and now < last_seen - CLOCK_TOLERANCE:
        yield (
            f"the clock says {now:%Y-%m-%d %H:%M} UTC, and the journal was written at "
            f"{last_seen:%Y-%m-%d %H:%M} UTC"
        )
