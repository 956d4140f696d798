"""Applying an approved plan: gate, order, canary, holds, pause, error rate, and where to go on.

Before every change the gate is asked anew. When the approval ends in the middle, nothing more is
sent, and a new approval of the same plan goes on where it stopped. When quiet hours begin, the
changes that they concern are held back and the others go on; running the apply again later sends
them. Both leave everything that was sent verified and noted.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cal_source.errors import CalError
from pipelines.reverse_sync.errors import (
    ApprovalRefusedError,
    ChangeHeldError,
    PlanFinishedError,
)
from pipelines.reverse_sync.executor import Executor, Tools
from pipelines.reverse_sync.gate import Gate
from pipelines.reverse_sync.journal import Progress, Step, finished_at, progress
from pipelines.reverse_sync.outcome import Outcome
from pipelines.reverse_sync.plan import REFERENCE_PREFIX
from pipelines.reverse_sync.policy import held_until
from pipelines.reverse_sync.references import references
from pipelines.reverse_sync.statements import read_statements, revocations_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from pipelines.reverse_sync.approval import SignedStatement
    from pipelines.reverse_sync.executor import Results, Settled
    from pipelines.reverse_sync.gate import Pass
    from pipelines.reverse_sync.journal import Entry, Journal
    from pipelines.reverse_sync.live import Sender
    from pipelines.reverse_sync.plan import Account, Change, Plan
    from pipelines.reverse_sync.policy import Policy
    from pipelines.warehouse import Warehouse

SUCCESSES: Final = frozenset({Outcome.DONE, Outcome.ALREADY_DONE})
_RATE_WINDOW: Final = 20
_RATE_MINIMUM: Final = 5
_PACE_SECONDS: Final = 120.0
"""After so long the estimate follows the pace of this run: two windows of the rate limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What an apply works in.

    Attributes:
        warehouse: Holds plans, approvals and journal.
        journal: The warehouse's journal.
        sender: Sends reads and writes.
        account: Whose Cal.com `sender` speaks to.
        policy: The policy file as it is now.
        statements: Approvals and revocations from files, beside those of the warehouse.
        clock: The present instant, UTC.
        sleep: Waits that many seconds.
        secret: Gives a secret by name.
        wait_seconds: How long the next request would wait for the rate budget.
        settle_seconds: How long an effect that does not show is given.
    """

    warehouse: Warehouse
    journal: Journal
    sender: Sender
    account: Account
    policy: Policy
    statements: Callable[[], Sequence[SignedStatement]] = list
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    secret: Callable[[str], str]
    wait_seconds: Callable[[], float] = lambda: 0.0
    settle_seconds: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyState:
    """How far an apply has come, for a progress display.

    Attributes:
        settled: Changes of the plan that are settled.
        total: Changes of the plan.
        outcomes: How many ended how.
        seconds_left: Estimate for the rest.
    """

    settled: int
    total: int
    outcomes: dict[Outcome, int]
    seconds_left: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyOptions:
    """What may be chosen when a plan is applied; none of it opens the gate.

    Attributes:
        targets: Ids of the changes to carry out; empty for all. What they depend on must be done.
        canary: How many changes must succeed before the rest is tried; None as the policy says.
        should_pause: Asked before every change; true ends the apply after the one before.
        on_progress: Called after every change.
    """

    targets: Collection[str] = ()
    canary: int | None = None
    should_pause: Callable[[], bool] = lambda: False
    on_progress: Callable[[ApplyState], None] = lambda _: None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeResult:
    """What is known of one change at the end of an apply.

    Attributes:
        change: The change.
        outcome: What became of it; None where it is open.
        reason: Why, in words; empty for a success.
        held_until: When it may be sent, where the policy held it back.
        result: Ids that Cal.com gave to what it made.
    """

    change: Change
    outcome: Outcome | None
    reason: str = ""
    held_until: datetime | None = None
    result: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyResult:
    """How an apply ended.

    Attributes:
        plan_digest: The plan.
        changes: One result for each change, in the plan's order.
        stopped: Why it ended before the end; empty where every change was looked at.
        error: What Cal.com or the gate said, where that ended it.
        approvers: Who approved it.
    """

    plan_digest: str
    changes: tuple[ChangeResult, ...]
    stopped: str = ""
    error: Exception | None = None
    approvers: tuple[str, ...] = ()

    @property
    def outcomes(self) -> dict[str, int]:
        """How many changes ended how; those without an outcome count as open."""
        return dict(Counter(str(c.outcome) if c.outcome else "open" for c in self.changes))

    @property
    def is_finished(self) -> bool:
        """Whether every change has an outcome."""
        return all(change.outcome is not None for change in self.changes)

    @property
    def is_success(self) -> bool:
        """Whether every change is done, by us or before."""
        return all(change.outcome in SUCCESSES for change in self.changes)


def apply_plan(
    plan: Plan, surroundings: Surroundings, options: ApplyOptions | None = None
) -> ApplyResult:
    """Carry out an approved plan, or go on with one that was begun.

    Args:
        plan: The plan, as it was approved.
        surroundings: Warehouse, client, policy, clock.
        options: What may be chosen; none of it opens the gate.

    Raises:
        ApprovalRefusedError: No valid approval for exactly this plan; nothing was sent.
        PlanFinishedError: It was applied to the end before; nothing was sent.
        JournalError: The journal was tampered with; nothing was sent.
        MissingSecretError: A secret that the plan refers to is not set; nothing was sent.
    """
    return _Apply(plan, surroundings, options or ApplyOptions()).run()


@dataclass(slots=True)
class _Apply:
    """One run over the changes of a plan."""

    plan: Plan
    around: Surroundings
    options: ApplyOptions
    gate: Gate = field(init=False)
    known: dict[str, Progress] = field(init=False)
    results: Results = field(init=False, default_factory=dict)
    held: dict[str, datetime] = field(init=False, default_factory=dict)
    counts: Counter[Outcome] = field(init=False, default_factory=Counter)
    open_requests: int = field(init=False, default=0)
    kept_requests: int = field(init=False, default=0)
    began_at: datetime = field(init=False)
    recent: deque[bool] = field(init=False, default_factory=lambda: deque(maxlen=_RATE_WINDOW))
    revoked: frozenset[str] = field(init=False, default=frozenset())
    last_seen: datetime | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.gate = Gate(self.plan, self.around.policy, self.around.account)
        self.began_at = self.around.clock()

    def run(self) -> ApplyResult:
        self.around.journal.check()
        entries = self.around.journal.entries(self.gate.digest)
        self._remember(entries)
        leave = self._pass()
        if (finished := finished_at(entries)) is not None:
            raise PlanFinishedError(self.gate.digest, finished)
        self._check_secrets()
        self._note(Step.STARTED, {"approvals": leave.approvals, "approvers": leave.approvers})
        stopped, error = self._carry_out_all()
        result = ApplyResult(
            plan_digest=self.gate.digest,
            changes=tuple(self._result_of(change) for change in self.plan),
            stopped=stopped,
            error=error,
            approvers=leave.approvers,
        )
        step = Step.FINISHED if result.is_finished else Step.STOPPED
        self._note(step, {"reason": stopped, "outcomes": result.outcomes})
        return result

    def _remember(self, entries: Sequence[Entry]) -> None:
        self.known = progress(entries)
        self.revoked = revocations_of(entries)
        last = self.around.journal.last()
        self.last_seen = last.written_at if last else None
        for change in self.plan:
            known = self.known.get(change.id, Progress())
            self._count(change, known.outcome, known.result)

    def _pass(self) -> Pass:
        stored = read_statements(self.around.warehouse, self.gate.digest)
        return self.gate.check(
            [*stored, *self.around.statements()],
            now=self.around.clock(),
            last_seen=self.last_seen,
            revoked=self.revoked,
        )

    def _admit(self, change: Change) -> Pass:
        """Return the pass for one change at this instant.

        Raises:
            ChangeHeldError: The policy holds it back for now.
        """
        leave = self._pass()
        until = held_until(self.around.policy, change, self.around.clock())
        if until is not None:
            raise ChangeHeldError(change.id, until)
        return leave

    def _check_secrets(self) -> None:
        for change in self.plan:
            for name in references([change.query, change.body], REFERENCE_PREFIX):
                self.around.secret(name)

    def _carry_out_all(self) -> tuple[str, Exception | None]:
        """Carry out what is open; return why it ended early, and the error that ended it."""
        tools = Tools(
            sender=self.around.sender,
            journal=self.around.journal,
            admit=self._admit,
            clock=self.around.clock,
            sleep=self.around.sleep,
            secret=self.around.secret,
            wait_seconds=self.around.wait_seconds,
            settle_seconds=self.around.settle_seconds,
        )
        executor = Executor(self.gate.digest, tools)
        try:
            for change in self.plan:
                if self._is_open(change):
                    if self.options.should_pause():
                        return "paused; run the same command to go on", None
                    if reason := self._carry_out(executor, change):
                        return reason, None
        except (ApprovalRefusedError, CalError) as error:
            return str(error), error
        return "", None

    def _is_open(self, change: Change) -> bool:
        if self.options.targets and change.id not in self.options.targets:
            return False
        done_before = all(self._outcome_of(other) in SUCCESSES for other in change.depends_on)
        return self._outcome_of(change.id) is None and done_before

    def _carry_out(self, executor: Executor, change: Change) -> str:
        """Carry out one change; return why the apply must end, nothing where it goes on."""
        known = self.known.get(change.id, Progress())
        try:
            if known.claim is None:
                self._admit(change)
            settled = executor.carry_out(change, known, self.results)
        except ChangeHeldError as error:
            self.held[change.id] = error.until
            return ""
        if settled.ends_apply:
            return f"Cal.com would refuse every further change: {settled.reason}"
        self._keep(change, settled)
        self.options.on_progress(self._state())
        return self._reason_to_stop(settled)

    def _keep(self, change: Change, settled: Settled) -> None:
        self.known[change.id] = Progress(
            outcome=settled.outcome, reason=settled.reason, result=settled.result
        )
        self.open_requests -= change.requests
        self.kept_requests += change.requests
        self._count(change, settled.outcome, settled.result)
        if settled.was_sent:
            self.recent.append(settled.outcome in SUCCESSES)

    def _count(self, change: Change, outcome: Outcome | None, result: dict[str, Any]) -> None:
        if outcome is None:
            self.open_requests += change.requests
            return
        self.counts[outcome] += 1
        if outcome in SUCCESSES:
            self.results[change.id] = result

    def _reason_to_stop(self, settled: Settled) -> str:
        canary = self.around.policy.canary if self.options.canary is None else self.options.canary
        succeeded = sum(self.counts[outcome] for outcome in SUCCESSES)
        if settled.was_sent and settled.outcome not in SUCCESSES and succeeded < canary:
            return f"one of the first {canary} changes ended as {settled.outcome}: {settled.reason}"
        failed = self.recent.count(False)
        rate = self.around.policy.error_rate
        if len(self.recent) >= _RATE_MINIMUM and failed / len(self.recent) > rate:
            return f"{failed} of the last {len(self.recent)} changes failed, more than {rate:.0%}"
        return ""

    def _state(self) -> ApplyState:
        return ApplyState(
            settled=self.counts.total(),
            total=len(self.plan.changes),
            outcomes=dict(self.counts),
            seconds_left=self.open_requests * self._seconds_per_request(),
        )

    def _seconds_per_request(self) -> float:
        """Return what a request takes: as the plan assumes at first, then as it was so far."""
        elapsed = (self.around.clock() - self.began_at).total_seconds()
        if elapsed < _PACE_SECONDS:
            return 60 / self.plan.totals.requests_per_minute
        return elapsed / self.kept_requests

    def _outcome_of(self, change_id: str) -> Outcome | None:
        return self.known.get(change_id, Progress()).outcome

    def _result_of(self, change: Change) -> ChangeResult:
        known = self.known.get(change.id, Progress())
        reason = known.reason
        if known.outcome is None:
            waits = [o for o in change.depends_on if self._outcome_of(o) not in SUCCESSES]
            reason = f"it needs {', '.join(waits)}, which did not succeed" if waits else ""
        return ChangeResult(
            change=change,
            outcome=known.outcome,
            reason=reason,
            held_until=self.held.get(change.id),
            result=known.result,
        )

    def _note(self, step: Step, content: dict[str, object]) -> None:
        self.around.journal.append(self.gate.digest, "", step, content)
