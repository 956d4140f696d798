"""Builds models into shadows, checks them, and makes all of them visible at once."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from transforms.engine import Engine, Replacement
from transforms.errors import (
    BuildError,
    EngineError,
    NaiveTimeError,
    Problem,
    ProjectError,
    did_you_mean,
)
from transforms.personal import mask_key
from transforms.project import place_of
from transforms.render import render
from transforms.selection import select_models

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from transforms.checks import Check
    from transforms.model import Model
    from transforms.project import Project

_SAMPLE = 5


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
        rows: Rows it returned; None when it was not built because something it reads failed.
        seconds: Time for building and checking it.
        checks: Its checks' results.
    """

    name: str
    rows: int | None
    seconds: float
    checks: tuple[CheckResult, ...]

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
        return tuple(
            f"{model.name}: {check}"
            for model in self.models
            for check in model.checks
            if check.blocking and not check.passed
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """One line per failed check that does not block."""
        return tuple(
            f"{model.name}: {check}"
            for model in self.models
            for check in model.checks
            if not (check.blocking or check.passed)
        )


def build(
    project: Project,
    engine: Engine,
    *,
    as_of: datetime,
    select: Iterable[str] | None = None,
    on_model: Callable[[ModelResult], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> BuildResult:
    """Build models so that readers see the old tables until all new ones are checked.

    Each model goes into a shadow that reads the shadows before it; its checks run there. When no
    blocking check failed, one transaction replaces every table and view. A failed check, an error,
    an interruption or a crash leaves every old table as it was; shadows left behind by a crash are
    dropped by the next build.

    Args:
        project: The project.
        engine: Where to build.
        as_of: The moment that `:as_of` stands for; time zone aware.
        select: Selectors (see `select_models`); None builds everything.
        on_model: Called after each model was built and checked, for progress.
        clock: Seconds that never go back; only differences are used.

    Returns:
        What became of each model. Look at `ok`: a failed blocking check is no exception.

    Raises:
        NaiveTimeError: `as_of` has no time zone.
        SelectionError: A selector names no model.
        ProjectError: A table or column that models read is not in the warehouse.
        BuildError: The engine refused a model's query.
    """
    if as_of.tzinfo is None:
        raise NaiveTimeError(as_of)
    started = clock()
    names = select_models(project, select)
    _require_sources(project, engine, names)
    run = _Run(engine, as_of, clock)
    engine.prepare(project.schemas)
    try:
        for name in names:
            result = run.build_model(project.models[name])
            if on_model is not None:
                on_model(result)
        if all(result.ok for result in run.results):
            engine.swap([run.replacement(project.models[name]) for name in names])
    except BaseException:
        with suppress(EngineError):  # the next build drops them; the first error matters
            engine.drop_shadows(project.schemas)
        raise
    engine.drop_shadows(project.schemas)
    return BuildResult(as_of, tuple(run.results), clock() - started)


class _Run:
    """One build: what is in a shadow by now, and what failed."""

    def __init__(self, engine: Engine, as_of: datetime, clock: Callable[[], float]) -> None:
        self.results: list[ModelResult] = []
        self._engine = engine
        self._as_of = as_of
        self._clock = clock
        self._shadowed: set[str] = set()
        self._failed: set[str] = set()

    def build_model(self, model: Model) -> ModelResult:
        """Build and check one model in its shadow; skip it when something it reads failed."""
        started = self._clock()
        rows: int | None = None
        checks: tuple[CheckResult, ...] = ()
        if not model.needs & self._failed:
            self._create_shadow(model)
            rows, checks = self._inspect(model)
        result = ModelResult(model.name, rows, self._clock() - started, checks)
        if not result.ok:
            self._failed.add(model.name)
        self.results.append(result)
        return result

    def replacement(self, model: Model) -> Replacement:
        """What the swap has to know about a model."""
        return Replacement(
            name=model.name,
            kind=model.header.materialized,
            sql=render(model.query, dialect=self._engine.dialect, as_of=self._as_of),
            description=model.header.description,
            columns={c.name: c.description for c in model.columns if c.description},
        )

    def _create_shadow(self, model: Model) -> None:
        sql = self._render(model.query)
        try:
            self._engine.create_shadow(model.name, model.header.materialized, sql)
        except EngineError as error:
            raise BuildError(model.name, model.path, error.reason) from error
        self._shadowed.add(model.name)

    # Counts the shadow's rows and runs the model's checks on it.
    def _inspect(self, model: Model) -> tuple[int, tuple[CheckResult, ...]]:
        schema, _, name = model.name.partition(".")
        everything = exp.select("*").from_(exp.table_(name, db=schema, quoted=True))
        try:
            rows = self._count(self._render(everything))
            return rows, tuple(self._run_check(check) for check in model.checks)
        except EngineError as error:
            raise BuildError(model.name, model.path, error.reason) from error

    def _run_check(self, check: Check) -> CheckResult:
        sql = self._render(check.query)
        failing = self._count(sql)
        sample: tuple[str, ...] = ()
        if failing:
            names = check.query.named_selects
            rows = self._engine.rows(f"select * from ({sql}) as failing limit {_SAMPLE}")
            sample = tuple(_key_text(names, row) for row in rows)
        return CheckResult(check.name, not failing, failing, check.blocking, sample)

    def _count(self, sql: str) -> int:
        return int(str(self._engine.rows(f"select count(*) from ({sql}) as counted")[0][0]))

    def _render(self, query: exp.Query) -> str:
        return render(
            query, dialect=self._engine.dialect, as_of=self._as_of, shadowed=self._shadowed
        )


def _key_text(names: Sequence[str], row: Sequence[object]) -> str:
    return ", ".join(f"{name}={mask_key(value)}" for name, value in zip(names, row, strict=True))


# Everything that is read and not built now must be in the warehouse, column by column.
def _require_sources(project: Project, engine: Engine, names: Sequence[str]) -> None:
    catalog = engine.catalog()
    missing = list(_missing_tables(project, catalog, names))
    problems = missing or project.problems(catalog, names)
    if problems:
        raise ProjectError(problems)


def _missing_tables(
    project: Project, catalog: Mapping[str, Sequence[str]], names: Sequence[str]
) -> Iterator[Problem]:
    for name in names:
        model = project.models[name]
        for table in sorted(model.needs - set(names) - set(catalog)):
            line, column = place_of(model, table)
            if table in project.models:
                mend = f"Build it too: select '+{name.partition('.')[2]}'."
                message = f"'{table}' is not built yet. {mend}"
            else:
                message = (
                    f"unknown table '{table}'.{did_you_mean(table, catalog)} "
                    "Load it, create it empty, or correct the name."
                )
            yield Problem(model.path, line, column, message)
