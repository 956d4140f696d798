"""Builds models into shadows, checks them, and makes all of them visible at once."""

from __future__ import annotations

import time
from contextlib import suppress
from graphlib import TopologicalSorter
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from transforms.engine import Engine, Kind, Replacement
from transforms.errors import EngineError, NaiveTimeError, Problem, ProjectError, did_you_mean
from transforms.history import read_watermarks
from transforms.incremental import BuiltFrom, Ledger, Step
from transforms.project import place_of
from transforms.promises import declared_keys
from transforms.render import render
from transforms.results import BuildResult, How, ModelResult
from transforms.selection import select_models
from transforms.worker import Plan, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from transforms.model import Model
    from transforms.project import Project

Clock = "Callable[[], float]"


def build(  # noqa: PLR0913 - three things to build with, four options by name
    project: Project,
    engine: Engine,
    *,
    as_of: datetime,
    select: Iterable[str] | None = None,
    whole: bool = False,
    workers: int = 1,
    on_model: Callable[[ModelResult], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> BuildResult:
    """Build models so that readers see the old tables until all new ones are checked.

    Each model goes into a shadow that reads the shadows before it; its checks run there. When no
    blocking check failed, one transaction replaces every table and view. A failed check, an error,
    an interruption or a crash leaves every old table as it was; shadows left behind by a crash are
    dropped by the next build. Models whose inputs did not change are kept; incremental models
    recompute the partitions that changes touch (see `transforms.incremental`).

    Args:
        project: The project.
        engine: Where to build.
        as_of: The moment that `:as_of` stands for; time zone aware.
        select: Selectors (see `select_models`); None builds everything.
        whole: True builds every chosen model from scratch.
        workers: Models that are built at a time, each in a session of its own.
        on_model: Called after each model was built and checked, for progress, in this thread.
        clock: Seconds that never go back; only differences are used.

    Returns:
        What became of each model. Look at `ok`: a failed blocking check is no exception.

    Raises:
        NaiveTimeError: `as_of` has no time zone.
        SelectionError: A selector names no model.
        ProjectError: A table or column that models read is not in the warehouse.
        BuildError: The engine refused a model's query.
    """
    started = clock()
    ledger, names = _ledger(project, engine, as_of, select)
    ledger.before = {} if whole else _remembered(engine)
    engine.prepare(project.schemas)
    try:
        results = _build_all(Plan(ledger, clock), names, workers, on_model)
        if all(result.ok for result in results.values()):
            _swap(ledger, names)
    except BaseException:
        with suppress(EngineError):  # the next build drops them; the first error matters
            engine.drop_shadows(project.schemas)
        raise
    engine.drop_shadows(project.schemas)
    return BuildResult(as_of, tuple(results[name] for name in names), clock() - started)


def foresee(
    project: Project, engine: Engine, *, as_of: datetime, select: Iterable[str] | None = None
) -> dict[str, Step]:
    """Say what a build would do with each chosen model now; nothing is changed.

    The build itself may do less: a model that turns out to have the rows it had spares its readers.

    Args:
        project: The project.
        engine: Where the build would run; reading is enough.
        as_of: The moment that `:as_of` would stand for; time zone aware.
        select: Selectors, as `build` takes them.

    Raises:
        NaiveTimeError: `as_of` has no time zone.
        SelectionError: A selector names no model.
        ProjectError: A table or column that models read is not in the warehouse.
    """
    ledger, names = _ledger(project, engine, as_of, select)
    ledger.before = _remembered(engine)
    for name in names:
        ledger.decide(project.models[name], engine)
    return ledger.steps


# A ledger without a past, and the chosen models in build order.
def _ledger(
    project: Project, engine: Engine, as_of: datetime, select: Iterable[str] | None
) -> tuple[Ledger, tuple[str, ...]]:
    if as_of.tzinfo is None:
        raise NaiveTimeError(as_of)
    names = select_models(project, select)
    catalog = engine.catalog()
    _require_sources(project, catalog, names)
    watermarks = read_watermarks(engine, list(_with_history(project, catalog, names)))
    return Ledger(project, engine, as_of, catalog, watermarks, frozenset(names)), names


def _with_history(
    project: Project, catalog: Collection[str], names: Sequence[str]
) -> Iterator[Model]:
    for model in (project.models[name] for name in names):
        if model.header.history is not None and model.header.history[0] in catalog:
            yield model


def _remembered(engine: Engine) -> dict[str, BuiltFrom]:
    return {name: BuiltFrom.decode(text) for name, text in engine.versions().items()}


def _build_all(
    plan: Plan,
    names: Sequence[str],
    workers: int,
    on_model: Callable[[ModelResult], None] | None,
) -> dict[str, ModelResult]:
    """Build every model after what it needs; with one worker, in the project's order."""
    models = plan.ledger.project.models
    chosen = set(names)
    sorter = TopologicalSorter({name: models[name].needs & chosen for name in names})
    sorter.prepare()
    results: dict[str, ModelResult] = {}
    if workers == 1:
        worker = Worker(plan, plan.ledger.engine)
        for name in names:
            results[name] = worker.build_model(models[name])
            if on_model is not None:
                on_model(results[name])
        return results
    with _Crew(plan, workers) as crew:
        while sorter.is_active():
            for name in sorted(sorter.get_ready(), key=names.index):
                crew.waiting.put(name)
            result = crew.next_result()
            results[result.name] = result
            sorter.done(result.name)
            if on_model is not None:
                on_model(result)
    return results


class _Crew:
    """Threads that build models, each with a fork of the engine."""

    def __init__(self, plan: Plan, workers: int) -> None:
        self.waiting: SimpleQueue[str | None] = SimpleQueue()
        self._done: SimpleQueue[ModelResult | BaseException] = SimpleQueue()
        self._plan = plan
        self._forks = [plan.ledger.engine.fork() for _ in range(workers)]
        self._threads = [Thread(target=self._work, args=(fork,)) for fork in self._forks]

    def __enter__(self) -> _Crew:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for _thread in self._threads:
            self.waiting.put(None)
        for fork in self._forks:
            fork.close_fork()
        for thread in self._threads:
            thread.join()

    def next_result(self) -> ModelResult:
        """Wait for the next model; an error in its thread is raised here."""
        found = self._done.get()
        if isinstance(found, BaseException):
            raise found
        return found

    def _work(self, engine: Engine) -> None:
        worker = Worker(self._plan, engine)
        while (name := self.waiting.get()) is not None:
            try:
                self._done.put(worker.build_model(self._plan.ledger.project.models[name]))
            except BaseException as error:  # noqa: BLE001 - raised again in the building thread
                self._done.put(error)


def _swap(ledger: Ledger, names: Sequence[str]) -> None:
    changed = [name for name in names if _is_replaced(ledger, name)]
    views = _views_over(ledger, changed)
    ledger.engine.swap(
        [_replacement(ledger, name) for name in (*changed, *views)],
        {name: ledger.steps[name].built_from.encode() for name in names},
    )


def _is_replaced(ledger: Ledger, name: str) -> bool:
    how = ledger.steps[name].how
    is_view = ledger.project.models[name].header.materialized is Kind.VIEW
    return how is How.WHOLE or (how is How.PARTITIONS and not is_view)


# Views that were not rebuilt name tables that are about to go; some engines bind them to those.
def _views_over(ledger: Ledger, changed: Sequence[str]) -> list[str]:
    gone = {name for name in changed if ledger.steps[name].how is How.WHOLE}
    views: list[str] = []
    for name, model in ledger.project.models.items():
        is_view = model.header.materialized is Kind.VIEW and name in ledger.catalog
        if is_view and name not in changed and model.reads & gone:
            gone.add(name)
            views.append(name)
    return views


def _replacement(ledger: Ledger, name: str) -> Replacement:
    model, step = ledger.project.models[name], ledger.steps.get(name)
    kind = model.header.materialized
    in_place = step is not None and step.how is How.PARTITIONS
    sql = ""
    if kind is Kind.VIEW:
        sql = render(model.query, dialect=ledger.engine.dialect, as_of=ledger.as_of)
    return Replacement(
        name=name,
        kind=kind,
        sql=sql,
        description=model.header.description,
        columns=model.comments,
        partition=model.header.partition if in_place else (),
        keys=declared_keys(model, ledger.project),
    )


# Everything that is read and not built now must be in the warehouse, column by column.
def _require_sources(
    project: Project, catalog: Mapping[str, Iterable[str]], names: Sequence[str]
) -> None:
    missing = list(_missing_tables(project, catalog, names))
    problems = missing or project.problems(catalog, names)
    if problems:
        raise ProjectError(problems)


def _missing_tables(
    project: Project, catalog: Mapping[str, Iterable[str]], names: Sequence[str]
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
