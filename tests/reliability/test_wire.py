"""The clock of the spoiled wire: every wait for an instant ends."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from tests.reliability.wire import VirtualTime

SECONDS = st.floats(0, 300, allow_nan=False)


@given(SECONDS, SECONDS)
def test_who_waits_for_an_instant_reaches_it_in_two_waits(before, wait):
    time = VirtualTime(datetime(2026, 11, 22, 9, tzinfo=UTC))
    time.sleep(before)
    instant = time.monotonic() + wait

    for _ in range(2):
        time.sleep(max(0.0, instant - time.monotonic()))

    assert time.monotonic() >= instant
