"""Queries as dbt runs them: `ref` and `source` in place of tables, a variable in place of `:as_of`.

Engine functions come out in the target's own words, so the exported files need nothing of ours.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from transforms.functions import compile_calls

if TYPE_CHECKING:
    from collections.abc import Collection

_JINJA = re.compile(r"\{\{|\{%|\{#")
_AS_OF = "__dbt_as_of__"


def dbt_sql(query: exp.Query, *, dialect: str, models: Collection[str]) -> str:
    """Return a query as the text of a dbt model or test.

    Args:
        query: A model's or a check's query, in DuckDB's dialect.
        dialect: The target's dialect.
        models: Names of the project's models, `schema.name`; other tables are dbt sources.
    """
    placed = query.copy()
    references: dict[str, str] = {}
    for table in list(placed.find_all(exp.Table)):
        if table.db:
            mark = f"__dbt_{len(references)}__"
            references[mark] = reference(f"{table.db}.{table.name}", models)
            if not table.alias:  # columns may be written with the table's own name
                table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name)))
            table.set("this", exp.to_identifier(mark))
            table.set("db", None)
    for parameter in list(placed.find_all(exp.Placeholder)):
        moment = exp.Literal.string(_AS_OF)
        parameter.replace(exp.cast(moment, exp.DataType.Type.TIMESTAMPTZ))
    compiled = compile_calls(placed, dialect)
    text = escape_jinja(compiled.sql(dialect=dialect, identify=True, pretty=True))
    for mark, found in references.items():
        text = text.replace(f'"{mark}"', found)
    return text.replace(_AS_OF, "{{ as_of() }}")


def reference(table: str, models: Collection[str]) -> str:
    """Return how dbt names a table: `ref` for models and seeds, `source` for all others."""
    schema, _, name = table.partition(".")
    if table in models:
        return f"{{{{ ref('{name}') }}}}"
    return f"{{{{ source('{schema}', '{name}') }}}}"


def escape_jinja(text: str) -> str:
    """Return `text` so that dbt's templates give it back as it is."""
    return _JINJA.sub(lambda match: f"{{{{ '{match.group()}' }}}}", text)
