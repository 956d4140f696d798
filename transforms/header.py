"""The comment block on top of a model's file: what it is and what it promises.

    -- model: marts.orders_daily
    -- description: Orders per day.
    -- grain: order_date
    -- materialized: table
    -- checks: not_null(order_count); expression(order_count > 0)

A line indented by two or more spaces after the dashes continues the line above it. `checks`,
`warnings`, `metric`, `time`, `decision`, `touched` and `column` may stand several times.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from transforms.engine import Kind
from transforms.errors import Problem, did_you_mean

REQUIRED = ("model", "description", "grain", "materialized")
REPEATABLE = ("checks", "warnings", "metric", "time", "decision", "touched")
KNOWN = (*REQUIRED, "sources", "partition", "moments", "history", "tags", *REPEATABLE)
SEED_REQUIRED = ("model", "description", "grain", "column")
SEED_REPEATABLE = ("checks", "warnings", "decision", "column")
SEED_KNOWN = ("model", "description", "grain", "tags", *SEED_REPEATABLE)

_ENTRY = re.compile(r"^--\s?(?P<key>[A-Za-z_]+):\s*(?P<value>.*)$")
_CONTINUATION = re.compile(r"^--\s{2,}(?P<value>\S.*)$")
_TOUCHED = re.compile(r"^(?P<table>\w+\.\w+)\s*\((?P<columns>[\w\s,]+)\)$")
_NAMED = re.compile(r"^(?P<name>\w+)\s*=\s*(?P<definition>.+)$")
_NAMED_EXAMPLES = {"metric": "'column = definition; unit'", "column": "'name = type; meaning'"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key: value` of a header and the line it starts on."""

    key: str
    value: str
    line: int


@dataclass(frozen=True, slots=True)
class Header:
    """What a model's comment block declares.

    Attributes:
        model: `schema.name`.
        description: What a row is, for people; becomes the table's comment.
        grain: Columns that together name a row; checked to be unique and never NULL.
        materialized: Table or view.
        sources: Tables that the query must read, no more and no fewer; None leaves it open.
        metrics: Column → its definition, unit and caveats.
        times: What the times and dates of the model mean.
        decisions: `FILE.md#heading` that explains contested choices.
        checks: Check items that block the build, with their lines.
        warnings: Check items that only warn.
        tags: Words by which builds select models.
        partition: Columns whose values name the rows that an incremental build replaces together.
        touched: Table → its columns that hold, in order, the partition that a row of it belongs
            to; a change in any other table rebuilds the model.
        moments: Columns that `:as_of` is compared with, of the model or, as `schema.table.column`,
            of a table in `touched`; rows whose moment has come are recomputed.
        history: Table of all versions of the one source of a view, and the columns that say when
            a version began and ended.
        columns: Of a seed, column → its type and meaning.
    """

    model: Entry
    description: str
    grain: tuple[str, ...]
    materialized: Kind
    grain_line: int
    sources: tuple[str, ...] | None = None
    sources_line: int = 1
    metrics: dict[str, Entry] = field(default_factory=dict)
    times: tuple[str, ...] = ()
    decisions: tuple[Entry, ...] = ()
    checks: tuple[Entry, ...] = ()
    warnings: tuple[Entry, ...] = ()
    tags: tuple[str, ...] = ()
    partition: tuple[str, ...] = ()
    partition_line: int = 1
    touched: dict[str, tuple[str, ...]] = field(default_factory=dict)
    moments: tuple[str, ...] = ()
    history: tuple[str, tuple[str, str]] | None = None
    columns: dict[str, Entry] = field(default_factory=dict)


def parse_header(
    text: str, path: str, *, is_seed: bool = False
) -> tuple[Header | None, list[Problem]]:
    """Read the comment block on top of `text`.

    Args:
        text: The whole file.
        path: The file's path, for messages.
        is_seed: True for CSV, which declares its columns and is always a table.

    Returns:
        The header, None where it is too broken to use, and every problem found.
    """
    entries, problems = _read_entries(text, path)
    if not entries and not problems:
        last = "column" if is_seed else "materialized"
        message = (
            "the file has no header. Begin it with '-- model: schema.name', then "
            f"'-- description:', '-- grain:' and '-- {last}:'."
        )
        return None, [Problem(path, 1, 0, message)]
    problems += _key_problems(entries, path, is_seed=is_seed)
    found = {entry.key: entry for entry in reversed(entries)}
    required = SEED_REQUIRED if is_seed else REQUIRED
    if any(not found.get(key) or not found[key].value for key in required):
        return None, problems
    if is_seed:
        found["materialized"] = Entry("materialized", Kind.TABLE, 1)
    kind = found["materialized"]
    if kind.value not in set(Kind):
        known = f"{', '.join(list(Kind)[:-1])} or {list(Kind)[-1]}"
        problems.append(
            Problem(path, kind.line, 0, f"materialized: '{kind.value}' is unknown. Use {known}.")
        )
        return None, problems
    header, structured = _structured(_header(entries, found), entries, path)
    return header, problems + structured


# The keys whose values have a form of their own.
def _structured(header: Header, entries: list[Entry], path: str) -> tuple[Header, list[Problem]]:
    metrics, problems = _named("metric", entries, path)
    columns, column_problems = _named("column", entries, path)
    touched, touched_problems = _touched(entries, path)
    entry = next((entry for entry in entries if entry.key == "history"), None)
    history, history_problems = _history(entry, path)
    problems += [*column_problems, *touched_problems, *history_problems]
    complete = replace(header, metrics=metrics, columns=columns, touched=touched, history=history)
    return complete, problems


def _header(entries: list[Entry], found: dict[str, Entry]) -> Header:
    def all_of(key: str) -> tuple[Entry, ...]:
        return tuple(entry for entry in entries if entry.key == key)

    def names_of(key: str) -> tuple[str, ...]:
        return _names(found[key].value) if key in found else ()

    sources = found.get("sources")
    return Header(
        model=found["model"],
        description=found["description"].value,
        grain=_names(found["grain"].value),
        materialized=Kind(found["materialized"].value),
        grain_line=found["grain"].line,
        sources=_names(sources.value) if sources else None,
        sources_line=sources.line if sources else 1,
        times=tuple(entry.value for entry in all_of("time")),
        decisions=all_of("decision"),
        checks=all_of("checks"),
        warnings=all_of("warnings"),
        tags=names_of("tags"),
        partition=names_of("partition"),
        partition_line=found.get("partition", found["grain"]).line,
        moments=names_of("moments"),
    )


def _names(value: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(",") if name.strip())


def _read_entries(text: str, path: str) -> tuple[list[Entry], list[Problem]]:
    """Split the leading comment lines into entries; the first line of SQL ends them."""
    entries: list[Entry] = []
    problems: list[Problem] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.rstrip()
        if not line.startswith("--"):
            if line.strip() or entries:
                break
        elif (more := _CONTINUATION.match(line)) and entries:
            last = entries[-1]
            entries[-1] = Entry(last.key, f"{last.value} {more['value']}", last.line)
        elif entry := _ENTRY.match(line):
            entries.append(Entry(entry["key"], entry["value"].strip(), number))
        else:
            message = (
                f"'{line}' is no header line. Write '-- key: value', or indent it by two spaces "
                "to continue the line above."
            )
            problems.append(Problem(path, number, 0, message))
    return entries, problems


def _key_problems(entries: list[Entry], path: str, *, is_seed: bool) -> list[Problem]:
    known = SEED_KNOWN if is_seed else KNOWN
    repeatable = SEED_REPEATABLE if is_seed else REPEATABLE
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for entry in entries:
        if entry.key not in known:
            message = (
                f"unknown header key '{entry.key}'.{did_you_mean(entry.key, known)} "
                f"Known keys: {', '.join(known)}."
            )
            problems.append(Problem(path, entry.line, 0, message))
        elif entry.key in seen and entry.key not in repeatable:
            message = f"'{entry.key}' stands twice, first on line {seen[entry.key]}. Keep one."
            problems.append(Problem(path, entry.line, 0, message))
        elif not entry.value:
            message = f"'{entry.key}' is empty. Give it a value or remove the line."
            problems.append(Problem(path, entry.line, 0, message))
        seen.setdefault(entry.key, entry.line)
    problems += [
        Problem(path, 1, 0, f"the header has no '{key}'. Add a line '-- {key}: …'.")
        for key in (SEED_REQUIRED if is_seed else REQUIRED)
        if key not in seen
    ]
    return problems


def _named(key: str, entries: list[Entry], path: str) -> tuple[dict[str, Entry], list[Problem]]:
    """Read entries that are written `name = definition`."""
    named: dict[str, Entry] = {}
    problems: list[Problem] = []
    for entry in (entry for entry in entries if entry.key == key):
        match = _NAMED.match(entry.value)
        if match is None:
            message = (
                f"{entry.key} '{entry.value}' has no name. Write {_NAMED_EXAMPLES[entry.key]}."
            )
            problems.append(Problem(path, entry.line, 0, message))
        else:
            named[match["name"]] = Entry(match["name"], match["definition"], entry.line)
    return named, problems


def _touched(entries: list[Entry], path: str) -> tuple[dict[str, tuple[str, ...]], list[Problem]]:
    touched: dict[str, tuple[str, ...]] = {}
    problems: list[Problem] = []
    for entry in entries:
        if entry.key != "touched":
            continue
        for item in entry.value.split(";"):
            if match := _TOUCHED.match(item.strip()):
                touched[match["table"]] = _names(match["columns"])
            else:
                message = (
                    f"touched: '{item.strip()}' is no table with columns. "
                    "Write schema.table(column, …); schema.table(…)."
                )
                problems.append(Problem(path, entry.line, 0, message))
    return touched, problems


def _history(
    entry: Entry | None, path: str
) -> tuple[tuple[str, tuple[str, str]] | None, list[Problem]]:
    if entry is None:
        return None, []
    match = _TOUCHED.match(entry.value)
    names = _names(match["columns"]) if match else ()
    if match is None or len(names) != 2:  # noqa: PLR2004 - begin and end
        message = f"history: '{entry.value}' is wrong. Write schema.table(valid_from, valid_to)."
        return None, [Problem(path, entry.line, 0, message)]
    return (match["table"], (names[0], names[1])), []
