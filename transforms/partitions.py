"""The queries of an incremental build: which partitions changes touch, and their rows.

Of every model that a build changes and that others follow by partition, small tables stand beside
its shadow: `touched` (its partitions to replace), `gone` (their visible rows), `rows` (their new
ones) and `changed` (rows that came or went). Readers take what changed from there, so that the
work depends on the number of changes; of a large table only the key is read to find rows in it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlglot import exp

from transforms.engine import gone_of, rows_of, shadow_of, touched_of
from transforms.render import VISIBLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from transforms.model import Model


_SIDE = "__side"


def table(name: str) -> exp.Table:
    """`schema.name` as a query names it; its shadow is read where there is one."""
    schema, _, bare = name.partition(".")
    return exp.table_(bare, db=schema, quoted=True)


def visible(name: str) -> exp.Table:
    """`schema.name` as readers see it until the swap, shadow or not."""
    node = table(name)
    node.meta[VISIBLE] = True
    return node


def all_of(name: str) -> exp.Select:
    """Every row of a table."""
    return exp.select(exp.Star()).from_(table(name), copy=False)


def columns_of(source: exp.Expr, names: Sequence[str]) -> exp.Select:
    """Some columns of a table or subquery, in that order."""
    columns = (exp.column(name, quoted=True) for name in names)
    return exp.select(*columns, copy=False).from_(source, copy=False)


def difference(old: exp.Query, new: exp.Query, names: Sequence[str]) -> exp.Query:
    """Rows that two queries do not have equally often, each once.

    Rows are counted together, as engines number the rows of each side first for 'except all'.

    Args:
        old: A query.
        new: A query with the same columns.
        names: Those columns.
    """
    sides = (
        exp.select(
            exp.Star(), exp.alias_(exp.Literal.number(sign), _SIDE, quoted=True), copy=False
        ).from_(rows.subquery("one_side", copy=False), copy=False)
        for rows, sign in ((old, -1), (new, 1))
    )
    both = exp.union(*sides, distinct=False, copy=False).subquery("both_sides", copy=False)
    balance = exp.Sum(this=exp.column(_SIDE, quoted=True))
    return (
        columns_of(both, names)
        .group_by(*(exp.column(name, quoted=True) for name in names), copy=False)
        .having(balance.neq(exp.Literal.number(0)), copy=False)
    )


def whole_difference(model: Model) -> exp.Query:
    """Rows that differ between a table that was built whole and its shadow."""
    names = model.column_names
    shadow = table(shadow_of(model.name))
    return difference(columns_of(visible(model.name), names), columns_of(shadow, names), names)


def partition_difference(model: Model) -> exp.Query:
    """Rows that differ between the old and the new rows of the touched partitions."""
    names = model.column_names
    gone, rows = (columns_of(table(of(model.name)), names) for of in (gone_of, rows_of))
    return difference(gone, rows, names)


def touched_by(changes: exp.Query, columns: Sequence[str], partition: Sequence[str]) -> exp.Query:
    """Partitions that changed rows of an input belong to.

    Args:
        changes: The rows.
        columns: The input's columns that hold the partition.
        partition: The model's columns, in the same order.
    """
    selected = [
        exp.alias_(exp.column(column, table="changed", quoted=True), name, quoted=True)
        for column, name in zip(columns, partition, strict=True)
    ]
    known = [
        exp.column(column, table="changed", quoted=True).is_(exp.null()).not_()
        for column in columns
    ]
    rows = changes.subquery("changed", copy=False)
    return (
        exp
        .select(*selected, copy=False)
        .distinct(copy=False)
        .from_(rows, copy=False)
        .where(*known, copy=False)
    )


def touched_by_time(model: Model, before: str, now: str) -> list[exp.Query]:
    """Partitions of rows whose moment lies between two builds, both included.

    Both, as that is right for any comparison with the moment. Of an input they are read as they are
    now: where they were different, the input's changes tell.
    """
    low, high = (
        exp.cast(exp.Literal.string(text), exp.DataType.Type.TIMESTAMPTZ)
        for text in sorted((before, now), key=datetime.fromisoformat)
    )
    queries: list[exp.Query] = []
    for moment in model.header.moments:
        name, _, column = moment.rpartition(".")
        rows = exp.select(exp.Star()).from_(table(name) if name else visible(model.name))
        passed = rows.where(exp.column(column, quoted=True).between(low, high), copy=False)
        columns = model.header.touched[name] if name else model.header.partition
        queries.append(touched_by(passed, columns, model.header.partition))
    return queries


def gone_rows(model: Model) -> exp.Query:
    """Visible rows of the touched partitions."""
    partition = model.header.partition
    rows = columns_of(visible(model.name), model.column_names)
    return within(rows, all_of(touched_of(model.name)), partition, partition)


def new_rows(model: Model, in_parts: Mapping[str, Model]) -> exp.Query:
    """The model's query over those input rows only that belong to touched partitions.

    Args:
        model: An incremental model.
        in_parts: Models that this build replaces by partition, by name.
    """
    query, partition = model.query.copy(), model.header.partition
    touched = all_of(touched_of(model.name))
    for node in list(query.find_all(exp.Table)):
        name = f"{node.db}.{node.name}"
        columns = model.header.touched.get(name)
        if not columns:
            continue
        if name in in_parts:
            # old rows and new ones each for themselves: engines would else compare the whole
            # table with its touched partitions first
            visible_rows = exp.select(exp.Star()).from_(visible(name), copy=False)
            old: exp.Query = within(visible_rows, touched, columns, partition)
            new = within(all_of(rows_of(name)), touched, columns, partition)
            old = _untouched(in_parts[name], old)
            kept: exp.Query = exp.union(old, new, distinct=False, copy=False)
        else:
            kept = within(all_of(name), touched, columns, partition)
        node.replace(kept.subquery(node.alias_or_name, copy=False))
    return within(query, touched, partition, partition)


def shadow_rows(model: Model) -> exp.Query:
    """All rows of a model whose partitions are replaced: the untouched ones and the new."""
    old = _untouched(model, columns_of(visible(model.name), model.column_names))
    new = columns_of(table(rows_of(model.name)), model.column_names)
    return exp.union(old, new, distinct=False, copy=False)


def _untouched(model: Model, rows: exp.Query) -> exp.Query:
    partition = model.header.partition
    return _joined("ANTI", rows, all_of(touched_of(model.name)), partition, partition)


def within(
    query: exp.Query, keys: exp.Query, columns: Sequence[str], key_columns: Sequence[str]
) -> exp.Select:
    """Rows of a query, which becomes part of the result, that share values with a row of `keys`."""
    return _joined("SEMI", query, keys, columns, key_columns)


# A semi join by name, where an engine has one: DuckDB makes the distinct keys of the whole table
# first when 'exists' stands inside a view. Postgres is given 'exists'.
def _joined(
    kind: str,
    query: exp.Query,
    keys: exp.Query,
    columns: Sequence[str],
    key_columns: Sequence[str],
) -> exp.Select:
    same = exp.and_(
        *(
            exp.column(key, table="wanted", quoted=True).eq(
                exp.column(column, table="candidate", quoted=True)
            )
            for key, column in zip(key_columns, columns, strict=True)
        )
    )
    return (
        exp
        .select(exp.Star())
        .from_(query.subquery("candidate", copy=False), copy=False)
        .join(keys.copy().subquery("wanted", copy=False), on=same, join_type=kind, copy=False)
    )
