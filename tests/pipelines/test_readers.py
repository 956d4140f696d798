"""Readers that look on while runs are published: every state they see is that of a whole run."""

from __future__ import annotations

import threading

import pytest

from pipelines.reader_copy import publish_copy
from pipelines.warehouse import Warehouse, is_postgres


class Reader(threading.Thread):
    """Looks every 50 ms, as a dashboard would, and keeps what it saw.

    Args:
        place: The warehouse, or the copy of it for readers.
    """

    SQL = (
        "select count(*) as bookings, count(distinct title) as titles, "
        "count(distinct _run_id) as runs, (select count(*) from raw.booking_attendees) as "
        "attendees, (select count(*) from raw.booking_attendees as a where not exists (select 1 "
        "from raw.bookings as b where b.uid = a.booking_uid and b._run_id = a._run_id)) as strays, "
        "(select count(*) from raw.bookings_history where valid_to is null) as open_versions, "
        "(select count(*) from ops.reads where run_id in (select _run_id from raw.bookings)) "
        "as reads from raw.bookings"
    )

    def __init__(self, place):
        super().__init__()
        self.place = place
        self.done = threading.Event()
        self.states = []

    def run(self):
        while not self.done.wait(0.05):
            with Warehouse.open(self.place, read_only=True) as warehouse:
                self.states += warehouse.rows(self.SQL)


@pytest.mark.parametrize("runs", [4, pytest.param(100, marks=[pytest.mark.soak])])
def test_a_reader_sees_whole_runs_only(location, tmp_path, small_sandbox, sync_of, runs):
    """Every run retitles every booking, so a state with two titles would be a torn one."""
    copy = "" if is_postgres(location) else str(tmp_path / "readers.duckdb")
    retitle(small_sandbox, "title -1")
    one_run(location, copy, small_sandbox, sync_of)
    reader = Reader(copy or location)
    reader.start()
    for number in range(runs):
        retitle(small_sandbox, f"title {number}")
        one_run(location, copy, small_sandbox, sync_of)
    reader.done.set()
    reader.join()

    seen = reader.states
    assert len(seen) >= runs
    assert {(s["titles"], s["runs"], s["strays"]) for s in seen} == {(1, 1, 0)}
    assert len({(s["bookings"], s["attendees"]) for s in seen}) == 1
    assert all(s["open_versions"] == s["bookings"] and s["reads"] for s in seen)


def retitle(sandbox, title):
    for booking in list(sandbox.world.bookings):
        sandbox.world.edit_booking(booking.uid, title=title)


def one_run(location, copy, sandbox, sync_of):
    """Sync; where readers have a copy, put the new one in place."""
    with Warehouse.open(location) as warehouse:
        assert sync_of(warehouse, sandbox, only=("bookings",)).outcome == "proved"
    if copy:
        publish_copy(location, copy)
