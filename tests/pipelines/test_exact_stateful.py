"""After any history, with any syncs in between, the warehouse is what Cal.com shows."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cal_source.tables import ROOT_TABLES
from tests.exact import TIMINGS, Exact, Setting

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

seeds = st.integers(0, 2**32)
SETTINGS = st.builds(
    Setting,
    seed=st.integers(0, 10_000),
    bookings=st.integers(10, 60),
    timing=st.sampled_from(sorted(TIMINGS)),
    page_size=st.sampled_from([3, 7, 20, 250]),
    reread_requests=st.sampled_from([3, 20, 60]),
    client_skew=st.sampled_from([timedelta(), timedelta(seconds=-30), timedelta(seconds=45)]),
)


class AnyHistory(RuleBasedStateMachine):
    """Changes and syncs in any order; every sync checks what has to hold after it."""

    new_location: Callable[[], AbstractContextManager[str]]

    @initialize(setting=SETTINGS)
    def open(self, setting):
        self.place = self.new_location()
        self.exact = Exact.open(setting, self.place.__enter__())

    @rule(seed=seeds, count=st.integers(1, 12))
    def change(self, seed, count):
        self.exact.change(seed, count)

    @rule()
    def sync(self):
        self.exact.sync_ordinary()

    @rule()
    def sync_full(self):
        self.exact.sync_full()

    @rule(table=st.sampled_from([table.name for table in ROOT_TABLES]))
    def sync_only(self, table):
        self.exact.sync_only(table)

    @rule(number=st.integers(0, 100))
    def refresh(self, number):
        self.exact.refresh(number)

    @rule(seed=seeds, every=st.integers(1, 9))
    def sync_while_changing(self, seed, every):
        self.exact.sync_while_changing(seed, every)

    @rule()
    @precondition(lambda self: not self.exact.is_view_lost)
    def lose_view(self):
        self.exact.lose_view()

    @rule()
    @precondition(lambda self: self.exact.is_view_lost)
    def regain_view(self):
        self.exact.regain_view()

    def teardown(self):
        if hasattr(self, "exact"):
            self.exact.__exit__(None, None, None)
            self.place.__exit__(None, None, None)


@pytest.fixture(params=["duckdb", "postgres"])
def any_history(request, tmp_path):
    """The state machine, each history in a warehouse of its own."""
    numbers = count()

    def in_a_file():
        return nullcontext(str(tmp_path / f"exact{next(numbers)}.duckdb"))

    in_postgres = request.param == "postgres"
    place = request.getfixturevalue("postgres_server").database if in_postgres else in_a_file
    return type("AnyHistory", (AnyHistory,), {"new_location": staticmethod(place)})


@pytest.mark.timeout(1500)  # on a machine that others use too
def test_warehouse_is_exact_after_any_history(any_history):
    """A slice of `make soak`; without shrinking, which would take hours at this cost a step."""
    run_state_machine_as_test(
        any_history,
        settings=settings(
            max_examples=2,
            stateful_step_count=5,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        ),
    )
