"""Rates that say how sure they are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

MINIMUM_COUNT: Final = 20
"""Below this denominator a rate is not shown: a single booking would move it by over 5 points."""

_Z_95: Final = 1.959963984540054  # the standard normal distribution's 97.5 % quantile


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of counted things, with its 95 % interval.

    Attributes:
        numerator: Things that have the property.
        denominator: All things counted, n.
        rate: 0..1; None when nothing was counted.
        low: Lower end of the Wilson interval, 0..1; None when nothing was counted.
        high: Upper end, 0..1; None when nothing was counted.
        is_enough: True when n is at least `MINIMUM_COUNT`; otherwise people are shown
            "not enough data" in place of the rate.
    """

    numerator: int
    denominator: int
    rate: float | None
    low: float | None
    high: float | None
    is_enough: bool


def rate_of(numerator: int, denominator: int) -> Rate:
    """Return the rate of two counts; a denominator of 0 has none.

    Raises:
        ValueError: The counts cannot belong to one rate.
    """
    if not denominator and not numerator:
        return Rate(0, 0, None, None, None, is_enough=False)
    low, high = wilson_interval(numerator, denominator)
    return Rate(
        numerator,
        denominator,
        numerator / denominator,
        low,
        high,
        is_enough=denominator >= MINIMUM_COUNT,
    )


def wilson_interval(numerator: int, denominator: int) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of a share, both ends within 0..1.

    Unlike the textbook `p ± 1.96 s` it stays inside 0..1 and keeps its width at shares of 0 and 1,
    where no-show rates of small samples often are.

    Args:
        numerator: Things that have the property; 0 to `denominator`.
        denominator: All things counted; above 0.

    Raises:
        ValueError: The counts cannot belong to one rate.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
        JASA 22 (1927).
    """
    if denominator <= 0 or not 0 <= numerator <= denominator:
        msg = (
            f"{numerator} of {denominator} is no share: the first must be between 0 and the "
            "second, the second above 0."
        )
        raise ValueError(msg)
    share = numerator / denominator
    square = _Z_95**2 / denominator
    centre = share + square / 2
    reach = math.sqrt(square * share * (1 - share) + square**2 / 4)
    # Rounding may put an end past the share itself where the two should meet, at 0 and 1.
    low = min(share, max(0.0, (centre - reach) / (1 + square)))
    high = max(share, min(1.0, (centre + reach) / (1 + square)))
    return low, high


@dataclass(frozen=True, slots=True)
class Change:
    """A rate beside that of a comparable period.

    Attributes:
        difference: The one minus the other, -1..1; None where one of them has not enough data.
        low: Lower end of the difference's 95 % interval.
        high: Upper end.
        verdict: `up` or `down` where the interval leaves out 0, else `not clear`; or `not enough
            data`.
    """

    difference: float | None
    low: float | None
    high: float | None
    verdict: str


def change_of(now: Rate, before: Rate) -> Change:
    """Return how a rate differs from that of another period.

    Source: R. G. Newcombe, "Interval estimation for the difference between independent
        proportions", Statistics in Medicine 17 (1998), method 10.
    """
    if not (now.is_enough and before.is_enough):
        return Change(None, None, None, "not enough data")
    share, low, high = _ends(now)
    other, other_low, other_high = _ends(before)
    difference = share - other
    reach_down = math.hypot(share - low, other_high - other)
    reach_up = math.hypot(high - share, other - other_low)
    bounds = (difference - reach_down, difference + reach_up)
    verdict = "up" if bounds[0] > 0 else "down" if bounds[1] < 0 else "not clear"
    return Change(difference, *bounds, verdict)


def _ends(rate: Rate) -> tuple[float, float, float]:
    return rate.rate or 0.0, rate.low or 0.0, rate.high or 0.0


def by_certain_rate(rate: Rate) -> tuple[bool, float, int]:
    """Return a sort key that puts the rates first that are high for sure.

    Ranking by the lower end keeps a host with 2 no-shows of 3 from standing above one with 90 of
    300; rates without enough data come last.
    """
    return not rate.is_enough, -(rate.low or 0.0), -rate.denominator
