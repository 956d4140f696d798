"""Which rows a check has to look at: after an incremental build, those that can newly break it.

Rows that passed and did not change pass again, so a check of single rows looks at new rows only,
and one of keys at the rows that share a key with them. A reference can also break because its
target went: rows that name a changed row of the target are looked at too. A check that failed and
only warned looks at all rows at the next build, so that its warning stays until it is mended. What
another check of the model implies is not looked at twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from transforms.checks import Scope
from transforms.engine import Kind, rows_of
from transforms.partitions import columns_of, table, within
from transforms.promises import Promise, read_promise
from transforms.results import How

if TYPE_CHECKING:
    from transforms.checks import Check
    from transforms.engine import Engine
    from transforms.incremental import Ledger
    from transforms.model import Model

_CHILD = "child"


def rows_to_check(check: Check, model: Model, ledger: Ledger, engine: Engine) -> exp.Query | None:
    """Return a check's query over the rows that it has to look at; None: over none.

    Args:
        check: A check of the model.
        model: The model, after it was built.
        ledger: What became of the model and of those before it.
        engine: Where to ask how far a history came.
    """
    step, old = ledger.steps[model.name], ledger.before.get(model.name)
    if _is_implied(check, model):
        return None
    if check.scope is Scope.BUILDS:
        is_new = check.columns[0] not in ledger.catalog.get(model.name, {})
        return None if is_new or step.how is How.KEPT else check.query
    if step.how is How.WHOLE or check.scope is Scope.TABLES:
        return check.query
    if old is None or check.name in old.warned:
        return check.query
    if check.scope is Scope.REFERENCES:
        return _references(check, model, ledger, engine)
    if step.how is How.KEPT:
        return None
    return _keys(check, model) if check.scope is Scope.KEYS else _over_new_rows(check, model)


# Where some of its columns already have to be unique, so are all of them.
def _is_implied(check: Check, model: Model) -> bool:
    return check.scope is Scope.KEYS and any(
        other.scope is Scope.KEYS and other.blocking and set(other.columns) < set(check.columns)
        for other in model.checks
    )


def _over_new_rows(check: Check, model: Model) -> exp.Query:
    query = check.query.copy()
    for node in list(query.find_all(exp.Table)):
        if f"{node.db}.{node.name}" == model.name:
            node.replace(table(rows_of(model.name)).as_(node.alias_or_name))
    return query


# A key that repeats from now on is one of a new row's.
def _keys(check: Check, model: Model) -> exp.Query:
    is_view = model.header.materialized is Kind.VIEW
    partition = model.header.grain if is_view else model.header.partition
    if set(partition) <= set(check.columns) and not is_view:
        return _over_new_rows(check, model)
    query = check.query.copy()
    new = columns_of(table(rows_of(model.name)), check.columns)
    for node in list(query.find_all(exp.Table)):
        sharing = within(columns_of(node.copy(), check.columns), new, check.columns, check.columns)
        node.replace(sharing.subquery(node.alias_or_name))
    return query


def _references(check: Check, model: Model, ledger: Ledger, engine: Engine) -> exp.Query | None:
    promise = read_promise(check)
    lost = _changed_targets(promise, model, ledger, engine)
    if lost is None:
        return check.query
    parts = list(lost)
    if ledger.steps[model.name].how is How.PARTITIONS:
        parts.append(columns_of(table(rows_of(model.name)), promise.columns))
    if not parts:
        return None
    rows = parts[0] if len(parts) == 1 else exp.union(parts[0], parts[1], distinct=False)
    query = check.query.copy()
    for node in list(query.find_all(exp.Table)):
        if node.alias == _CHILD:
            node.replace(rows.subquery(_CHILD))
    return query


def _changed_targets(
    promise: Promise, model: Model, ledger: Ledger, engine: Engine
) -> list[exp.Query] | None:
    """Rows that name a row of the target that changed, in one query or none; None: not known."""
    target = promise.target
    if target is None:
        return None
    if target.table == model.name:
        if ledger.steps[model.name].how is How.KEPT:
            return []
        before = ledger.before[model.name].version
    else:
        before = ledger.before[model.name].parents.get(target.table, "")
    if not before:
        return None
    if before == ledger.current(target.table):
        return []
    changes = ledger.changes(engine, target.table, before)
    if changes is None:
        return None
    keys = columns_of(changes.subquery("changed"), (target.column,))
    rows = columns_of(table(model.name), promise.columns)
    return [within(rows, keys, promise.columns, (target.column,))]
