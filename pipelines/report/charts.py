"""The report's drawings: numbers in, inline SVG out. Colours and fonts come from style.css.

All charts are 440 units wide, so that their text stays readable on a phone.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, TypeVar

from pipelines.report.svg import element, label, picture, tip
from pipelines.report.tables import OUTCOMES, WEEKDAYS
from pipelines.report.wording import (
    NOT_ENOUGH,
    count_text,
    date_text,
    hours_text,
    interval_text,
    percent,
    rate_text,
    share_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from xml.etree.ElementTree import Element

    from pipelines.report.model import FunnelCounts, Hour, Load, LoadHour, Month, Week
    from pipelines.report.statistics import Rate

_AnyHour = TypeVar("_AnyHour", "Hour", "LoadHour")

_SHADES: Final = 5
_WIDTH: Final = 440.0
_LEFT: Final = 40.0
_RIGHT: Final = 422.0  # leaves room for half a label
_BAR_SHARE: Final = 0.72  # of the room between two bars' middles
_WIDEST_BAR: Final = 44.0
_WEEK_TOP: Final = 12.0
_WEEK_BASE: Final = 160.0
_WEEK_LABELS: Final = 6
_COUNT_BASE: Final = 222.0
_COUNT_HEIGHT: Final = 40.0
_MONTH_TOP: Final = 12.0
_MONTH_BASE: Final = 210.0
_HOUR_HEIGHT: Final = 22.0
_STEP_HEIGHT: Final = 32.0
_STEP_LEFT: Final = 72.0
_STEP_WIDTH: Final = 270.0  # leaves room for count and share behind the longest bar


def week_chart(weeks: Sequence[Week]) -> str:
    """Draw the no-show rate by week with its intervals, and n below."""
    shown = [week.booking_no_show for week in weeks if week.booking_no_show.is_enough]
    ceiling = interval_ceiling(shown)
    step = (_RIGHT - _LEFT) / max(len(weeks), 1)

    def x_of(index: int) -> float:
        return _LEFT + step * (index + 0.5)

    def y_of(share: float) -> float:
        return _WEEK_BASE - (_WEEK_BASE - _WEEK_TOP) * share / ceiling

    parts = [*_grid(ceiling, y_of), *_counts(weeks, x_of, step), _trend(weeks, x_of, y_of)]
    parts += [_week_mark(week, x_of(index), y_of) for index, week in enumerate(weeks)]
    if not shown:
        middle = ((_LEFT + _RIGHT) / 2, (_WEEK_TOP + _WEEK_BASE) / 2 - 8)
        parts.append(label(NOT_ENOUGH, *middle, class_="axis middle"))
    size = (_WIDTH, _COUNT_BASE + 22)
    return picture("No-show rate by week", _week_summary(weeks), size, parts, "chart")


def _counts(weeks: Sequence[Week], x_of: Callable[[int], float], step: float) -> Iterator[Element]:
    # a bar per week as high as its n, and the name of every few weeks
    most = max((week.booking_no_show.denominator for week in weeks), default=0) or 1
    yield label(count_text(most), _LEFT - 6, _COUNT_BASE - _COUNT_HEIGHT + 8, class_="axis end")
    label_every = max(1, math.ceil(len(weeks) / _WEEK_LABELS))
    width = step * _BAR_SHARE
    for index, week in enumerate(weeks):
        height = _COUNT_HEIGHT * week.booking_no_show.denominator / most
        x, y = x_of(index) - width / 2, _COUNT_BASE - height
        yield element("rect", class_="count", x=x, y=y, width=width, height=height)
        if (len(weeks) - 1 - index) % label_every == 0:
            day = f"{week.week_start_date.day} {week.week_start_date:%b}"
            yield label(day, x_of(index), _COUNT_BASE + 15, class_="axis middle")


def _grid(ceiling: float, y_of: Callable[[float], float]) -> Iterator[Element]:
    for share in (0.0, ceiling / 2, ceiling):
        yield element("line", class_="grid", x1=_LEFT, x2=_RIGHT, y1=y_of(share), y2=y_of(share))
        yield label(f"{share * 100:g}%", _LEFT - 6, y_of(share) + 4, class_="axis end")


def _trend(
    weeks: Sequence[Week], x_of: Callable[[int], float], y_of: Callable[[float], float]
) -> Element:
    """Draw one path that breaks where there is not enough data."""
    moves = []
    is_drawing = False
    for index, week in enumerate(weeks):
        rate = week.booking_no_show
        if rate.is_enough and rate.rate is not None:
            letter = "L" if is_drawing else "M"
            moves.append(f"{letter}{x_of(index):.1f} {y_of(rate.rate):.1f}")
        is_drawing = rate.is_enough
    return element("path", class_="trend", d=" ".join(moves))


def _week_mark(week: Week, x: float, y_of: Callable[[float], float]) -> Element:
    """Draw a week's interval and rate; without enough data only the text beside the pointer."""
    rate = week.booking_no_show
    group = element(
        "g", tip(f"Week of {date_text(week.week_start_date)}: {share_text(rate)}"), class_="week"
    )
    if rate.is_enough and rate.rate is not None and rate.low is not None and rate.high is not None:
        group.append(
            element("line", class_="interval", x1=x, x2=x, y1=y_of(rate.low), y2=y_of(rate.high))
        )
        group.append(element("circle", class_="point", cx=x, cy=y_of(rate.rate), r=2.8))
    return group


def _week_summary(weeks: Sequence[Week]) -> str:
    shown = [week for week in weeks if week.booking_no_show.is_enough]
    if not shown:
        return "No week has enough bookings for a rate."
    highest = max(shown, key=lambda week: week.booking_no_show.rate or 0.0)
    lowest = min(shown, key=lambda week: week.booking_no_show.rate or 0.0)
    latest = shown[-1]
    return (
        f"Latest week with enough bookings, {date_text(latest.week_start_date)}: "
        f"{rate_text(latest.booking_no_show)}. Highest: {rate_text(highest.booking_no_show)} in "
        f"the week of {date_text(highest.week_start_date)}. Lowest: "
        f"{rate_text(lowest.booking_no_show)} in the week of {date_text(lowest.week_start_date)}."
    )


def volume_map(hours: Sequence[Hour]) -> str:
    """Draw when bookings start: weekday by hour, darker is more."""
    most = max((hour.booking_no_show.denominator for hour in hours), default=0)
    busiest = max(hours, key=lambda hour: hour.booking_no_show.denominator, default=None)
    summary = (
        f"Busiest: {_hour_name(busiest)} with {count_text(busiest.booking_no_show.denominator)}."
        if busiest
        else "No past accepted bookings."
    )
    return _heat_map(
        "Past accepted bookings by weekday and hour",
        summary,
        hours,
        share_of=lambda hour: hour.booking_no_show.denominator / most,
        text_of=lambda hour: count_text(hour.booking_no_show.denominator),
        about=lambda hour: f"{share_text(hour.booking_no_show)} absent",
        class_="chart volume",
    )


def no_show_map(hours: Sequence[Hour]) -> str:
    """Draw when people do not come: weekday by hour, darker is a higher rate."""
    shown = [hour for hour in hours if hour.booking_no_show.is_enough]
    ceiling = max((hour.booking_no_show.rate or 0.0 for hour in shown), default=0.0)
    highest = max(shown, key=lambda hour: hour.booking_no_show.rate or 0.0, default=None)
    summary = (
        f"Highest: {_hour_name(highest)} with {share_text(highest.booking_no_show)}."
        if highest
        else "No hour of the week has enough bookings for a rate."
    )
    return _heat_map(
        "No-show rate by weekday and hour",
        summary,
        hours,
        share_of=lambda hour: _known(hour.booking_no_show, ceiling),
        text_of=lambda hour: (
            _short(hour.booking_no_show.rate) if hour.booking_no_show.is_enough else "·"
        ),
        about=lambda hour: f"{share_text(hour.booking_no_show)} absent",
        class_="chart absence",
    )


def _known(rate: Rate, ceiling: float) -> float | None:
    return (rate.rate or 0.0) / ceiling if rate.is_enough and ceiling else None


def _short(share: float | None) -> str:
    return f"{(share or 0.0) * 100:.0f}%"


def load_map(hours: Sequence[LoadHour]) -> str:
    """Draw how much of the bookable time was booked: weekday by hour, darker is fuller."""
    fullest = max(hours, key=lambda hour: hour.utilisation_rate or 0.0, default=None)
    most = (fullest.utilisation_rate or 0.0) if fullest else 0.0
    summary = (
        f"Fullest: {_hour_name(fullest)} with {percent(fullest.utilisation_rate)}."
        if fullest
        else "No bookable time."
    )
    return _heat_map(
        "Utilisation by weekday and hour",
        summary,
        hours,
        share_of=lambda hour: (hour.utilisation_rate or 0.0) / most if most else 0.0,
        text_of=lambda hour: _short(hour.utilisation_rate),
        about=lambda hour: (
            f"{percent(hour.utilisation_rate)}, {hours_text(hour.booked_in_hours_minutes)} of "
            f"{hours_text(hour.available_minutes)}"
        ),
        class_="chart volume",
    )


def _heat_map(
    title: str,
    summary: str,
    hours: Sequence[_AnyHour],
    *,
    share_of: Callable[[_AnyHour], float | None],
    text_of: Callable[[_AnyHour], str],
    about: Callable[[_AnyHour], str],
    class_: str,
) -> str:
    """Draw hours downwards, from the first to the last that is given, and weekdays across."""
    width = (_RIGHT - _LEFT) / len(WEEKDAYS)
    given = [cell.hour for cell in hours] or [0]
    tops = {
        hour: _HOUR_HEIGHT * (row + 1) for row, hour in enumerate(range(min(given), max(given) + 1))
    }
    parts = [
        label(day, _LEFT + width * (index + 0.5), _HOUR_HEIGHT - 8, class_="axis middle")
        for index, day in enumerate(WEEKDAYS)
    ]
    parts += [
        label(f"{hour:02}:00", _LEFT - 6, top + 15, class_="axis end") for hour, top in tops.items()
    ]
    for cell in hours:
        x, y = _LEFT + width * (cell.weekday - 1), tops[cell.hour]
        share = share_of(cell)
        shade = 0 if share is None else max(1, math.ceil(share * _SHADES))
        spoken = tip(f"{_hour_name(cell)}: {about(cell)}")
        box = element("rect", x=x + 1, y=y + 1, width=width - 2, height=_HOUR_HEIGHT - 2, rx=2)
        text = label(text_of(cell), x + width / 2, y + 15, class_="middle")
        parts.append(element("g", spoken, box, text, class_=f"shade{shade}"))
    size = (_WIDTH, _HOUR_HEIGHT * (len(tops) + 1) + 4)
    return picture(title, summary, size, parts, class_)


def _hour_name(hour: Hour | LoadHour) -> str:
    return f"{WEEKDAYS[hour.weekday - 1]} {hour.hour:02}:00"


def month_chart(months: Sequence[Month]) -> str:
    """Draw what became of each month's bookings, stacked."""
    ceiling = _nice_count(max((month.total for month in months), default=0))
    height = _MONTH_BASE - _MONTH_TOP
    parts = []
    for count in (0, ceiling // 2, ceiling):
        y = _MONTH_BASE - height * count / ceiling
        parts.append(element("line", class_="grid", x1=_LEFT, x2=_RIGHT, y1=y, y2=y))
        parts.append(label(count_text(count), _LEFT - 6, y + 4, class_="axis end"))
    step = (_RIGHT - _LEFT) / max(len(months), 1)
    for index, month in enumerate(months):
        middle = _LEFT + step * (index + 0.5)
        parts += _stack(month, middle, min(step * _BAR_SHARE, _WIDEST_BAR), height / ceiling)
        day = month.month_start_date
        parts.append(label(f"{day:%b}", middle, _MONTH_BASE + 15, class_="axis middle"))
        if index == 0 or day.month == 1:
            parts.append(label(f"{day:%Y}", middle, _MONTH_BASE + 28, class_="axis middle"))
    size = (_WIDTH, _MONTH_BASE + 34)
    return picture("Outcomes by month", _month_summary(months), size, parts, "chart")


def _stack(month: Month, middle: float, width: float, unit: float) -> Iterator[Element]:
    # one month's bookings on top of each other, `unit` high each
    y = _MONTH_BASE
    for name, word in OUTCOMES:
        count = getattr(month, name)
        if count:
            y -= unit * count
            about = tip(f"{month.month_start_date:%b %Y}: {count_text(count)} {word}")
            place = {"x": middle - width / 2, "y": y, "width": width, "height": unit * count}
            yield element("rect", about, class_=f"outcome {name}", **place)


def _month_summary(months: Sequence[Month]) -> str:
    if not months:
        return "No months to show."
    latest = months[-1]
    counts = ", ".join(
        f"{count_text(getattr(latest, name))} {word}"
        for name, word in OUTCOMES
        if getattr(latest, name)
    )
    return f"Latest month, {latest.month_start_date:%B %Y}: {counts or 'no bookings'}."


def funnel_chart(counts: FunnelCounts) -> str:
    """Draw how far submissions came: a bar per step, as long as its share of the first."""
    steps = [("Submitted", counts.submitted)]
    rates = (("Booked", counts.booked), ("Accepted", counts.accepted), ("Held", counts.held))
    steps += [(word, rate.numerator) for word, rate in rates]
    parts: list[Element] = []
    for row, (word, count) in enumerate(steps):
        y = _STEP_HEIGHT * row
        width = _STEP_WIDTH * count / max(counts.submitted, 1)
        share = f" ({percent(count / counts.submitted)})" if row and counts.submitted else ""
        parts.append(label(word, _STEP_LEFT - 8, y + 19, class_="end"))
        bar = element("rect", class_="fill", x=_STEP_LEFT, y=y + 3, width=width, height=24, rx=2)
        parts.append(bar)
        parts.append(label(f"{count_text(count)}{share}", _STEP_LEFT + width + 6, y + 19))
    spoken = ", ".join(f"{count_text(count)} {word.lower()}" for word, count in steps)
    size = (_WIDTH, _STEP_HEIGHT * len(steps))
    return picture("Routing funnel", f"{spoken}.", size, parts, "chart")


def interval_plot(rate: Rate, *, ceiling: float, average: float | None) -> str:
    """Draw one rate with its interval on a scale that all rows of a table share.

    Args:
        rate: The row's rate.
        ceiling: The scale's right end, 0..1.
        average: The rate of all rows together, drawn as a line.
    """
    width, middle = 120.0, 9.0
    parts = [element("line", class_="grid", x1=0, x2=width, y1=middle, y2=middle)]

    def x_of(share: float) -> float:
        return 3 + (width - 6) * min(share / ceiling, 1.0)

    if average is not None:
        x = x_of(average)
        parts.append(element("line", class_="average", x1=x, x2=x, y1=1, y2=17))
    title = rate_text(rate)
    if rate.is_enough and rate.rate is not None and rate.low is not None and rate.high is not None:
        title = f"{rate_text(rate)}, 95% interval {interval_text(rate)}"
        low, high = x_of(rate.low), x_of(rate.high)
        parts.append(element("line", class_="interval", x1=low, x2=high, y1=middle, y2=middle))
        parts.append(element("circle", class_="point", cx=x_of(rate.rate), cy=middle, r=3.5))
    return picture(title, "", (width, 18.0), parts, "plot")


def load_bar(load: Load) -> str:
    """Draw booked time inside available time as a filled bar."""
    width, height = 120.0, 10.0
    share = load.utilisation_rate
    if share is None:
        return picture("No available time", "", (width, 18.0), [], "plot")
    title = (
        f"{percent(share)}: {hours_text(load.booked_in_hours_minutes)} booked of "
        f"{hours_text(load.available_minutes)}"
    )
    parts = [
        element("rect", class_="track", x=0, y=4, width=width, height=height, rx=2),
        element("rect", class_="fill", x=0, y=4, width=width * share, height=height, rx=2),
    ]
    return picture(title, "", (width, 18.0), parts, "plot")


def interval_ceiling(rates: Sequence[Rate]) -> float:
    """Return the right end of the scale that the rates' plots share."""
    return _nice_ceiling(max((rate.high or 0.0 for rate in rates if rate.is_enough), default=0.1))


def _nice_ceiling(share: float) -> float:
    steps = (0.02, 0.04, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
    return next((step for step in steps if share <= step), 1.0)


def _nice_count(count: int) -> int:
    """Return a round, even number at or above the count."""
    size: int = 10 ** (len(str(count)) - 1)
    return next(step * size for step in (2, 4, 6, 8, 10) if step * size >= count)
