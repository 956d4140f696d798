"""airbyte-cdk reading the bookings stream into a file: python airbyte_read.py URL FOLDER.

Nothing is loaded anywhere: it is the reading half of a sync.
"""

import json
import sys
import time
from pathlib import Path

from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.models import ConfiguredAirbyteCatalogSerializer
from airbyte_cdk.sources.declarative.concurrent_declarative_source import (
    ConcurrentDeclarativeSource,
)
from manifest import manifest

url, folder = sys.argv[1], Path(sys.argv[2])
config = {"api_key": "cal_sandbox_owner"}
catalog = {
    "streams": [
        {
            "stream": {
                "name": "bookings",
                "json_schema": {},
                "supported_sync_modes": ["full_refresh"],
                "source_defined_primary_key": [["id"]],
            },
            "sync_mode": "full_refresh",
            "destination_sync_mode": "overwrite",
        }
    ]
}
(folder / "config.json").write_text(json.dumps(config))
(folder / "catalog.json").write_text(json.dumps(catalog))
started = time.perf_counter()
source = ConcurrentDeclarativeSource(
    catalog=ConfiguredAirbyteCatalogSerializer.load(catalog),
    config=config,
    state=None,
    source_config=manifest(url),
)
arguments = [
    "read",
    "--config",
    str(folder / "config.json"),
    "--catalog",
    str(folder / "catalog.json"),
]
rows = 0
with (folder / "messages.jsonl").open("w") as file:
    for message in AirbyteEntrypoint(source).run(AirbyteEntrypoint.parse_args(arguments)):
        file.write(message + "\n")
        rows += message.startswith('{"type":"RECORD"')
print(json.dumps({"rows": rows, "work_seconds": time.perf_counter() - started}))
