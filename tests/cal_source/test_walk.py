"""What walks do at the edges: servers that ignore what they are asked, odd records, bounds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cal_source.errors import DataError, EndlessRun, ShapeError, UnstableList
from cal_source.walk import (
    BY_CREATED,
    BY_UPDATED,
    CREATED,
    END,
    check_booking_page,
    check_booking_shape,
    check_filters_honoured,
    check_is_list,
    instant,
    parse_instant,
    walk_by_value,
    walk_snapshot,
)
from cal_source.walk.tally import Tally

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def at(minutes):
    return instant(EPOCH + timedelta(minutes=minutes))


def booking(number, **changes):
    row = {"uid": f"b{number:04}", "createdAt": at(number), "updatedAt": at(number)}
    return row | {"start": at(number), "end": at(number + 30), "hosts": []} | changes


def by_created(rows):
    """A server that honours the created bounds and sort, with a stable order."""

    def fetch(params, take):
        low, high = params.get("afterCreatedAt", ""), params.get("beforeCreatedAt", "~")
        fits = [row for row in rows if not is_dated(row) or low <= row["createdAt"] <= high]
        return fits[int(params.get("skip", 0)) :][:take]

    return fetch


def is_dated(row):
    return isinstance(row, dict) and isinstance(row.get("createdAt"), str)


def uids(pages):
    return [row["uid"] for page in pages for row in page]


def recorded(fetch):
    calls = []

    def recording(params, take):
        calls.append((dict(params), take))
        return fetch(params, take)

    return recording, calls


def test_walk_by_value_asks_from_the_last_value_inclusive_and_ends_on_nothing_new():
    fetch, calls = recorded(by_created([booking(n) for n in range(5)]))

    pages = list(walk_by_value(fetch, page_size=3))

    assert [len(page) for page in pages] == [3, 2]
    assert (
        calls
        == [
            ({"sortCreated": "asc"}, 3),
            ({"sortCreated": "asc", "afterCreatedAt": at(2)}, 3),
            ({"sortCreated": "asc", "afterCreatedAt": at(4)}, 3),
            ({"sortCreated": "asc", "afterCreatedAt": at(4)}, 3),
        ][: len(calls)]
    )
    assert len(calls) == 4


def test_walk_by_value_sends_both_bounds_to_the_millisecond():
    fetch, calls = recorded(lambda _params, _take: [])
    start = datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(microseconds=1999)

    assert list(walk_by_value(fetch, start=start, end=EPOCH + timedelta(days=90))) == []
    assert calls[0][0]["afterCreatedAt"] == "2026-03-01T12:00:00.001Z"
    assert calls[0][0]["beforeCreatedAt"] == "2026-04-01T00:00:00.000Z"


def test_walk_by_value_survives_one_short_page_in_the_middle():
    rows = [booking(n) for n in range(10)]
    fetch, calls = recorded(by_created(rows))

    def losing(params, take):
        page = fetch(params, take)
        return page[:1] if len(calls) == 2 else page

    assert uids(walk_by_value(losing, page_size=4)) == [row["uid"] for row in rows]


def test_walk_by_value_reads_a_page_again_that_came_in_disorder():
    rows = [booking(n) for n in range(20)]
    fetch, calls = recorded(by_created(rows))

    def shuffling(params, take):
        page = fetch(params, take)
        return page[::-1] if len(calls) == 2 else page

    assert sorted(uids(walk_by_value(shuffling, page_size=8))) == [row["uid"] for row in rows]


def test_walk_by_value_refuses_a_server_that_ignores_the_sort():
    rows = [booking(n) for n in range(20)]

    with pytest.raises(ShapeError, match="does not honour sortCreated") as caught:
        list(walk_by_value(lambda params, take: by_created(rows)(params, take)[::-1], page_size=8))

    assert "Update the server" in str(caught.value)


@pytest.mark.parametrize("count", [5, 40], ids=["short page", "full pages"])
def test_walk_by_value_refuses_a_server_that_ignores_filters(count):
    rows = [booking(n) for n in range(count)]

    with pytest.raises(ShapeError, match="does not honour afterCreatedAt"):
        list(walk_by_value(lambda _params, take: rows[:take], page_size=8))


def test_walk_by_value_refuses_a_full_page_without_the_value_that_it_walks_by():
    rows = [booking(n, updatedAt=None) for n in range(8)]

    with pytest.raises(ShapeError, match="has no updatedAt"):
        list(walk_by_value(lambda _p, take: rows[:take], keys=BY_UPDATED, end=EPOCH, page_size=8))


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(booking(3, createdAt=None), id="value missing"),
        pytest.param(booking(3, createdAt="yesterday"), id="value is no instant"),
        pytest.param({"createdAt": at(3)}, id="no uid"),
        pytest.param({"uid": ["list"], "createdAt": at(3)}, id="uid is a list"),
        pytest.param("not an object", id="no object"),
        pytest.param(None, id="null"),
    ],
)
@pytest.mark.parametrize("page_size", [3, 250])
def test_walk_by_value_passes_a_malformed_record_on_once_and_loses_no_other(broken, page_size):
    rows = [broken if n == 3 else booking(n) for n in range(10)]

    records = [row for page in walk_by_value(by_created(rows), page_size=page_size) for row in page]

    assert records.count(broken) == 1
    assert [row for row in rows if row not in records] == []


def test_walk_by_value_leaves_out_records_without_the_value_that_it_walks_by():
    fetch, calls = recorded(lambda _params, _take: [])

    assert list(walk_by_value(fetch, keys=BY_UPDATED, end=EPOCH)) == []
    assert calls[0][0]["afterUpdatedAt"] == "1970-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("passes", "verdicts"),
    [
        pytest.param(["ab", "ab"], [False, True], id="two passes agree"),
        pytest.param(["aa", "bb", "ab"], [False, False, True], id="repeats and misses"),
        pytest.param(["aa", "aa", "bc", "bc"], [False, False, False, True], id="one for another"),
        pytest.param(["ab", "cb", "cb"], [False, False, True], id="something new"),
        pytest.param(["abc", "ab", "ab"], [False, False, True], id="one vanished"),
        pytest.param(["", ""], [False, True], id="nothing"),
    ],
)
def test_tally_decides_when_passes_account_for_everything(passes, verdicts):
    tally = Tally()

    assert [tally.accounts_for(list(marks)) for marks in passes] == verdicts


def test_walk_by_value_reports_equal_records_that_an_ignored_skip_hides():
    rows = [booking(n, createdAt=at(1), start=at(1), end=at(2)) for n in range(9)]

    with pytest.raises(EndlessRun, match="cannot be read completely") as caught:
        list(walk_by_value(lambda _params, take: rows[:take], keys=(CREATED,), page_size=3))

    assert (caught.value.field, caught.value.value, caught.value.found) == ("createdAt", at(1), 3)
    assert isinstance(caught.value, DataError)
    assert "larger page size" in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"page_size": 0}, "page_size=0 is not between 1 and 250", id="no page"),
        pytest.param({"page_size": 251}, "page_size=251", id="page too large"),
        pytest.param({"keys": BY_UPDATED}, "updatedAt needs an end", id="moving key without end"),
        pytest.param(
            {"keys": (END,), "start": EPOCH}, "end has no lower bound", id="no such bound"
        ),
    ],
)
def test_walk_by_value_refuses_options_that_cannot_be_complete(options, message):
    with pytest.raises(ValueError, match=message):
        list(walk_by_value(lambda _params, _take: [], **options))


def test_walk_by_value_ends_after_two_requests_when_there_is_nothing():
    fetch, calls = recorded(lambda _params, _take: [])

    assert list(walk_by_value(fetch, keys=BY_CREATED)) == []
    assert len(calls) == 2


def test_walk_snapshot_takes_one_request_when_the_list_fits_a_page():
    fetch, calls = recorded(lambda params, take: list(range(5))[int(params["skip"]) :][:take])

    assert walk_snapshot(fetch, key=lambda n: n, page_size=6) == [0, 1, 2, 3, 4]
    assert calls == [({"skip": "0"}, 6)]


def test_walk_snapshot_reads_a_page_again_that_names_a_record_twice():
    """One more record is then missing, though the page is as long as it should be."""
    pages = [[1, 1, 2], [1, 2, 3], [1, 2, 3]]

    found = walk_snapshot(lambda _params, _take: pages.pop(0), key=int)

    assert found == [1, 2, 3]


def test_walk_snapshot_reads_a_quiet_list_twice():
    fetch, calls = recorded(lambda params, take: list(range(10))[int(params["skip"]) :][:take])

    assert walk_snapshot(fetch, key=lambda n: n, page_size=5) == list(range(10))
    assert len(calls) == 6


def test_walk_snapshot_refuses_a_server_that_ignores_skip():
    with pytest.raises(ShapeError, match="ignores skip") as caught:
        walk_snapshot(lambda _params, take: list(range(10))[:take], key=lambda n: n, page_size=5)

    assert "cannot be called complete" in str(caught.value)


def test_walk_snapshot_refuses_a_server_that_ignores_take():
    with pytest.raises(ShapeError, match="ignores take: it sent 10 records instead of 5"):
        walk_snapshot(lambda _params, _take: list(range(10)), key=lambda n: n, page_size=5)


def test_walk_snapshot_says_when_a_list_is_longer_than_its_offsets_reach():
    def listing(count):
        return lambda params, take: list(range(count))[int(params["skip"]) :][:take]

    assert len(walk_snapshot(listing(499), key=lambda n: n, max_skip=250)) == 499
    with pytest.raises(EndlessRun, match="beyond 250"):
        walk_snapshot(listing(500), key=lambda n: n, max_skip=250)


def test_walk_snapshot_gives_up_a_list_that_never_rests():
    rows = list(range(10))

    def restless(params, take):
        rows.append(len(rows))
        return rows[int(params["skip"]) :][:take]

    with pytest.raises(UnstableList, match="was read 4 times") as caught:
        walk_snapshot(restless, key=lambda n: n, page_size=5, max_passes=4)

    assert caught.value.passes == 4
    assert "earlier rows stay" in str(caught.value)


def test_check_filters_honoured_accepts_an_empty_answer():
    fetch, calls = recorded(lambda _params, _take: [])

    check_filters_honoured(fetch)

    assert calls == [({"afterUpdatedAt": "2999-01-01T00:00:00.000Z"}, 1)]


def test_check_filters_honoured_refuses_bookings_from_the_future():
    with pytest.raises(ShapeError, match="ignores filters") as caught:
        check_filters_honoured(lambda _params, _take: [booking(1)])

    assert "May 2025" in str(caught.value)


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        pytest.param({"uid": "u", "startTime": at(1)}, "startTime instead of start", id="old"),
        pytest.param({"uid": "u", "hosts": []}, "no start", id="no start"),
        pytest.param({"start": at(1), "hosts": []}, "no uid", id="no uid"),
        pytest.param({"uid": "u", "start": at(1), "hosts": {}}, "no list of hosts", id="hosts"),
        pytest.param([], "list instead of an object", id="no object"),
    ],
)
def test_check_booking_shape_names_what_differs(record, problem):
    with pytest.raises(ShapeError, match=problem) as caught:
        check_booking_shape(record)

    assert "2024-08-13" in str(caught.value)


def test_check_booking_page_tolerates_one_malformed_record_among_good_ones():
    check_booking_page([])
    check_booking_page([{"broken": True}, booking(1)])

    with pytest.raises(ShapeError):
        check_booking_page([{"broken": True}, {"startTime": at(1)}])


def test_check_is_list_recognises_the_older_answer():
    assert check_is_list([1], "GET /v2/bookings") == [1]

    with pytest.raises(ShapeError, match="found an object with bookings, nextCursor") as caught:
        check_is_list({"bookings": [], "nextCursor": None}, "GET /v2/bookings")

    assert "cal-api-version" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("2026-01-01T00:00:00.000Z", EPOCH, id="utc"),
        pytest.param("2026-01-01T01:00:00+01:00", EPOCH, id="offset"),
        pytest.param("2026-01-01T00:00:00", EPOCH, id="without zone"),
        pytest.param("2026-01-01T00:00:00.000999Z", EPOCH, id="cut to milliseconds"),
        pytest.param("soon", None, id="no instant"),
        pytest.param(1767225600, None, id="number"),
        pytest.param(None, None, id="null"),
    ],
)
def test_parse_instant_reads_what_the_api_writes(text, expected):
    assert parse_instant(text) == expected
