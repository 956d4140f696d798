"""The tables of `raw` and `ops` as statements: what is missing is created, nothing is lost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from cal_source.tables import META_COLUMNS, TABLES, Column, Table
from pipelines.history import VALID_FROM, VALIDITY
from pipelines.ops import ACCOUNT, ACCOUNTS_TABLES, COPIED_OPS_TABLES, LEASES, OPS_TABLES
from pipelines.sql_text import are_same, literal, quoted, quoted_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pipelines.warehouse.dialect import Dialect

SCHEMAS: Final = ("landing", "raw", "staging", "intermediate", "marts", "ops")
_MADE_BY_LANDING: Final = "landing"  # made and dropped by every run


class Holds(Enum):
    """What stands in a table."""

    ROWS = auto()
    """Rows as they are now."""
    OLD_VERSIONS = auto()
    """What rows of another table were."""
    HISTORY = auto()
    """Both of these, as a view."""


_VERSIONS: Final = {
    Holds.OLD_VERSIONS: ("old_versions", "What rows of raw.{} were, and from when to when."),
    Holds.HISTORY: ("history", "Every version of the rows of raw.{}, with when it was so."),
}


@dataclass(frozen=True, slots=True)
class Declared:
    """A table or view as it should be.

    Attributes:
        schema: `raw` or `ops`.
        table: Name, key and description.
        columns: All its columns, in order.
        holds: What stands in it.
        of: Whose versions; the table's own name where it has rows.
    """

    schema: str
    table: Table
    columns: tuple[Column, ...]
    holds: Holds = Holds.ROWS
    of: str = ""

    @property
    def name(self) -> str:
        """The table's name in SQL."""
        return quoted(self.schema, self.table.name)


def iter_declared_of_accounts() -> Iterator[Declared]:
    """Yield the tables of a warehouse of many accounts: those of one, by account.

    Where Cal.com's own fields have the name `account` (`raw.calendars`), that column is
    `own_account` there.

    Of `ops` it has what says how an account's rows came to be; the rest stays with the account's
    own warehouse.
    """
    for declared in iter_declared():
        if declared.schema == "raw" or declared.table in COPIED_OPS_TABLES:
            table = replace(declared.table, key=(ACCOUNT.name, *declared.table.key))
            columns = [replace(c, name=name_beside_account(c.name)) for c in declared.columns]
            yield replace(declared, table=table, columns=(ACCOUNT, *columns))
    for table in (LEASES, *ACCOUNTS_TABLES):
        yield Declared("ops", table, table.columns)


def name_beside_account(column: str) -> str:
    """Return the name of an account's column in a warehouse of many accounts."""
    return f"own_{column}" if column == ACCOUNT.name else column


def iter_declared() -> Iterator[Declared]:
    """Yield every table and view of `raw` and `ops`, views after what they show."""
    for table in TABLES.values():
        columns = (*table.columns, *META_COLUMNS)
        versions = (*columns, *VALIDITY)
        yield Declared("raw", table, (*columns, VALID_FROM), of=table.name)
        for holds, (suffix, description) in _VERSIONS.items():
            name = f"{table.name}_{suffix}"
            named = replace(table, name=name, description=description.format(table.name))
            yield Declared("raw", named, versions, holds, of=table.name)
    for table in OPS_TABLES:
        yield Declared("ops", table, table.columns)


def missing_statements(
    dialect: Dialect,
    schemas: set[str],
    columns: Mapping[tuple[str, str], Sequence[str]],
    declared_tables: Iterable[Declared],
) -> list[str]:
    """Return the statements that make a warehouse what it is declared to be.

    Args:
        dialect: The database's words.
        schemas: Schemas that exist.
        columns: Columns that exist, by schema and table.
        declared_tables: The tables that it has to have.
    """
    statements = [
        f"create schema if not exists {schema}"
        for schema in SCHEMAS
        if schema not in {*schemas, _MADE_BY_LANDING}
    ]
    for declared in declared_tables:
        found = columns.get((declared.schema, declared.table.name), ())
        if (
            declared.holds is Holds.HISTORY
            and found
            and not columns.get(("raw", _old_of(declared)))
        ):
            statements += _moved_versions(declared, found)
            found = ()
        if {c.name for c in declared.columns} <= set(found):
            continue
        if declared.holds is Holds.HISTORY:
            statements += _view_statements(declared, found)
        else:
            statements += _table_statements(dialect, declared, found)
    return statements


def _table_statements(dialect: Dialect, declared: Declared, found: Sequence[str]) -> list[str]:
    name = declared.name
    typed = {c.name: f"{quoted(c.name)} {dialect.types[c.type]}" for c in declared.columns}
    if found:
        made = [f"alter table {name} add column {t}" for n, t in typed.items() if n not in found]
    else:
        parts = list(typed.values())
        if dialect.has_keys and declared.holds is Holds.ROWS:
            # Deferred, so that a landing that holds a key twice is refused in publish's own words.
            parts.append(
                f"primary key ({quoted_list(declared.table.key)}) deferrable initially deferred"
            )
        made = [f"create table {name} ({', '.join(parts)})"]
    if dialect.has_keys:
        made += _index_statements(declared)
    return [*made, *_comments(declared, "table")]


def _old_of(declared: Declared) -> str:
    return f"{declared.of}_old_versions"


def _moved_versions(declared: Declared, found: Sequence[str]) -> list[str]:
    """Return the statements that take versions out of the table that held all of them once.

    Of an open version the row itself has everything but its beginning. Postgres drops the views
    over such a table with it; the next `transform` builds them again.
    """
    rows, history = f"raw.{declared.of}", declared.name
    names = quoted_list([c.name for c in declared.columns if c.name in found])
    begin, old = VALID_FROM.name, f"raw.{_old_of(declared)}"
    return [
        f"insert into {old} ({names}) select {names} from {history} where valid_to is not null",
        (
            f"update {rows} as r set {begin} = h.valid_from from {history} as h "
            f"where h.valid_to is null and {are_same(declared.table.key, 'r', 'h')}"
        ),
        f"update {rows} set {begin} = _loaded_at where {begin} is null",
        f"drop table {history} cascade",
    ]


def _view_statements(declared: Declared, found: Sequence[str]) -> list[str]:
    """Return the statements for a view of rows and old versions; Postgres adds columns last."""
    begin, end = (column.name for column in VALIDITY)
    names = [*found, *(c.name for c in declared.columns if c.name not in found)]
    as_now = {begin: f"{VALID_FROM.name} as {begin}", end: f"cast(null as timestamptz) as {end}"}
    now = ", ".join(as_now.get(name, quoted(name)) for name in names)
    made = (
        f"create or replace view {declared.name} as select {now} from raw.{declared.of} "
        f"union all select {quoted_list(names)} from raw.{_old_of(declared)}"
    )
    return [made, *_comments(declared, "view")]


def _comments(declared: Declared, kind: str) -> list[str]:
    name = declared.name
    of_columns = [
        f"comment on column {name}.{quoted(c.name)} is {literal(c.description)}"
        for c in declared.columns
    ]
    return [f"comment on {kind} {name} is {literal(declared.table.description)}", *of_columns]


def _index_statements(declared: Declared) -> list[str]:
    """Return one index per column that points at another row, and one for the key of versions."""
    table, name = declared.table, declared.name
    if declared.holds is Holds.OLD_VERSIONS:
        index = quoted(f"{table.name}_key")
        return [f"create index if not exists {index} on {name} ({quoted_list(table.key)})"]
    made = []
    for column in declared.columns:
        if _points_elsewhere(column) and column.name != table.key[0]:
            index = quoted(f"{table.name}_{column.name}")
            made.append(f"create index if not exists {index} on {name} ({quoted(column.name)})")
    return made


def _points_elsewhere(column: Column) -> bool:
    return column.name.endswith(("_id", "_uid")) and column not in META_COLUMNS
