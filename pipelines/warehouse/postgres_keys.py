"""Keys and indexes of an empty Postgres table, built once it is filled instead of row by row."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from psycopg import errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg import Connection

_DEFINED: Final = """
select format('alter table %%s drop constraint %%I', c.conrelid::regclass, c.conname),
    format('alter table %%s add constraint %%I %%s', c.conrelid::regclass, c.conname,
           pg_get_constraintdef(c.oid))
from pg_constraint as c where c.contype = 'p' and c.conrelid = any(%(tables)s::regclass[])
union all
select format('drop index %%s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
from pg_index as i where not i.indisprimary and i.indrelid = any(%(tables)s::regclass[])
"""
_REFUSALS: Final = (errors.LockNotAvailable, errors.InsufficientPrivilege)


@contextmanager
def built_afterwards(connection: Connection[Any], tables: Sequence[str]) -> Iterator[None]:
    """Take keys and indexes off tables, and put them on again after they were filled inside.

    Until the transaction ends, others wait who read these tables. Who reads one already is not
    waited for; then the keys stay.

    Args:
        connection: In a transaction.
        tables: Their names in SQL; nothing was written into them in this transaction.
    """
    made: list[str] = []
    try:
        with connection.transaction():
            connection.execute(
                f"lock table {', '.join(tables)} in access exclusive mode nowait".encode()
            )
            for dropped, defined in connection.execute(_DEFINED, {"tables": list(tables)}):
                connection.execute(dropped.encode())
                made.append(defined)
    except _REFUSALS:
        made = []
    yield
    for statement in made:
        connection.execute(statement.encode())
