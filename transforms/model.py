"""One model: a header, one SELECT, the tables it names and the columns it returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.optimizer.scope import traverse_scope

from transforms.checks import DIALECT, Check, parse_checks
from transforms.engine import SHADOW, Kind
from transforms.errors import Problem, did_you_mean
from transforms.functions import call_fault, engine_calls
from transforms.header import Header, parse_header

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from transforms.metrics.model import Metric

AS_OF = "as_of"
STAR = "*"
DESCRIBED_LAYERS = frozenset({"marts"})

_UNREPEATABLE = (
    exp.CurrentDate,
    exp.CurrentDatetime,
    exp.CurrentTime,
    exp.CurrentTimestamp,
    exp.Localtime,
    exp.Localtimestamp,
)
_UNREPEATABLE_NAMES = frozenset({"now", "today", "get_current_timestamp", "transaction_timestamp"})


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """A column of a model's final SELECT; its trailing comment is its description."""

    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Model:
    """A model that can be read on its own; whether its inputs exist is the project's business.

    Attributes:
        name: `schema.name`; the file is `schema/…/name.sql`.
        path: The file, relative to the project.
        text: The file's text.
        header: What its comments declare.
        query: The SELECT, in DuckDB's dialect.
        columns: What it returns, in order.
        reads: Tables that the query names.
        checks: What it promises, its grain first.
        metrics: Column → the metrics that it holds; from the project's metrics file.
    """

    name: str
    path: str
    text: str
    header: Header
    query: exp.Query
    columns: tuple[OutputColumn, ...]
    reads: frozenset[str]
    checks: tuple[Check, ...]
    metrics: Mapping[str, tuple[Metric, ...]] = field(default_factory=dict)

    @property
    def comments(self) -> dict[str, str]:
        """Column → what the warehouse says beside it: its description, then its metric's."""
        told = {column.name: column.description for column in self.columns}
        measured = {
            column: "\n".join((told[column], *(metric.comment for metric in metrics)))
            for column, metrics in self.metrics.items()
        }
        return told | measured

    @property
    def needs(self) -> frozenset[str]:
        """Tables that must be there before this model is built and checked."""
        checked = {name for check in self.checks for name in tables_of(check.query)}
        return self.reads | (checked - {self.name})

    @property
    def names_as_of(self) -> bool:
        """True where the rows depend on the build's moment."""
        return self.query.find(exp.Placeholder) is not None

    @property
    def has_known_columns(self) -> bool:
        """False where a star or a nameless column hides what the model returns."""
        return not {STAR, ""} & set(self.column_names)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the returned columns, in order."""
        return tuple(column.name for column in self.columns)


def parse_model(text: str, path: str) -> tuple[Model | None, list[Problem]]:
    """Read one file.

    Args:
        text: The file's text.
        path: Its path relative to the project; the first folder is the schema.

    Returns:
        The model, None where it is too broken to use, and every problem found.
    """
    name = model_name(path)
    header, problems = parse_header(text, path)
    query, query_problems = _parse_query(text, path)
    problems += query_problems
    if header is None or query is None:
        return None, problems
    columns, column_problems = _output_columns(query, name, path, text)
    names = {column.name for column in columns}
    grain_problems = [] if STAR in names else list(_grain_problems(header, names, path))
    checks: tuple[Check, ...] = ()
    if set(header.grain) <= names:  # every check shows failing rows by their grain
        checks, check_problems = parse_checks(header, name, path)
        problems += check_problems
    model = Model(
        name=name,
        path=path,
        text=text,
        header=header,
        query=query,
        columns=columns,
        reads=frozenset(tables_of(query)),
        checks=checks,
    )
    problems += [*name_problems(model), *column_problems, *grain_problems]
    problems += [*_header_problems(model), *_incremental_problems(model)]
    problems += [*_query_problems(model)]
    return model, problems


def model_name(path: str) -> str:
    """Return `schema.name` of the model in the file `schema/…/name.sql` or `.csv`."""
    folders = path.split("/")
    return f"{folders[0]}.{folders[-1].rpartition('.')[0]}"


def tables_of(query: exp.Query) -> set[str]:
    """Return the tables a query names, as `schema.name`; CTEs are none."""
    return {f"{table.db}.{table.name}" for table in query.find_all(exp.Table) if table.db}


def position(text: str, node: exp.Expr) -> tuple[int, int]:
    """Return line and column, from 1, where the first name inside `node` starts in `text`."""
    starts = [
        int(inner.meta["start"]) for inner in node.find_all(exp.Identifier) if "start" in inner.meta
    ]
    start = min(starts, default=0)
    return text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)


def _parse_query(text: str, path: str) -> tuple[exp.Query | None, list[Problem]]:
    try:
        parsed = sqlglot.parse(text, dialect=DIALECT)
    except ParseError as error:
        first = error.errors[0]
        near = str(first.get("highlight", "")).strip()
        message = f"SQL syntax error near '{near}'. Mend the SELECT there."
        return None, [Problem(path, int(first["line"]), int(first["col"]), message)]
    except SqlglotError:
        message = "the SQL cannot be split into words. Close every quote and bracket."
        return None, [Problem(path, 1, 0, message)]
    statements = [statement for statement in parsed if statement is not None]
    if len(statements) != 1:
        message = f"the file holds {len(statements)} statements. A model is exactly one SELECT."
        return None, [Problem(path, 1, 0, message)]
    if not isinstance(statements[0], exp.Query):
        kind = statements[0].key.upper()
        message = (
            f"the statement is {kind}, not SELECT. Write the SELECT alone; the build stores it."
        )
        return None, [Problem(path, 1, 0, message)]
    return statements[0], []


def _output_columns(
    query: exp.Query, name: str, path: str, text: str
) -> tuple[tuple[OutputColumn, ...], list[Problem]]:
    columns: list[OutputColumn] = []
    problems: list[Problem] = []
    described = name.partition(".")[0] in DESCRIBED_LAYERS
    for number, selected in enumerate(query.selects, start=1):
        line, column = position(text, selected)
        output, message = _output_name(selected), ""
        description = _description(selected)
        if output == STAR:
            message = "the final SELECT has '*'. List its columns, one per line."
        elif not output:
            message = f"output column {number} has no name. Add 'as name'."
        elif output in {known.name for known in columns}:
            message = f"output column '{output}' stands twice. Rename one."
        elif described and not description:
            message = f"column '{output}' has no description. End its line with '-- unit; meaning'."
        if message:
            problems.append(Problem(path, line, column, message))
        columns.append(OutputColumn(output, description))
    return tuple(columns), problems


def _output_name(selected: exp.Expr) -> str:
    """The name written down; what engines make up for expressions differs from one to the next."""
    if selected.is_star:
        return STAR
    return selected.alias_or_name if isinstance(selected, exp.Alias | exp.Column) else ""


def _description(selected: exp.Expr) -> str:
    """The trailing comment of an output column, wherever the parser hung it."""
    comments = selected.comments or [
        comment for node in selected.walk() for comment in node.comments or []
    ]
    return comments[-1].strip() if comments else ""


def name_problems(model: Model) -> Iterator[Problem]:
    """Yield what is wrong with the name that a header gives."""
    declared = model.header.model
    if declared.value != model.name:
        message = (
            f"the header says model '{declared.value}', the file's place says '{model.name}'. "
            f"Write '-- model: {model.name}' or move the file."
        )
        yield Problem(model.path, declared.line, 0, message)
    if model.name.endswith(SHADOW):
        message = f"'{model.name}' ends as shadows do ({SHADOW}). Give the model another name."
        yield Problem(model.path, declared.line, 0, message)


def _grain_problems(header: Header, names: set[str], path: str) -> Iterator[Problem]:
    for column in header.grain:
        if column not in names:
            message = (
                f"grain: no output column '{column}'.{did_you_mean(column, names)} {_FIX_NAME}"
            )
            yield Problem(path, header.grain_line, 0, message)


# What the header says about columns and tables must be so.
def _header_problems(model: Model) -> Iterator[Problem]:
    header, names = model.header, set(model.column_names)
    for metric in header.metrics.values():
        if metric.key not in names:
            hint = did_you_mean(metric.key, names)
            message = f"metric: no output column '{metric.key}'.{hint} {_FIX_NAME}"
            yield Problem(model.path, metric.line, 0, message)
    if header.sources is not None and set(header.sources) != model.reads:
        differing = ", ".join(sorted(set(header.sources) ^ model.reads))
        message = (
            f"sources: the header and the query differ in {differing}. "
            "List exactly the tables that the query names, or remove the line."
        )
        yield Problem(model.path, header.sources_line, 0, message)


_FIX_NAME = "Name a column of the final SELECT."


# What an incremental build relies on must be declared, and declared of tables that are read.
def _incremental_problems(model: Model) -> Iterator[Problem]:
    header, line = model.header, model.header.partition_line
    names = set(model.column_names)
    messages: list[str] = []
    if not header.materialized.is_incremental:
        used = [key for key in ("partition", "touched", "moments") if getattr(header, key)]
        messages += [f"{key}: only incremental models have one. Remove the line." for key in used]
    elif not header.partition:
        messages.append("an incremental model has no 'partition'. Add '-- partition: column, …'.")
    elif header.materialized is Kind.INCREMENTAL_BY_TIME and len(header.partition) > 1:
        messages.append("partition: by time it is one column of dates. Name one.")
    if outside := set(header.partition) - set(header.grain):
        messages.append(
            f"partition: '{min(outside)}' is not in the grain. Name columns of the grain: "
            f"{', '.join(header.grain)}."
        )
    own = [moment for moment in header.moments if moment.rpartition(".")[0] not in header.touched]
    for moment in (moment for moment in own if moment not in names):
        hint = did_you_mean(moment, names)
        messages.append(f"moments: no output column '{moment}'.{hint} {_FIX_NAME}")
    for table, columns in header.touched.items():
        if table not in model.reads:
            hint = did_you_mean(table, model.reads)
            messages.append(
                f"touched: the query does not read '{table}'.{hint} Name what it reads."
            )
        elif len(columns) != len(header.partition):
            messages.append(
                f"touched: {table} has {len(columns)} columns for {len(header.partition)} of the "
                "partition. Name one for each, in its order."
            )
    if header.history and not _is_plain_view(model):
        messages.append(
            "history: only a view that takes rows of one table as they are, without join, group, "
            "window or limit, can have one. Remove the line."
        )
    yield from (Problem(model.path, line, 0, message) for message in messages)


# Rows of such a view can be told from versions of its source's rows, one by one.
def _is_plain_view(model: Model) -> bool:
    query = model.query
    if model.header.materialized is not Kind.VIEW or len(model.reads) != 1:
        return False
    beside = ("joins", "group", "having", "qualify", "distinct", "limit", "offset")
    plain = isinstance(query, exp.Select) and not any(query.args.get(key) for key in beside)
    return plain and query.find(exp.Window, exp.Subquery, exp.CTE) is None


def _query_problems(model: Model) -> Iterator[Problem]:
    for placeholder in model.query.find_all(exp.Placeholder):
        if placeholder.name != AS_OF:
            message = f"':{placeholder.name}' is unknown. The only parameter is ':{AS_OF}'."
            yield Problem(model.path, 1, 0, message)
    for function in model.query.find_all(exp.Func):
        name = function.name.lower() if isinstance(function, exp.Anonymous) else ""
        if isinstance(function, _UNREPEATABLE) or name in _UNREPEATABLE_NAMES:
            line, column = position(model.text, function.parent or function)
            message = (
                f"'{function.sql(dialect=DIALECT)}' answers differently at every run. "
                f"Use ':{AS_OF}'."
            )
            yield Problem(model.path, line, column, message)
    for call, _ in engine_calls(model.query):
        if message := call_fault(call):
            yield Problem(model.path, *position(model.text, call.parent or call), message)
    yield from _table_problems(model)


def _table_problems(model: Model) -> Iterator[Problem]:
    for scope in traverse_scope(model.query):
        for source in scope.sources.values():
            if not isinstance(source, exp.Table) or not isinstance(source.this, exp.Identifier):
                continue
            line, column = position(model.text, source)
            if not source.db:
                message = (
                    f"table '{source.name}' has no schema and is no CTE. "
                    f"Write 'schema.{source.name}'."
                )
                yield Problem(model.path, line, column, message)
            elif source.catalog:
                message = (
                    f"table '{source.catalog}.{source.db}.{source.name}' names a database. "
                    f"Write '{source.db}.{source.name}'."
                )
                yield Problem(model.path, line, column, message)
