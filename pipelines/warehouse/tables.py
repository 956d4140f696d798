"""The tables of `raw` and `ops` as statements: what is missing is created, nothing is dropped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from cal_source.tables import META_COLUMNS, TABLES, Column, Table
from pipelines.history import VALIDITY
from pipelines.ops import ACCOUNT, ACCOUNTS_TABLES, COPIED_OPS_TABLES, LEASES, OPS_TABLES
from pipelines.sql_text import literal, quoted, quoted_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pipelines.warehouse.dialect import Dialect

SCHEMAS: Final = ("landing", "raw", "staging", "intermediate", "marts", "ops")
_MADE_BY_LANDING: Final = "landing"  # made and dropped by every run


@dataclass(frozen=True, slots=True)
class Declared:
    """A table as it should be.

    Attributes:
        schema: `raw` or `ops`.
        table: Name, key and description.
        columns: All its columns, in order.
        is_history: True for the versions of another table's rows.
    """

    schema: str
    table: Table
    columns: tuple[Column, ...]
    is_history: bool = False

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
    """Yield every table of `raw` and `ops`, each history after its table."""
    for table in TABLES.values():
        columns = (*table.columns, *META_COLUMNS)
        yield Declared("raw", table, columns)
        yield Declared("raw", _history_of(table), (*columns, *VALIDITY), is_history=True)
    for table in OPS_TABLES:
        yield Declared("ops", table, table.columns)


def _history_of(table: Table) -> Table:
    description = f"Every version of the rows of raw.{table.name}, with when it was so."
    return replace(table, name=f"{table.name}_history", description=description)


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
        if not {c.name for c in declared.columns} <= set(found):
            statements += _table_statements(dialect, declared, found)
    return statements


def _table_statements(dialect: Dialect, declared: Declared, found: Sequence[str]) -> list[str]:
    name = declared.name
    typed = {c.name: f"{quoted(c.name)} {dialect.types[c.type]}" for c in declared.columns}
    if found:
        made = [f"alter table {name} add column {t}" for n, t in typed.items() if n not in found]
    else:
        parts = list(typed.values())
        if dialect.has_keys and not declared.is_history:
            # Deferred, so that a landing that holds a key twice is refused in publish's own words.
            parts.append(
                f"primary key ({quoted_list(declared.table.key)}) deferrable initially deferred"
            )
        made = [f"create table {name} ({', '.join(parts)})"]
    if dialect.has_keys:
        made += _index_statements(declared)
    comments = [
        f"comment on column {name}.{quoted(c.name)} is {literal(c.description)}"
        for c in declared.columns
    ]
    return [*made, f"comment on table {name} is {literal(declared.table.description)}", *comments]


def _index_statements(declared: Declared) -> list[str]:
    """Return one index per column that points at another row, and the keys of a history.

    A history may hold one key many times, but only once among the versions that are so now.
    """
    table, name = declared.table, declared.name
    key = quoted_list(table.key)
    made = []
    if declared.is_history:
        unique = quoted(f"{table.name}_now")
        made.append(
            f"create unique index if not exists {unique} on {name} ({key}) where valid_to is null"
        )
        made.append(f"create index if not exists {quoted(f'{table.name}_key')} on {name} ({key})")
        return made
    for column in declared.columns:
        if _points_elsewhere(column) and column.name != table.key[0]:
            index = quoted(f"{table.name}_{column.name}")
            made.append(f"create index if not exists {index} on {name} ({quoted(column.name)})")
    return made


def _points_elsewhere(column: Column) -> bool:
    return column.name.endswith(("_id", "_uid"))
