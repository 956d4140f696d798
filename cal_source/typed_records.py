"""Records decoded straight into the types that their table declares.

A `Form` holds structs generated from a table's declaration, so that a page's bytes become checked
values without a dictionary per record. It takes a record only when every field is exactly as
declared; every other record is decoded as it came and left to `cal_source.records`, which knows
what to do with it. Nothing is thereby decided twice.

A field that no column is declared for would send every later record that way. A form therefore
learns such fields: the next one keeps their values for `_extra`.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import UNSET

from cal_source.tables.model import ColumnType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cal_source.columns import Drift
    from cal_source.tables.model import Child, Column, Table

MOST_LEARNED: Final = 100
"""Unknown fields that a form keeps; records with others take the plain path."""

_Field: TypeAlias = tuple[str, Any, Any]
_INT64: Final = msgspec.Meta(ge=-(2**63), le=2**63 - 1)
_TYPES: Final[dict[ColumnType, Any]] = {
    ColumnType.TEXT: str,
    ColumnType.BIGINT: Annotated[int, _INT64],
    ColumnType.BOOLEAN: bool,
    ColumnType.TIMESTAMP: str,  # converted a column at a time
    ColumnType.JSON: Any,
}
_EXPLODED: Final = {"guests": list[str] | None, "answers": None}


@dataclass(frozen=True, slots=True)
class Learned:
    """An unknown field that a shape keeps.

    Attributes:
        name: Its name in Cal.com's record.
        get: Takes its value out of the struct; `UNSET` where the record has none.
    """

    name: str
    get: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """The struct of one kind of object.

    Attributes:
        struct: The generated type.
        learned: Unknown fields it keeps.
        objects: Shapes of nested objects whose parts have columns, by field.
        lists: Shapes of the elements of nested lists, by field.
    """

    struct: type[msgspec.Struct]
    learned: tuple[Learned, ...]
    objects: dict[str, Shape]
    lists: dict[str, Shape]


class TypedRecord:
    """One record of a form.

    Attributes:
        values: The struct.
        raw: The record's bytes.
        form: The form that decoded it.
    """

    __slots__ = ("form", "raw", "values")

    def __init__(self, values: Any, raw: msgspec.Raw, form: Form) -> None:
        self.values = values
        self.raw = raw
        self.form = form

    def get(self, name: str) -> Any:
        """Return a declared field as Cal.com wrote it, None without one."""
        return getattr(self.values, name, None)

    def plain(self) -> Any:
        """Return the record as decoded from JSON."""
        return msgspec.json.decode(self.raw)


def as_they_came(records: Iterable[Any]) -> Iterator[Any]:
    """Yield records as decoded from JSON."""
    for record in records:
        yield record.plain() if isinstance(record, TypedRecord) else record


class _Envelope(msgspec.Struct):
    status: str
    data: list[msgspec.Raw]
    pagination: dict[str, Any] | None = None


_envelopes = msgspec.json.Decoder(_Envelope)


class Form:
    """How the records of one root table are decoded.

    Args:
        table: A table that `has_form`.
        learned: Unknown fields to keep, as table and dotted path.
    """

    def __init__(self, table: Table, learned: frozenset[tuple[str, str]] = frozenset()) -> None:
        self.table = table
        self.learned = learned
        self.shape = _shape(table, learned)
        self._decoder = msgspec.json.Decoder(self.shape.struct)
        self._aliases = [
            [attrgetter_or_unset(path) for path in column.paths]
            for column in table.columns
            if len(column.paths) > 1
        ]
        self._named = [  # nested lists, with what names an element
            (attrgetter(c.path), attrgetter(*c.table.identity) if _is_list(c) else _itself)
            for c in table.children
            if _is_list(c) or c.explode == "guests"
        ]
        self._known = {part for member in table.family() for part in _known_fields(member)}

    def decode_page(self, content: bytes) -> Any:
        """Decode a page: its envelope, and each record by this form or as it came.

        Raises:
            DecodeError: The page is no JSON.
        """
        try:
            page = _envelopes.decode(content)
        except msgspec.ValidationError:
            return msgspec.json.decode(content)
        return {
            "status": page.status,
            "data": self._records(page.data),
            "pagination": page.pagination,
        }

    def learning(self, drift: Iterable[Drift]) -> Form:
        """Return the form that also keeps the unknown fields among `drift`."""
        found = {(d.table, d.field) for d in drift if d.kind == "unknown"} - self._known
        if found <= self.learned or len(self.learned | found) > MOST_LEARNED:
            return self
        return Form(self.table, self.learned | found)

    def _records(self, page: Sequence[msgspec.Raw]) -> list[Any]:
        decode, regular, plain = self._decoder.decode, [], {}
        for place, raw in enumerate(page):
            try:
                regular.append((place, decode(raw)))
            except msgspec.ValidationError:
                plain[place] = raw
        for index in self._irregular([values for _, values in regular]):
            place, _ = regular[index]
            plain[place] = page[place]
        records: list[Any] = [None] * len(page)
        for place, values in regular:
            records[place] = TypedRecord(values, page[place], self)
        for place, raw in plain.items():
            records[place] = msgspec.json.decode(raw)
        return records

    def _irregular(self, records: Sequence[Any]) -> Iterator[int]:
        """Yield the places of records whose aliases differ, or that name one thing twice."""
        for first, *others in self._aliases:
            for other in others:
                pairs = zip(map(first, records), map(other, records), strict=True)
                for place, (one, two) in enumerate(pairs):
                    if one != two and one is not UNSET and two is not UNSET:
                        yield place
        for elements_of, identity in self._named:
            for place, elements in enumerate(map(elements_of, records)):
                if not elements or len(elements) == 1:
                    continue
                if len(set(map(identity, elements))) < len(elements):
                    yield place


def _itself(element: Any) -> Any:
    return element


def _known_fields(table: Table) -> Iterator[tuple[str, str]]:
    """Yield the fields that a table's structs have, as they stand in drift."""
    for path in (*(p for c in table.columns for p in c.paths), *(c.path for c in table.children)):
        yield table.name, path
        yield table.name, path.partition(".")[0]


def has_form(table: Table) -> bool:
    """Tell whether a table's records can be decoded by a form."""
    children = [child.table for child in table.children]
    columns = [column for member in (table, *children) for column in member.columns]
    return (
        not table.secrets
        and all(column.type in _TYPES for column in columns)
        and all(c.explode is None or c.explode in _EXPLODED for c in table.children)
        and not any(grand for child in children for grand in child.children)
        and all(len(column.paths) <= len(("path", "alias")) for column in columns)
        and not any(path.startswith("$") for c in table.columns for path in c.paths)
        and not any(
            _is_nested(c) and (c.required or c.null_words or c.type is ColumnType.JSON)
            for c in columns
        )
        and not any(
            _is_nested(c) or c.type is ColumnType.TIMESTAMP for t in children for c in t.columns
        )
    )


def attrgetter_or_unset(path: str) -> Callable[[Any], Any]:
    """Return what takes the value at a path of one or two parts; `UNSET` where there is none."""
    name, _, part = path.partition(".")
    outer = attrgetter(name)
    if not part:
        return outer
    inner = attrgetter(part)

    def get(values: Any) -> Any:
        holder = outer(values)
        return UNSET if holder is None else inner(holder)

    return get


def _is_nested(column: Column) -> bool:
    return len(column.paths) > 1 or "." in column.paths[0]


def _shape(table: Table, learned: frozenset[tuple[str, str]]) -> Shape:
    fields: list[_Field] = []
    parts: dict[str, list[_Field]] = {}
    for column in table.columns:
        for path in column.paths:
            name, _, part = path.partition(".")
            if part:
                parts.setdefault(name, []).append((part, *_optional(column)))
            elif not path.startswith("$"):
                fields.append((name, *_optional(column)))
    unknown = [path for name, path in sorted(learned) if name == table.name]
    objects = {}
    for name, inner in parts.items():
        inside = [path.partition(".")[2] for path in unknown if path.startswith(f"{name}.")]
        objects[name] = _made(f"{table.name}_{name}", inner, inside)
        fields.append((name, objects[name].struct | None, None))
    lists = {
        child.path: _shape(child.table, learned) for child in table.children if _is_list(child)
    }
    for path, element in lists.items():
        of_elements: Any = list.__class_getitem__(element.struct)
        fields.append((path, of_elements | None, None))
    fields += [
        (child.path, kind, None)
        for child in table.children
        if (kind := _EXPLODED.get(child.explode or ""))
    ]
    made = _made(
        table.name, fields, [path for path in unknown if path.partition(".")[0] not in objects]
    )
    return Shape(made.struct, made.learned, objects, lists)


def _is_list(child: Child) -> bool:
    return child.explode is None


def _made(name: str, fields: Sequence[_Field], unknown: Sequence[str]) -> Shape:
    kept = {f"unknown_{n}": path for n, path in enumerate(unknown)}
    struct = msgspec.defstruct(
        name,
        [*fields, *((attribute, Any, UNSET) for attribute in kept)],
        rename=kept,
        forbid_unknown_fields=True,
        kw_only=True,
        gc=False,
    )
    learned = tuple(Learned(path, attrgetter(attribute)) for attribute, path in kept.items())
    return Shape(struct, learned, {}, {})


def _optional(column: Column) -> tuple[Any, Any]:
    """Return the type of a column's field and the value it has when it is missing."""
    kind = _TYPES[column.type]
    if column.null_words and kind is not str:
        kind |= Literal[column.null_words]
    if column.required:
        return kind, msgspec.NODEFAULT
    if _is_nested(column):
        return kind | None | msgspec.UnsetType, UNSET
    return kind | None, None
