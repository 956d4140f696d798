"""API records rebuilt from the rows they became, to see that nothing of them was lost."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, date, datetime

from cal_source.tables import TABLES, ColumnType


def rebuilt(table, rows_of):
    """Rebuild the API objects of a table from its rows and those of its child tables.

    Args:
        table: The root table.
        rows_of: Gives all rows of a table by its name, as dicts by column.
    """
    children = [child for child in table.children if not child.keeps_source]
    elements = {child.path: _elements_by_parent(child, rows_of) for child in children}
    records = []
    for row in rows_of(table.name):
        record = element(table.name, row)
        for child in children:
            key = tuple(row[name] for name in child.table.parent_key.values())
            left_over = record.pop(child.path, [])
            record[child.path] = [*elements[child.path].get(key, ()), *left_over]
        records.append(record)
    return records


def _elements_by_parent(child, rows_of):
    bare = _BARE.get(child.path)
    found = defaultdict(list)
    for row in sorted(rows_of(child.table.name), key=lambda row: row["position"]):
        one = element(child.table.name, row)
        found[tuple(row[name] for name in child.table.parent_key)].append(
            one[bare] if bare else one
        )
    return found


_BARE = {"guests": "email", "permissions": "permission"}  # lists of texts, not of objects


def element(table, row):
    """Rebuild the object of one row, without its child rows."""
    record = json.loads(row["_extra"]) if row["_extra"] else {}
    for column in TABLES[table].columns:
        value = row[column.name]
        if value is None or column.paths[0].startswith("$"):
            continue
        value = _api_value(column, value)
        _put(record, column.paths[0], value, over=True)
        for alias in column.paths[1:]:
            if not alias.startswith("$"):
                _put(record, alias, value, over=False)
    return record


def _api_value(column, value):
    if column.type is ColumnType.JSON:
        return json.loads(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def _put(record, path, value, *, over):
    *parents, last = path.split(".")
    for part in parents:
        record = record.setdefault(part, {})
    if over or last not in record:
        record[last] = value


def as_kept(table, record):
    """Return what of an API record must come back: all of it but its secrets.

    Working hours come back by weekday, and of a secret only whether there was one. What is known
    of where the record was read (names with `$`) comes back where the record lacks it.
    """
    kept = {name: value for name, value in record.items() if not name.startswith("$")}
    for column in table.columns:
        given = [
            record[path] for path in column.paths[1:] if path.startswith("$") and path in record
        ]
        if given:
            kept.setdefault(column.paths[0], given[0])
    for secret in table.secrets:
        if secret in kept:
            kept[f"has{secret[0].upper()}{secret[1:]}"] = bool(kept.pop(secret))
    if table.name == "schedules":
        kept["availability"] = [
            {"day": day, **{name: value for name, value in hours.items() if name != "days"}}
            for hours in kept.get("availability") or ()
            for day in hours["days"]
        ]
    return kept


def without_nulls(value):
    """Drop nulls and empty holders: a warehouse column cannot tell them from absence."""
    if isinstance(value, dict):
        return {k: without_nulls(v) for k, v in value.items() if v is not None and v != {}}
    return [without_nulls(v) for v in value] if isinstance(value, list) else value


def without_empty(record):
    """Drop nulls and the record's empty lists, which leave no child rows."""
    return {k: v for k, v in without_nulls(record).items() if v not in ([], {})}
