"""Exit codes of the commands, and which error leads to which.

One table for all commands; README.md shows it and a test keeps the two equal.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from cal_source import call_errors as call
from cal_source import errors as cal
from cal_source.signin.errors import SignInError
from pipelines import errors as own
from pipelines.reverse_sync import errors as reverse


class ExitCode(IntEnum):
    """What a command's exit code means."""

    DONE = 0
    FAILED = 1
    CHANGES = 2
    QUARANTINED = 3
    UNPROVED = 4
    INCOMPLETE = 5
    CHECK_FAILED = 6
    HELD = 7
    USAGE = 64
    UNAVAILABLE = 69
    CANNOT_WRITE = 74
    LOCKED = 75
    REFUSED = 77
    CONFIG = 78
    INTERRUPTED = 130


MEANINGS: Final[dict[ExitCode, str]] = {
    ExitCode.DONE: "done; of a sync: done and proved",
    ExitCode.FAILED: "failed for a reason no other code names",
    ExitCode.CHANGES: "of a plan: there are changes; nothing was done",
    ExitCode.QUARANTINED: "done, but records could not be loaded; see ops.quarantine",
    ExitCode.UNPROVED: "done, but Cal.com's own count differs from the warehouse; see ops.proofs",
    ExitCode.INCOMPLETE: "some resources failed, the others are done; see ops.reads. Of an apply: "
    "some changes are not done; see 'cal-warehouse audit'",
    ExitCode.CHECK_FAILED: "a check on a model failed; the tables are as they were",
    ExitCode.HELD: "rows vanished without a known cause, or the key lost its view of them: they "
    "were kept; see 'cal-warehouse status', and --accept-losses to let them go",
    ExitCode.USAGE: "wrong arguments",
    ExitCode.UNAVAILABLE: "Cal.com cannot be reached, or what answers is not Cal.com",
    ExitCode.CANNOT_WRITE: "the warehouse, report or lake cannot be opened or written (disk full)",
    ExitCode.LOCKED: "another process has the warehouse open or writes it; try again later",
    ExitCode.REFUSED: "Cal.com refuses the key or the sign-in; of an apply: no valid approval for "
    "exactly this plan, or it was applied before",
    ExitCode.CONFIG: "the configuration cannot work, for example no key",
    ExitCode.INTERRUPTED: "stopped by Ctrl-C; run again to go on",
}

_BY_ERROR: Final[tuple[tuple[type[BaseException], ExitCode], ...]] = (
    (KeyboardInterrupt, ExitCode.INTERRUPTED),
    (own.UsageError, ExitCode.USAGE),
    (own.ViewLost, ExitCode.HELD),
    (own.ConfigError, ExitCode.CONFIG),
    (own.WarehouseLocked, ExitCode.LOCKED),
    (own.LeaseHeld, ExitCode.LOCKED),
    (own.LeaseLost, ExitCode.LOCKED),
    (own.WarehouseError, ExitCode.CANNOT_WRITE),
    (own.ReportNotWritten, ExitCode.CANNOT_WRITE),
    (own.DocumentsNotWritten, ExitCode.CANNOT_WRITE),
    (own.CopyNotWritten, ExitCode.CANNOT_WRITE),
    (own.LakeNotWritten, ExitCode.CANNOT_WRITE),
    (own.LakeMissing, ExitCode.CANNOT_WRITE),
    (reverse.PolicyError, ExitCode.CONFIG),
    (reverse.RequestSourceError, ExitCode.USAGE),
    (reverse.UnknownPlanError, ExitCode.USAGE),
    (reverse.PartialPlanError, ExitCode.USAGE),
    (reverse.PlanFileError, ExitCode.REFUSED),
    (reverse.ApprovalRefusedError, ExitCode.REFUSED),
    (reverse.PlanFinishedError, ExitCode.REFUSED),
    (reverse.JournalError, ExitCode.REFUSED),
    (reverse.KeyFileError, ExitCode.CONFIG),
    (reverse.MissingSecretError, ExitCode.CONFIG),
    (cal.UnknownOperationError, ExitCode.USAGE),
    (call.CallParameterError, ExitCode.USAGE),
    (call.WriteRefusedError, ExitCode.USAGE),
    (call.RequestBodyError, ExitCode.USAGE),
    (cal.ConfigError, ExitCode.CONFIG),
    (SignInError, ExitCode.REFUSED),
    (cal.AuthError, ExitCode.REFUSED),
    (cal.ForbiddenError, ExitCode.REFUSED),
    (cal.NotCalError, ExitCode.UNAVAILABLE),
    (cal.MalformedAnswer, ExitCode.UNAVAILABLE),
    (cal.ShapeError, ExitCode.UNAVAILABLE),
    (cal.Unreachable, ExitCode.UNAVAILABLE),
    (cal.ServerError, ExitCode.UNAVAILABLE),
    (cal.RateLimited, ExitCode.UNAVAILABLE),
)


def exit_code_of(error: BaseException) -> ExitCode:
    """Return the exit code for an error that ends a command."""
    return next((code for kind, code in _BY_ERROR if isinstance(error, kind)), ExitCode.FAILED)
