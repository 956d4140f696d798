"""The report's numbers, computed in the warehouse from the additive columns of the marts.

Days are local: of bookings in the host's zone, of utilisation in the zone of the host's schedule.
"Today" is therefore a date per host, worked out once per host from `marts.dim_as_of`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pipelines.errors import MartsMissing
from pipelines.report.details import (
    read_funnels,
    read_load_hours,
    read_month_on_month,
    read_risks,
    read_slices,
)
from pipelines.report.model import (
    MONTHS,
    NEXT_DAYS,
    PAST_DAYS,
    WEEKS,
    Headline,
    Headlines,
    HostLoad,
    Hour,
    Load,
    Month,
    NoShows,
    Report,
    Week,
)
from pipelines.report.quality import read_quality
from pipelines.report.statistics import MINIMUM_COUNT, by_certain_rate, change_of, rate_of
from pipelines.report.wording import distinct_names

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pipelines.report.statistics import Rate
    from pipelines.warehouse import Warehouse

_MARTS: Final = (
    "dim_as_of",
    "dim_dates",
    "dim_hosts",
    "dim_event_types",
    "fct_bookings",
    "agg_no_show_rates",
    "agg_host_utilisation_daily",
    "agg_bookings_by_circumstance",
    "agg_rates",
    "agg_month_on_month",
    "agg_host_utilisation_hourly",
    "agg_no_show_evaluation",
    "fct_no_show_risks",
    "fct_routing_form_responses",
)
_RATES: Final = (
    "held",
    "booking_no_show",
    "attendee_no_show",
    "host_no_show",
    "cancelled",
    "rescheduled",
)

_Period = dict[str, int | None]  # first and last day, as days before today

_LAST: Final[_Period] = {"first": PAST_DAYS, "last": 1}
_PREVIOUS: Final[_Period] = {"first": 2 * PAST_DAYS, "last": PAST_DAYS + 1}
_ALL: Final[_Period] = {"first": None, "last": None}

_TODAY: Final = (
    "today as (select h.host_id, cast(m.as_of_at at time zone h.time_zone as date) as date_day, "
    "cast(m.as_of_at at time zone h.schedule_time_zone as date) as schedule_date_day "
    "from marts.dim_hosts as h cross join marts.dim_as_of as m)"
)
_DUE: Final = (
    "b.end_at <= m.as_of_at and (b.is_past_accepted or b.outcome = 'cancelled')"  # as in agg_rates
)
_NO_SHOW_SUMS: Final = (
    "coalesce(sum(n.booking_count), 0) as bookings, "
    "coalesce(sum(n.booking_no_show_count), 0) as booking_no_shows, "
    "coalesce(sum(n.attendee_count), 0) as attendees, "
    "coalesce(sum(n.attendee_no_show_count), 0) as attendee_no_shows, "
    "coalesce(sum(n.host_no_show_count), 0) as host_no_shows"
)
_LOAD_COLUMNS: Final = ("available", "booked", "in_hours", "outside_hours")


def read_report(warehouse: Warehouse, *, made_at: datetime) -> Report:
    """Read everything a report shows.

    Args:
        warehouse: The open warehouse; only read.
        made_at: When the report is made; time zone aware.

    Raises:
        MartsMissing: The analytics tables were never built.
    """
    _require_marts(warehouse)
    hosts = _host_names(warehouse)
    event_types = _event_type_names(warehouse, hosts)
    (span,) = warehouse.rows(
        "select as_of_at, (select min(start_date) from marts.fct_bookings) as first_date, "
        "(select max(start_date) from marts.fct_bookings) as last_date from marts.dim_as_of"
    )
    return Report(
        made_at=made_at,
        as_of=span["as_of_at"],
        warehouse=warehouse.name,
        first_date=span["first_date"],
        last_date=span["last_date"],
        minimum_count=MINIMUM_COUNT,
        headline=_read_headlines(warehouse),
        no_show_by_host=_read_no_shows(warehouse, "host_id", hosts),
        no_show_by_event_type=_read_no_shows(warehouse, "event_type_id", event_types),
        utilisation_by_host=_read_utilisation(warehouse, hosts),
        load_hours=read_load_hours(warehouse),
        risks=read_risks(warehouse, hosts, event_types),
        weeks=_read_weeks(warehouse),
        hours=_read_hours(warehouse),
        months=_read_months(warehouse),
        slices=read_slices(warehouse),
        month_on_month=read_month_on_month(warehouse),
        funnels=read_funnels(warehouse, span["as_of_at"]),
        quality=read_quality(warehouse, hosts, as_of=span["as_of_at"], made_at=made_at),
    )


def _require_marts(warehouse: Warehouse) -> None:
    missing = [f"marts.{name}" for name in _MARTS if not warehouse.column_names("marts", name)]
    if missing:
        raise MartsMissing(warehouse.location, missing)


def _host_names(warehouse: Warehouse) -> dict[int, str]:
    rows = warehouse.rows(
        "select host_id as id, coalesce(name, username, '') as name from marts.dim_hosts"
    )
    return distinct_names({row["id"]: row["name"] for row in rows}, "host")


def _event_type_names(warehouse: Warehouse, hosts: Mapping[int, str]) -> dict[int, str]:
    # Of an event type the key may not see, the only host of its bookings is as good as the owner.
    rows = warehouse.rows(
        "with sole as (select event_type_id, min(host_id) as host_id from marts.agg_no_show_rates "
        "group by event_type_id having min(host_id) = max(host_id)) "
        "select e.event_type_id as id, e.title as name, "
        "case when e.is_visible then e.owner_host_id else s.host_id end as owner_id "
        "from marts.dim_event_types as e left join sole as s on e.event_type_id = s.event_type_id"
    )
    owners = {row["id"]: hosts[row["owner_id"]] for row in rows if row["owner_id"] in hosts}
    return distinct_names({row["id"]: row["name"] for row in rows}, "event type", owners)


def _read_headlines(warehouse: Warehouse) -> Headlines:
    last, previous = _read_headline(warehouse, _LAST), _read_headline(warehouse, _PREVIOUS)
    return Headlines(
        last_28_days=last,
        previous_28_days=previous,
        all_time=_read_headline(warehouse, _ALL),
        changes={name: change_of(getattr(last, name), getattr(previous, name)) for name in _RATES},
    )


def _read_headline(warehouse: Warehouse, period: _Period) -> Headline:
    (counts,) = warehouse.rows(
        f"with {_TODAY} select count(*) as bookings, "
        "count(*) filter (where b.outcome in ('upcoming', 'in_progress', 'pending')) as open, "
        "count(*) filter (where b.outcome = 'held') as held, "
        f"count(*) filter (where {_DUE} and b.outcome = 'cancelled') as cancelled, "
        f"count(*) filter (where {_DUE}) as due, "
        "count(*) filter (where b.chain_position = 1 and b.is_rescheduled) as rescheduled, "
        "count(*) filter (where b.chain_position = 1) as wishes "
        "from marts.fct_bookings as b cross join marts.dim_as_of as m "
        "join today as t on b.host_id = t.host_id "
        f"where {_within('b.start_date', 't.date_day')}",
        period,
    )
    (absences,) = warehouse.rows(
        f"with {_TODAY} select {_NO_SHOW_SUMS} from marts.agg_no_show_rates as n "
        f"join today as t on n.host_id = t.host_id where {_within('n.start_date', 't.date_day')}",
        period,
    )
    (load,) = warehouse.rows(
        f"with {_TODAY} select {_load_sums('', 'u.is_past')} "
        "from marts.agg_host_utilisation_daily as u join today as t on u.host_id = t.host_id "
        f"where {_within('u.local_date', 't.schedule_date_day')}",
        period,
    )
    bookings = counts["bookings"]
    return Headline(
        bookings=bookings,
        open=counts["open"],
        held=rate_of(counts["held"], bookings),
        cancelled=rate_of(counts["cancelled"], counts["due"]),
        rescheduled=rate_of(counts["rescheduled"], counts["wishes"]),
        booking_no_show=_rate(absences, "booking_no_shows", "bookings"),
        attendee_no_show=_rate(absences, "attendee_no_shows", "attendees"),
        host_no_show=_rate(absences, "host_no_shows", "bookings"),
        utilisation=_load(load, ""),
    )


def _within(day: str, today: str) -> str:
    """Return the condition that a local day lies in the period of the parameters."""
    return (
        f"(cast($first as integer) is null or {day} between {today} - cast($first as integer) "
        f"and {today} - cast($last as integer))"
    )


def _read_no_shows(warehouse: Warehouse, key: str, names: Mapping[int, str]) -> tuple[NoShows, ...]:
    rows = warehouse.rows(
        f"select n.{key} as id, {_NO_SHOW_SUMS} from marts.agg_no_show_rates as n group by n.{key}"
    )
    found = [
        NoShows(
            id=row["id"],
            name=names[row["id"]],
            booking_no_show=_rate(row, "booking_no_shows", "bookings"),
            attendee_no_show=_rate(row, "attendee_no_shows", "attendees"),
            host_no_show=_rate(row, "host_no_shows", "bookings"),
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda row: (*by_certain_rate(row.booking_no_show), row.id)))


def _read_utilisation(warehouse: Warehouse, names: Mapping[int, str]) -> tuple[HostLoad, ...]:
    past = "u.is_past and u.local_date >= t.schedule_date_day - cast($past as integer)"
    following = (
        "u.local_date between t.schedule_date_day "
        "and t.schedule_date_day + cast($next as integer) - 1"
    )
    rows = warehouse.rows(
        f"with {_TODAY} select u.host_id, max(u.time_zone) as time_zone, "
        f"{_load_sums('past_', past)}, {_load_sums('next_', following)} "
        "from marts.agg_host_utilisation_daily as u join today as t on u.host_id = t.host_id "
        f"where ({past}) or ({following}) group by u.host_id",
        {"past": PAST_DAYS, "next": NEXT_DAYS},
    )
    loads = [
        HostLoad(
            host_id=row["host_id"],
            name=names[row["host_id"]],
            time_zone=row["time_zone"],
            past=_load(row, "past_"),
            next=_load(row, "next_"),
        )
        for row in rows
    ]
    return tuple(sorted(loads, key=_busiest_first))


def _busiest_first(load: HostLoad) -> tuple[bool, float, float, int]:
    rate = load.past.utilisation_rate
    return rate is None, -(rate or 0.0), -load.past.booked_minutes, load.host_id


def _read_weeks(warehouse: Warehouse) -> tuple[Week, ...]:
    rows = warehouse.rows(
        "with weeks as (select d.week_start_date, d.date_day from marts.dim_dates as d "
        "cross join marts.dim_as_of as m where d.week_start_date <= cast(m.as_of_at as date) "
        "and d.week_start_date > cast(m.as_of_at as date) - 7 * cast($weeks as integer) "
        "and d.date_day >= (select min(start_date) from marts.fct_bookings)) "
        f"select w.week_start_date, {_NO_SHOW_SUMS} from weeks as w "
        "left join marts.agg_no_show_rates as n on w.date_day = n.start_date "
        "group by w.week_start_date order by w.week_start_date",
        {"weeks": WEEKS},
    )
    return tuple(
        Week(row["week_start_date"], _rate(row, "booking_no_shows", "bookings")) for row in rows
    )


def _read_hours(warehouse: Warehouse) -> tuple[Hour, ...]:
    rows = warehouse.rows(
        "select start_weekday, start_hour, sum(past_accepted_count) as bookings, "
        "sum(booking_no_show_count) as booking_no_shows from marts.agg_bookings_by_circumstance "
        "group by start_weekday, start_hour having sum(past_accepted_count) > 0 "
        "order by start_weekday, start_hour"
    )
    return tuple(
        Hour(row["start_weekday"], row["start_hour"], _rate(row, "booking_no_shows", "bookings"))
        for row in rows
    )


def _read_months(warehouse: Warehouse) -> tuple[Month, ...]:
    rows = warehouse.rows(
        "with months as (select d.month_start_date, d.date_day from marts.dim_dates as d "
        "cross join marts.dim_as_of as m where d.month_start_date <= cast(m.as_of_at as date) "
        "and d.month_start_date > m.as_of_at - cast($months as integer) * interval '1 month' "
        "and d.date_day >= (select min(start_date) from marts.fct_bookings)) "
        "select m.month_start_date, "
        "count(*) filter (where b.outcome = 'held') as held, "
        "count(*) filter (where b.outcome = 'no_show') as no_show, "
        "count(*) filter (where b.outcome = 'rescheduled') as rescheduled, "
        "count(*) filter (where b.outcome = 'cancelled') as cancelled, "
        "count(*) filter (where b.outcome in ('rejected', 'pending_expired')) as not_confirmed, "
        "count(*) filter (where b.outcome in ('upcoming', 'in_progress', 'pending')) as open, "
        "count(*) filter (where b.outcome = 'other') as other "
        "from months as m left join marts.fct_bookings as b on m.date_day = b.start_date "
        "group by m.month_start_date order by m.month_start_date",
        {"months": MONTHS},
    )
    return tuple(Month(**row) for row in rows)


def _load_sums(prefix: str, condition: str) -> str:
    columns = (
        "available_minutes",
        "booked_minutes",
        "booked_in_hours_minutes",
        "booked_outside_hours_minutes",
    )
    return ", ".join(
        f"sum(u.{column}) filter (where {condition}) as {prefix}{name}"
        for column, name in zip(columns, _LOAD_COLUMNS, strict=True)
    )


def _load(row: Mapping[str, Any], prefix: str) -> Load:
    available, booked, in_hours, outside = (row[prefix + name] for name in _LOAD_COLUMNS)
    return Load(
        available_minutes=available,
        booked_minutes=booked or 0.0,
        booked_in_hours_minutes=in_hours or 0.0,
        booked_outside_hours_minutes=outside or 0.0,
        utilisation_rate=(in_hours or 0.0) / available if available else None,
    )


def _rate(row: Mapping[str, Any], numerator: str, denominator: str) -> Rate:
    return rate_of(int(row[numerator]), int(row[denominator]))
