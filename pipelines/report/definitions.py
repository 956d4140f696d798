"""What the report's numbers mean; those that are metrics in the words of the metrics file."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from pipelines.models import project_folder
from pipelines.report.statistics import MINIMUM_COUNT
from transforms.metrics import METRICS_FILE, read_metrics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from transforms.metrics import Metric

BOOKINGS: Final = "Bookings"
HELD: Final = "Held"

_METRICS: Final = (
    "booking_no_show_rate",
    "attendee_no_show_rate",
    "host_no_show_rate",
    "cancellation_rate",
    "reschedule_rate",
    "utilisation_rate",
    "marking_coverage",
)


@cache
def metrics() -> Mapping[str, Metric]:
    """Return the metrics by name."""
    text = (project_folder() / METRICS_FILE).read_text(encoding="utf-8")
    return read_metrics(text, METRICS_FILE)[0].metrics


def definitions() -> dict[str, str]:
    """Return term → what it means, in the order in which readers meet them."""
    return {
        BOOKINGS: (
            "Every booking that starts in the period, whatever became of it. Each occurrence of a "
            "series counts."
        ),
        HELD: (
            "Accepted bookings that are over, unless the host or every attendee was marked absent, "
            "of all bookings that start in the period."
        ),
        **{
            metric.label: " ".join((metric.description, *metric.caveats))
            for metric in (metrics()[name] for name in _METRICS)
        },
        "Routing funnel": (
            "Submissions of routing forms, those that led to a booking, to one that was neither "
            "cancelled nor rejected, and to one that took place; moves are followed. Each step is "
            "a share of the submissions. Meetings of late submissions may still be ahead."
        ),
        "95% interval": (
            "Where the true rate may well lie, given so many bookings (Wilson score interval)."
        ),
        "Change": (
            "The last 28 days beside the 28 before them, or a month beside as many days of the "
            "month before. Up or down is said only where chance does not explain the difference "
            "(the 95% interval of the difference leaves out zero); otherwise it is not clear."
        ),
        "Not enough data": f"Stands in place of a rate of fewer than {MINIMUM_COUNT}.",
        "Days": (
            "Local days of the host; 'last 28 days' ends yesterday, 'next 7 days' begins today and "
            "shows what is booked by now."
        ),
    }
