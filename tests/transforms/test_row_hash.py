"""The canonical hash: order and types do not count, every value does."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.row_hash import hash_rows

COLUMNS = ("a", "b")
VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.dates(), st.datetimes())
MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@given(st.lists(st.tuples(VALUES, VALUES), max_size=6), st.randoms())
def test_hash_ignores_the_order_of_rows(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)

    assert hash_rows(COLUMNS, shuffled) == hash_rows(COLUMNS, rows)


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=6), st.data())
def test_hash_changes_when_a_row_is_lost_or_repeated(rows, data):
    place = data.draw(st.integers(0, len(rows) - 1))

    assert hash_rows(COLUMNS, rows[:place] + rows[place + 1 :]) != hash_rows(COLUMNS, rows)
    assert hash_rows(COLUMNS, [*rows, rows[place]]) != hash_rows(COLUMNS, rows)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, Decimal("1.00")),
        (0.5, Decimal("0.5")),
        (MOMENT, MOMENT.astimezone(timezone(timedelta(hours=5)))),
        (MOMENT, MOMENT.replace(tzinfo=None)),
    ],
    ids=["whole number", "fraction", "instant in another zone", "wall-clock time in UTC"],
)
def test_hash_goes_by_value(one, other):
    assert hash_rows(("a",), [(one,)]) == hash_rows(("a",), [(other,)])


@pytest.mark.parametrize(
    ("one", "other"),
    [(None, ""), (1, "1"), (True, 1), (0.1, 0.2), ("a", "A"), (date(2026, 3, 1), "2026-03-01")],
    ids=["null and empty", "number and text", "flag and number", "numbers", "case", "date"],
)
def test_hash_tells_values_apart(one, other):
    assert hash_rows(("a",), [(one,)]) != hash_rows(("a",), [(other,)])


def test_hash_reads_json_by_content_and_counts_column_names():
    assert hash_rows(("a",), [('{"x": 1, "y": [2.0]}',)], ["a"]) == hash_rows(
        ("a",), [('{"y":[2],"x":1}',)], ["a"]
    )
    assert hash_rows(("a",), [(1,)]) != hash_rows(("b",), [(1,)])
