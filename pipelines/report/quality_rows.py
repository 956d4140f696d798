"""The data quality box as rows of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.report.definitions import metrics
from pipelines.report.wording import (
    NOTHING,
    clean_text,
    count_text,
    length_text,
    moment_text,
    rate_text,
    share_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pipelines.report.trust import Gap, Quality


def quality_rows(quality: Quality, made_at: datetime) -> tuple[tuple[str, str], ...]:
    """Return what the data quality box says: subject and finding; ages are as of `made_at`."""
    return (
        ("Last sync", _run_text(quality)),
        *_proof_rows(quality, made_at),
        *_table_rows(quality, made_at),
        (metrics()["marking_coverage"].label, _marking_text(quality)),
        *_gap_rows(quality),
        ("Quarantine", _quarantine_text(quality)),
        ("Schema drift", _drift_text(quality)),
    )


def _run_text(quality: Quality) -> str:
    run = quality.last_run
    if run is None:
        return "none recorded"
    return f"{run.outcome}, {moment_text(run.finished_at or run.started_at)}"


def _proof_rows(quality: Quality, made_at: datetime) -> Iterator[tuple[str, str]]:
    for proof in quality.proofs:
        verdict = "proved" if proof.is_proved else "NOT proved"
        age = length_text((made_at - proof.proved_at).total_seconds())
        finding = (
            f"{verdict} {age} ago, {moment_text(proof.proved_at)}: Cal.com counts "
            f"{count_text(proof.api_count)}, the warehouse holds "
            f"{count_text(proof.warehouse_count)}, {count_text(proof.quarantined_count)} in "
            "quarantine"
        )
        yield f"Proof of {proof.resource}", finding
    if not quality.proofs:
        yield "Proof", "none"


def _table_rows(quality: Quality, made_at: datetime) -> Iterator[tuple[str, str]]:
    known = [(table.proved_at, table.table) for table in quality.tables if table.proved_at]
    if known:
        oldest, name = min(known)
        many = "1 table" if len(known) == 1 else f"{len(known):,} tables"
        age = length_text((made_at - oldest).total_seconds())
        yield "Read completely", f"{many}; the oldest proof is {age} old ({name})"
    unproved = [table.table for table in quality.tables if table.proved_at is None]
    yield "Unproved tables", ", ".join(unproved) or "none"


def _marking_text(quality: Quality) -> str:
    marking = quality.marking
    if not marking.covered.denominator:
        return NOTHING
    lately = f"; {rate_text(marking.covered_lately)} in the last three whole months"
    return (
        f"{share_text(marking.covered)} past bookings belong to hosts who marked anybody absent in "
        f"the same month{lately}; elsewhere 'all came' and 'nobody marked' look alike"
    )


def _gap_rows(quality: Quality) -> Iterator[tuple[str, str]]:
    # per table how many lists were left out, and one of them with the reason
    kinds: dict[tuple[str, str], list[Gap]] = {}
    for gap in quality.gaps:
        kinds.setdefault((gap.status, gap.resource), []).append(gap)
    for (status, resource), gaps in kinds.items():
        many = f"{len(gaps):,} lists, such as " if len(gaps) > 1 else ""
        yield (
            f"{status.capitalize()}: {resource}",
            f"{many}{gaps[0].scope}: {clean_text(gaps[0].reason)}",
        )


def _quarantine_text(quality: Quality) -> str:
    if not quality.quarantined:
        return "empty"
    return "; ".join(
        f"{entry.resource}: {count_text(entry.latest_count)} in the last sync, "
        f"{count_text(entry.all_count)} in all"
        for entry in quality.quarantined
    )


def _drift_text(quality: Quality) -> str:
    if not quality.drift:
        return "none seen"
    return "; ".join(
        f"{drift.table_name}.{clean_text(drift.field)} {drift.kind} ({drift.found})"
        for drift in quality.drift
    )
