"""Parts of a large account that are read while the part before is published."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cal_source.booking_walk import read_bookings
from cal_source.bookings import BookingReads
from cal_source.extraction import Extraction
from cal_source.sandbox import Fault
from pipelines import sync as sync_module
from pipelines.booking_plan import cursors
from pipelines.errors import PublishError
from pipelines.next_part import NextPart
from pipelines.warehouse import Warehouse
from tests.account import client_for, new_sandbox, sync_now
from tests.histories import BOOKING_STEPS, Histories
from tests.oracle import differences, hash_differences

PARTS = {"only": ("bookings",), "slice_size": 15, "page_size": 5}
TABLES = ("bookings", "booking_attendees", "booking_hosts", "booking_guests", "booking_answers")
PATIENCE_SECONDS = 30
BOOKINGS = "/v2/organizations/101/bookings"
LATER = 60  # requests: in the third part or so


@pytest.fixture
def sandbox():
    return new_sandbox(bookings=300, seed=3)


def reading_threads():
    """Threads that read bookings."""
    return [t.name for t in threading.enumerate() if t.name.startswith(("next part", "walk"))]


def parts_of(result):
    """The reads of a sync that brought bookings by creation time."""
    return [r for r in result.reads if r["resource"] == "bookings" and r["rows"]]


def test_the_next_part_is_read_while_one_is_published(warehouse, sandbox, monkeypatch):
    begun, asked_before_publishing = [], []

    class Watched(NextPart):
        def __init__(self, *arguments):
            begun.append(len(sandbox.requests))
            super().__init__(*arguments)

    publish = sync_module.publish

    def publish_later(*arguments, **options):
        if len(begun) > len(asked_before_publishing):
            until = time.monotonic() + PATIENCE_SECONDS
            while len(sandbox.requests) == begun[-1] and time.monotonic() < until:
                time.sleep(0.01)
            asked_before_publishing.append(len(sandbox.requests) > begun[-1])
        return publish(*arguments, **options)

    monkeypatch.setattr(sync_module, "NextPart", Watched)
    monkeypatch.setattr(sync_module, "publish", publish_later)
    result = sync_now(warehouse, sandbox, **PARTS)

    assert result.outcome == "proved"
    assert len(parts_of(result)) > 3
    assert asked_before_publishing == [True] * (len(parts_of(result)) - 1)
    assert result.requests == len(sandbox.requests)
    assert reading_threads() == []


def test_parts_read_ahead_give_the_same_tables_as_one_reading(warehouse, sandbox, tmp_path):
    sync_now(warehouse, sandbox, **PARTS)

    with Warehouse.open(str(tmp_path / "whole.duckdb")) as whole:
        sync_now(whole, sandbox, only=("bookings",))

        assert hash_differences(warehouse, whole) == []
    assert differences(warehouse, sandbox, tables=TABLES) == []


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 10_000), every=st.integers(2, 9))
def test_what_changes_while_parts_are_read_ahead_is_in_the_warehouse(tmp_path, seed, every):
    """Bookings are made, moved and cancelled between the requests; the next sync has them all."""
    sandbox = new_sandbox(bookings=120, seed=seed)
    history = Histories(sandbox, Random(seed), steps=BOOKING_STEPS)
    calls = 0

    def act():
        nonlocal calls
        calls += 1
        if calls % every == 0:
            history.step(most_minutes=1)

    with Warehouse.open(str(tmp_path / f"{seed}-{every}.duckdb")) as warehouse:
        sandbox.before_request(act)
        sync_now(warehouse, sandbox, **PARTS | {"reread_requests": 200})
        sandbox.before_request(None)
        sandbox.clock.advance(timedelta(hours=1))
        sync_now(warehouse, sandbox, only=("bookings",), accept_losses=True)

        assert differences(warehouse, sandbox, tables=TABLES) == []


def test_a_part_that_cannot_be_published_ends_the_reading_of_the_next(
    warehouse, sandbox, monkeypatch
):
    publish, calls = sync_module.publish, []

    def refuse_the_second(*arguments, **options):
        calls.append(1)
        if len(calls) == 2:
            raise PublishError("bookings", "it is a test")
        return publish(*arguments, **options)

    monkeypatch.setattr(sync_module, "publish", refuse_the_second)
    with pytest.raises(PublishError):
        sync_now(warehouse, sandbox, **PARTS)

    assert reading_threads() == []
    (cursor,) = cursors(warehouse).values()
    assert cursor.position_at is not None
    monkeypatch.setattr(sync_module, "publish", publish)
    assert sync_now(warehouse, sandbox, **PARTS).outcome == "proved"
    assert differences(warehouse, sandbox, tables=TABLES) == []


def test_an_error_of_the_next_part_leaves_the_one_before_published(warehouse, sandbox):
    def refuse(answer, _rng):
        return replace(answer, status=503, body=b"")

    def break_off():
        calls.append(1)
        if len(calls) == LATER:
            sandbox.faults.add(Fault(refuse, path=BOOKINGS, times=None))

    calls = []
    sandbox.before_request(break_off)
    result = sync_now(warehouse, sandbox, **PARTS)
    sandbox.before_request(None)
    sandbox.faults.clear()

    assert result.outcome == "incomplete"
    assert reading_threads() == []
    assert warehouse.scalar("select count(*) from raw.bookings") > 0
    assert sync_now(warehouse, sandbox, **PARTS).outcome == "proved"
    assert differences(warehouse, sandbox, tables=TABLES) == []


def test_what_was_read_ahead_from_another_position_is_dropped(warehouse, sandbox, monkeypatch):
    after, late = sync_module.reads_after, []

    def from_later(*arguments):
        reads = after(*arguments)
        if reads is None:
            return None
        late.append(reads.created_from)
        return replace(reads, created_from=reads.created_from + timedelta(days=9))

    monkeypatch.setattr(sync_module, "reads_after", from_later)
    result = sync_now(warehouse, sandbox, **PARTS)

    assert len(late) > 2
    assert result.outcome == "proved"
    assert differences(warehouse, sandbox, tables=TABLES) == []


def test_threads_of_a_reading_end_with_whoever_takes_its_pages(sandbox):
    """An error between two pages must not leave threads that wait for the next to be taken."""

    def give_up(progress):
        if progress.rows > 40:
            raise LookupError("nobody takes the pages any more")

    extraction = Extraction(client_for(sandbox), clock=sandbox.clock.now, on_progress=give_up)
    reads = BookingReads(page_size=5, workers=4, slice_size=15)

    with pytest.raises(LookupError) as caught:  # its traceback holds the frames
        list(read_bookings(extraction, reads))

    assert reading_threads() == [], caught
