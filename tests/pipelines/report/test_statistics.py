import pytest

from pipelines.report.statistics import (
    MINIMUM_COUNT,
    by_certain_rate,
    change_of,
    rate_of,
    wilson_interval,
)


@pytest.mark.parametrize(
    ("numerator", "denominator", "low", "high"),
    [
        # p = 1/2: centre 1/2, half width z / 2 / sqrt(n + z²)
        pytest.param(5, 10, 0.236593, 0.763407, id="half-of-ten"),
        # k = 0: from 0 to z² / (n + z²)
        pytest.param(0, 20, 0.0, 0.161125, id="none-of-twenty"),
        pytest.param(20, 20, 0.838875, 1.0, id="all-of-twenty"),
    ],
)
def test_wilson_interval_agrees_with_the_closed_form(numerator, denominator, low, high):
    assert wilson_interval(numerator, denominator) == pytest.approx((low, high), abs=1e-6)


@pytest.mark.parametrize(("numerator", "denominator"), [(1, 0), (3, 2), (-1, 5), (0, -1)])
def test_wilson_interval_refuses_counts_that_are_no_share(numerator, denominator):
    with pytest.raises(ValueError, match=f"{numerator} of {denominator} is no share.*between 0"):
        wilson_interval(numerator, denominator)


def test_rate_of_nothing_has_no_rate_and_no_interval():
    rate = rate_of(0, 0)

    assert (rate.rate, rate.low, rate.high, rate.is_enough) == (None, None, None, False)


def test_rate_of_refuses_a_numerator_without_denominator():
    with pytest.raises(ValueError, match="1 of 0 is no share"):
        rate_of(1, 0)


def test_rate_of_is_enough_from_the_stated_count_on():
    assert not rate_of(1, MINIMUM_COUNT - 1).is_enough
    assert rate_of(1, MINIMUM_COUNT).is_enough


def test_by_certain_rate_ranks_many_bookings_above_few_and_too_few_last():
    few, many, too_few = rate_of(8, 20), rate_of(90, 300), rate_of(3, 3)

    assert sorted([too_few, few, many], key=by_certain_rate) == [many, few, too_few]


@pytest.mark.parametrize(
    ("now", "before", "verdict"),
    [
        pytest.param((56, 70), (48, 80), "up", id="newcombe-1998-a"),
        pytest.param((48, 80), (56, 70), "down", id="the-other-way-round"),
        pytest.param((9, 30), (3, 30), "not clear", id="chance-explains-it"),
        pytest.param((0, 40), (0, 40), "not clear", id="equal"),
        pytest.param((5, 19), (48, 80), "not enough data", id="too-few"),
    ],
)
def test_change_of_says_up_or_down_only_where_chance_does_not_explain_it(now, before, verdict):
    assert change_of(rate_of(*now), rate_of(*before)).verdict == verdict


def test_change_of_has_the_interval_of_newcombes_paper():
    # table II, contrast (a): 56/70 against 48/80, method 10
    change = change_of(rate_of(56, 70), rate_of(48, 80))

    assert change.difference == pytest.approx(0.2)
    assert (change.low, change.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)
