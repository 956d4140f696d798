"""Files that every exported dbt project has: its settings, connection, macro and notes."""

from __future__ import annotations

from transforms.dbt.yaml import Yaml, write_yaml

AS_OF_MACRO = """\
{% macro as_of() -%}
{{ var('as_of', run_started_at.isoformat()) }}
{%- endmacro %}
"""

_DUCKDB: dict[str, Yaml] = {
    "type": "duckdb",
    "path": "{{ env_var('DBT_DUCKDB_PATH') }}",
    "schema": "dbt",
    "threads": 1,
    "settings": {"TimeZone": "UTC"},
}
_POSTGRES: dict[str, Yaml] = {
    "type": "postgres",
    "host": "{{ env_var('DBT_POSTGRES_HOST', 'localhost') }}",
    "port": "{{ env_var('DBT_POSTGRES_PORT', '5432') | as_number }}",
    "user": "{{ env_var('DBT_POSTGRES_USER') }}",
    "password": "{{ env_var('DBT_POSTGRES_PASSWORD', '') }}",
    "dbname": "{{ env_var('DBT_POSTGRES_DATABASE') }}",
    "schema": "dbt",
    "threads": 2,
}
CONNECTIONS = {"duckdb": _DUCKDB, "postgres": _POSTGRES}

_README = """\
# {name}

Made by an export; the next one overwrites it. It builds the same rows as the project it comes
from, into schemas beside those of the original (`dbt_staging`, `dbt_marts`, …).

    pip install dbt-core dbt-{target}
    {settings}
    dbt build --profiles-dir . --vars '{{as_of: "2026-01-31T09:00:00+00:00"}}'

`as_of` is the present instant as the models see it; without it, it is the start of the run.
Models that the original keeps up to date piece by piece are whole tables here. Checks that compare
with the last build (`drift`) are left out.
"""
_SETTINGS = {
    "duckdb": "export DBT_DUCKDB_PATH=warehouse.duckdb",
    "postgres": "export DBT_POSTGRES_USER=… DBT_POSTGRES_PASSWORD=… DBT_POSTGRES_DATABASE=…",
}


def settings_file(name: str, target: str, schemas: frozenset[str], seeds: str) -> str:
    """Return `dbt_project.yml`.

    Args:
        name: Name of the project, a plain word.
        target: Where it builds.
        schemas: Folders of models; each becomes a schema.
        seeds: Schema of the seeds.
    """
    models: dict[str, Yaml] = {schema: {"+schema": schema} for schema in sorted(schemas - {seeds})}
    if target == "postgres":  # a profile for DuckDB can say it, one for Postgres cannot
        models["+pre-hook"] = "set time zone 'UTC'"
    settings: dict[str, Yaml] = {
        "name": name,
        "version": "1.0.0",
        "config-version": 2,
        "profile": name,
        "flags": {
            "send_anonymous_usage_stats": False,
            "require_generic_test_arguments_property": True,
        },
        "models": {name: models},
    }
    if seeds in schemas:
        settings["seeds"] = {name: {"+schema": seeds}}
    return write_yaml(settings)


def profiles_file(name: str, target: str) -> str:
    """Return `profiles.yml`; what differs between machines comes from the environment."""
    return write_yaml({name: {"target": target, "outputs": {target: CONNECTIONS[target]}}})


def readme_file(name: str, target: str) -> str:
    """Return the notes on how to run it."""
    return _README.format(name=name, target=target, settings=_SETTINGS[target])
