"""From a warehouse into a lake: what changed since the last export, as one whole run."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from cal_source.run_ids import new_run_id
from pipelines.errors import LakeNotWritten, MartsMissing
from pipelines.lake.store import LakeStore, Manifest, ManifestPart, ManifestTable
from pipelines.parts import raw_relations, read_parts, relations_of, rows_query
from pipelines.steps import Step, begin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime

    import pyarrow.parquet as pq

    from pipelines.parts import Part, Relation
    from pipelines.warehouse import Warehouse

_FILE: Final = "rows.parquet"
_NO_VALUE: Final = "__HIVE_DEFAULT_PARTITION__"  # as Spark and DuckDB read NULL


@dataclass(slots=True)
class Exported:
    """What an export did.

    Attributes:
        run_id: The export that readers see now.
        folder: Its folder within the lake.
        rows: Rows by table.
        written: Files written, by table.
        kept: Files taken over from the export before, by table.
    """

    run_id: str
    folder: str
    rows: dict[str, int] = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        """False where nothing had changed, so that the export before is still the latest."""
        return bool(self.written)


def export_lake(
    warehouse: Warehouse, store: LakeStore, now: datetime, *, marts: bool = False
) -> Exported:
    """Bring a lake to what a warehouse holds; readers see the export before until it is done.

    Args:
        warehouse: The warehouse, open for reading only, so that it is one state throughout.
        store: The lake.
        now: The present instant, UTC.
        marts: Export the tables of schema `marts` too.

    Raises:
        MartsMissing: There are no marts to export.
        LakeNotWritten: The lake cannot be written; the export before is as it was.
        WarehouseError: The warehouse cannot be read; likewise.
    """
    begin(Step.EXPORT)
    try:
        before = store.latest()
        return _Export(warehouse, store, before, new_run_id(now)).run(marts=marts)
    except (OSError, pa.ArrowException) as error:
        raise LakeNotWritten(store.location, str(error)) from error


class _Export:
    """One export: its folder, and what of the one before it can take over."""

    def __init__(
        self, warehouse: Warehouse, store: LakeStore, before: Manifest | None, run_id: str
    ) -> None:
        self._warehouse = warehouse
        self._store = store
        self._before = before
        self._manifest = Manifest(run_id, {})
        self._result = Exported(run_id, self._manifest.folder)

    def run(self, *, marts: bool) -> Exported:
        relations = raw_relations(self._warehouse, by_month=True)
        if marts:
            relations += self._marts()
        wanted = {relation.name: self._wanted(relation) for relation in relations}
        if self._before and self._before.tables == wanted:
            self._store.clear(self._before)
            return self._unchanged(self._before)
        try:
            for relation in relations:
                self._export(relation, wanted[relation.name])
            self._store.commit(self._manifest, after=self._before)
        except BaseException:
            self._store.discard(self._manifest.folder)
            raise
        self._store.clear(self._manifest, self._before)  # who opened that one goes on reading it
        return self._result

    def _marts(self) -> list[Relation]:
        found = relations_of(self._warehouse, "marts")
        if not found:
            raise MartsMissing(self._warehouse.location, ["marts"])
        return found

    def _wanted(self, relation: Relation) -> ManifestTable:
        """Return a table as it has to be; one without rows is one empty file."""
        with self._warehouse.arrow(rows_query(relation, ())) as reader:
            columns = {f.name: str(f.type) for f in reader.schema if f.name != "part"}
        parts: Mapping[str | None, Part | ManifestPart] = read_parts(self._warehouse, relation)
        files = {
            _file_of(relation, name): ManifestPart(part.rows, part.digest)
            for name, part in (parts or {None: ManifestPart(0, "")}).items()
        }
        return ManifestTable(columns, files)

    def _unchanged(self, before: Manifest) -> Exported:
        result = Exported(before.run_id, before.folder)
        for name, table in before.tables.items():
            result.rows[name] = sum(part.rows for part in table.files.values())
            result.kept[name] = len(table.files)
        return result

    def _export(self, relation: Relation, wanted: ManifestTable) -> None:
        kept = self._kept(relation.name, wanted)
        new = {file: part for file, part in wanted.files.items() if file not in kept}
        if new:
            self._write(relation, new)
        name = relation.name
        self._manifest.tables[name] = wanted
        self._result.rows[name] = sum(part.rows for part in wanted.files.values())
        self._result.kept[name], self._result.written[name] = len(kept), len(new)

    def _kept(self, name: str, wanted: ManifestTable) -> list[str]:
        """Take the files over that are as the export before has them."""
        before = self._before
        known = before and before.tables.get(name)
        if before is None or not known or known.columns != wanted.columns:
            return []
        kept = [file for file, part in wanted.files.items() if known.files.get(file) == part]
        for file in kept:
            self._store.keep(f"{before.folder}/{file}", f"{self._manifest.folder}/{file}")
        return kept

    def _write(self, relation: Relation, new: dict[str, ManifestPart]) -> None:
        # in the order in which one query brings their rows
        written = dict.fromkeys(new, 0)
        parts = [_part_of(relation, file) for file in new]
        with ExitStack() as open_file, self._warehouse.arrow(rows_query(relation, parts)) as reader:
            schema = pa.schema([f for f in reader.schema if f.name != "part"])
            file, writer = "", None
            for part, rows in _pieces(reader):
                if writer is None or file != _file_of(relation, part):
                    open_file.close()
                    file = _file_of(relation, part)
                    writer = open_file.enter_context(self._writer(file, schema))
                writer.write_batch(rows)
                written[file] += rows.num_rows
        for file in (file for file, rows in written.items() if not rows):
            with self._writer(file, schema):
                pass
        if {file: part.rows for file, part in new.items()} != written:
            cause = f"{relation.name} changed while it was exported; export again"
            raise LakeNotWritten(self._store.location, cause)

    def _writer(self, file: str, schema: pa.Schema) -> AbstractContextManager[pq.ParquetWriter]:
        return self._store.writer(f"{self._manifest.folder}/{file}", schema)


def _file_of(relation: Relation, part: str | None) -> str:
    folder = f"{relation.schema}/{relation.table}"
    if not relation.part_name:
        return f"{folder}/{_FILE}"
    return f"{folder}/{relation.part_name}={_NO_VALUE if part is None else part}/{_FILE}"


def _part_of(relation: Relation, file: str) -> str | None:
    if not relation.part_name:
        return None
    value = file.split("/")[-2].partition("=")[2]
    return None if value == _NO_VALUE else value


def _pieces(reader: pa.RecordBatchReader) -> Iterator[tuple[str | None, pa.RecordBatch]]:
    """Yield the rows of one part after the other, in pieces of at most a batch."""
    for batch in reader:
        ends = pc.run_end_encode(batch["part"])
        rows, start = batch.drop_columns(["part"]), 0
        for end, part in zip(ends.run_ends.to_pylist(), ends.values.to_pylist(), strict=True):
            yield part, rows.slice(start, end - start)
            start = end
