"""PyAirbyte reading the bookings stream into DuckDB: python pyairbyte.py URL DUCKDB-FILE."""

import json
import sys
import time

import airbyte
from airbyte.caches import DuckDBCache
from manifest import manifest

url, path = sys.argv[1:]
started = time.perf_counter()
source = airbyte.get_source(
    "source-cal-com", config={"api_key": "cal_sandbox_owner"}, source_manifest=manifest(url)
)
source.select_streams(["bookings"])
result = source.read(cache=DuckDBCache(db_path=path))
seconds = time.perf_counter() - started
rows = result.processed_records
print(json.dumps({"rows": rows, "work_seconds": seconds}))
