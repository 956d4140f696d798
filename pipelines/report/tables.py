"""A report as tables of text, the same for the terminal and for the HTML file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipelines.report.definitions import BOOKINGS, HELD, metrics
from pipelines.report.model import BETTER
from pipelines.report.statistics import Change
from pipelines.report.wording import (
    NOT_CLEAR,
    NOT_ENOUGH,
    NOTHING,
    change_text,
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
    from collections.abc import Callable, Sequence

    from pipelines.report.model import (
        Funnel,
        FunnelCounts,
        Headline,
        HostLoad,
        MonthOnMonth,
        NoShows,
        Report,
        Risks,
        Slice,
    )
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
NO_SCHEDULE: Final = "no schedule"
PERIODS: Final = ("last 28 days", "28 days before", "all time")
FAINT: Final = frozenset({NOT_ENOUGH, NOT_CLEAR, NO_SCHEDULE, NOTHING})
"""Cells that say that there is nothing to say."""
SLICE_CAPTIONS: Final = {
    "lead time": "Past accepted bookings by the time between booking and start.",
    "attendee history": (
        "Past accepted bookings by what the booker did in earlier meetings that this warehouse "
        "knows of."
    ),
    "team": "Past accepted bookings by the team of the event type, sorted like the hosts.",
}
RATE_COLUMNS: Final = ("rate", "95% interval", "no-shows", "bookings")
NO_SHOW_COLUMNS: Final = (*RATE_COLUMNS, "attendee rate", "host no-shows")
FUNNEL_COLUMNS: Final = ("submitted", "booked", "accepted", "held", "ahead")
LOAD_COLUMNS: Final = ("last 28 days", "booked in hours", "available", "outside", "next 7 days")


@dataclass(frozen=True, slots=True)
class HeadlineRow:
    """One number of the headline.

    Attributes:
        label: What it is; a key of `definitions`.
        value: The number alone, for the last 28 days.
        interval: Its 95 % interval; empty where it has none.
        periods: The number with its counts, one text per period of `PERIODS`.
        change: How the first period differs from the second.
    """

    label: str
    value: str
    interval: str
    periods: tuple[str, str, str]
    change: str


def headline_rows(report: Report) -> tuple[HeadlineRow, ...]:
    """Return the headline, one row per number."""
    headlines = report.headline
    periods = (headlines.last_28_days, headlines.previous_28_days, headlines.all_time)
    return (
        _headline_row(BOOKINGS, periods, _bookings_text, _more_text(periods)),
        *(
            _rate_row(label, [getattr(period, name) for period in periods], headlines.changes[name])
            for label, name in (
                (HELD, "held"),
                (metrics()["booking_no_show_rate"].label, "booking_no_show"),
                (metrics()["attendee_no_show_rate"].label, "attendee_no_show"),
                (metrics()["host_no_show_rate"].label, "host_no_show"),
                (metrics()["cancellation_rate"].label, "cancelled"),
                (metrics()["reschedule_rate"].label, "rescheduled"),
            )
        ),
        _headline_row(
            metrics()["utilisation_rate"].label, periods, _utilisation_text, _busier_text(periods)
        ),
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
        past = following = NO_SCHEDULE
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


def load_hour_rows(report: Report) -> tuple[tuple[str, ...], ...]:
    """Return weekday and hour, utilisation, booked and available time."""
    return tuple(
        (
            f"{WEEKDAYS[hour.weekday - 1]} {hour.hour:02}:00",
            percent(hour.utilisation_rate),
            hours_text(hour.booked_in_hours_minutes),
            hours_text(hour.available_minutes),
        )
        for hour in report.load_hours
    )


def risk_text(risks: Risks) -> str:
    """Return what the scorecard of no-show risk is worth."""
    if risks.brier_score is None or risks.base_brier_score is None:
        return f"{NOT_ENOUGH.capitalize()} to test it."
    return (
        f"The scorecard was tested on {count_text(risks.tested)} bookings of the last 90 days, "
        f"which it had not seen. Its Brier score is {risks.brier_score:.4f}, that of the base rate "
        f"{risks.base_brier_score:.4f} (lower is better): {risks.verdict}. "
        f"{_why_none(risks)}"
    ).rstrip()


def _why_none(risks: Risks) -> str:
    if risks.bookings:
        return ""
    if risks.verdict == BETTER:
        return "Nothing starts in the next 7 days."
    if risks.verdict == NOT_ENOUGH:
        return "So no list is shown."
    return "So no list is shown: calling every booking equally risky would be worth as much."


def risk_rows(risks: Risks) -> tuple[tuple[str, ...], ...]:
    """Return start, host, event type, lead time, attendee history and risk."""
    return tuple(
        (
            moment_text(row.start_at),
            row.host,
            row.event_type,
            row.lead_time,
            row.attendee_history,
            percent(row.risk),
        )
        for row in risks.bookings
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


def slice_cells(row: Slice) -> tuple[str, ...]:
    """Return the cells of `RATE_COLUMNS`."""
    return _count_cells(row.booking_no_show)


def month_change_rows(month: MonthOnMonth) -> tuple[tuple[str, ...], ...]:
    """Return metric, the month's rate, that of the month before, and the change."""
    return tuple(
        (
            change.metric.capitalize(),
            share_text(change.now),
            share_text(change.before),
            change_text(
                Change(
                    (change.now.rate or 0.0) - (change.before.rate or 0.0),
                    None,
                    None,
                    change.verdict,
                )
            ),
        )
        for change in month.changes
    )


def funnel_rows(funnels: Sequence[Funnel]) -> tuple[tuple[str, ...], ...]:
    """Return form, period and the cells of `FUNNEL_COLUMNS`."""
    return tuple(
        (funnel.name, period, *funnel_cells(counts))
        for funnel in funnels
        for period, counts in (
            (PERIODS[0], funnel.last_28_days),
            (PERIODS[2], funnel.all_time),
        )
    )


def funnel_cells(counts: FunnelCounts) -> tuple[str, ...]:
    """Return the cells of `FUNNEL_COLUMNS`."""
    steps = (counts.booked, counts.accepted, counts.held)
    return (
        count_text(counts.submitted),
        *(f"{count_text(step.numerator)}{_of_all(step)}" for step in steps),
        count_text(counts.ahead),
    )


def _of_all(rate: Rate) -> str:
    return f" ({rate_text(rate)})" if rate.is_enough else ""


def _count_cells(rate: Rate) -> tuple[str, ...]:
    return (
        rate_text(rate),
        interval_text(rate),
        count_text(rate.numerator),
        count_text(rate.denominator),
    )


def span_text(report: Report) -> str:
    """Return which bookings a report covers."""
    bookings = report.headline.all_time.bookings
    return (
        f"{count_text(bookings)} {'booking' if bookings == 1 else 'bookings'} from "
        f"{date_text(report.first_date)} to {date_text(report.last_date)}"
    )


def _headline_row(
    label: str, periods: Sequence[Headline], text: Callable[[Headline], str], change: str
) -> HeadlineRow:
    first, second, third = (text(period) for period in periods)
    value = first.partition(" (")[0]
    return HeadlineRow(label, value, "", (first, second, third), change)


def _rate_row(label: str, rates: Sequence[Rate], change: Change) -> HeadlineRow:
    first, second, third = (share_text(rate) for rate in rates)
    interval = interval_text(rates[0])
    return HeadlineRow(
        label,
        rate_text(rates[0]),
        "" if interval == NOTHING else interval,
        (first, second, third),
        change_text(change),
    )


def _more_text(periods: Sequence[Headline]) -> str:
    more = periods[0].bookings - periods[1].bookings
    if not more:
        return "the same"
    return f"{count_text(abs(more))} {'more' if more > 0 else 'fewer'}"


# Minutes are no independent observations, so there is no interval and no verdict.
def _busier_text(periods: Sequence[Headline]) -> str:
    now, before = (period.utilisation.utilisation_rate for period in periods[:2])
    if now is None or before is None:
        return NOTHING
    if percent(now) == percent(before):
        return "the same"
    return f"{(now - before) * 100:+.1f} points".replace("-", "\u2212")


def _bookings_text(headline: Headline) -> str:
    opened = f" ({count_text(headline.open)} still open)" if headline.open else ""
    return f"{count_text(headline.bookings)}{opened}"


def _utilisation_text(headline: Headline) -> str:
    load = headline.utilisation
    if load.utilisation_rate is None:
        return NOTHING
    booked, available = load.booked_in_hours_minutes, load.available_minutes or 0.0
    return f"{percent(load.utilisation_rate)} ({booked / 60:,.0f} of {available / 60:,.0f} h)"
