"""From an account's own warehouse into that of all accounts: the tables that changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.ops import ACCOUNT, COPIED_OPS_TABLES
from pipelines.parts import Part, raw_relations, read_parts, relations_of, rows_query
from pipelines.sql_text import quoted
from pipelines.warehouse.tables import name_beside_account

if TYPE_CHECKING:
    from pipelines.parts import Relation
    from pipelines.warehouse import Warehouse

_COPIED = {table.name for table in COPIED_OPS_TABLES}


def combine(target: Warehouse, account: str, source: Warehouse) -> list[str]:
    """Make an account's rows what its own warehouse holds, in one transaction.

    Readers see all of an account's run, or the one before. Doing it again changes nothing.

    Args:
        target: The warehouse of all accounts.
        account: The account's name.
        source: Its own warehouse, open for reading only.

    Returns:
        The tables that were copied, `schema.name`.

    Raises:
        WarehouseError: One of the two cannot be read or written; nothing was changed.
    """
    relations = raw_relations(source)
    relations += [r for r in relations_of(source, "ops") if r.table in _COPIED]
    copied = []
    with target.transaction():
        known = {
            row["table_name"]: Part(row["row_count"], row["digest"])
            for row in target.rows(
                "select table_name, row_count, digest from ops.account_tables "
                "where account = $account",
                {"account": account},
            )
        }
        for relation in relations:
            found = read_parts(source, relation).get(None, Part(0, ""))
            if found != known.get(relation.name, Part(0, "")):
                _copy(target, account, source, relation)
                _remember(target, account, relation.name, found)
                copied.append(relation.name)
    return copied


def _copy(target: Warehouse, account: str, source: Warehouse, relation: Relation) -> None:
    name = quoted(relation.schema, relation.table)
    target.execute(f"delete from {name} where account = $account", {"account": account})
    query = rows_query(relation, [None], given={ACCOUNT.name: account}, renamed=name_beside_account)
    columns = [ACCOUNT.name, *(name_beside_account(column) for column in relation.columns)]
    with source.arrow(query) as rows:
        target.append(name, columns, rows)


def _remember(target: Warehouse, account: str, table: str, found: Part) -> None:
    of_table = {"account": account, "table": table}
    target.execute(
        "delete from ops.account_tables where account = $account and table_name = $table", of_table
    )
    target.execute(
        "insert into ops.account_tables (account, table_name, row_count, digest) "
        "values ($account, $table, $rows, $digest)",
        {**of_table, "rows": found.rows, "digest": found.digest},
    )
