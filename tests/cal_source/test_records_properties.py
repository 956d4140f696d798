"""Whatever a record holds, nothing of it is lost."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from cal_source.records import Stamp, arrow_schema, parse_records
from cal_source.tables import ROOT_TABLES, TABLES
from cal_source.tables.model import ColumnType

STAMP = Stamp("user:1", "run", 1, datetime(2026, 1, 1, tzinfo=UTC))

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
    | st.sampled_from(["2026-01-05T09:00:00.000Z", "2026-01-05", "unknown", "Monday"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abcd", max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)
typed_values = {
    ColumnType.TEXT: st.text(st.characters(exclude_categories=("Cs",)), max_size=5),
    ColumnType.BIGINT: st.integers(-(2**63), 2**63 - 1),
    ColumnType.DOUBLE: st.floats(allow_nan=False, allow_infinity=False),
    ColumnType.BOOLEAN: st.booleans(),
    ColumnType.TIMESTAMP: st.datetimes(min_value=datetime(1971, 1, 1)).map(  # noqa: DTZ001 - the zone is added below
        lambda at: at.isoformat(timespec="milliseconds") + "Z"
    ),
    ColumnType.DATE: st.dates().map(date.isoformat),
    ColumnType.JSON: json_values,
}


def put(record, path, value):
    *parents, last = path.split(".")
    for part in parents:
        record = record.setdefault(part, {})
        if not isinstance(record, dict):
            return
    record[last] = value


@st.composite
def records(draw, table):
    """Records with required values right and all others right, wrong, missing or unknown."""
    record = draw(st.dictionaries(st.text("xyz", min_size=1, max_size=3), json_values, max_size=2))
    for column in table.columns:
        if column.paths[0].startswith("$") and table.is_child:
            continue  # given by the parent
        right = typed_values[column.type]
        if column.required or draw(st.integers(0, 3)) == 0:
            put(record, column.paths[0], draw(right if column.required else right | json_values))
    for child in table.children:
        if child.explode is None and draw(st.booleans()):
            record[child.path] = draw(st.lists(records(child.table) | json_values, max_size=3))
        elif child.explode is not None and draw(st.booleans()):
            record[child.path] = draw(json_values)
    return record


def restored(value, column):
    if column.type is ColumnType.JSON:
        return json.loads(value)
    if column.type is ColumnType.TIMESTAMP:
        return value.isoformat()
    return value.isoformat() if column.type is ColumnType.DATE else value


def same(given, kept, column):
    if column.type is ColumnType.TIMESTAMP:
        return datetime.fromisoformat(given).replace(tzinfo=UTC) == datetime.fromisoformat(kept)
    return given == kept


def at(record, path):
    for part in path.split("."):
        if not isinstance(record, dict) or part not in record:
            return None
        record = record[part]
    return record


@given(st.data())
def test_every_value_is_in_its_column_or_in_extra(data):
    table = data.draw(st.sampled_from([t for t in ROOT_TABLES if t.name != "webhooks"]))
    record = data.draw(records(table))

    parsed = parse_records(table, [record], STAMP)

    (row,) = parsed.rows[table.name]
    extra = json.loads(row["_extra"]) if row["_extra"] else {}
    declared = {path for column in table.columns for path in column.paths}
    for column in table.columns:
        path = column.paths[0]
        given_value = at(record, path)
        if given_value is None or given_value in column.null_words:
            continue
        kept = row[column.name]
        if kept is None:
            assert at(extra, path) == given_value
        else:
            assert same(given_value, restored(kept, column), column)
    children = {child.path for child in table.children}
    for name in record.keys() - declared - children - {p.split(".")[0] for p in declared}:
        assert extra[name] == record[name]


@given(st.data())
def test_rows_do_not_depend_on_the_order_of_lists(data):
    table = TABLES[data.draw(st.sampled_from(["bookings", "event_types", "schedules"]))]
    record = data.draw(records(table))
    shuffled = {
        name: data.draw(st.permutations(value))
        if isinstance(value, list)
        and name in {c.path for c in table.children if not c.keeps_source}
        else value
        for name, value in record.items()
    }

    def content(one):
        rows = parse_records(table, [one], STAMP).rows
        order = {"position": None, "_extra": None}  # hold lists as they came
        return {
            name: sorted(
                json.dumps(
                    {**r, **order, **({"_content_hash": None} if name == table.name else {})},
                    default=str,
                )
                for r in members
            )
            for name, members in rows.items()
        }

    assert content(record) == content(shuffled)


@given(st.data())
def test_rows_always_fit_their_arrow_schema_and_keys_are_unique(data):
    table = data.draw(st.sampled_from(ROOT_TABLES))
    found = data.draw(st.lists(records(table) | json_values, max_size=3))
    for number, record in enumerate(found):
        if isinstance(record, dict):
            path = table.column(table.key[0]).paths[0]
            record[path] = (
                number if table.column(table.key[0]).type is ColumnType.BIGINT else f"k{number}"
            )

    parsed = parse_records(table, found, STAMP)

    loaded = parsed.arrow(table.family())
    for member in table.family():
        keys = [tuple(row[name] for name in member.key) for row in parsed.rows[member.name]]
        assert len(keys) == len(set(keys))
        if keys:
            assert loaded[member.name].schema == arrow_schema(member)
            assert loaded[member.name].num_rows == len(keys)
    assert len(parsed.rows[table.name]) + len(parsed.quarantined) == len(found)
