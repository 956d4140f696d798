"""Carrying out one change: look, compare, note the intent, send, note the answer, look again.

`Executor._send` is the only place of the program that sends a write, and it takes a `Pass`, which
only the gate gives. The order of the steps makes a crash at any of them harmless: what was intended
and not answered is looked up at Cal.com, never sent again blindly.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cal_source.catalogue import operation
from cal_source.errors import BadRequestError, ForbiddenError, RequestFailed
from pipelines.reverse_sync.actions import observe, path_of, result_from_image, result_of
from pipelines.reverse_sync.conditions import failures, hold
from pipelines.reverse_sync.errors import ApprovalRefusedError, MissingResultError
from pipelines.reverse_sync.journal import Journal, Progress, Step
from pipelines.reverse_sync.outcome import Claim, Outcome, read_failure, read_success, settle
from pipelines.reverse_sync.references import resolved, with_results

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from pipelines.reverse_sync.gate import Pass
    from pipelines.reverse_sync.live import Sender
    from pipelines.reverse_sync.plan import Change, Condition, Image

SENDINGS: Final = 2
"""How often a run sends one change at most; the second time only after it was proved undone."""
PASS_SECONDS: Final = 20.0
"""How old a pass may be when the request leaves. A process that was paused between the two may have
been overtaken by another, which found the intent and looked the change up."""
_LOOKS: Final = 3

Results = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What carrying out changes needs from outside.

    Attributes:
        sender: Sends reads and writes.
        journal: Where every step is committed.
        admit: Gives the pass for a change at this instant, or raises why there is none.
        clock: The present instant, UTC.
        sleep: Waits that many seconds.
        secret: Gives a secret by name.
        wait_seconds: How long the next request would have to wait for the rate budget; a change is
            looked at again after such a wait, so that look and request stay close together.
        settle_seconds: How long a request without an answer, or an effect that does not show, is
            given before it is looked at again.
    """

    sender: Sender
    journal: Journal
    admit: Callable[[Change], Pass]
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    secret: Callable[[str], str]
    wait_seconds: Callable[[], float] = lambda: 0.0
    settle_seconds: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of a change.

    Attributes:
        outcome: Done, already done, refused, conflict or unknown.
        reason: Why, in words; empty for a success.
        result: Ids that Cal.com gave to what it made.
        is_proved_undone: Of an unknown outcome: whether a read showed that nothing had changed.
        was_sent: Whether a request was sent in this run.
        ends_apply: Whether every further change would end alike; this one stays open.
    """

    outcome: Outcome
    reason: str = ""
    result: dict[str, Any] = field(default_factory=dict)
    is_proved_undone: bool = False
    was_sent: bool = False
    ends_apply: bool = False


class Executor:
    """Carries out the changes of one plan, one at a time.

    Args:
        plan_digest: The plan.
        tools: What it works with.
    """

    def __init__(self, plan_digest: str, tools: Tools) -> None:
        self._digest = plan_digest
        self._tools = tools

    def carry_out(self, change: Change, known: Progress, results: Results) -> Settled:
        """Bring one change about, or find out what became of it, and note the outcome.

        Args:
            change: One that the journal holds no outcome of.
            known: What the journal says of it.
            results: Results of the changes before it, by change id.

        Raises:
            ApprovalRefusedError: The gate is closed; nothing was sent.
            ChangeHeldError: The policy holds this change for now; nothing was sent.
            CalError: Cal.com cannot be read; what was sent is noted and looked up by the next run.
        """
        try:
            change = with_results(change, results)
        except MissingResultError as error:
            return self._note(change, Settled(outcome=Outcome.CONFLICT, reason=str(error)))
        claim, result, sent = known.claim, known.result, 0
        if claim is not None and claim.is_unsent:
            claim = None
        while True:
            if claim is None:
                settled = self._before_sending(change, results)
                if settled is not None:
                    return self._note(change, settled)
                sent += 1
                claim, result = self._send_noted(change, known.attempts + sent, results)
            settled = self._after_answer(change, claim, result, results)
            settled = replace(settled, was_sent=sent > 0)
            if claim.ends_apply or (claim.is_unsent and sent >= SENDINGS):
                return replace(settled, ends_apply=True)  # it stays open for the next run
            if sent >= SENDINGS or not _may_repeat(settled, claim):
                return self._note(change, settled)
            claim = None

    def _before_sending(self, change: Change, results: Results) -> Settled | None:
        """Return what is settled by a look alone; None where the request may be sent."""
        try:
            image = self._fresh_image(change, results)
        except (ForbiddenError, BadRequestError) as error:
            return Settled(outcome=Outcome.CONFLICT, reason=f"the target cannot be read: {error}")
        if self._holds(change.done, image):
            result = result_from_image(change, image)
            return Settled(outcome=Outcome.ALREADY_DONE, result=result)
        drift = self._failures(change.precondition, image)
        if drift:
            return Settled(outcome=Outcome.CONFLICT, reason="; ".join(drift))
        return None

    def _fresh_image(self, change: Change, results: Results) -> Image:
        """Return an image that is not older than the rate budget's next free request."""
        image = self._observe(change, results)
        wait = self._tools.wait_seconds()
        if 0 < wait < float("inf"):
            self._tools.sleep(wait)
            image = self._observe(change, results)
        return image

    def _send_noted(
        self, change: Change, attempt: int, results: Results
    ) -> tuple[Claim, dict[str, Any]]:
        """Note the intent, send, and note the answer."""
        leave = self._tools.admit(change)
        request = self._request_of(change, results)
        self._journal(
            change,
            Step.INTENT,
            {"attempt": attempt, "action": change.action, "approvals": leave.approvals},
        )
        claim, result = self._send(leave, change, request)
        self._journal(
            change,
            Step.ANSWER,
            {"attempt": attempt, "claim": msgspec.to_builtins(claim), "result": result},
        )
        return claim, result

    def _request_of(self, change: Change, results: Results) -> dict[str, Any]:
        filled = resolved(
            {"params": change.query, "body": change.body},
            secret=self._tools.secret,
            results=results,
        )
        return {"path": path_of(change, results), **filled}

    def _send(
        self, leave: Pass, change: Change, request: Mapping[str, Any]
    ) -> tuple[Claim, dict[str, Any]]:
        """Send one write, once. Nothing else in the program does.

        Raises:
            ApprovalRefusedError: The pass is of another plan or over.
        """
        now = self._tools.clock()
        if leave.plan_digest != self._digest or now >= leave.valid_until:
            raise ApprovalRefusedError(self._digest, ["the pass is of another plan, or over"])
        if not 0 <= (now - leave.given_at).total_seconds() <= PASS_SECONDS:
            reason = "this process was paused before the request left"
            return Claim(outcome=Outcome.REFUSED, reason=reason, is_unsent=True), {}
        try:
            answer = self._tools.sender.request(operation(change.action), priority=True, **request)
        except RequestFailed as error:
            claim = read_failure(change.action, error)
            return claim, {}
        return read_success(answer.request_id), result_of(change, answer.data)

    def _after_answer(
        self,
        change: Change,
        claim: Claim,
        result: dict[str, Any],
        results: Results,
    ) -> Settled:
        """Return what became of a change, by its answer and fresh images of its target."""

        def settled(outcome: Outcome, reason: str, *, is_proved_undone: bool = False) -> Settled:
            return Settled(
                outcome=outcome,
                reason=reason,
                result=result,
                is_proved_undone=is_proved_undone,
            )

        if claim.outcome is Outcome.REFUSED:
            return settled(claim.outcome, claim.reason, is_proved_undone=claim.is_unsent)
        if not change.done:
            reason = claim.reason
            if claim.outcome is Outcome.UNKNOWN:
                reason = f"{reason}; Cal.com shows nowhere whether it was done"
            return settled(claim.outcome, reason)
        image, is_done = self._look_until_done(change, {**results, change.id: result})
        if is_done and not result:
            result = result_from_image(change, image)
        outcome = settle(claim, is_done=is_done)
        if is_done or outcome is not Outcome.UNKNOWN:
            return settled(outcome, "" if is_done else claim.reason)
        if claim.outcome is Outcome.DONE:
            return settled(
                outcome, "Cal.com answered that it was done, and a read does not show it"
            )
        is_as_before = not self._failures(change.precondition, image)
        state = "as it was before" if is_as_before else "neither as before nor as wanted"
        reason = f"{claim.reason}; the target is {state}"
        return settled(outcome, reason, is_proved_undone=is_as_before)

    def _look_until_done(self, change: Change, results: Results) -> tuple[Image, bool]:
        """Look at the target until it shows the change, a few times: replicas are late."""
        for look in range(_LOOKS):
            image = self._observe(change, results)
            if self._holds(change.done, image):
                return image, True
            if look < _LOOKS - 1:
                self._tools.sleep(self._tools.settle_seconds)
        return image, False

    def _observe(self, change: Change, results: Results) -> Image:
        return observe(self._tools.sender, change, results)

    def _holds(self, conditions: tuple[Condition, ...], image: Image) -> bool:
        return hold(conditions, image, now=self._tools.clock(), secret=self._tools.secret)

    def _failures(self, conditions: tuple[Condition, ...], image: Image) -> tuple[str, ...]:
        return failures(conditions, image, now=self._tools.clock(), secret=self._tools.secret)

    def _note(self, change: Change, settled: Settled) -> Settled:
        content = {
            "outcome": settled.outcome,
            "reason": settled.reason,
            "result": settled.result,
            "is_proved_undone": settled.is_proved_undone,
        }
        self._journal(change, Step.SETTLED, content)
        return settled

    def _journal(self, change: Change, step: Step, content: Mapping[str, Any]) -> None:
        self._tools.journal.append(self._digest, change.id, step, content)


def _may_repeat(settled: Settled, claim: Claim) -> bool:
    """Whether the request may be sent again: a read proved that it changed nothing."""
    return settled.is_proved_undone and (claim.may_repeat or claim.is_unsent)
