"""What became of a build: checks, models, the whole."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class How(StrEnum):
    """How a model came to be as it is after a build."""

    WHOLE = "whole"
    PARTITIONS = "partitions"
    KEPT = "kept"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found.

    Attributes:
        name: The check as the model's header writes it.
        passed: True when no row breaks it.
        failing_rows: Rows that break it; of `unique`, key values that repeat.
        blocking: False where a failure only warns.
        sample: Up to five keys of such rows, personal data masked.
    """

    name: str
    passed: bool
    failing_rows: int
    blocking: bool
    sample: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.passed:
            return f"{self.name}: passed"
        return f"{self.name}: {self.failing_rows} rows fail, e.g. {'; '.join(self.sample)}"


@dataclass(frozen=True, slots=True)
class ModelResult:
    """What became of a model.

    Attributes:
        name: `schema.name`.
        rows: Rows it has; None when it was not built because something it reads failed.
        seconds: Time for building and checking it.
        checks: Results of the checks that ran; rows that did not change are not checked again.
        how: Built as a whole, some partitions of it, kept because nothing changed, or skipped.
        why: The reason, for people.
    """

    name: str
    rows: int | None
    seconds: float
    checks: tuple[CheckResult, ...]
    how: How = How.WHOLE
    why: str = ""

    @property
    def ok(self) -> bool:
        """True when it was built and no blocking check failed."""
        return self.rows is not None and all(
            check.passed or not check.blocking for check in self.checks
        )


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What became of a build.

    Attributes:
        as_of: The moment that `:as_of` stood for.
        models: One result per chosen model, in build order.
        seconds: Time for everything, the swap included.
    """

    as_of: datetime
    models: tuple[ModelResult, ...]
    seconds: float

    @property
    def ok(self) -> bool:
        """True when every model is visible; False when no table was changed."""
        return all(model.ok for model in self.models)

    @property
    def failures(self) -> tuple[str, ...]:
        """One line per failed blocking check."""
        return self._failed(blocking=True)

    @property
    def warnings(self) -> tuple[str, ...]:
        """One line per failed check that does not block."""
        return self._failed(blocking=False)

    def _failed(self, *, blocking: bool) -> tuple[str, ...]:
        return tuple(
            f"{model.name}: {check}"
            for model in self.models
            for check in model.checks
            if check.blocking is blocking and not check.passed
        )
