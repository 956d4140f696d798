"""The rows that records of Cal.com should become, worked out anew from the tables' declarations.

Nothing of `cal_source.records`, `columns`, `exploders` or `values` is used, so that a mistake there
is a difference here. Rows are plain dicts by column; JSON stands as canonical text; `ordinal` is
left out, since it only numbers equals: `ordinals_are_whole` looks at it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from cal_source.tables import ColumnType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cal_source.tables import Child, Column, Table

Record = dict[str, Any]
Row = dict[str, Any]
_ABSENT: Final = object()


def family_rows(table: Table, record: Record) -> dict[str, list[Row]]:
    """Return the rows of one record by table: its own, and those of its nested lists in order.

    Args:
        table: The root table.
        record: The record as Cal.com sent it, with what is known of the read under `$` names.
    """
    record = _with_secrets_noted(table, record)
    child_paths = {child.path for child in table.children if not child.keeps_source}
    own = {
        name: value
        for name, value in record.items()
        if name not in child_paths or isinstance(value, str)  # no list: it stays as it is
    }
    row = _row(table, own)
    rows = {table.name: [row]}
    for child in table.children:
        rows[child.table.name] = [
            _row(child.table, element) for element in _elements(child, record, row)
        ]
    return rows


def canonical(value: Any) -> str:
    """Return JSON as one text per value, whatever the order of keys."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def ordinals_are_whole(table: Table, rows: Sequence[Row]) -> bool:
    """Tell whether the ordinals of rows that are equal in their other keys count 1, 2, …."""
    groups = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in table.key if name != "ordinal")].append(row["ordinal"])
    return all(sorted(found) == list(range(1, len(found) + 1)) for found in groups.values())


def _with_secrets_noted(table: Table, record: Record) -> Record:
    found = dict(record)
    for name in table.secrets:
        if name in found:
            found[f"has{name[:1].upper()}{name[1:]}"] = bool(found.pop(name))
    return found


def _row(table: Table, record: Record) -> Row:
    row, used = {}, []
    for column in table.columns:
        if column.name == "ordinal":
            continue
        value = _first_present(record, column)
        row[column.name], fits = _converted(column, value)
        if fits:
            used += [p for p in column.paths if _at(record, p) in (value, _ABSENT)]
    left = _without(record, used)
    return row | {"_extra": canonical(left) if left else None}


def _first_present(record: Record, column: Column) -> Any:
    values = (_at(record, path) for path in column.paths)
    return next((value for value in values if value is not _ABSENT), None)


def _at(record: Any, path: str) -> Any:
    for part in path.split("."):
        if not isinstance(record, dict) or part not in record:
            return _ABSENT
        record = record[part]
    return record


def _converted(column: Column, value: Any) -> tuple[Any, bool]:
    """Return the column's value, and whether it could take the record's."""
    if value is None or (isinstance(value, str) and value in column.null_words):
        return None, True
    if column.type is ColumnType.JSON:
        return canonical(value), True
    if column.type is ColumnType.TIMESTAMP and isinstance(value, str):
        return datetime.fromisoformat(value).astimezone(UTC), True
    if column.type is ColumnType.DATE and isinstance(value, str):
        return date.fromisoformat(value), True
    kinds: dict[ColumnType, tuple[type, ...]] = {
        ColumnType.TEXT: (str,),
        ColumnType.BIGINT: (int,),
        ColumnType.DOUBLE: (int, float),
        ColumnType.BOOLEAN: (bool,),
    }
    wanted = kinds.get(column.type, ())
    if isinstance(value, wanted) and isinstance(value, bool) == (wanted == (bool,)):
        return value, True
    return None, False


def _without(record: Record, paths: Sequence[str]) -> Record:
    """Return what of a record is in none of the paths; what we gave it is never left over."""
    left = json.loads(json.dumps({k: v for k, v in record.items() if not k.startswith("$")}))
    for path in paths:
        *parents, last = path.split(".")
        holders = [left]
        for part in parents:
            inner = holders[-1].get(part)
            holders.append(inner if isinstance(inner, dict) else {})
        holders[-1].pop(last, None)
        for holder, part in zip(reversed(holders[:-1]), reversed(parents), strict=True):
            if holder.get(part, _ABSENT) in ({}, None):
                holder.pop(part, None)
    return left


def _elements(child: Child, record: Record, parent: Row) -> Iterator[Record]:
    """Yield the records of a nested list, with parent key and place."""
    taken = _LISTS.get(child.explode or "", _plain)(record, child.path)
    for position, element in enumerate(taken):
        given = {
            child.table.column(name).paths[0]: parent[source]
            for name, source in child.table.parent_key.items()
        }
        yield {"$position": position, **element, **given}


def _plain(record: Record, path: str) -> list[Record]:
    return list(record.get(path) or [])


def _guests(record: Record, path: str) -> list[Record]:
    guests = record.get(path) or []
    return [{"email": guest} for guest in guests] if isinstance(guests, list) else []


def _permissions(record: Record, path: str) -> list[Record]:
    return [{"permission": one} for one in record.get(path) or []]


def _days(record: Record, path: str) -> list[Record]:
    return [
        {"day": day} | {name: value for name, value in hours.items() if name != "days"}
        for hours in record.get(path) or []
        for day in hours["days"]
    ]


def _answers(record: Record, path: str) -> list[Record]:
    booker = record.get(path)
    answers = []
    if isinstance(booker, dict):
        email = booker.get("email")
        answers += _answered(booker, email if isinstance(email, str) else "")
    for person in record.get("attendees") or []:
        if isinstance(person.get(path), dict):
            answers += _answered(person[path], person["email"])
    return answers


def _answered(answers: Record, email: str) -> list[Record]:
    return [
        {"email": email, "slug": slug, "value": value, "$valueText": _text(value)}
        for slug, value in answers.items()
    ]


def _routing_answers(record: Record, path: str) -> list[Record]:
    return [
        {**answer, "$fieldId": field, "$valueText": _text(answer.get("value"))}
        for field, answer in (record.get(path) or {}).items()
    ]


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, bool | int | float) else None


_LISTS: Final[Mapping[str, Callable[[Record, str], list[Record]]]] = {
    "guests": _guests,
    "permissions": _permissions,
    "availability_days": _days,
    "answers": _answers,
    "routing_answers": _routing_answers,
}


def assignments(options: list[Record]) -> list[Record]:
    """One record per option of an attribute and member who has it."""
    return [
        {name: value for name, value in option.items() if name != "assignedUserIds"}
        | {"$userId": user}
        for option in options
        for user in option["assignedUserIds"]
    ]


def calendars(answers: list[Record]) -> list[Record]:
    """One record per calendar of the connected accounts, one without an id where there is none."""
    return [
        {"credentialId": account["credentialId"], "account": _about(account)} | calendar
        for answer in answers
        for account in answer["connectedCalendars"]
        for calendar in account.get("calendars") or [{"externalId": ""}]
    ]


def _about(account: Record) -> Record:
    return {name: value for name, value in account.items() if name != "calendars"}


def destinations(answers: list[Record]) -> list[Record]:
    """The destination calendar, where there is one."""
    return [answer["destinationCalendar"] for answer in answers if answer["destinationCalendar"]]
