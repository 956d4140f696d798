"""A small engine that turns a folder of plain SQL into checked tables.

It knows SQL (sqlglot) and nothing of any domain. Modules, in the order data flows:

    header      the comment block that declares a model
    checks      what a model promises about its rows, as queries that must return nothing
    model       one file: header, one SELECT, the tables it names, the columns it returns
    resolve     unknown and ambiguous columns, found before anything runs
    project     a folder of models, all its problems at once, and their order
    selection   which models a build touches
    render      a model's query for one engine, one moment and one set of shadow tables
    engine      what an engine must be able to do; duckdb_engine does it
    incremental how much of each model a build computes again
    partitions  the queries of an incremental build: touched partitions and their rows
    narrowing   which rows a check has to look at after it
    build       shadows, checks, one swap
    cases       given rows → expected rows, kept beside the models
    trace       what every column of a query comes from, and a digest of how
    lineage     the same for a whole project
    changes     how a model differs from what was built last
    plan        what a build would do, and why, before anything runs
    promises    checks as data; keys are told to the warehouse
    site        every table, column and lineage as one HTML file
    dbt         the project as a dbt project that builds the same rows
    metrics     what the project measures, defined once for warehouse, dbt and readers
"""

from transforms.build import build
from transforms.cases import Case, load_case, run_case
from transforms.duckdb_engine import DuckDBEngine
from transforms.engine import Engine, Kind
from transforms.errors import (
    BuildError,
    CaseError,
    EngineError,
    NaiveTimeError,
    Problem,
    ProjectError,
    SelectionError,
    TransformError,
)
from transforms.model import Model, OutputColumn
from transforms.project import Project
from transforms.results import BuildResult, CheckResult, How, ModelResult

__all__ = [
    "BuildError",
    "BuildResult",
    "Case",
    "CaseError",
    "CheckResult",
    "DuckDBEngine",
    "Engine",
    "EngineError",
    "How",
    "Kind",
    "Model",
    "ModelResult",
    "NaiveTimeError",
    "OutputColumn",
    "Problem",
    "Project",
    "ProjectError",
    "SelectionError",
    "TransformError",
    "build",
    "load_case",
    "run_case",
]
