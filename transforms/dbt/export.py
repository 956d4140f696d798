"""Writes a project as a dbt project."""

from __future__ import annotations

import shutil
from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING

from transforms.dbt.properties import model_properties, singular_checks
from transforms.dbt.scaffold import AS_OF_MACRO, profiles_file, readme_file, settings_file
from transforms.dbt.semantics import semantic_layer
from transforms.dbt.sql import dbt_sql, escape_jinja
from transforms.dbt.yaml import Yaml, write_yaml
from transforms.errors import TransformError
from transforms.seed import SEEDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from transforms.model import Model
    from transforms.project import Project
    from transforms.site import SourceTable

_MARK = ".exported-for-dbt"


class Target(StrEnum):
    """Where the exported project builds."""

    DUCKDB = "duckdb"
    POSTGRES = "postgres"


class DbtExportError(TransformError):
    """The project cannot be written as a dbt project; nothing was changed."""


def export_dbt(
    project: Project,
    folder: Path,
    *,
    target: Target,
    name: str,
    sources: Iterable[SourceTable] = (),
) -> list[Path]:
    """Write a project as a dbt project that builds the same rows.

    Args:
        project: The project.
        folder: A new or empty folder, or that of an earlier export, which is replaced.
        target: Where dbt shall build it.
        name: Name of the dbt project, a plain word.
        sources: What is known of the tables that the models read and do not make.

    Returns:
        The files, relative to the folder.

    Raises:
        DbtExportError: The folder holds other files, or dbt could not tell two models apart.
        OSError: The folder cannot be written.
    """
    _require_own_names(project)
    files = dict(_files(project, target, name, list(sources)))
    _make_room(folder)
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return [folder / path for path in files]


# dbt names models without their schema.
def _require_own_names(project: Project) -> None:
    counts = Counter(name.partition(".")[2] for name in project.models)
    for twice in (name for name, count in counts.items() if count > 1):
        where = " and ".join(sorted(n for n in project.models if n.endswith(f".{twice}")))
        msg = f"dbt cannot tell {where} apart: it knows models by name alone. Rename one."
        raise DbtExportError(msg)


def _make_room(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()):
        if not (folder / _MARK).is_file():
            msg = (
                f"{folder} holds files that no export wrote, and an export replaces the whole "
                "folder. Give a new folder, or empty this one."
            )
            raise DbtExportError(msg)
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).write_text("The next export replaces this folder.\n", encoding="utf-8")


def _files(
    project: Project, target: Target, name: str, sources: list[SourceTable]
) -> Iterator[tuple[str, str]]:
    yield "dbt_project.yml", settings_file(name, target, project.schemas, SEEDS)
    yield "profiles.yml", profiles_file(name, target)
    yield "README.md", readme_file(name, target)
    yield "macros/as_of.sql", AS_OF_MACRO
    yield "models/_sources.yml", _sources_file(project, sources)
    by_schema: dict[str, list[Model]] = {}
    for model in project.models.values():
        by_schema.setdefault(model.name.partition(".")[0], []).append(model)
        yield _model_file(model, project.models, target)
        yield from _test_files(model, project.models, target)
    for schema, models in by_schema.items():
        what = "seeds" if schema == SEEDS else "models"
        entries = [model_properties(model, project, target) for model in models]
        path = "seeds/_seeds.yml" if schema == SEEDS else f"models/{schema}/_models.yml"
        yield path, write_yaml({"version": 2, what: entries})
    if layer := semantic_layer(project, target):
        yield "models/_metrics.yml", write_yaml({"version": 2, **layer})


def _model_file(model: Model, models: Mapping[str, Model], target: Target) -> tuple[str, str]:
    schema, _, name = model.name.partition(".")
    if schema == SEEDS:
        return f"seeds/{name}.csv", _csv(model)
    sql = dbt_sql(model.query, dialect=target, models=models)
    kind = model.header.materialized.relation
    return f"models/{schema}/{name}.sql", f"{{{{ config(materialized='{kind}') }}}}\n\n{sql}\n"


# dbt knows no comments in CSV.
def _csv(model: Model) -> str:
    lines = model.text.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("--"))


def _test_files(
    model: Model, models: Mapping[str, Model], target: Target
) -> Iterator[tuple[str, str]]:
    name = model.name.partition(".")[2]
    for number, check in enumerate(singular_checks(model), start=1):
        severity = "error" if check.blocking else "warn"
        sql = dbt_sql(check.query, dialect=target, models=models)
        text = f"-- {escape_jinja(check.name)}\n{{{{ config(severity='{severity}') }}}}\n\n{sql}\n"
        yield f"tests/{name}__{number}.sql", text


def _sources_file(project: Project, sources: list[SourceTable]) -> str:
    known = {table.name: table for table in sources}
    by_schema: dict[str, list[Yaml]] = {}
    for table in sorted(project.sources):
        schema, _, name = table.partition(".")
        found = known.get(table)
        columns: list[Yaml] = [
            {"name": column, "description": escape_jinja(meaning)}
            for column, meaning in (found.columns if found else {}).items()
        ]
        description = escape_jinja(found.description) if found else ""
        entry: Yaml = {"name": name, "description": description, "columns": columns}
        by_schema.setdefault(schema, []).append(entry)
    entries: list[Yaml] = [
        {"name": schema, "schema": schema, "tables": tables} for schema, tables in by_schema.items()
    ]
    return write_yaml({"version": 2, "sources": entries})
