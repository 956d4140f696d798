"""Reads `metrics.yml` and says what is wrong with it, line by line.

    time_spine: marts.dim_dates.date_day
    metrics:
      - name: booking_no_show_rate
        label: No-show rate
        description: Two sentences. For people who read no SQL.
        model: marts.agg_no_show_rates
        column: booking_no_show_rate
        grain: host_id, event_type_id, start_date
        time: start_date
        numerator: sum(booking_no_show_count)
        denominator: sum(booking_count)
        unit: share of bookings, 0..1
        owner: operations
        caveats:
          - What to know before using it.

`denominator`, `time` and its `granularity` (day), and `time_spine` may be missing. Numerator and
denominator are one aggregate each over columns of the model. The grain is that of the model, unless
another mart holds the result:

        column: marts.agg_rates.rate
        rows: metric = 'no-show' and dimension = 'host'
        grain: host_id
        keys: dimension_value

Where that is one row for everything, there is neither grain nor keys.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import sqlglot
import yaml
from sqlglot import exp
from sqlglot.errors import SqlglotError

from transforms.checks import DIALECT
from transforms.errors import Problem, did_you_mean
from transforms.metrics.model import Measure, Metric, Metrics
from transforms.model import DESCRIBED_LAYERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from transforms.model import Model

METRICS_FILE: Final = "metrics.yml"

_OPTIONAL: Final = ("denominator", "time", "granularity", "grain", "rows", "keys")
_GRANULARITIES: Final = ("day", "week", "month", "quarter", "year")
_REQUIRED: Final = (
    "name",
    "label",
    "description",
    "model",
    "column",
    "numerator",
    "unit",
    "owner",
    "caveats",
)
_KEYS: Final = (*_REQUIRED, *_OPTIONAL)
_TOP_KEYS: Final = ("metrics", "time_spine")
_NAME: Final = re.compile(r"[a-z]([a-z0-9]|_(?!_))*[a-z0-9]")  # dbt takes no other
_LAYERS: Final = " or ".join(sorted(DESCRIBED_LAYERS))
_SENTENCES: Final = 2
_SENTENCE_END: Final = re.compile(r"[.!?](?=\s|$)")
_AGGREGATES: Final[dict[type[exp.Expr], str]] = {
    exp.Sum: "sum",
    exp.Count: "count",
    exp.Min: "min",
    exp.Max: "max",
    exp.Avg: "average",
}


@dataclass(frozen=True, slots=True)
class _Entry:
    """The value of one key, a list where the file has one, and its line."""

    values: tuple[str, ...]
    line: int

    @property
    def text(self) -> str:
        return " ".join(self.values)


def read_metrics(text: str, path: str) -> tuple[Metrics, list[Problem]]:
    """Read a metrics file.

    Args:
        text: The file's text.
        path: Its path, for messages.

    Returns:
        The metrics that can be read, and every problem that can be told without the models.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "context_mark", None) or getattr(error, "problem_mark", None)
        # of a character that YAML forbids there is none
        reason = getattr(error, "problem", None) or getattr(error, "reason", "it cannot be read")
        line = mark.line + 1 if mark else 1
        return Metrics(), [Problem(path, line, 0, f"no YAML: {reason}. Mend it there.")]
    if not isinstance(root, yaml.MappingNode):
        message = "the file has no 'metrics'. Begin it with 'metrics:' and a list below."
        return Metrics(), [Problem(path, 1, 0, message)]
    top, problems = _fields(root, _TOP_KEYS, path)
    line, listed = top.get("metrics", (1, root))
    items = listed.value if isinstance(listed, yaml.SequenceNode) else []
    if not items:
        problems.append(Problem(path, line, 0, "'metrics' is no list. Write '- name: …' below it."))
    found: dict[str, Metric] = {}
    for item in items:
        metric, item_problems = _metric(item, path)
        problems += item_problems
        if metric is not None and metric.name in found:
            first = found[metric.name].line
            message = f"metric '{metric.name}' stands twice, first on line {first}. Rename one."
            problems.append(Problem(path, metric.line, 0, message))
        elif metric is not None:
            found[metric.name] = metric
    spine = _entry(*top["time_spine"]) if "time_spine" in top else _Entry((), 1)
    return Metrics(found, spine.text, spine.line), problems


def metric_problems(metrics: Metrics, models: Mapping[str, Model], path: str) -> Iterator[Problem]:
    """Yield what a metrics file says of models that is not so.

    Args:
        metrics: The metrics.
        models: The project's models.
        path: The file, for messages.
    """
    if metrics.time_spine:
        table, _, column = metrics.time_spine.rpartition(".")
        for message in _column_faults("time_spine", table, (column,), models):
            yield Problem(path, metrics.time_spine_line, 0, message)
    taken: dict[tuple[str, str, str], str] = {}
    for metric in metrics.metrics.values():
        for key, message in _faults(metric, models):
            place = metric.lines.get(key, metric.line)
            yield Problem(path, place, 0, f"{metric.name}: {message}")
        other = taken.setdefault((metric.held_in, metric.column, metric.rows), metric.name)
        if other != metric.name:
            message = (
                f"{metric.name}: column '{metric.column}' holds metric '{other}' already. Keep one."
            )
            yield Problem(path, metric.lines["column"], 0, message)


def _faults(metric: Metric, models: Mapping[str, Model]) -> Iterator[tuple[str, str]]:
    computed: dict[str, tuple[str, ...]] = {"model": (), "grain": metric.grain}
    if metric.time:
        computed["time"] = (metric.time,)
    for key, measure in metric.measures.items():
        computed[key] = _columns(measure.call)
    held = {
        "column": (metric.column,),
        "keys": metric.keys,
        "rows": _columns(_condition(metric.rows)),
    }
    for table, named in ((metric.model, computed), (metric.held_in, held)):
        for key, columns in named.items():
            for message in _column_faults(key, table, columns, models):
                yield key, message
            if table not in models:
                break
    if len(metric.keys) != len(metric.grain):
        yield "keys", "keys and grain differ in number. Name a column for each of the grain."
    if metric.held_in != metric.model or metric.model not in models:
        return
    grain = models[metric.model].header.grain
    if set(metric.grain) != set(grain):
        message = f"'{', '.join(metric.grain)}' is not that of {metric.model}."
        yield "grain", f"grain {message} Write '{', '.join(grain)}'."


def _columns(expression: exp.Expr | None) -> tuple[str, ...]:
    return tuple(sorted({c.name for c in expression.find_all(exp.Column)})) if expression else ()


def _condition(text: str) -> exp.Expr | None:
    try:
        return sqlglot.parse_one(text, dialect=DIALECT) if text else None
    except SqlglotError:
        return None


def _column_faults(
    key: str, table: str, columns: Iterable[str], models: Mapping[str, Model]
) -> Iterator[str]:
    known = {name for name in models if name.partition(".")[0] in DESCRIBED_LAYERS}
    if table not in known:
        yield f"{key}: no model '{table}'.{did_you_mean(table, known)} Name a model of {_LAYERS}."
        return
    names = models[table].column_names
    for column in columns:
        if models[table].has_known_columns and column not in names:
            yield (
                f"{key}: {table} has no column '{column}'.{did_you_mean(column, names)} "
                "Name one of its columns."
            )


def _metric(node: yaml.Node, path: str) -> tuple[Metric | None, list[Problem]]:
    line = _line(node)
    if not isinstance(node, yaml.MappingNode):
        return None, [Problem(path, line, 0, "a metric is no list of keys. Write '- name: …'.")]
    nodes, problems = _fields(node, _KEYS, path)
    entries = {key: _entry(*value) for key, value in nodes.items()}
    name = entries["name"].text if "name" in entries else ""
    for key in _REQUIRED:
        if key not in entries or not entries[key].text:
            place = entries[key].line if key in entries else line
            message = f"metric '{name or '?'}' has no '{key}'. Add '{key}: …'."
            problems.append(Problem(path, place, 0, message))
    if problems:
        return None, problems
    for key, message in _text_faults(entries):
        problems.append(Problem(path, entries[key].line, 0, f"{name}: {message}"))
    measures: dict[str, Measure] = {}
    for key in ("numerator", "denominator"):
        if key in entries:
            measure = _measure(entries[key].text)
            if measure is None:
                message = (
                    f"{name}: {key} '{entries[key].text}' is no aggregate. Write one of sum(…), "
                    "count(*), count(…), count(distinct …), min(…), max(…), avg(…)."
                )
                problems.append(Problem(path, entries[key].line, 0, message))
            else:
                measures[key] = measure
    if problems:
        return None, problems
    return _made(entries, measures, line), []


def _made(entries: Mapping[str, _Entry], measures: Mapping[str, Measure], line: int) -> Metric:
    def text(key: str) -> str:
        return entries[key].text if key in entries else ""

    held_in, _, column = text("column").rpartition(".")
    grain = _listed(entries["grain"]) if "grain" in entries else ()
    return Metric(
        name=text("name"),
        label=text("label"),
        description=text("description"),
        model=text("model"),
        grain=grain,
        held_in=held_in or text("model"),
        column=column,
        rows=text("rows"),
        keys=_listed(entries["keys"]) if "keys" in entries else grain,
        time=text("time"),
        granularity=text("granularity") or _GRANULARITIES[0],
        numerator=measures["numerator"],
        denominator=measures.get("denominator"),
        unit=text("unit"),
        owner=text("owner"),
        caveats=entries["caveats"].values,
        line=line,
        lines={key: entry.line for key, entry in entries.items()},
    )


def _listed(entry: _Entry) -> tuple[str, ...]:
    names = (name.strip() for value in entry.values for name in value.split(","))
    return tuple(name for name in names if name)


def _text_faults(entries: Mapping[str, _Entry]) -> Iterator[tuple[str, str]]:
    name = entries["name"].text
    if not _NAME.fullmatch(name):
        yield (
            "name",
            "the name is no plain word. Use lower-case letters, digits and single underscores.",
        )
    description = entries["description"].text
    sentences = len(_SENTENCE_END.findall(description))
    if sentences != _SENTENCES or description[-1] not in ".!?":
        yield "description", f"the description has {sentences} sentences. Write two."
    if "rows" in entries and _condition(entries["rows"].text) is None:
        yield "rows", f"rows '{entries['rows'].text}' is no condition. Write one as after WHERE."
    if "granularity" in entries and entries["granularity"].text not in _GRANULARITIES:
        known = ", ".join(_GRANULARITIES)
        yield "granularity", f"'{entries['granularity'].text}' is unknown. Use one of {known}."
    for caveat in entries["caveats"].values:
        if not caveat.endswith("."):
            yield "caveats", f"caveat '{caveat}' is no sentence. End it with a full stop."


def _measure(text: str) -> Measure | None:
    try:
        call = sqlglot.parse_one(text, dialect=DIALECT)
    except SqlglotError:
        return None
    aggregate = _AGGREGATES.get(type(call))
    if aggregate is None or call.this is None or any(call.this.find_all(exp.AggFunc, exp.Query)):
        return None
    value = call.this
    if isinstance(value, exp.Star):
        value = exp.Literal.number(1)
    elif isinstance(value, exp.Distinct):
        if aggregate != "count" or len(value.expressions) != 1:
            return None
        aggregate, value = "count_distinct", value.expressions[0]
    return Measure(aggregate, call, value)


def _fields(
    node: yaml.MappingNode, known: tuple[str, ...], path: str
) -> tuple[dict[str, tuple[int, yaml.Node]], list[Problem]]:
    found: dict[str, tuple[int, yaml.Node]] = {}
    problems: list[Problem] = []
    for key, value in node.value:
        name = str(key.value)
        if name not in known:
            message = (
                f"unknown key '{name}'.{did_you_mean(name, known)} Known keys: {', '.join(known)}."
            )
            problems.append(Problem(path, _line(key), 0, message))
        elif name in found:
            problems.append(Problem(path, _line(key), 0, f"'{name}' stands twice. Keep one."))
        else:
            found[name] = (_line(key), value)
    return found, problems


def _entry(line: int, node: yaml.Node) -> _Entry:
    inner = node.value if isinstance(node, yaml.SequenceNode) else [node]
    texts = (" ".join(n.value.split()) for n in inner if isinstance(n, yaml.ScalarNode))
    return _Entry(tuple(text for text in texts if text), line)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
