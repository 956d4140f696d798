"""The warehouse: a DuckDB file or a Postgres database behind one interface.

opening           which database `--warehouse` names
base              what every warehouse can do; all SQL of `pipelines` goes through it
dialect           the words in which their SQL differs
tables            the tables of `raw` and `ops` as statements
duckdb_file       the DuckDB file
postgres          the Postgres database; postgres_address is how it is named and shown,
                  postgres_arrow how its rows become Arrow, postgres_keys how a first load fills it
processes         since when the process that has the file runs
refusals          what databases say when nothing more can be written
"""

from pipelines.warehouse.base import Warehouse
from pipelines.warehouse.opening import is_postgres, shown_location, warehouse_path
from pipelines.warehouse.tables import SCHEMAS

__all__ = ["SCHEMAS", "Warehouse", "is_postgres", "shown_location", "warehouse_path"]
