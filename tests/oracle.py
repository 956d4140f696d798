"""Whether a warehouse is what Cal.com shows: every table, row, column and version.

The truth is read without our client, walks and fan-outs: every list is asked about every id of the
account and read until nothing new comes, and the rows are worked out by `tests.expected_rows`.
Where several lists show one record, the warehouse may hold what any of them says now.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cal_source.catalogue import Paging
from cal_source.tables import DETAIL_TABLES, META_COLUMNS, ROOT_TABLES, TABLES, ColumnType
from tests import expected_rows
from tests.brute_force import ids_of_account, lists_to_ask
from tests.expected_rows import canonical, family_rows, ordinals_are_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from cal_source.catalogue import Operation
    from cal_source.sandbox import Sandbox
    from cal_source.tables import Table
    from pipelines.warehouse import Warehouse

Record = dict[str, Any]
Row = dict[str, Any]
Key = tuple[Any, ...]
Family = dict[str, list[Row]]

_PAGE_SIZE: Final = 250
_SCOPE_OF: Final = {
    "orgId": "organization",
    "teamId": "team",
    "eventTypeId": "event_type",
    "attributeId": "attribute",
    "routingFormId": "routing_form",
    "clientId": "oauth_client",
}
_TAKEN_OUT: Final[Mapping[tuple[str, str], Callable[[list[Record]], list[Record]]]] = {
    ("get_organization_attribute_assigned_options", "attribute_assignments"): (
        expected_rows.assignments
    ),
    ("retrieve_calendar_list", "calendars"): expected_rows.calendars,
    ("retrieve_calendar_list", "destination_calendars"): expected_rows.destinations,
}
_ABOUT_RUNS: Final = ("_run_id", "_loaded_at", "_content_hash", "ordinal")
_JSON: Final = {
    name: {c.name for c in (*t.columns, *META_COLUMNS) if c.type is ColumnType.JSON}
    for name, t in TABLES.items()
}


def truth(
    sandbox: Sandbox, key: str = "owner", tables: tuple[str, ...] = ()
) -> dict[str, dict[Key, list[Family]]]:
    """Return by root table and key every form in which Cal.com shows a record to an API key."""
    headers = {"authorization": f"Bearer cal_sandbox_{key}"}
    user = sandbox.respond("GET", "/v2/me", [], headers).json()["data"]["id"]
    forms: dict[str, dict[Key, list[Family]]] = {table.name: {} for table in ROOT_TABLES}
    for table, scope, record in _records(sandbox, headers, user, tables):
        rows = family_rows(table, record)
        for row in (one for of_table in rows.values() for one in of_table):
            row["_scope"] = scope
        key_names = [name for name in table.key if name != "ordinal"]
        found = forms[table.name].setdefault(tuple(rows[table.name][0][n] for n in key_names), [])
        found.append(rows)
    return forms


def _records(
    sandbox: Sandbox, headers: Record, user: int, tables: tuple[str, ...]
) -> Iterator[tuple[Table, str, Record]]:
    """Yield every record with its table and the scope that shows it."""
    if not tables or "bookings" in tables:
        for scope, booking in _bookings(sandbox, headers, user):
            yield TABLES["bookings"], scope, booking
    ids = ids_of_account(sandbox.shown, user, None)
    for row in lists_to_ask():
        if tables and row.table not in tables and row.key != "retrieve_calendar_list":
            continue
        for path in _paths(sandbox, row, ids):
            records = _read(sandbox, row.url_path(**path), row, headers)
            scope = f"user:{user}"
            if path:
                last = row.path_parameters[-1]
                scope = f"{_SCOPE_OF[last]}:{path[last]}"
            for table, shown in _by_table(row, records):
                kind, _, number = scope.partition(":")
                given = {f"${name}": value for name, value in path.items()}
                given |= {"$scopeKind": kind, "$scopeId": int(number) if number.isdigit() else None}
                for record in shown:
                    yield table, scope, {**given, **record}


def _bookings(sandbox: Sandbox, headers: Record, user: int) -> Iterator[tuple[str, Record]]:
    """Yield the bookings of the organisation, or where that is refused those of the user."""
    versioned = headers | {"cal-api-version": "2024-08-13"}
    organization = sandbox.shown.users[user].organization_id
    views = [("/v2/bookings", f"user:{user}")]
    if organization is not None:
        scope = f"organization:{organization}"
        views.insert(0, (f"/v2/organizations/{organization}/bookings", scope))
    for path, scope in views:
        found: dict[str, Record] = {}
        total, skip = 1, 0
        while len(found) < total:
            query = [("take", "250"), ("skip", str(skip)), ("sortCreated", "asc")]
            answer = sandbox.respond("GET", path, query, versioned)
            if answer.status != 200:
                break
            body = answer.json()
            total = body["pagination"]["totalItems"]
            found |= {record["uid"]: record for record in body["data"]}
            skip = skip + _PAGE_SIZE if skip + _PAGE_SIZE < total else 0
        else:
            yield from ((scope, record) for record in found.values())
            return


def _paths(sandbox: Sandbox, row: Operation, ids: Mapping[str, list[Any]]) -> Iterator[Record]:
    """Yield the paths of a list; an event type is asked for under its own team only."""
    found: list[Record] = [{}]
    for name in row.path_parameters:
        found = [path | {name: value} for path in found for value in ids[name]]
    for path in found:
        event_type = sandbox.shown.event_types.get(path.get("eventTypeId", 0))
        if event_type is None or path.get("teamId") in {None, event_type.team_id}:
            yield path


def _read(sandbox: Sandbox, path: str, row: Operation, headers: Record) -> list[Record]:
    """Return all records of a list, nothing where it is refused."""
    headers = headers | ({"cal-api-version": row.version} if row.version else {})
    names = ("limit", "offset") if row.paging is Paging.LIMIT else ("take", "skip")
    is_paged = row.paging in {Paging.OFFSET, Paging.LIMIT}
    found: dict[str, Record] = {}
    while True:
        query = [(names[0], str(_PAGE_SIZE)), (names[1], str(len(found)))] if is_paged else []
        answer = sandbox.respond("GET", path, query, headers)
        if answer.status != 200:
            return []
        data = answer.json().get("data")
        page = data if isinstance(data, list) else [] if data is None else [data]
        before = len(found)
        found |= {canonical(record): record for record in page}
        if len(found) < before + _PAGE_SIZE or not is_paged:
            return list(found.values())


def _by_table(row: Operation, records: list[Record]) -> list[tuple[Table, list[Record]]]:
    taken = [(name, take) for (key, name), take in _TAKEN_OUT.items() if key == row.key]
    if taken:
        return [(TABLES[name], take(records)) for name, take in taken]
    return [(TABLES[row.table or ""], records)]


@dataclass(slots=True)
class Held:
    """What the warehouse holds: families by root table and key, rows by table."""

    families: dict[str, dict[Key, Family]] = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=dict)


def held_by(warehouse: Warehouse) -> Held:
    """Read the current tables that a sync feeds."""
    held = Held()
    for root in ROOT_TABLES:
        for table in root.family():
            held.rows[table.name] = rows_of(warehouse, table.name)
        names = [name for name in root.key if name != "ordinal"]
        families: dict[Key, Family] = {}
        for row in held.rows[root.name]:
            families.setdefault(tuple(row[name] for name in names), _empty(root))[root.name] += [
                row
            ]
        for child in root.family()[1:]:
            for row in held.rows[child.name]:
                parent = tuple(row[name] for name in child.parent_key)
                families.setdefault(parent, _empty(root))[child.name].append(row)
        held.families[root.name] = families
    return held


def _empty(root: Table) -> Family:
    return {table.name: [] for table in root.family()}


def rows_of(warehouse: Warehouse, table: str, suffix: str = "") -> list[Row]:
    """Return the rows of a table of `raw`, JSON as canonical text.

    Since when a row is so is left to its history.
    """
    rows = warehouse.rows(f"select * from raw.{table}{suffix}")
    json_columns = _JSON[table]
    for row in rows:
        row.pop("_valid_from", None)
        for name in json_columns:
            if row[name] is not None:
                row[name] = canonical(json.loads(row[name]))
    return rows


def differences(
    warehouse: Warehouse, sandbox: Sandbox, key: str = "owner", *, tables: tuple[str, ...] = ()
) -> list[str]:
    """Return how the current tables differ from what Cal.com shows now; empty when they are equal.

    Rows of a small list that the key may not read any more stay: refused is not empty.

    Args:
        warehouse: The warehouse.
        sandbox: Cal.com.
        key: The API key that the warehouse is fed with.
        tables: Root tables to compare; empty: all that a sync feeds.
    """
    shown, held = truth(sandbox, key, tables), held_by(warehouse)
    problems = []
    for root in ROOT_TABLES:
        if not tables or root.name in tables:
            families = held.families[root.name]
            if root.name != "bookings":
                kept = _refused_scopes(warehouse, root)
                families = {
                    key: family
                    for key, family in families.items()
                    if key in shown[root.name] or family[root.name][0]["_scope"] not in kept
                }
            problems += family_differences(root, shown[root.name], families)
            problems += _double_keys(root, held)
    return problems


def _refused_scopes(warehouse: Warehouse, root: Table) -> set[str]:
    """Return the lists of a table that its latest reading was refused."""
    rows = warehouse.rows(
        "select scope, status from ops.reads where resource = $resource and run_id = "
        "(select max(run_id) from ops.reads where resource = $resource)",
        {"resource": root.name},
    )
    refused = {row["scope"] for row in rows if row["status"] == "skipped"}
    return refused - {row["scope"] for row in rows if row["status"] != "skipped"}


def family_differences(
    root: Table, shown: Mapping[Key, list[Family]], held: Mapping[Key, Family]
) -> Iterator[str]:
    """Yield what is missing, left over or stale among the rows of one table and its children."""
    for key in shown.keys() | held.keys():
        name = f"{root.name} {'|'.join(map(str, key))}"
        if key not in held:
            yield f"missing {name}"
        elif key not in shown:
            yield f"left over {name}"
        else:
            family = {table: _plain(rows) for table, rows in held[key].items()}
            # Records of one key, such as cities of one name, are told apart by content only.
            is_repeated = "ordinal" in root.key
            forms = [_merged(shown[key])] if is_repeated else shown[key]
            wanted = [{table: _plain(rows) for table, rows in form.items()} for form in forms]
            if family not in wanted:
                yield f"stale {name}: {_first_difference(family, wanted[0])}"


def _merged(forms: list[Family]) -> Family:
    return {table: [row for form in forms for row in form[table]] for table in forms[0]}


def _plain(rows: list[Row]) -> list[list[tuple[str, Any]]]:
    """Return rows without what is about runs, in an order of their own."""
    plain = [sorted((n, v) for n, v in row.items() if n not in _ABOUT_RUNS) for row in rows]
    return sorted(plain, key=repr)


def _first_difference(held: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    for table in wanted:
        if len(held[table]) != len(wanted[table]):
            return f"{table} has {len(held[table])} rows instead of {len(wanted[table])}"
        for row, other in zip(held[table], wanted[table], strict=True):
            for (name, value), (_, expected) in zip(row, other, strict=True):
                if value != expected:
                    return f"{table}.{name} is {value!r} instead of {expected!r}"
    return "nothing"


def _double_keys(root: Table, held: Held) -> Iterator[str]:
    for table in root.family():
        rows = held.rows[table.name]
        keys = Counter(tuple(row[name] for name in table.key) for row in rows)
        if len(keys) < len(rows):
            yield f"double {table.name} {keys.most_common(1)[0][0]}"
        if "ordinal" in table.key and not ordinals_are_whole(table, rows):
            yield f"ordinals {table.name} do not count 1, 2, …"


Snapshot = dict[str, dict[Key, str]]


def snapshot(warehouse: Warehouse) -> Snapshot:
    """Return the digest of every current row, by table and key."""
    return {
        name: {
            tuple(row[part] for part in table.key): row["_content_hash"]
            for row in warehouse.rows(f"select * from raw.{name}")
        }
        for name, table in TABLES.items()
    }


def hash_differences(warehouse: Warehouse, other: Warehouse) -> list[str]:
    """Return the rows whose digest in another warehouse, filled anew, is another or missing.

    Rows that stay because the key may not read their list any more are missing in the other.
    """
    one, two = snapshot(warehouse), snapshot(other)
    problems = []
    for root in (*ROOT_TABLES, *DETAIL_TABLES):
        refused = _refused_scopes(warehouse, root) if root.name != "bookings" else set()
        for table in root.family():
            kept = {
                tuple(row[part] for part in table.key)
                for row in warehouse.rows(f"select * from raw.{table.name}")
                if row["_scope"] in refused
            }
            keys = one[table.name].keys() | two[table.name].keys()
            problems += [
                f"hash {table.name} {key}"
                for key in keys
                if one[table.name].get(key) != two[table.name].get(key)
                and not (key in kept and key not in two[table.name])
            ]
    return problems


def history_problems(
    warehouse: Warehouse, past: Mapping[datetime, Snapshot] | None = None
) -> list[str]:
    """Return what is wrong with the versions: open ones, overlaps, digests, tombstones, the past.

    Args:
        warehouse: The warehouse.
        past: Snapshots by the instant at which each was taken.
    """
    problems = []
    for name, table in TABLES.items():
        versions = rows_of(warehouse, name, "_history")
        current = rows_of(warehouse, name)
        by_key: dict[Key, list[Row]] = defaultdict(list)
        for row in versions:
            by_key[tuple(row[part] for part in table.key)].append(row)
        problems += _open_versions(table, current, versions)
        problems += _overlaps(table, by_key)
        problems += _digests(table, versions)
        for instant, taken in (past or {}).items():
            problems += _replay(table, by_key, instant, taken[name])
    problems += _tombstones(warehouse)
    return problems


def _open_versions(table: Table, current: list[Row], versions: list[Row]) -> Iterator[str]:
    held = {_content(table, row): row for row in current}
    opened = {_content(table, row): row for row in versions if row["valid_to"] is None}
    for content in held.keys() ^ opened.keys():
        side = "open version" if content in opened else "current row"
        yield f"open {table.name}: only a {side} says {content[0]}"


def _content(table: Table, row: Row) -> tuple[Key, str, str]:
    """Return key, digest and hashed columns of a row."""
    columns = [(c.name, row[c.name]) for c in table.columns if c.hashed]
    key = tuple(row[part] for part in table.key)
    return key, row["_content_hash"], repr([*columns, row["_extra"]])


def _overlaps(table: Table, by_key: Mapping[Key, list[Row]]) -> Iterator[str]:
    for key, versions in by_key.items():
        end = None
        for index, row in enumerate(sorted(versions, key=_validity)):
            if index and (end is None or row["valid_from"] < end):
                yield f"overlap {table.name} {key} at {row['valid_from']}"
            end = row["valid_to"]
            if end is not None and end < row["valid_from"]:
                yield f"backwards {table.name} {key}: ends at {end}"


def _validity(row: Row) -> tuple[Any, bool, Any]:
    end = row["valid_to"]
    return row["valid_from"], end is None, end or row["valid_from"]


def _digests(table: Table, versions: list[Row]) -> Iterator[str]:
    """Within one key, equal content has one digest and different content has two."""
    digests: dict[tuple[Key, str], set[str]] = defaultdict(set)
    contents: dict[tuple[Key, str], set[str]] = defaultdict(set)
    for row in versions:
        key, digest, content = _content(table, row)
        digests[key, content].add(digest)
        contents[key, digest].add(content)
    for found in (digests, contents):
        for (key, _), values in found.items():
            if len(values) > 1:
                yield f"digest {table.name} {key}: content and digest do not agree"


def _replay(
    table: Table, by_key: Mapping[Key, list[Row]], instant: datetime, taken: Mapping[Key, str]
) -> Iterator[str]:
    then = {
        key: row["_content_hash"]
        for key, versions in by_key.items()
        for row in versions
        if row["valid_from"] <= instant and (row["valid_to"] is None or row["valid_to"] > instant)
    }
    for key in then.keys() | taken.keys():
        if then.get(key) != taken.get(key):
            yield f"replay {table.name} {key} at {instant}"


def _tombstones(warehouse: Warehouse) -> Iterator[str]:
    """Every root row that is gone has a tombstone, and no other."""
    stones: dict[str, set[str]] = defaultdict(set)
    for row in warehouse.rows("select resource, row_key from ops.tombstones"):
        stones[row["resource"]].add(row["row_key"])
    for root in ROOT_TABLES:
        names = ", ".join(f'"{name}"::varchar' for name in root.key)
        gone = {
            row["row_key"]
            for row in warehouse.rows(
                f"select concat_ws('|', {names}) as row_key from raw.{root.name}_history "
                "group by row_key having count(*) = count(valid_to)"
            )
        }
        for key in gone ^ stones[root.name]:
            yield f"tombstone {root.name} {key} is {'missing' if key in gone else 'not true'}"
