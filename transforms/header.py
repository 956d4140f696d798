"""The comment block on top of a model's file: what it is and what it promises.

    -- model: marts.orders_daily
    -- description: Orders per day.
    -- grain: order_date
    -- materialized: table
    -- checks: not_null(order_count); expression(order_count > 0)

A line indented by two or more spaces after the dashes continues the line above it. `checks`,
`warnings`, `metric`, `time` and `decision` may stand several times.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from transforms.engine import Kind
from transforms.errors import Problem, did_you_mean

REQUIRED = ("model", "description", "grain", "materialized")
REPEATABLE = ("checks", "warnings", "metric", "time", "decision")
KNOWN = (*REQUIRED, "sources", *REPEATABLE)

_ENTRY = re.compile(r"^--\s?(?P<key>[A-Za-z_]+):\s*(?P<value>.*)$")
_CONTINUATION = re.compile(r"^--\s{2,}(?P<value>\S.*)$")
_METRIC = re.compile(r"^(?P<name>\w+)\s*=\s*(?P<definition>.+)$")


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


def parse_header(text: str, path: str) -> tuple[Header | None, list[Problem]]:
    """Read the comment block on top of `text`.

    Args:
        text: The whole file.
        path: The file's path, for messages.

    Returns:
        The header, None where it is too broken to use, and every problem found.
    """
    entries, problems = _read_entries(text, path)
    if not entries and not problems:
        message = (
            "the file has no header. Begin it with '-- model: schema.name', then "
            "'-- description:', '-- grain:' and '-- materialized:'."
        )
        return None, [Problem(path, 1, 0, message)]
    problems += _key_problems(entries, path)
    found = {entry.key: entry for entry in reversed(entries)}
    if any(not found.get(key) or not found[key].value for key in REQUIRED):
        return None, problems
    kind = found["materialized"]
    if kind.value not in set(Kind):
        known = " or ".join(Kind)
        problems.append(
            Problem(path, kind.line, 0, f"materialized: '{kind.value}' is unknown. Use {known}.")
        )
        return None, problems
    metrics, metric_problems = _metrics(entries, path)
    return _header(entries, found, metrics), problems + metric_problems


def _header(entries: list[Entry], found: dict[str, Entry], metrics: dict[str, Entry]) -> Header:
    def all_of(key: str) -> tuple[Entry, ...]:
        return tuple(entry for entry in entries if entry.key == key)

    sources = found.get("sources")
    return Header(
        model=found["model"],
        description=found["description"].value,
        grain=_names(found["grain"].value),
        materialized=Kind(found["materialized"].value),
        grain_line=found["grain"].line,
        sources=_names(sources.value) if sources else None,
        sources_line=sources.line if sources else 1,
        metrics=metrics,
        times=tuple(entry.value for entry in all_of("time")),
        decisions=all_of("decision"),
        checks=all_of("checks"),
        warnings=all_of("warnings"),
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


def _key_problems(entries: list[Entry], path: str) -> list[Problem]:
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for entry in entries:
        if entry.key not in KNOWN:
            message = (
                f"unknown header key '{entry.key}'.{did_you_mean(entry.key, KNOWN)} "
                f"Known keys: {', '.join(KNOWN)}."
            )
            problems.append(Problem(path, entry.line, 0, message))
        elif entry.key in seen and entry.key not in REPEATABLE:
            message = f"'{entry.key}' stands twice, first on line {seen[entry.key]}. Keep one."
            problems.append(Problem(path, entry.line, 0, message))
        elif not entry.value:
            message = f"'{entry.key}' is empty. Give it a value or remove the line."
            problems.append(Problem(path, entry.line, 0, message))
        seen.setdefault(entry.key, entry.line)
    problems += [
        Problem(path, 1, 0, f"the header has no '{key}'. Add a line '-- {key}: …'.")
        for key in REQUIRED
        if key not in seen
    ]
    return problems


def _metrics(entries: list[Entry], path: str) -> tuple[dict[str, Entry], list[Problem]]:
    metrics: dict[str, Entry] = {}
    problems: list[Problem] = []
    for entry in entries:
        if entry.key != "metric":
            continue
        match = _METRIC.match(entry.value)
        if match is None:
            message = f"metric '{entry.value}' has no name. Write 'column = definition; unit'."
            problems.append(Problem(path, entry.line, 0, message))
        else:
            metrics[match["name"]] = Entry(match["name"], match["definition"], entry.line)
    return metrics, problems
