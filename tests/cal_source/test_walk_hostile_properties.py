"""Walks never lose a record in silence, whatever the server does with what it is asked.

Honest servers change under the walk; disobedient ones drop parameters without a word, as Cal.com
does with those it does not know (BEHAVIOUR.md section 3).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cal_source.errors import DataError, ShapeError
from cal_source.walk import (
    BY_CREATED,
    BY_START,
    BY_UPDATED,
    CREATED,
    UPDATED,
    walk_by_value,
    walk_snapshot,
)
from tests.cal_source.test_walk_properties import (
    EPOCH,
    BookingServer,
    at,
    booking,
    bookings,
    changes,
    page_sizes,
    seeds,
    vanishings,
)

LATER = EPOCH + timedelta(minutes=5000)
MOST_REQUESTS = 5000
WALKS = {
    "all by creation": {"keys": BY_CREATED},
    "all by start": {"keys": BY_START},
    "changes": {"keys": BY_UPDATED, "start": EPOCH, "end": LATER},
    "slice of creation": {
        "keys": BY_CREATED,
        "start": EPOCH + timedelta(minutes=1),
        "end": EPOCH + timedelta(minutes=2),
    },
    "from a start on": {"keys": BY_START, "start": EPOCH + timedelta(minutes=2)},
    "window of starts": {
        "keys": BY_START,
        "start": EPOCH + timedelta(minutes=1),
        "end": EPOCH + timedelta(minutes=2),
    },
}


def due(rows, *, keys, start=None, end=None):
    """The records that a walk has to bring."""
    field = keys[0].field
    low, high = at(-9999) if start is None else iso(start), at(9999) if end is None else iso(end)
    return {uid for uid, row in rows.items() if row[field] and low <= row[field] <= high}


def iso(instant):
    return at(int((instant - EPOCH).total_seconds() // 60))


def read_all(fetch, **options):
    pages = list(walk_by_value(fetch, **options))
    assert all(pages)
    return [record["uid"] for page in pages for record in page]


@pytest.mark.parametrize("walk", WALKS.values(), ids=WALKS)
@settings(max_examples=60)
@given(rows=bookings, page_size=page_sizes, seed=seeds, edits=changes, vanish_at=vanishings)
def test_walk_loses_no_untouched_record_while_others_change_whatever_it_walks_by(
    walk, rows, page_size, seed, edits, vanish_at
):
    server = BookingServer(rows, random.Random(seed), list(edits), vanish_at)
    wanted = due(rows, **walk)

    uids = read_all(server.fetch, page_size=page_size, **walk)

    assert wanted - server.touched <= set(uids)
    assert len(uids) == len(set(uids))


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
@pytest.mark.parametrize("keys", [BY_CREATED, BY_START, BY_UPDATED], ids=lambda k: k[0].field)
@settings(max_examples=25)
@given(count=st.integers(1, 40), page_size=st.integers(1, 6), seed=seeds)
def test_walk_reads_runs_longer_than_a_page_at_any_depth(keys, depth, count, page_size, seed):
    """The first `depth` keys are equal in all records, the next ones in every third."""
    rows = {}
    for number in range(count):
        row = booking(number, 1, 1, 30, 1) | {"uid": f"b{number}"}
        for key in keys[depth:]:
            row[key.field] = at(1 + number // 3)
        rows[row["uid"]] = row
    server = BookingServer(rows, random.Random(seed))
    end = {"end": LATER} if keys is BY_UPDATED else {}

    uids = read_all(server.fetch, keys=keys, page_size=page_size, **end)

    assert sorted(uids) == sorted(rows)


@pytest.mark.parametrize("key", [CREATED, UPDATED], ids=lambda key: key.field)
def test_walk_includes_what_lies_on_its_bounds_and_nothing_beyond(key):
    rows = {f"b{n}": booking(n, n, n, 30, n) for n in range(6)}
    server = BookingServer(rows, random.Random(1))
    bounds = {"start": EPOCH + timedelta(minutes=2), "end": EPOCH + timedelta(minutes=4)}

    assert sorted(read_all(server.fetch, keys=(key,), page_size=2, **bounds)) == ["b2", "b3", "b4"]


@dataclass
class Disobedient:
    """A bookings list that drops some parameters, and may have its own page size.

    Attributes:
        server: What it does with the parameters that it knows.
        dropped: Names of the parameters that it does not know.
        own_take: Page size it uses whatever it is asked for; None honours `take`.
    """

    server: BookingServer
    dropped: frozenset[str]
    own_take: int | None

    def fetch(self, params, take):
        assert self.server.requests < MOST_REQUESTS, "the walk does not end"
        known = {name: value for name, value in params.items() if name not in self.dropped}
        return self.server.fetch(known, self.own_take or take)


parameters = st.frozensets(
    st.sampled_from([
        *("skip", "afterCreatedAt", "beforeCreatedAt", "afterUpdatedAt", "beforeUpdatedAt"),
        *("afterStart", "beforeEnd"),
    ]),
    max_size=4,
)


@pytest.mark.parametrize("walk", WALKS.values(), ids=WALKS)
@settings(max_examples=150)
@given(rows=bookings, page_size=st.integers(1, 8), seed=seeds, dropped=parameters)
def test_walk_of_a_server_that_drops_parameters_is_complete_or_refused(
    walk, rows, page_size, seed, dropped
):
    server = Disobedient(BookingServer(rows, random.Random(seed)), dropped, None)
    wanted = due(rows, **walk)

    try:
        uids = read_all(server.fetch, page_size=page_size, **walk)
    except DataError:
        return

    assert wanted <= set(uids)
    assert len(uids) == len(set(uids))


@settings(max_examples=150)
@given(rows=bookings, own_take=st.integers(2, 60), page_size=st.integers(1, 8), seed=seeds)
def test_walk_of_a_server_with_a_page_size_of_its_own_is_complete_or_refused(
    rows, own_take, page_size, seed
):
    server = Disobedient(BookingServer(rows, random.Random(seed)), frozenset(), own_take)

    try:
        uids = read_all(server.fetch, page_size=page_size)
    except DataError:
        return

    assert sorted(uids) == sorted(rows)


@given(count=st.integers(0, 60), own_take=st.integers(2, 8), seed=seeds)
def test_walk_of_a_server_with_smaller_pages_of_its_own_is_complete_where_values_differ(
    count, own_take, seed
):
    rows = {f"b{n}": booking(n, n, n, 30, n) for n in range(count)}
    server = Disobedient(BookingServer(rows, random.Random(seed)), frozenset(), own_take)

    assert sorted(read_all(server.fetch, page_size=8)) == sorted(rows)


def test_walk_does_not_look_at_totals():
    """It cannot: what it is given are the records of a page, so that no wrong total can end it."""
    rows = {f"b{n}": booking(n, n, n, 30, n) for n in range(30)}
    calls = []

    def fetch(params, take):
        calls.append(params)
        return BookingServer(rows, random.Random(1)).fetch(params, take)

    assert sorted(read_all(fetch, page_size=7)) == sorted(rows)
    assert all(set(params) <= {"sortCreated", "afterCreatedAt"} for params in calls)


@given(st.integers(6, 40), st.integers(1, 5), st.integers(0, 39))
def test_snapshot_of_a_server_that_repeats_or_skips_pages_is_complete_or_refused(
    count, page_size, offset
):
    """A server whose `skip` counts from elsewhere gives a wrong list or none, never a short one."""
    rows = list(range(count))

    def fetch(params, take):
        skip = int(params["skip"])
        moved = skip if skip == 0 else max(0, skip - offset)
        return rows[moved : moved + take]

    try:
        records = walk_snapshot(fetch, key=lambda n: n, page_size=page_size)
    except DataError:
        return

    assert sorted(records) == rows


@pytest.mark.parametrize("take", [1, 3, 5])
def test_snapshot_refuses_a_server_that_sends_more_than_asked(take):
    with pytest.raises(ShapeError, match="ignores take"):
        walk_snapshot(lambda _params, _take: list(range(9)), key=lambda n: n, page_size=take)
