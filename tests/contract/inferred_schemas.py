"""Schemas inferred from what a real server answered: by field path, the JSON types seen there."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from tests.contract.read_operations import good_reads, records_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cal_source.catalogue import Operation

Schema = dict[str, set[str]]

# Objects whose fields are chosen by people, so that no list of them is complete.
FREE_FORM: Final = {"metadata", "bookingFieldsResponses", "response", "responses", "attributes"}
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def infer_schemas(reference: Path) -> dict[str, Schema]:
    """Return, by subject, the types at each field path of all recorded answers and lists.

    The subject is the table where a read has one, because lists and single reads show the same
    records, else the operation.
    """
    schemas: dict[str, Schema] = defaultdict(lambda: defaultdict(set))
    for read, row in good_reads(reference):
        if isinstance(read.body, dict):
            for path, kind in fields(records_of(read.body)):
                schemas[subject(row)][path].add(kind)
    return dict(schemas)


def subject(row: Operation) -> str:
    """What an operation's answers are told apart by."""
    return row.table or row.key


def unseen(schema: Schema, body: Any) -> list[str]:
    """Return what an answer has that no recorded one had, in words."""
    return sorted({
        f"{path}: {kind}"
        for path, kind in fields(records_of(body))
        if kind not in schema.get(path, ())
    })


def fields(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path and JSON type of everything inside a value."""
    if isinstance(value, list):
        for element in value:
            yield f"{path}[]", _type_of(element)
            yield from fields(element, f"{path}[]")
    elif isinstance(value, dict):
        for name, inner in value.items():
            place = f"{path}.{'<date>' if _DATE.fullmatch(name) else name}"
            yield place, _type_of(inner)
            if name not in FREE_FORM:
                yield from fields(inner, place)


def _type_of(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    return "number" if isinstance(value, int | float) else type(value).__name__
