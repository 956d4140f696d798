"""Programs on top of the Cal.com source and the SQL engine: sync, transform, report, commands."""

import os

# Read by dlt when it is imported, and whatever imports it first: we report, and send nothing home.
os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
os.environ.setdefault("RUNTIME__LOG_LEVEL", "CRITICAL")
