"""Walks against a simulated list with every trap of the real one, on random histories."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from cal_source.walk import (
    BY_CREATED,
    BY_START,
    BY_UPDATED,
    CREATED,
    END,
    START,
    UPDATED,
    instant,
    parse_instant,
    walk_by_value,
    walk_snapshot,
)

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
KEYS = (START, END, CREATED, UPDATED)  # in the order in which Cal.com honours them


def at(minutes):
    return instant(EPOCH + timedelta(minutes=minutes))


def booking(number, created, start, length, updated):
    return {
        "uid": f"b{number}",
        "createdAt": at(created),
        "updatedAt": None if updated is None else at(updated),
        "start": at(start),
        "end": at(start + length),
    }


@dataclass
class BookingServer:
    """A bookings list: inclusive filters, one sort, ties in another order on every request.

    `changes` are applied one before each request; `vanish_at` names the requests during which a
    row vanishes after the ids were read, so that the page is short.
    """

    rows: dict[str, dict]
    rng: random.Random
    changes: list = field(default_factory=list)
    vanish_at: frozenset[int] = frozenset()
    requests: int = 0
    touched: set[str] = field(default_factory=set)

    def fetch(self, params, take):
        self.requests += 1
        if self.changes:
            self.apply(self.changes.pop(0))
        page = self.matching(params)[int(params.get("skip", 0)) :][:take]
        if self.requests in self.vanish_at and page:
            self.remove(page.pop(self.rng.randrange(len(page)))["uid"])
        return [dict(row) for row in page]

    def matching(self, params):
        rows = [row for row in self.rows.values() if self.matches(row, params)]
        self.rng.shuffle(rows)
        for key in KEYS:
            if key.sort in params:
                downwards = params[key.sort] == "desc"
                present = [row for row in rows if row[key.field] is not None]
                missing = [row for row in rows if row[key.field] is None]
                present.sort(key=lambda row: row[key.field], reverse=downwards)
                return missing + present if downwards else present + missing
        return rows

    @staticmethod
    def matches(row, params):
        return all(
            row[key.field] is not None
            and (key.after not in params or row[key.field] >= params[key.after])
            and (key.before not in params or row[key.field] <= params[key.before])
            for key in KEYS
            if key.after in params or key.before in params
        )

    def apply(self, change):
        what, number, minutes = change
        uids = sorted(self.rows)
        if what == "insert":
            new = booking(f"new{self.requests}", minutes, minutes, 30, minutes)
            self.rows[new["uid"]] = new
            self.touched.add(new["uid"])
        elif uids and what == "delete":
            self.remove(uids[number % len(uids)])
        elif uids:
            row = self.rows[uids[number % len(uids)]]
            self.touched.add(row["uid"])
            row.update(updatedAt=at(1000 + self.requests), start=at(minutes), end=at(minutes + 30))

    def remove(self, uid):
        self.touched.add(uid)
        del self.rows[uid]


instants = st.integers(0, 3)
bookings = st.builds(
    lambda specs: {f"b{n}": booking(n, *spec) for n, spec in enumerate(specs)},
    st.lists(
        st.tuples(instants, instants, st.sampled_from([15, 30]), st.none() | instants), max_size=40
    ),
)
changes = st.lists(
    st.tuples(st.sampled_from(["insert", "delete", "move", "none"]), st.integers(0, 99), instants),
    max_size=12,
)
page_sizes = st.integers(1, 7) | st.just(250)
seeds = st.integers(0, 2**32)
key_orders = st.sampled_from([BY_CREATED, BY_START, (CREATED,), (CREATED, START)])
vanishings = st.frozensets(st.integers(1, 60).map(lambda n: 3 * n), max_size=4)


def read_all(server, **options):
    pages = list(walk_by_value(server.fetch, **options))
    assert all(pages)
    return [record["uid"] for page in pages for record in page]


@given(bookings, page_sizes, seeds, key_orders)
def test_walk_by_value_reads_each_record_once_when_nothing_changes(rows, page_size, seed, keys):
    server = BookingServer(rows, random.Random(seed))

    uids = read_all(server, keys=keys, page_size=page_size)

    assert sorted(uids) == sorted(rows)


@settings(max_examples=300)
@given(bookings, page_sizes, seeds, changes, vanishings)
def test_walk_by_value_loses_no_untouched_record_while_others_change(
    rows, page_size, seed, edits, vanish_at
):
    server = BookingServer(rows, random.Random(seed), list(edits), vanish_at)
    before = set(rows)

    uids = read_all(server, page_size=page_size)

    assert before - server.touched <= set(uids)
    assert len(uids) == len(set(uids))


@settings(max_examples=300)
@given(bookings, page_sizes, seeds, changes)
def test_walk_by_value_reads_increments_completely_while_others_change(
    rows, page_size, seed, edits
):
    server = BookingServer(rows, random.Random(seed), list(edits))
    low, high = EPOCH + timedelta(minutes=1), EPOCH + timedelta(minutes=500)
    due = {
        uid
        for uid, row in rows.items()
        if (updated := parse_instant(row["updatedAt"])) and low <= updated <= high
    }

    uids = read_all(server, keys=BY_UPDATED, start=low, end=high, page_size=page_size)

    assert due - server.touched <= set(uids)
    assert len(uids) == len(set(uids))


@given(st.integers(0, 3000), seeds)
@settings(max_examples=30)
def test_walk_by_value_makes_few_requests_without_long_ties(count, seed):
    rows = {f"b{n}": booking(n, n, n, 30, n) for n in range(count)}
    server = BookingServer(rows, random.Random(seed))

    uids = read_all(server)

    assert len(uids) == count
    assert server.requests <= 1.05 * -(-count // 250) + 2


@given(st.integers(1, 120), page_sizes, seeds)
def test_walk_by_value_reads_records_equal_in_every_key(count, page_size, seed):
    rows = {f"b{n}": booking(n, 1, 1, 30, 1) for n in range(count)}
    server = BookingServer(rows, random.Random(seed))

    assert sorted(read_all(server, page_size=page_size)) == sorted(rows)


def test_offset_paging_loses_records_where_walk_by_value_does_not():
    rows = {f"b{n}": booking(n, n // 100, n, 30, n) for n in range(1000)}
    server = BookingServer(rows, random.Random(7))

    paged = [
        record["uid"]
        for skip in range(0, 1000, 37)
        for record in server.fetch({"sortCreated": "asc", "skip": str(skip)}, 37)
    ]

    assert len(paged) == 1000
    assert len(set(paged)) < 1000
    assert sorted(read_all(server, page_size=37)) == sorted(rows)


@dataclass
class PlainList:
    """A list without order: shuffled on every request when `restless`."""

    rows: list[int]
    rng: random.Random
    restless: bool
    changes: list = field(default_factory=list)
    requests: int = 0
    touched: set[int] = field(default_factory=set)

    def fetch(self, params, take):
        self.requests += 1
        if self.changes:
            self.apply(self.changes.pop(0))
        if self.restless:
            self.rng.shuffle(self.rows)
        skip = int(params["skip"])
        return self.rows[skip : skip + take]

    def apply(self, change):
        what, number, _ = change
        if what == "insert":
            self.rows.insert(number % (len(self.rows) + 1), 1000 + self.requests)
        elif self.rows and what in {"delete", "move"}:
            row = self.rows.pop(number % len(self.rows))
            self.touched.add(row)
            if what == "move":
                self.rows.append(row)


@given(st.sets(st.integers(0, 99), max_size=40), st.integers(1, 7) | st.just(250), changes)
def test_walk_snapshot_loses_no_untouched_record_while_others_change(rows, page_size, edits):
    server = PlainList(sorted(rows), random.Random(0), restless=False, changes=edits[:5])

    records = walk_snapshot(server.fetch, key=lambda n: n, page_size=page_size, max_passes=20)

    assert len(records) == len(set(records))
    assert rows - server.touched <= set(records)


@given(st.sets(st.integers(0, 99), max_size=30), st.integers(3, 7), seeds)
def test_walk_snapshot_reads_a_list_shuffled_on_every_request(rows, page_size, seed):
    server = PlainList(sorted(rows), random.Random(seed), restless=True)

    records = walk_snapshot(server.fetch, key=lambda n: n, page_size=page_size, max_passes=60)

    assert sorted(records) == sorted(rows)
