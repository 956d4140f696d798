"""dlt's rest_api source reading bookings: python rest_api.py URL DUCKDB-FILE|postgresql: [FORMAT].

Everything is dlt's default but the paginator, which must be told Cal.com's names; pages of 250.
"""

import json
import sys
import tempfile
import time

import dlt
from dlt.sources.rest_api import rest_api_source

url, target, *formats = sys.argv[1:]
is_postgres = target.startswith("postgresql:")
destination = dlt.destinations.postgres(target) if is_postgres else dlt.destinations.duckdb(target)
paginator = {
    "type": "offset",
    "limit": 250,
    "limit_param": "take",
    "offset_param": "skip",
    "total_path": "pagination.totalItems",
}
source = rest_api_source({
    "client": {
        "base_url": f"{url}/v2/",
        "auth": {"type": "bearer", "token": "cal_sandbox_owner"},
        "headers": {"cal-api-version": "2024-08-13"},
        "paginator": paginator,
    },
    "resources": [
        {
            "name": "bookings",
            "primary_key": "uid",
            "endpoint": {"path": "bookings", "data_selector": "data"},
        }
    ],
})
started = time.perf_counter()
with tempfile.TemporaryDirectory() as folder:
    pipeline = dlt.pipeline(
        "bench", destination=destination, dataset_name="bench", pipelines_dir=folder
    )
    pipeline.run(source, loader_file_format=formats[0] if formats else None)
    seconds = time.perf_counter() - started
    steps = {
        step.step: (step.finished_at - step.started_at).total_seconds()
        for step in pipeline.last_trace.steps
    }
    with pipeline.sql_client() as client:
        ((rows,),) = client.execute_sql("select count(*) from bookings")
print(json.dumps({"rows": rows, "work_seconds": seconds, "steps": steps}))
