"""Which database `--warehouse` names."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipelines.errors import ConfigError, UsageError, WarehouseMissing
from pipelines.warehouse.tables import SCHEMAS

if TYPE_CHECKING:
    from pipelines.warehouse.base import Warehouse

_POSTGRES: Final = ("postgresql://", "postgres://")
_RESERVED_STEMS: Final = {*SCHEMAS, "landing_staging", "main", "temp", "system", "pg_catalog"}
_DRIVERS: Final = ("psycopg", "psycopg2", "adbc_driver_postgresql")


def open_warehouse(
    location: str,
    *,
    read_only: bool = False,
    holds_accounts: bool = False,
    must_exist: bool = False,
) -> Warehouse:
    """Open the warehouse; see `Warehouse.open`.

    Raises:
        WarehouseMissing: There is none, and it must exist (always when read only).
    """
    must_exist = must_exist or read_only
    if is_postgres(location):
        _require_drivers()
        from pipelines.warehouse.postgres import PostgresWarehouse  # noqa: PLC0415 - an extra

        return PostgresWarehouse.connect(
            location, read_only=read_only, holds_accounts=holds_accounts, must_exist=must_exist
        )
    from pipelines.warehouse.duckdb_file import DuckDBWarehouse  # noqa: PLC0415 - imports this

    path = warehouse_path(location)
    if must_exist and not path.exists():
        raise WarehouseMissing(str(path))
    return DuckDBWarehouse.connect(path, read_only=read_only, holds_accounts=holds_accounts)


def is_postgres(location: str) -> bool:
    """Return whether the location names a Postgres database."""
    return location.startswith(_POSTGRES)


def shown_location(location: str) -> str:
    """Return a location as people may see it: without a password.

    Raises:
        UsageError: It cannot be read as an address.
        ConfigError: The driver that reads addresses is not installed.
    """
    if not is_postgres(location):
        return location
    _require_drivers()
    from pipelines.warehouse.postgres_address import checked, shown  # noqa: PLC0415 - an extra

    checked(location)
    return shown(location)


def warehouse_path(location: str) -> Path:
    """Return the DuckDB file that `--warehouse` names.

    Raises:
        UsageError: It names something else.
        ConfigError: DuckDB could not tell the file's tables from a schema of the same name.
    """
    if "://" in location:
        msg = (
            f"--warehouse {location.split('://', 1)[0]}://… names no database that can be a "
            "warehouse. Give a path such as cal.duckdb, or postgresql://user@host/database."
        )
        raise UsageError(msg)
    path = Path(location)
    if path.stem.lower() in _RESERVED_STEMS:
        msg = (
            f"The warehouse file {path.name} has the name of a schema inside it, and DuckDB cannot "
            f"tell '{path.stem}.table' from one in the other (Ambiguous reference). Rename the "
            "file, for example to cal.duckdb."
        )
        raise ConfigError(msg)
    return path


def _require_drivers() -> None:
    missing = [name for name in _DRIVERS if importlib.util.find_spec(name) is None]
    if missing:
        msg = (
            f"A Postgres warehouse needs the Python packages of the extra 'postgres'; "
            f"{', '.join(missing)} cannot be imported. Install them with "
            "pip install 'cal-warehouse[postgres]'."
        )
        raise ConfigError(msg)
