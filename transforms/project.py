"""A folder of models: read, checked as a whole, put in order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Self

from sqlglot import exp

from transforms.errors import Problem, ProjectError, did_you_mean
from transforms.lint import lint
from transforms.metrics import METRICS_FILE, Metrics, metric_problems, read_metrics
from transforms.model import Model, model_name, parse_model, position, tables_of
from transforms.resolve import Catalog, unresolved_columns
from transforms.seed import SEEDS, parse_seed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

LAYERS = (SEEDS, "staging", "intermediate", "marts")


@dataclass(frozen=True)
class Project:
    """Models by name, in an order in which each comes after everything it needs.

    Attributes:
        models: `schema.name` → model, in build order.
        metrics: What the project measures; empty without a metrics file.
    """

    models: Mapping[str, Model]
    metrics: Metrics = field(default_factory=Metrics)

    @classmethod
    def load(cls, folder: Path, *, portable: bool = False) -> Self:
        """Read every `.sql` file below `staging/`, `intermediate/` and `marts/`, seeds and metrics.

        Args:
            folder: The project's folder. The layer is the schema, the file's name the model's.
            portable: Refuse also what engines do not answer alike (see `transforms.lint`).

        Raises:
            ProjectError: Something is wrong; it lists every problem that can be told without a
                warehouse, each with file, line and mend.
        """
        files = [
            file
            for layer in LAYERS
            for file in sorted((folder / layer).rglob("*.csv" if layer == SEEDS else "*.sql"))
        ]
        paths = {file.relative_to(folder).as_posix(): file for file in files}
        if not paths:
            layers = ", ".join(layer for layer in LAYERS if layer != SEEDS)
            message = f"there are no models. Put '.sql' files below {layers} in this folder."
            raise ProjectError([Problem(str(folder), 1, 0, message)])
        models, problems = _parse(paths)
        problems += _decision_problems(models, folder)
        ordered, order_problems = _in_order(_first_of_each(models))
        problems += order_problems
        metrics, found = _read_metrics(folder)
        problems += found
        measured = (replace(model, metrics=metrics.held_by(model.name)) for model in ordered)
        project = cls({model.name: model for model in measured}, metrics)
        problems += metric_problems(metrics, project.models, METRICS_FILE)
        problems += _duplicates(models)
        broken = set(paths) - {model.path for model in models}
        problems += project._reference_problems(broken)
        if not order_problems:
            known = project._known_columns(project.models)
            for model in ordered:
                problems += _column_problems(model, known)
        if portable and not problems:
            problems = lint(project)
        if problems:
            raise ProjectError(problems)
        return project

    @property
    def schemas(self) -> frozenset[str]:
        """Schemas that the project's models live in."""
        return frozenset(name.partition(".")[0] for name in self.models)

    @property
    def sources(self) -> frozenset[str]:
        """Tables that models read and that are no models."""
        named = {table for model in self.models.values() for table in model.needs}
        return frozenset(named - set(self.models))

    def problems(
        self, catalog: Mapping[str, Iterable[str]], names: Collection[str]
    ) -> list[Problem]:
        """Return unknown and ambiguous columns that only a warehouse can tell.

        Models that read nothing but each other were looked at when the project was loaded.

        Args:
            catalog: Columns of the warehouse's tables; nothing is claimed about others.
            names: Models to look at; they read each other's columns as their files have them.
        """
        own = self._known_columns(names)
        known: Catalog = {name: tuple(columns) for name, columns in catalog.items()} | own
        return [
            problem
            for name in names
            if not self.models[name].needs <= own.keys()
            for problem in _column_problems(self.models[name], known)
        ]

    def _known_columns(self, names: Iterable[str]) -> Catalog:
        models = [self.models[name] for name in names]
        return {model.name: model.column_names for model in models if model.has_known_columns}

    # Tables in the project's own layers that no file defines.
    def _reference_problems(self, broken: Collection[str]) -> Iterator[Problem]:
        defined = set(self.models) | {model_name(path) for path in broken}
        for model in self.models.values():
            for table in sorted(model.needs - defined):
                if table.partition(".")[0] not in LAYERS:
                    continue
                line, column = place_of(model, table)
                message = (
                    f"unknown model '{table}'.{did_you_mean(table, defined)} "
                    "Name a model of this project or add its file."
                )
                yield Problem(model.path, line, column, message)


def place_of(model: Model, table: str) -> tuple[int, int]:
    """Return line and column where `model` names `table`: in its query, else in a check."""
    for node in model.query.find_all(exp.Table):
        if f"{node.db}.{node.name}" == table:
            return position(model.text, node)
    lines = [check.line for check in model.checks if table in tables_of(check.query)]
    return (min(lines, default=1), 0)


def _parse(paths: Mapping[str, Path]) -> tuple[list[Model], list[Problem]]:
    models: list[Model] = []
    problems: list[Problem] = []
    for path, file in paths.items():
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            problems.append(Problem(path, 1, 0, "the file is not UTF-8. Save it as UTF-8."))
            continue
        model, found = (parse_seed if path.endswith(".csv") else parse_model)(text, path)
        problems += found
        if model is not None:
            models.append(model)
    return models, problems


def _read_metrics(folder: Path) -> tuple[Metrics, list[Problem]]:
    file = folder / METRICS_FILE
    if not file.is_file():
        return Metrics(), []
    try:
        return read_metrics(file.read_text(encoding="utf-8"), METRICS_FILE)
    except UnicodeDecodeError:
        message = "the file is not UTF-8. Save it as UTF-8."
        return Metrics(), [Problem(METRICS_FILE, 1, 0, message)]


def _first_of_each(models: Iterable[Model]) -> dict[str, Model]:
    first: dict[str, Model] = {}
    for model in models:
        first.setdefault(model.name, model)
    return first


def _duplicates(models: Iterable[Model]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for model in models:
        other = first.setdefault(model.name, model.path)
        if other != model.path:
            message = f"model '{model.name}' is also in {other}. Rename or remove one file."
            yield Problem(model.path, 1, 0, message)


def _in_order(models: Mapping[str, Model]) -> tuple[list[Model], list[Problem]]:
    """Sort so that each model follows what it needs; equals by name, so the order is stable."""
    needs = {name: sorted(models[name].needs & set(models)) for name in sorted(models)}
    sorter = TopologicalSorter(needs)
    try:
        sorter.prepare()
    except CycleError as error:
        names = list(reversed(error.args[1]))
        start = min(range(len(names) - 1), key=lambda number: names[number])
        ring = names[start:-1] + names[: start + 1]
        model = models[ring[0]]
        line, column = place_of(model, ring[1])
        message = f"models read each other in a circle: {' → '.join(ring)}. Remove one reference."
        return list(models.values()), [Problem(model.path, line, column, message)]
    ordered: list[Model] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        ordered += [models[name] for name in ready]
        sorter.done(*ready)
    return ordered, []


def _column_problems(model: Model, catalog: Catalog) -> Iterator[Problem]:
    for found in unresolved_columns(model.query, catalog):
        line, column = position(model.text, found.node)
        yield Problem(model.path, line, column, found.message)
    for check in model.checks:
        for found in unresolved_columns(check.query, catalog):
            message = f"check '{check.name}': {found.message}"
            yield Problem(model.path, check.line, 0, message)


# `decision: FILE.md#heading` must lead somewhere.
def _decision_problems(models: Iterable[Model], folder: Path) -> Iterator[Problem]:
    headings: dict[str, set[str]] = {}
    for model in models:
        for decision in model.header.decisions:
            name, _, heading = decision.value.partition("#")
            if name not in headings:
                headings[name] = _headings(folder / name)
            if heading not in headings[name]:
                hint = did_you_mean(heading, headings[name])
                message = (
                    f"decision: no heading '{heading}' in {name}.{hint} "
                    "Name 'FILE.md#heading' as the file has it."
                )
                yield Problem(model.path, decision.line, 0, message)


def _headings(file: Path) -> set[str]:
    """Anchors of a Markdown file's headings: lower case, dashes for spaces, no punctuation."""
    if not file.is_file():
        return set()
    titles = re.findall(r"^#+\s+(.+?)\s*$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
