"""A report as tables of text, the same for the terminal and for the HTML file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipelines.report.wording import (
    DEFINITIONS,
    NOTHING,
    clean_text,
    count_text,
    date_text,
    hours_text,
    interval_text,
    moment_text,
    percent,
    rate_text,
    share_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pipelines.report.model import Gap, Headline, HostLoad, NoShows, Quality, Report
    from pipelines.report.statistics import Rate

WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
OUTCOMES: Final = (
    ("held", "held"),
    ("no_show", "no-show"),
    ("rescheduled", "rescheduled"),
    ("cancelled", "cancelled"),
    ("not_confirmed", "not confirmed"),
    ("open", "open"),
    ("other", "other"),
)
PERIODS: Final = ("last 28 days", "28 days before", "all time")
NO_SHOW_COLUMNS: Final = (
    "rate",
    "95% interval",
    "no-shows",
    "bookings",
    "attendee rate",
    "host no-shows",
)
LOAD_COLUMNS: Final = ("last 28 days", "booked in hours", "available", "outside", "next 7 days")


@dataclass(frozen=True, slots=True)
class HeadlineRow:
    """One number of the headline.

    Attributes:
        label: What it is; a key of `DEFINITIONS`.
        definition: What it means, in one sentence.
        value: The number alone, for the last 28 days.
        interval: Its 95 % interval; empty where it has none.
        periods: The number with its counts, one text per period of `PERIODS`.
    """

    label: str
    definition: str
    value: str
    interval: str
    periods: tuple[str, str, str]


def headline_rows(report: Report) -> tuple[HeadlineRow, ...]:
    """Return the headline, one row per number."""
    headlines = report.headline
    periods = (headlines.last_28_days, headlines.previous_28_days, headlines.all_time)
    return (
        _headline_row("Bookings", periods, _bookings_text),
        *(
            _rate_row(label, [getattr(period, name) for period in periods])
            for label, name in (
                ("Held", "held"),
                ("No-show rate, bookings", "booking_no_show"),
                ("No-show rate, attendees", "attendee_no_show"),
                ("Host no-shows", "host_no_show"),
                ("Cancelled", "cancelled"),
                ("Rescheduled", "rescheduled"),
            )
        ),
        _headline_row("Utilisation", periods, _utilisation_text),
    )


def no_show_cells(row: NoShows) -> tuple[str, ...]:
    """Return the cells of `NO_SHOW_COLUMNS`."""
    return (
        *_count_cells(row.booking_no_show),
        rate_text(row.attendee_no_show),
        count_text(row.host_no_show.numerator),
    )


def load_cells(row: HostLoad) -> tuple[str, ...]:
    """Return the cells of `LOAD_COLUMNS`."""
    if row.past.available_minutes is None and row.next.available_minutes is None:
        past = following = "no schedule visible"
    else:
        past = percent(row.past.utilisation_rate)
        following = percent(row.next.utilisation_rate)
    return (
        past,
        hours_text(row.past.booked_in_hours_minutes),
        hours_text(row.past.available_minutes),
        hours_text(row.past.booked_outside_hours_minutes),
        following,
    )


def week_rows(report: Report) -> tuple[tuple[str, ...], ...]:
    """Return week, rate, interval, no-shows and n, latest week first."""
    return tuple(
        (date_text(week.week_start_date), *_count_cells(week.booking_no_show))
        for week in reversed(report.weeks)
    )


def hour_rows(report: Report) -> tuple[tuple[str, ...], ...]:
    """Return weekday and hour, rate, interval, no-shows and n."""
    return tuple(
        (f"{WEEKDAYS[hour.weekday - 1]} {hour.hour:02}:00", *_count_cells(hour.booking_no_show))
        for hour in report.hours
    )


def month_rows(report: Report) -> tuple[tuple[str, ...], ...]:
    """Return month, all bookings, and one count per outcome, latest month first."""
    return tuple(
        (
            f"{month.month_start_date:%b %Y}",
            count_text(month.total),
            *(count_text(getattr(month, name)) for name, _ in OUTCOMES),
        )
        for month in reversed(report.months)
    )


def _count_cells(rate: Rate) -> tuple[str, ...]:
    return (
        rate_text(rate),
        interval_text(rate),
        count_text(rate.numerator),
        count_text(rate.denominator),
    )


def quality_rows(quality: Quality) -> tuple[tuple[str, str], ...]:
    """Return what the data quality box says: subject and finding."""
    return (
        ("Last sync", _run_text(quality)),
        *_proof_rows(quality),
        ("Marking", _marking_text(quality)),
        *_gap_rows(quality),
        ("Quarantine", _quarantine_text(quality)),
        ("Schema drift", _drift_text(quality)),
    )


def span_text(report: Report) -> str:
    """Return which bookings a report covers."""
    return (
        f"{count_text(report.headline.all_time.bookings)} bookings from "
        f"{date_text(report.first_date)} to {date_text(report.last_date)}"
    )


def _headline_row(
    label: str, periods: Sequence[Headline], text: Callable[[Headline], str]
) -> HeadlineRow:
    first, second, third = (text(period) for period in periods)
    value = first.partition(" (")[0]
    return HeadlineRow(label, DEFINITIONS[label], value, "", (first, second, third))


def _rate_row(label: str, rates: Sequence[Rate]) -> HeadlineRow:
    first, second, third = (share_text(rate) for rate in rates)
    interval = interval_text(rates[0])
    return HeadlineRow(
        label,
        DEFINITIONS[label],
        rate_text(rates[0]),
        "" if interval == NOTHING else interval,
        (first, second, third),
    )


def _bookings_text(headline: Headline) -> str:
    opened = f" ({count_text(headline.open)} still open)" if headline.open else ""
    return f"{count_text(headline.bookings)}{opened}"


def _utilisation_text(headline: Headline) -> str:
    load = headline.utilisation
    if load.utilisation_rate is None:
        return NOTHING
    booked, available = load.booked_in_hours_minutes, load.available_minutes or 0.0
    return f"{percent(load.utilisation_rate)} ({booked / 60:,.0f} of {available / 60:,.0f} h)"


def _run_text(quality: Quality) -> str:
    run = quality.last_run
    if run is None:
        return "none recorded"
    return f"{run.outcome}, {moment_text(run.finished_at or run.started_at)}"


def _proof_rows(quality: Quality) -> Iterator[tuple[str, str]]:
    for proof in quality.proofs:
        verdict = "proved" if proof.is_proved else "NOT proved"
        finding = (
            f"{verdict} {moment_text(proof.proved_at)}: Cal.com counts "
            f"{count_text(proof.api_count)}, the warehouse holds "
            f"{count_text(proof.warehouse_count)}, {count_text(proof.quarantined_count)} in "
            "quarantine"
        )
        yield f"Proof of {proof.resource}", finding
    if not quality.proofs:
        yield "Proof", "none"


def _marking_text(quality: Quality) -> str:
    marking = quality.marking
    if not marking.marked.denominator:
        return NOTHING
    return (
        f"{share_text(marking.covered)} past bookings belong to hosts who ever marked anybody "
        "absent; elsewhere 'all came' and 'nobody marked' look alike"
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
