"""What can go wrong in a program, by who can mend it.

    PipelineError
    ├── UsageError            wrong arguments                              exit 64
    ├── ConfigError           wrong surroundings, such as a bad file name  exit 78
    ├── WarehouseError        the warehouse cannot be opened or written
    │   ├── WarehouseLocked   another process has it open                  exit 75
    │   └── WarehouseFull     no space, or no right to write               exit 74
    └── PublishError          a landing breaks a rule of the raw tables    exit 1

Errors of Cal.com itself are `cal_source.errors.CalError`; `pipelines.exit_codes` maps them all.
"""

from __future__ import annotations


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
