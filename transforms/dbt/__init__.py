"""A project as a dbt project that builds the same rows; `export` writes it.

`sql` gives models and checks their dbt form, `properties` says in YAML what headers promise,
`yaml` writes YAML, `scaffold` holds the files that every dbt project needs.
"""

from transforms.dbt.export import DbtExportError, Target, export_dbt

__all__ = ["DbtExportError", "Target", "export_dbt"]
