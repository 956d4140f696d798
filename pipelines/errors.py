"""What can go wrong in a program, by who can mend it.

    PipelineError
    ├── UsageError            wrong arguments                              exit 64
    ├── ConfigError           wrong surroundings, such as a bad file name  exit 78
    ├── WarehouseError        the warehouse cannot be opened or written   exit 74
    │   ├── WarehouseLocked   another process has it open                  exit 75
    │   ├── LeaseHeld         another run writes it                        exit 75
    │   ├── LeaseLost         another run took over while this one paused  exit 75
    │   ├── WarehouseFull     no space, or no right to write
    │   ├── WarehouseMissing  there is none yet to read
    │   ├── WarehouseLost     the database cannot be reached, or went away
    │   └── MartsMissing      the analytics tables were never built
    ├── ViewLost              the key lost its view of the bookings        exit 7
    ├── DocumentsNotWritten   a folder of documents cannot be written     exit 74
    ├── ReportNotWritten      the HTML report cannot be written            exit 74
    ├── CopyNotWritten        the readers' copy cannot be written          exit 74
    ├── LakeNotWritten        a lake cannot be written                     exit 74
    ├── LakeMissing           there is no lake to read                     exit 74
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
            "and none while another reads. Close that program; if it only reads, run with "
            "--publish-copy PATH from now on and let it read that file."
        )


class LeaseHeld(WarehouseError):  # noqa: N818 - reads as what it says
    """Another run is writing the warehouse.

    Attributes:
        location: The warehouse.
        holder: Command, process, host and since when.
    """

    def __init__(self, location: str, holder: str) -> None:
        self.location = location
        self.holder = holder
        super().__init__(
            f"The warehouse {location} is being written by {holder}. One run at a time writes: "
            "wait until that one is done, or stop it, and run again."
        )


class LeaseLost(WarehouseError):  # noqa: N818 - reads as what it says
    """This run was paused for so long that another one took over.

    Attributes:
        location: The warehouse.
        holder: Command, process, host and since when, of the run that has it now.
    """

    def __init__(self, location: str, holder: str) -> None:
        self.location = location
        self.holder = holder
        super().__init__(
            f"This run was paused, and the warehouse {location} was taken over by {holder}. "
            "Nothing more of this run was published; what the other run writes is complete. "
            "Run again when that one is done."
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


class WarehouseMissing(WarehouseError):  # noqa: N818 - reads as what it says
    """There is nothing to read yet.

    Attributes:
        location: The file or database, without a password.
    """

    def __init__(self, location: str) -> None:
        self.location = location
        super().__init__(
            f"There is no warehouse at {location}. Run 'cal-warehouse sync' first, or correct "
            "--warehouse."
        )


class WarehouseLost(WarehouseError):  # noqa: N818 - reads as what it says
    """The database cannot be reached, or went away in the middle.

    Attributes:
        location: The database, without a password.
        cause: What the driver said.
    """

    def __init__(self, location: str, cause: str) -> None:
        self.location = location
        self.cause = cause
        super().__init__(
            f"The warehouse {location} cannot be reached: {cause}. What was published before is "
            "intact. Check the address, the user and that the server runs, then run again; what "
            "this run had landed completely is published then."
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


class ViewLost(PipelineError):  # noqa: N818 - reads as what it says
    """The key may not list the bookings any more that fill the warehouse; nothing was changed.

    Attributes:
        lost: Scope of the view that is gone.
        left: Scope of the view that the key has.
    """

    def __init__(self, lost: str, left: str) -> None:
        self.lost = lost
        self.left = left
        super().__init__(
            f"The warehouse holds the bookings of {lost}, which this key may not list any more; it "
            f"sees those of {left}. Nothing was changed. Give the key's user the role back or use "
            f"another key; --accept-losses goes on with {left} and lets the others go."
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


class CopyNotWritten(PipelineError):  # noqa: N818 - reads as what it says
    """The readers' copy could not be written; an older one is as it was.

    Attributes:
        path: The file that was asked for.
        cause: What the operating system said.
    """

    def __init__(self, path: str, cause: str) -> None:
        self.path = path
        self.cause = cause
        super().__init__(
            f"The run is published, and its copy {path} could not be written: {cause}. Readers "
            "still see the copy before it. Make room, or give a file in an existing folder that "
            "you may write to with --publish-copy, and run again."
        )


class LakeNotWritten(PipelineError):  # noqa: N818 - reads as what it says
    """A lake could not be written; readers see the export before.

    Attributes:
        location: The folder or address that was asked for.
        cause: Why it could not be written.
    """

    def __init__(self, location: str, cause: str) -> None:
        self.location = location
        self.cause = cause
        super().__init__(
            f"The lake {location} could not be written: {cause}. Readers still see the export "
            "before. Mend that, or give another place, and export again."
        )


class LakeMissing(PipelineError):  # noqa: N818 - reads as what it says
    """There is no lake.

    Attributes:
        location: The folder or address that was asked for.
    """

    def __init__(self, location: str) -> None:
        self.location = location
        super().__init__(
            f"There is no lake at {location}. Run 'cal-warehouse export lake {location}' first, "
            "or correct the place."
        )


class DocumentsNotWritten(PipelineError):  # noqa: N818 - reads as what it says
    """A folder of documents could not be written.

    Attributes:
        folder: The folder that was asked for.
        cause: Why it could not be written.
    """

    def __init__(self, folder: str, cause: str) -> None:
        self.folder = folder
        self.cause = cause
        super().__init__(
            f"The folder {folder} could not be written: {cause}. Give another one, in a folder "
            "that you may write to."
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
