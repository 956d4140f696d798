"""What can go wrong between a change request and its undoing, by who can mend it.

::

    ReverseSyncError            root; a PipelineError
    ├── PlanFileError           a plan file or stored plan is none, or was edited
    ├── RequestSourceError      change requests cannot be read at all
    ├── RequestsRejectedError   some rows are bad, and the caller wants all or nothing
    ├── PolicyError             the policy file is missing or wrong
    ├── EmptySourceError        a source that had rows before has none now
    ├── MissingSecretError      a secret that a change refers to is not set
    ├── MissingResultError      a change needs the result of another that has none
    ├── PartialPlanError        a part of a plan was asked for that cannot stand by itself
    ├── UnknownPlanError        no plan is meant, or several could be
    ├── KeyFileError            a signing key cannot be written or used
    ├── ApprovalFileError       a signed file is none, or was edited
    ├── ApprovalRefusedError    there is no valid approval for exactly this plan
    ├── JournalError            the journal is not as it was written
    ├── ChangeHeldError         the policy holds a change for now
    ├── PlanFinishedError       a plan was applied to the end before
    └── DecisionRefusedError    there is nothing to decide about a change
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


_SHOWN_FAULTS: Final = 5


class ReverseSyncError(PipelineError):
    """Root of the errors of the reverse sync."""


class PlanFileError(ReverseSyncError):
    """A plan cannot be trusted as it stands.

    Attributes:
        source: The file or table it came from.
        problem: What is wrong with it.
    """

    def __init__(self, source: str, problem: str) -> None:
        self.source = source
        self.problem = problem
        super().__init__(f"{source} {problem}. Make the plan again with 'cal-warehouse plan'.")


class MissingSecretError(ReverseSyncError):
    """A secret that a change refers to is not set.

    Attributes:
        name: Its name.
        variable: The environment variable that should hold it.
    """

    def __init__(self, name: str, variable: str) -> None:
        self.name = name
        self.variable = variable
        super().__init__(
            f"The secret '{name}' is not set. Put it into the environment as {variable}, and "
            "nowhere else."
        )


class MissingResultError(ReverseSyncError):
    """A change needs the result of another that has none.

    Attributes:
        change_id: The change that should have given it; empty for the change itself.
        field: The field of its result.
    """

    def __init__(self, change_id: str, field: str) -> None:
        self.change_id = change_id
        self.field = field
        super().__init__(
            f"The change {change_id or 'that is taken back'} has no result '{field}', so what "
            "builds on it cannot be sent. Find out how that change ended; then plan again."
        )


class KeyFileError(ReverseSyncError):
    """A signing key cannot be written or used.

    Attributes:
        path: The key's file.
        problem: What is wrong with it.
        remedy: How to mend it.
    """

    def __init__(self, path: str, problem: str, remedy: str) -> None:
        self.path = path
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"The key file {path} {problem}. {remedy}")


class ApprovalFileError(ReverseSyncError):
    """A signed file cannot be trusted as it stands.

    Attributes:
        source: The file.
        problem: What is wrong with it.
    """

    def __init__(self, source: str, problem: str) -> None:
        self.source = source
        self.problem = problem
        super().__init__(
            f"{source} {problem}. Have the plan approved again with 'cal-warehouse approve'."
        )


class ApprovalRefusedError(ReverseSyncError):
    """Nothing was sent, because there is no valid approval for exactly this plan.

    Attributes:
        plan_digest: The plan.
        problems: Every reason, one sentence each without its full stop.
    """

    def __init__(self, plan_digest: str, problems: Sequence[str]) -> None:
        self.plan_digest = plan_digest
        self.problems = tuple(problems)
        super().__init__(
            f"Plan {plan_digest[:12]} may not be applied: {'; '.join(self.problems)}. "
            "Nothing was sent. Mend what is named, and have the plan approved."
        )


class JournalError(ReverseSyncError):
    """The journal is not as it was written.

    Attributes:
        sequence: Number of the first row at fault.
        problem: What is wrong with it.
    """

    def __init__(self, sequence: int, problem: str) -> None:
        self.sequence = sequence
        self.problem = problem
        super().__init__(
            f"Row {sequence} of ops.reverse_journal {problem}. Somebody else than cal-warehouse "
            "wrote to it: restore it from a backup, and look at what happened at Cal.com since."
        )


class ChangeHeldError(ReverseSyncError):
    """The policy holds a change for now; nothing was sent.

    Attributes:
        change_id: The change.
        until: When it may be sent, UTC.
    """

    def __init__(self, change_id: str, until: datetime) -> None:
        self.change_id = change_id
        self.until = until
        super().__init__(
            f"Change {change_id} is held until {until:%Y-%m-%d %H:%M} UTC (quiet hours or a freeze "
            "window of the policy). Run 'cal-warehouse apply' again then."
        )


class PlanFinishedError(ReverseSyncError):
    """A plan was applied to the end before; its approvals cannot be used again.

    Attributes:
        plan_digest: The plan.
        finished_at: When that was, UTC.
    """

    def __init__(self, plan_digest: str, finished_at: datetime) -> None:
        self.plan_digest = plan_digest
        self.finished_at = finished_at
        super().__init__(
            f"Plan {plan_digest[:12]} was applied to the end at {finished_at:%Y-%m-%d %H:%M} UTC. "
            "Nothing was sent. To change more, make a new plan and have it approved."
        )


class PolicyError(ReverseSyncError):
    """The policy file is missing or wrong; nothing is planned or applied without one.

    Attributes:
        source: The file.
        problem: What is wrong with it.
    """

    def __init__(self, source: str, problem: str) -> None:
        self.source = source
        self.problem = problem
        super().__init__(
            f"The policy file {source} {problem}. Name another with --policy, or mend it; "
            "README.md shows one to start from."
        )


class RequestsRejectedError(ReverseSyncError):
    """Some change requests are bad, and all or none was asked for; nothing was planned.

    Attributes:
        faults: Each fault in words.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        shown = "; ".join(self.faults[:_SHOWN_FAULTS])
        hidden = len(self.faults) - _SHOWN_FAULTS
        more = f"; and {hidden} more" if hidden > 0 else ""
        super().__init__(
            f"{len(self.faults)} faults in the change requests, so nothing was planned: {shown}"
            f"{more}. Mend them (all are in ops.rejected_requests), or leave out --all-or-nothing."
        )


class UnknownPlanError(ReverseSyncError):
    """No plan is meant, or several could be.

    Attributes:
        digest: What was given.
        found: Digests that begin so.
    """

    def __init__(self, digest: str, found: Sequence[str]) -> None:
        self.digest = digest
        self.found = tuple(found)
        problem = "names several plans" if found else "names no plan of this warehouse"
        super().__init__(
            f"'{digest}' {problem}. Give more digits of a digest in ops.plans, or a plan's file."
        )


class RequestSourceError(ReverseSyncError):
    """Change requests cannot be read at all.

    Attributes:
        source: The file, table or query.
        problem: What is wrong with it.
    """

    def __init__(self, source: str, problem: str) -> None:
        self.source = source
        self.problem = problem
        super().__init__(
            f"The change requests of {source} cannot be read: {problem}. Give a CSV, JSONL or "
            "Parquet file, a table, or a file with a SELECT."
        )


class EmptySourceError(ReverseSyncError):
    """A source that asked for something before asks for nothing now.

    Attributes:
        source: The file, table or query.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        super().__init__(
            f"{source} has no row. A source that is empty by mistake would ask for deletions, or "
            "hide what should be done; if that is meant, set source.may_be_empty in the policy."
        )


class PartialPlanError(ReverseSyncError):
    """A part of a plan was asked for that cannot stand by itself.

    Attributes:
        unknown: Ids that the plan does not have.
        missing: Ids that kept changes need.
    """

    def __init__(self, unknown: Sequence[str], missing: Sequence[str]) -> None:
        self.unknown = tuple(unknown)
        self.missing = tuple(missing)
        problems = []
        if unknown:
            problems.append(f"the plan has no change {', '.join(unknown)}")
        if missing:
            problems.append(f"what is kept needs {', '.join(missing)} too")
        problem = "; ".join(problems) or "nothing is kept"
        super().__init__(f"No part of the plan: {problem}. Name changes by the ids that it shows.")


class DecisionRefusedError(ReverseSyncError):
    """There is nothing to decide about a change.

    Attributes:
        change_id: The change.
        problem: Why.
    """

    def __init__(self, change_id: str, problem: str) -> None:
        self.change_id = change_id
        self.problem = problem
        super().__init__(
            f"Nothing was decided: {problem}. Only a change whose outcome is unknown can be; "
            "'cal-warehouse audit --plan' lists them."
        )
