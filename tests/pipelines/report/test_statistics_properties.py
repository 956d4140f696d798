from hypothesis import given
from hypothesis import strategies as st

from pipelines.report.statistics import wilson_interval


@st.composite
def shares(draw):
    denominator = draw(st.integers(1, 10**9))
    return draw(st.integers(0, denominator)), denominator


@given(shares())
def test_wilson_interval_holds_the_share_and_stays_within_0_and_1(share):
    numerator, denominator = share

    low, high = wilson_interval(numerator, denominator)

    assert 0 <= low <= numerator / denominator <= high <= 1
    assert low < high


@given(shares(), st.integers(2, 1000))
def test_wilson_interval_shrinks_when_the_same_share_is_seen_more_often(share, times):
    numerator, denominator = share

    low, high = wilson_interval(numerator, denominator)
    narrow_low, narrow_high = wilson_interval(numerator * times, denominator * times)

    assert narrow_high - narrow_low < high - low


@given(shares())
def test_wilson_interval_of_the_other_outcome_is_its_mirror_image(share):
    numerator, denominator = share

    low, high = wilson_interval(numerator, denominator)
    other_low, other_high = wilson_interval(denominator - numerator, denominator)

    assert abs(low - (1 - other_high)) < 1e-9
    assert abs(high - (1 - other_low)) < 1e-9
