"""What a report holds. Field names are those of the `--json` output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from pipelines.report.statistics import Change, Rate
    from pipelines.report.trust import Quality

PAST_DAYS: Final = 28
NEXT_DAYS: Final = 7
WEEKS: Final = 26
MONTHS: Final = 12
BETTER: Final = "better than the base rate"


@dataclass(frozen=True, slots=True)
class Load:
    """Booked and available time; minutes.

    Attributes:
        available_minutes: Time that visible schedules offer; None when no schedule is visible.
        booked_minutes: Accepted bookings, overlaps counted once.
        booked_in_hours_minutes: The part of it inside available time.
        booked_outside_hours_minutes: The rest of it.
        utilisation_rate: Booked in hours over available, 0..1; None when nothing is available.
    """

    available_minutes: float | None
    booked_minutes: float
    booked_in_hours_minutes: float
    booked_outside_hours_minutes: float
    utilisation_rate: float | None


@dataclass(frozen=True, slots=True)
class Headline:
    """The numbers of one period, by the local day a booking starts on.

    Attributes:
        bookings: Bookings of every status.
        open: Of them upcoming, in progress or waiting for confirmation.
        held: Of them accepted, over, and neither the host nor every attendee absent.
        cancelled: Bookings that are over, accepted or cancelled: those cancelled.
        rescheduled: First bookings of every chain of moves: those that were moved.
        booking_no_show: Accepted bookings that are over: those with any attendee absent.
        attendee_no_show: Their bookers and guests: those absent.
        host_no_show: Accepted bookings that are over: those whose host is absent.
        utilisation: Days that are over.
    """

    bookings: int
    open: int
    held: Rate
    cancelled: Rate
    rescheduled: Rate
    booking_no_show: Rate
    attendee_no_show: Rate
    host_no_show: Rate
    utilisation: Load


@dataclass(frozen=True, slots=True)
class Headlines:
    """The same numbers for three periods.

    Attributes:
        last_28_days: Until yesterday.
        previous_28_days: As many days before them, on the same weekdays.
        all_time: Every booking.
        changes: Rate of `Headline` → the last 28 days beside the 28 before.
    """

    last_28_days: Headline
    previous_28_days: Headline
    all_time: Headline
    changes: Mapping[str, Change]


@dataclass(frozen=True, slots=True)
class NoShows:
    """No-shows of one host or event type, all past days.

    Attributes:
        id: Its id in dim_hosts or dim_event_types.
        name: What people call it; unique within a report.
        booking_no_show: See `Headline`.
        attendee_no_show: See `Headline`.
        host_no_show: See `Headline`.
    """

    id: int
    name: str
    booking_no_show: Rate
    attendee_no_show: Rate
    host_no_show: Rate


@dataclass(frozen=True, slots=True)
class Slice:
    """No-shows of all past bookings that have something in common.

    Attributes:
        dimension: What they have in common: lead time, attendee history or team.
        label: Its value, for people.
        booking_no_show: See `Headline`.
    """

    dimension: str
    label: str
    booking_no_show: Rate


@dataclass(frozen=True, slots=True)
class MonthChange:
    """A rate of the latest month with bookings over, beside as many days of the month before.

    Attributes:
        metric: Its name in marts.agg_rates.
        now: In the month's days that are compared.
        before: In as many days of the month before.
        verdict: See `Change`.
    """

    metric: str
    now: Rate
    before: Rate
    verdict: str


@dataclass(frozen=True, slots=True)
class MonthOnMonth:
    """Every rate of one month.

    Attributes:
        month_start_date: First day of the month.
        changes: Its rates, by name.
    """

    month_start_date: date
    changes: tuple[MonthChange, ...]


@dataclass(frozen=True, slots=True)
class FunnelCounts:
    """How far the submissions of routing forms came; each step is a part of the one before.

    Attributes:
        submitted: Submissions.
        booked: Of them led to a booking.
        accepted: Of them to one that was neither cancelled nor rejected, moves followed.
        held: Of them to one that took place.
        ahead: Of them to one still to come or to be confirmed.
    """

    submitted: int
    booked: Rate
    accepted: Rate
    held: Rate
    ahead: int


@dataclass(frozen=True, slots=True)
class Funnel:
    """The funnel of one routing form, or of all of them.

    Attributes:
        name: The form's; unique within a report.
        last_28_days: Submitted on the 28 days (UTC) before today.
        all_time: All submissions.
    """

    name: str
    last_28_days: FunnelCounts
    all_time: FunnelCounts


@dataclass(frozen=True, slots=True)
class HostLoad:
    """Utilisation of one host; days are local to the host's schedule.

    Attributes:
        host_id: Its id in dim_hosts.
        name: What people call the host; unique within a report.
        time_zone: IANA name of the schedule's zone.
        past: The 28 days before today.
        next: Today and the six days after it, as booked by now.
    """

    host_id: int
    name: str
    time_zone: str
    past: Load
    next: Load


@dataclass(frozen=True, slots=True)
class Week:
    """No-shows of the bookings that start in one week, Monday to Sunday."""

    week_start_date: date
    booking_no_show: Rate


@dataclass(frozen=True, slots=True)
class Hour:
    """No-shows of the bookings that start in one hour of the week, in the host's zone.

    Attributes:
        weekday: 1..7; 1 is Monday.
        hour: 0..23.
        booking_no_show: See `Headline`.
    """

    weekday: int
    hour: int
    booking_no_show: Rate


@dataclass(frozen=True, slots=True)
class LoadHour:
    """Use of bookable time in one hour of the week, all hosts together, days that are over.

    Attributes:
        weekday: 1..7; 1 is Monday.
        hour: 0..23; of the clock in the zone of each host's schedule.
        available_minutes: Time that could be booked.
        booked_in_hours_minutes: The part of it that was.
    """

    weekday: int
    hour: int
    available_minutes: float
    booked_in_hours_minutes: float

    @property
    def utilisation_rate(self) -> float | None:
        """Booked over available, 0..1; None where nothing is available."""
        if not self.available_minutes:
            return None
        return self.booked_in_hours_minutes / self.available_minutes


@dataclass(frozen=True, slots=True)
class RiskyBooking:
    """An upcoming booking whose attendees may stay away.

    Attributes:
        start_at: When it starts, UTC.
        host: The host's name.
        event_type: The event type's name.
        lead_time: Band of the time between booking and start.
        attendee_history: What the booker did in earlier meetings.
        risk: That an attendee is marked absent, 0..1.
    """

    start_at: datetime
    host: str
    event_type: str
    lead_time: str
    attendee_history: str
    risk: float


@dataclass(frozen=True, slots=True)
class Risks:
    """What the scorecard of no-show risk is worth, and what it says.

    Attributes:
        verdict: `BETTER`, `no better than the base rate` or `not enough data`.
        tested: Bookings of the last 90 days on which it was tested.
        brier_score: Mean squared error of its risks, 0..1; None without a test.
        base_brier_score: That of the base rate.
        bookings: The riskiest of the next days; empty unless it beats the base rate.
    """

    verdict: str
    tested: int
    brier_score: float | None
    base_brier_score: float | None
    bookings: tuple[RiskyBooking, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """What became of the bookings that start in one month; every booking counts once.

    Attributes:
        month_start_date: First day of the month.
        held: See `Headline`.
        no_show: Host absent or every attendee absent.
        rescheduled: See `Headline`.
        cancelled: See `Headline`.
        not_confirmed: Rejected, or never confirmed until it was over.
        open: See `Headline`.
        other: Of a status this version does not know.
    """

    month_start_date: date
    held: int
    no_show: int
    rescheduled: int
    cancelled: int
    not_confirmed: int
    open: int
    other: int

    @property
    def total(self) -> int:
        """All bookings that start in the month."""
        return sum((
            self.held,
            self.no_show,
            self.rescheduled,
            self.cancelled,
            self.not_confirmed,
            self.open,
            self.other,
        ))


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a report shows.

    Attributes:
        made_at: When the report was made, UTC.
        as_of: The moment the marts took for the present, UTC.
        warehouse: Name of the warehouse file, without its folder.
        first_date: Local day of the first booking; None without bookings.
        last_date: Local day of the last booking; None without bookings.
        minimum_count: Below this n a rate is "not enough data".
        headline: Numbers for the whole account.
        no_show_by_host: Highest certain rate first.
        no_show_by_event_type: Highest certain rate first.
        utilisation_by_host: Highest past utilisation first.
        load_hours: Hours of the week with bookable time.
        risks: No-show risk of upcoming bookings.
        weeks: The latest 26 weeks, oldest first, weeks without bookings included.
        hours: Hours of the week with past accepted bookings.
        months: The latest 12 months, oldest first, months without bookings included.
        slices: No-shows by lead time, attendee history and team.
        month_on_month: Every rate of the latest month beside the month before; None without any.
        funnels: All routing forms together where there are several, then each by name.
        quality: Whether the numbers can be trusted.
    """

    made_at: datetime
    as_of: datetime
    warehouse: str
    first_date: date | None
    last_date: date | None
    minimum_count: int
    headline: Headlines
    no_show_by_host: tuple[NoShows, ...]
    no_show_by_event_type: tuple[NoShows, ...]
    utilisation_by_host: tuple[HostLoad, ...]
    load_hours: tuple[LoadHour, ...]
    risks: Risks
    weeks: tuple[Week, ...]
    hours: tuple[Hour, ...]
    months: tuple[Month, ...]
    slices: tuple[Slice, ...]
    month_on_month: MonthOnMonth | None
    funnels: tuple[Funnel, ...]
    quality: Quality

    @property
    def is_empty(self) -> bool:
        """True when the warehouse holds no booking."""
        return self.headline.all_time.bookings == 0
