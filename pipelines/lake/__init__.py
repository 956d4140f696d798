"""A lake: the published tables as Parquet files in a folder or an object store.

Every export is a folder of its own below `runs/`, complete in itself: `raw/bookings/…`. The file
`_latest.json` names the folder that holds the latest one; it is replaced in one step, so a reader
sees one whole run. Files that did not change are linked into the next folder, or copied within the
store.

    _latest.json                                             {"folder": "runs/20261122T…", …}
    runs/RUN/_manifest.json                                  tables, columns, parts, digests
    runs/RUN/raw/event_types/rows.parquet
    runs/RUN/raw/bookings/start_month=2026-11-01/rows.parquet
    runs/RUN/raw/bookings_history/part=open-2026-11-01/rows.parquet
    runs/RUN/raw/bookings_history/part=closed-2026-11-01/rows.parquet

store      the folder: paths, links, the pointer, clearing away
export     from a warehouse into a store
"""

from pipelines.lake.export import Exported, export_lake
from pipelines.lake.store import LakeStore, Manifest

__all__ = ["Exported", "LakeStore", "Manifest", "export_lake"]
