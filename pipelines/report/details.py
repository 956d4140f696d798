"""What an operations lead looks into next: by circumstance, month on month, routing funnel."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from pipelines.report.model import (
    BETTER,
    NEXT_DAYS,
    PAST_DAYS,
    Funnel,
    FunnelCounts,
    LoadHour,
    MonthChange,
    MonthOnMonth,
    Risks,
    RiskyBooking,
    Slice,
)
from pipelines.report.statistics import rate_of
from pipelines.report.wording import clean_text, distinct_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from pipelines.warehouse import Warehouse

_DIMENSIONS: Final = ("lead time", "attendee history", "team")
_ORDER: Final = (
    "after the start",
    "under 1 hour",
    "1 to 24 hours",
    "1 to 3 days",
    "3 to 7 days",
    "7 to 28 days",
    "28 days or more",
)
_ALL_FORMS: Final = "All forms"
_RISKS_SHOWN: Final = 20


def read_slices(warehouse: Warehouse) -> tuple[Slice, ...]:
    """Read the no-shows of all past bookings by lead time, attendee history and team."""
    rows = warehouse.rows(
        "select dimension, dimension_value, dimension_label, numerator, denominator "
        "from marts.agg_rates where metric = 'booking no-show' and period = 'all time' "
        "and dimension in ('lead time', 'attendee history', 'team') "
        "order by dimension, place, dimension_value"
    )
    rows.sort(key=lambda row: (_DIMENSIONS.index(row["dimension"]), _place(row["dimension_value"])))
    return tuple(
        Slice(
            row["dimension"],
            _capital(clean_text(row["dimension_label"])),
            rate_of(int(row["numerator"]), int(row["denominator"])),
        )
        for row in rows
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# Bands of time in their own order, everything else as the mart ranks it.
def _place(value: str) -> int:
    return _ORDER.index(value) if value in _ORDER else len(_ORDER)


def read_load_hours(warehouse: Warehouse) -> tuple[LoadHour, ...]:
    """Read the use of bookable time by hour of the week."""
    rows = warehouse.rows(
        "select iso_weekday as weekday, local_hour as hour, "
        "sum(available_minutes) as available_minutes, "
        "sum(booked_in_hours_minutes) as booked_in_hours_minutes "
        "from marts.agg_host_utilisation_hourly group by iso_weekday, local_hour "
        "having sum(available_minutes) > 0 order by iso_weekday, local_hour"
    )
    return tuple(LoadHour(**row) for row in rows)


def read_risks(
    warehouse: Warehouse, hosts: Mapping[int, str], event_types: Mapping[int, str]
) -> Risks:
    """Read the risk of upcoming bookings and what it is worth.

    Args:
        warehouse: The open warehouse; only read.
        hosts: Name by host id.
        event_types: Name by event type id.
    """
    (test,) = warehouse.rows(
        "select verdict, test_count as tested, brier_score, base_brier_score "
        "from marts.agg_no_show_evaluation"
    )
    rows: list[dict[str, Any]] = []
    if test["verdict"] == BETTER:  # a list that is no better than chance would only mislead
        rows = warehouse.rows(
            "select r.start_at, r.host_id, r.event_type_id, r.lead_time_band, r.attendee_history, "
            "r.risk from marts.fct_no_show_risks as r cross join marts.dim_as_of as m "
            "where r.start_at < m.as_of_at + cast($days as integer) * interval '1 day' "
            "order by r.risk desc, r.start_at, r.booking_uid limit $rows",
            {"days": NEXT_DAYS, "rows": _RISKS_SHOWN},
        )
    return Risks(
        **test,
        bookings=tuple(
            RiskyBooking(
                start_at=row["start_at"],
                host=hosts[row["host_id"]],
                event_type=event_types[row["event_type_id"]],
                lead_time=row["lead_time_band"],
                attendee_history=row["attendee_history"],
                risk=row["risk"],
            )
            for row in rows
        ),
    )


def read_month_on_month(warehouse: Warehouse) -> MonthOnMonth | None:
    """Read every rate of the latest month beside the month before; None without any."""
    rows = warehouse.rows(
        "select metric, month_start_date, numerator, denominator, "
        "coalesce(numerator_before, 0) as numerator_before, "
        "coalesce(denominator_before, 0) as denominator_before, change "
        "from marts.agg_month_on_month where month_start_date = "
        "(select max(month_start_date) from marts.agg_month_on_month) order by metric"
    )
    if not rows:
        return None
    return MonthOnMonth(
        rows[0]["month_start_date"],
        tuple(
            MonthChange(
                metric=row["metric"],
                now=rate_of(int(row["numerator"]), int(row["denominator"])),
                before=rate_of(int(row["numerator_before"]), int(row["denominator_before"])),
                verdict=row["change"],
            )
            for row in rows
        ),
    )


def read_funnels(warehouse: Warehouse, as_of: datetime) -> tuple[Funnel, ...]:
    """Read how far submissions of routing forms came: several forms together first, then each.

    Args:
        warehouse: The open warehouse; only read.
        as_of: The moment the marts took for the present.
    """
    rows = warehouse.rows(
        "select routing_form_id as id, max(routing_form_name) as name, is_recent, "
        "count(*) as submitted, "
        "count(*) filter (where is_booked) as booked, "
        "count(*) filter (where is_accepted) as accepted, "
        "count(*) filter (where is_held) as held, "
        "count(*) filter (where last_outcome in ('upcoming', 'in_progress', 'pending')) as ahead "
        "from (select *, submitted_date between cast($today as date) - cast($days as integer) "
        "and cast($today as date) - 1 as is_recent from marts.fct_routing_form_responses) as dated "
        "group by routing_form_id, is_recent",
        {"today": as_of.date(), "days": PAST_DAYS},
    )
    if not rows:
        return ()
    names = distinct_names({row["id"]: row["name"] for row in rows}, "form")
    by_form = {
        name: [row for row in rows if row["id"] == key]
        for key, name in sorted(names.items(), key=lambda item: item[1])
    }
    return tuple(
        Funnel(name, _counts(row for row in found if row["is_recent"]), _counts(found))
        for name, found in (({_ALL_FORMS: rows} if len(by_form) > 1 else {}) | by_form).items()
    )


def _counts(rows: Iterable[Mapping[str, Any]]) -> FunnelCounts:
    total: Counter[str] = Counter()
    for row in rows:
        for step in ("submitted", "booked", "accepted", "held", "ahead"):
            total[step] += int(row[step])
    submitted = total["submitted"]
    return FunnelCounts(
        submitted,
        rate_of(total["booked"], submitted),
        rate_of(total["accepted"], submitted),
        rate_of(total["held"], submitted),
        total["ahead"],
    )
