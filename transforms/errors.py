"""What can go wrong, one root.

TransformError
├── ProjectError      the project is wrong; every problem with file, line and mend
├── SelectionError    a selector names no model
├── NaiveTimeError    the as-of moment has no time zone
├── BuildError        an engine refused a model's query; old tables are untouched
├── EngineError       an engine refused a statement of ours
├── DbtExportError    the project cannot be written as a dbt project (in transforms.dbt)
└── CaseError         a given/expect case cannot be read
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from transforms.personal import mask_emails

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` for the known word nearest to `word`, else an empty string."""
    near = difflib.get_close_matches(word, sorted(known), n=1)
    return f" Did you mean '{near[0]}'?" if near else ""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong with a project, where, and how to mend it.

    Attributes:
        path: File, relative to the project's folder.
        line: Line in the file, from 1.
        column: Column in the line, from 1; 0 where only the line is known.
        message: What is wrong, with the value, and the mend.
    """

    path: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}"
        return (
            f"{place}:{self.column}: {self.message}" if self.column else f"{place}: {self.message}"
        )


class TransformError(Exception):
    """Root of everything this package raises on purpose."""


class ProjectError(TransformError):
    """The project cannot be built as it stands."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class SelectionError(TransformError):
    """A selector names no model of the project."""

    def __init__(self, selector: str, known: Iterable[str]) -> None:
        self.selector = selector
        bare = selector.strip("+")
        names = set(known)
        hint = did_you_mean(bare, names | {name.partition(".")[2] for name in names})
        super().__init__(
            f"select: '{selector}' names no model.{hint} Write a model's name, "
            "'+name' for it and everything it reads, 'name+' for it and everything that reads it."
        )


class NaiveTimeError(TransformError):
    """The as-of moment has no time zone, so it names no instant."""

    def __init__(self, as_of: datetime) -> None:
        self.as_of = as_of
        super().__init__(
            f"build: as_of={as_of.isoformat()} has no time zone. Give one, e.g. "
            f"{as_of.isoformat()}+00:00."
        )


class EngineError(TransformError):
    """The engine refused a statement."""

    def __init__(self, doing: str, reason: str) -> None:
        self.doing = doing
        self.reason = mask_emails(reason.strip())
        super().__init__(f"{doing} failed: {self.reason}")


class BuildError(TransformError):
    """A model's query failed in the engine; every table is as it was before the build."""

    def __init__(self, model: str, path: str, reason: str) -> None:
        self.model = model
        self.path = path
        self.reason = reason
        super().__init__(
            f"{path}: {model} cannot be built: {reason}\n"
            "No table was changed. Mend the query, or the rows it reads, and build again."
        )


class CaseError(TransformError):
    """A given/expect case cannot be read."""

    def __init__(self, path: str, line: int, message: str) -> None:
        self.path = path
        self.line = line
        super().__init__(f"{path}:{line}: {message}")
