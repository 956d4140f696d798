"""`cal-warehouse actions`: the coverage table, or everything about one operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cal_source.catalogue import operation
from pipelines.coverage import Coverage, Way, coverage_of, covered, evidence_counts
from pipelines.exit_codes import ExitCode

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence

    from cal_source.catalogue import Operation
    from cal_source.catalogue.parameters import Parameter
    from pipelines.cli.output import Output

COLUMNS = ("action", "kind", "risk", "evidence", "table or call", "endpoint")


def run_actions(arguments: argparse.Namespace, output: Output) -> int:
    """Show the coverage table, or explain one operation.

    Raises:
        UnknownOperationError: No row has the key; keys that look alike are named.
    """
    if arguments.key:
        entry = coverage_of(operation(arguments.key))
        for label, text in explained(entry):
            output.say(f"{label:<20} {text}")
        output.result(entry.as_json())
        return ExitCode.DONE
    rows = covered(with_further_reads=arguments.all)
    for line in aligned([COLUMNS, *(cells(entry) for entry in rows)]):
        output.say(line)
    counts = ", ".join(f"{count} {name}" for name, count in evidence_counts(rows).items())
    output.say(f"{len(rows)} in all. Evidence: {counts}. Explain one: cal-warehouse actions KEY")
    output.result([entry.as_json() for entry in rows])
    return ExitCode.DONE


def cells(entry: Coverage) -> tuple[str, ...]:
    """Return an operation's line of the coverage table."""
    row = entry.row
    return (
        row.key,
        str(row.kind),
        str(row.risk),
        str(row.evidence),
        entry.table_or_call,
        f"{row.method} {row.path}",
    )


def aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Yield one line per row, columns in line: whole keys to copy, whole lines to search."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(map(str.ljust, row, widths)).rstrip()


def explained(entry: Coverage) -> list[tuple[str, str]]:
    """Return everything the catalogue says about an operation, as labels and words."""
    row = entry.row
    lines = [
        ("key", row.key),
        ("what it does", row.summary),
        ("published as", row.action or "not among the 176 actions; read for completeness"),
        ("kind", str(row.kind)),
        ("request", f"{row.method} {row.path}"),
        ("cal-api-version", row.version or "none needed"),
        *(("parameter", _parameter(one)) for one in row.parameters),
        ("not in OpenAPI", row.missing_from_openapi),
        ("whose data", str(row.scope)),
        ("signed by", str(row.auth)),
        ("lowest role", row.role or "any"),
        ("table", _table(row)),
        ("found under", " and ".join(row.parents) or "account"),
        *_paging(row),
        *_effects(row),
        ("instead, with v2", row.v2_way),
        ("evidence", str(row.evidence)),
        ("to know", row.notes),
        ("rows come with", _words(entry.whole_reads) if entry.way is Way.CALL else ""),
        ("how to run it", entry.how_to_run),
    ]
    return [(label, text) for label, text in lines if text]


def _parameter(parameter: Parameter) -> str:
    bounds = [
        f"{word} {bound}"
        for word, bound in (("from", parameter.minimum), ("to", parameter.maximum))
        if bound is not None
    ]
    about = (
        str(parameter.kind),
        "several, joined by commas" if parameter.is_list else "",
        " ".join(bounds),
        f"one of {', '.join(parameter.choices)}" if parameter.choices else "",
        "needed" if parameter.required else "",
    )
    return f"{parameter.name}: {'; '.join(part for part in about if part)}"


def _table(row: Operation) -> str:
    if row.table is None:
        return "none; the answer is not stored"
    key = ", ".join(row.primary_key)
    complete = "; a complete list, so what is missing is gone" if row.authoritative else ""
    return f"{row.table}, one row per {key}{complete}"


def _paging(row: Operation) -> Iterator[tuple[str, str]]:
    size = f", at most {row.page_size} a request" if row.page_size else ""
    yield "paging", f"{row.paging}{size}"
    yield "paging trap", row.paging_trap
    yield "stable order by", _words(f"{name}={value}" for name, value in row.ordered_by)
    yield "only what changed by", _words(row.incremental)


def _effects(row: Operation) -> Iterator[tuple[str, str]]:
    yield "risk of a mistake", str(row.risk)
    yield "repeating it", "changes nothing more" if row.idempotent else "does it again"
    yield "can be taken back", "not completely" if row.irreversible else "yes, or nothing changes"
    yield "when already done", row.already_done
    yield "effect is seen by", row.read_back or ""
    yield "undone by", row.undo or ""


def _words(parts: Iterable[str]) -> str:
    return ", ".join(parts)
