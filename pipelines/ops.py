"""The tables of schema `ops`: runs, reads, cursors, proofs, quarantine, schema changes."""

from __future__ import annotations

from cal_source.tables.model import Table, bigint, boolean, json, text, timestamp
from pipelines.reverse_sync.tables import REVERSE_TABLES

_RUN_ID = text("run_id", "The run.")

RUNS = Table(
    name="runs",
    key=("run_id",),
    description="One row per run of a command that writes the warehouse.",
    columns=(
        _RUN_ID,
        text("command", "sync or transform."),
        text("version", "Version of cal-warehouse."),
        timestamp("started_at", "Start, UTC."),
        timestamp("finished_at", "End, UTC; NULL while it runs."),
        text(
            "outcome",
            "Of a sync proved, unproved, incomplete or quarantined; of a transform built or "
            "check_failed; of both running, failed or interrupted.",
        ),
        bigint("exit_code", "Exit code of the command; NULL while it runs."),
        text("message", "What went wrong, in words; empty when nothing did."),
        bigint("requests", "HTTP requests made."),
        json("settings", "Settings that decide what was read, without secrets."),
    ),
)

READS = Table(
    name="reads",
    key=("run_id", "resource", "operation", "scope"),
    description="One row per list or object a run read or skipped, with the reason.",
    columns=(
        _RUN_ID,
        text("resource", "The raw table it feeds."),
        text("operation", "Key of the action; see 'cal-warehouse actions'."),
        text("scope", "The view of Cal.com, such as organization:101."),
        text("status", "complete, partial, skipped or failed."),
        text("reason", "Why it was skipped or failed; empty otherwise."),
        bigint("rows", "Records loaded."),
        bigint("quarantined", "Records put into quarantine."),
        bigint("requests", "HTTP requests it took."),
        timestamp("started_at", "Start of the read, UTC."),
        timestamp("finished_at", "End of the read, UTC."),
        timestamp("cursor_at", "Bookings: all changes stamped before this instant were read."),
        timestamp("position_at", "Bookings in parts: all created before this instant were read."),
        boolean("is_unchanged", "True where the table held exactly this already; none was loaded."),
    ),
)

CURSORS = Table(
    name="cursors",
    key=("resource", "scope"),
    description="Where the next incremental read starts; moved only when a run is published.",
    columns=(
        text("resource", "The raw table."),
        text("scope", "The view of Cal.com."),
        timestamp("cursor_at", "All changes stamped before this instant are in the warehouse."),
        timestamp(
            "position_at",
            "While a large account is read in parts: those created before it are there; else NULL.",
        ),
        _RUN_ID,
    ),
)

PROOFS = Table(
    name="proofs",
    key=("run_id", "resource", "scope", "window_name"),
    description="Independent counts by Cal.com beside the warehouse's own, per run.",
    columns=(
        _RUN_ID,
        text("resource", "The raw table."),
        text("scope", "The view of Cal.com."),
        text(
            "window_name",
            "Which of its rows: all; a month of starts in UTC such as 2026-03; before or after "
            "and a month; keys: every key and content was read.",
        ),
        bigint("api_count", "Rows by Cal.com's own total."),
        bigint("warehouse_count", "Rows in the raw table."),
        bigint("quarantined_count", "Records of this run in quarantine, part of Cal.com's total."),
        boolean("is_proved", "True when the counts agree."),
        timestamp("proved_at", "When Cal.com was asked, UTC."),
    ),
)

DETAIL_READS = Table(
    name="detail_reads",
    key=("resource", "booking_uid"),
    description="For which version of a booking its details were read.",
    columns=(
        text("resource", "The raw table of the details."),
        text("booking_uid", "The booking."),
        text("version", "Digest of the booking and its attendees as they were then."),
        _RUN_ID,
    ),
)

TOMBSTONES = Table(
    name="tombstones",
    key=("resource", "row_key"),
    description="Rows that a complete read no longer brought; their versions are in the history.",
    columns=(
        text("resource", "The raw table."),
        text("row_key", "The key; parts are separated by |."),
        text("scope", "The view of Cal.com that had brought it."),
        timestamp("gone_at", "When it was found gone, UTC."),
        text(
            "reason",
            "deleted (Cal.com knows it no more), hidden (it is there, this key may not list it) "
            "or absent (not asked).",
        ),
        _RUN_ID,
    ),
)

HELD_LOSSES = Table(
    name="held_losses",
    key=("resource", "row_key"),
    description="Rows that vanished in numbers that nothing explains; kept until it is accepted.",
    columns=(
        text("resource", "The raw table."),
        text("row_key", "The key; parts are separated by |."),
        text("scope", "The view of Cal.com that had brought it."),
        timestamp("found_at", "When it was found gone, UTC."),
        _RUN_ID,
    ),
)

QUARANTINE = Table(
    name="quarantine",
    key=("run_id", "number"),
    description="Records that could not be loaded, whole, with the reason.",
    columns=(
        _RUN_ID,
        bigint("number", "Counts the records of the run."),
        text("resource", "The raw table it was meant for."),
        text("scope", "The view of Cal.com."),
        text("record_key", "The record's key, empty when it has none."),
        text("reason", "The rule it broke."),
        json("record", "The record as Cal.com sent it, without secrets."),
    ),
)

SCHEMA_CHANGES = Table(
    name="schema_changes",
    key=("table_name", "field", "kind", "found"),
    description="Fields of Cal.com that differ from what this version declares; see _extra.",
    columns=(
        text("table_name", "The raw table whose _extra column holds the values."),
        text("field", "Dotted path in Cal.com's record."),
        text("kind", "unknown (no column) or retyped (another type than its column)."),
        text("found", "JSON type that was found."),
        bigint("record_count", "Records that had it in the latest run that saw it."),
        text("first_run_id", "The run that saw it first."),
        text("last_run_id", "The run that saw it last."),
    ),
)

MODELS = Table(
    name="models",
    key=("name",),
    description="Each model as it was when it was last built; 'transform --plan' compares with it.",
    columns=(
        text("name", "The model, schema.name."),
        text("path", "Its file, relative to the project."),
        text("file_text", "The file's text."),
        json("column_types", "Its columns and their types in the warehouse."),
        json("source_types", "The tables it read that are no models: columns and types."),
        timestamp("built_at", "When it was built, UTC."),
        _RUN_ID,
    ),
)

LEASES = Table(
    name="leases",
    key=("name",),
    description="Who may write the warehouse, and until when; one row, kept after its end.",
    columns=(
        text("name", "What is leased: writer."),
        text("command", "The command that holds it."),
        text("host", "The machine it runs on."),
        text("process_space", "Start of the machine and container, in which the id is unique."),
        bigint("process_id", "The process."),
        timestamp("acquired_at", "When it was taken, by the warehouse's clock, UTC."),
        timestamp("expires_at", "When it ends unless it is renewed."),
        bigint("fence_number", "Rises with every holder; only the highest may write."),
    ),
)

ACCOUNT = text("account", "The account, as accounts.toml names it.")

ACCOUNTS = Table(
    name="accounts",
    key=("account",),
    description="Of a warehouse of many accounts: how the latest sync of each one ended.",
    columns=(
        ACCOUNT,
        text("outcome", "proved, unproved, held, incomplete, quarantined or failed."),
        bigint("exit_code", "What its sync alone would have ended with."),
        text("message", "What went wrong, in words; empty when nothing did."),
        bigint("requests", "HTTP requests made."),
        timestamp("finished_at", "When it ended, UTC."),
    ),
)

ACCOUNT_TABLES = Table(
    name="account_tables",
    key=("account", "table_name"),
    description="What is here of each account's tables; only those that changed are copied.",
    columns=(
        ACCOUNT,
        text("table_name", "The table, schema.name."),
        bigint("row_count", "Its rows."),
        text("digest", "Digest of its rows, as the account's own warehouse computed it."),
    ),
)

COPIED_OPS_TABLES: tuple[Table, ...] = (
    RUNS,
    READS,
    PROOFS,
    TOMBSTONES,
    HELD_LOSSES,
    QUARANTINE,
    SCHEMA_CHANGES,
)
"""What a warehouse of many accounts has of each account's own."""

ACCOUNTS_TABLES: tuple[Table, ...] = (ACCOUNTS, ACCOUNT_TABLES)
"""What only a warehouse of many accounts has."""

OPS_TABLES: tuple[Table, ...] = (
    RUNS,
    READS,
    CURSORS,
    PROOFS,
    DETAIL_READS,
    TOMBSTONES,
    HELD_LOSSES,
    QUARANTINE,
    SCHEMA_CHANGES,
    MODELS,
    LEASES,
    *REVERSE_TABLES,
)
