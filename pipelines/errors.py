"""What can go wrong in a program, by who can mend it.

    PipelineError
    ├── UsageError            wrong arguments                              exit 64
    ├── ConfigError           wrong surroundings, such as a bad file name  exit 78
    ├── WarehouseError        the warehouse cannot be opened or written   exit 74
    │   ├── WarehouseLocked   another process has it open                  exit 75
    │   ├── WarehouseFull     no space, or no right to write
    │   └── MartsMissing      the analytics tables were never built
    ├── ReportNotWritten      the HTML report cannot be written            exit 74
    └── PublishError          a landing breaks a rule of the raw tables    exit 1

Errors of Cal.com itself are `cal_source.errors.CalError`; `pipelines.exit_codes` maps them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class PipelineError(Exception):
    """Root of all errors of `pipelines`."""


class UsageError(PipelineError):
    """Arguments that make no sense together."""


class ConfigError(PipelineError):
    """Surroundings in which no run can succeed."""


class WarehouseError(PipelineError):
    """The warehouse cannot be opened, read or written."""


class WarehouseLocked(WarehouseError):  # noqa: N818 - reads as what it says
    """Another process has the warehouse open.

    Attributes:
        path: The warehouse file.
        holder: The process as DuckDB names it, empty when it does not.
    """

    def __init__(self, path: str, holder: str) -> None:
        self.path = path
        self.holder = holder
        by = f" by {holder}" if holder else ""
        super().__init__(
            f"The warehouse {path} is open in another process{by}. DuckDB lets one process write, "
            "and none while another reads. Close that program, or give this run another file with "
            "--warehouse."
        )


class WarehouseFull(WarehouseError):  # noqa: N818 - reads as what it says
    """The warehouse cannot grow.

    Attributes:
        path: The warehouse file.
        cause: What the operating system said.
    """

    def __init__(self, path: str, cause: str) -> None:
        self.path = path
        self.cause = cause
        super().__init__(
            f"The warehouse {path} could not be written: {cause}. What was published before is "
            "intact. Make room (or grant the right to write) and run again."
        )


class MartsMissing(WarehouseError):  # noqa: N818 - reads as what it says
    """The warehouse has no analytics tables to report on.

    Attributes:
        path: The warehouse file.
        missing: Names of the tables that are not there.
    """

    def __init__(self, path: str, missing: Sequence[str]) -> None:
        self.path = path
        self.missing = tuple(missing)
        super().__init__(
            f"The warehouse {path} has no {', '.join(missing)}. Build the analytics tables with "
            f"'cal-warehouse transform --warehouse {path}', then ask for the report again."
        )


class ReportNotWritten(PipelineError):  # noqa: N818 - reads as what it says
    """The HTML report could not be written; an older one is as it was.

    Attributes:
        path: The file that was asked for.
        cause: Why it could not be written.
    """

    def __init__(self, path: str, cause: str) -> None:
        self.path = path
        self.cause = cause
        super().__init__(
            f"The report {path} could not be written: {cause}. Give a file in an existing folder "
            "that you may write to with --html, or '-' for no HTML report."
        )


class PublishError(PipelineError):
    """A landing would break a rule of the raw tables; nothing was published.

    Attributes:
        table: The raw table.
        problem: The rule, with numbers.
    """

    def __init__(self, table: str, problem: str) -> None:
        self.table = table
        self.problem = problem
        super().__init__(
            f"raw.{table} was left as it was: {problem}. This is a fault of cal-warehouse; please "
            "report it with the output of 'cal-warehouse doctor'."
        )
