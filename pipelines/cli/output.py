"""What a command shows: text and tables for people, one JSON object for machines."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cal_source.batches import Progress


class Output:
    """Writes results to standard output, progress and errors to standard error.

    Args:
        as_json: Print nothing but one JSON object on standard output.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json

    def say(self, text: str) -> None:
        """Show a line to people."""
        if not self.as_json:
            print(text, flush=True)

    def result(self, value: Any) -> None:
        """Print the command's result as JSON, where that was asked for."""
        if self.as_json:
            print(json.dumps(value, default=_plain, ensure_ascii=False))

    def error(self, message: str, code: int) -> None:
        """Show what ended the command."""
        if self.as_json:
            self.result({"error": message, "exit_code": int(code)})
        print(f"cal-warehouse: {message}", file=sys.stderr, flush=True)

    def warn(self, message: str) -> None:
        """Show something that did not end the command."""
        print(f"cal-warehouse: {message}", file=sys.stderr, flush=True)

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Show a table to people; numbers to the right."""
        if self.as_json:
            return
        from rich.console import Console  # noqa: PLC0415 - only where something is shown
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        shown = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
        for index, column in enumerate(columns):
            numeric = all(isinstance(row[index], int | float) or row[index] is None for row in rows)
            shown.add_column(column, justify="right" if rows and numeric else "left")
        for row in rows:
            # Text, because rich would take a name such as "[red]" or "[/]" for markup.
            shown.add_row(*(Text(_cell(value)) for value in row))
        Console(width=None if sys.stdout.isatty() else 110).print(shown)

    @contextmanager
    def progress(self) -> Iterator[Callable[[Progress], None]]:
        """Show a bar per resource with rows, rate and time left, where there is a terminal.

        Yields:
            A function to call with every `Progress`.
        """
        if self.as_json or not sys.stderr.isatty():
            yield lambda _: None
            return
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import (  # noqa: PLC0415
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TaskID,
            TextColumn,
            TimeRemainingColumn,
        )

        bars = Progress(
            TextColumn("{task.description:<14}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        tasks: dict[str, TaskID] = {}

        def show(progress: Any) -> None:
            if progress.resource not in tasks:
                tasks[progress.resource] = bars.add_task(progress.resource, total=None, rate="")
            task = tasks[progress.resource]
            speed = bars.tasks[task].speed
            rate = f"{speed:,.0f} rows/s" if speed else ""
            bars.update(task, completed=progress.rows, total=progress.total, rate=rate)

        with bars:
            yield show


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.3f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
