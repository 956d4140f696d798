"""Whether a report can be trusted, as data. Field names are those of the `--json` output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from pipelines.report.statistics import Rate


@dataclass(frozen=True, slots=True)
class Run:
    """The latest sync; see ops.runs."""

    run_id: str
    outcome: str
    message: str
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Proof:
    """Cal.com's own count beside the warehouse's; see ops.proofs."""

    resource: str
    scope: str
    api_count: int
    warehouse_count: int
    quarantined_count: int
    is_proved: bool
    proved_at: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """A list that the latest sync of its table skipped or failed to read; see ops.reads."""

    resource: str
    scope: str
    status: str
    reason: str
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Records of one table that could not be loaded; see ops.quarantine.

    Attributes:
        resource: The raw table.
        latest_count: Records of the latest sync.
        all_count: Different records of all syncs.
    """

    resource: str
    latest_count: int
    all_count: int


@dataclass(frozen=True, slots=True)
class Drift:
    """A field that Cal.com sends otherwise than declared; see ops.schema_changes."""

    table_name: str
    field: str
    kind: str
    found: str
    record_count: int


@dataclass(frozen=True, slots=True)
class Marking:
    """How far absence is known at all. A booking nobody marked looks like one all came to.

    Attributes:
        marked: Past accepted bookings on which anybody, host or attendee, is marked absent.
        covered: Past accepted bookings whose host marked anybody in the same month.
        covered_lately: The same of the last three whole months.
        silent_hosts: Hosts with at least `MINIMUM_COUNT` past accepted bookings and no mark; their
            rate of 0 may mean that all came, or that nobody marks.
    """

    marked: Rate
    covered: Rate
    covered_lately: Rate
    silent_hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableProof:
    """How long it is known that a raw table holds all there is.

    Attributes:
        table: Its name.
        proved_at: Since when; None where a part of it was never read completely.
    """

    table: str
    proved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Quality:
    """Whether the numbers can be trusted.

    Attributes:
        last_run: The latest sync; None when none is recorded.
        proofs: The latest count by Cal.com of each table that has one.
        tables: Every table that has rows or was read, the oldest proof first.
        gaps: What the latest syncs left out, with the reason.
        quarantined: Records that could not be loaded.
        drift: Fields that differ from their declaration.
        marking: How far absence is known.
        concerns: What a reader should know before trusting the numbers, with the remedy.
    """

    last_run: Run | None
    proofs: tuple[Proof, ...]
    tables: tuple[TableProof, ...]
    gaps: tuple[Gap, ...]
    quarantined: tuple[Quarantined, ...]
    drift: tuple[Drift, ...]
    marking: Marking
    concerns: tuple[str, ...]
