"""Where a lake lies: a local folder, or any store that Arrow's file systems reach."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from pipelines.errors import LakeMissing, LakeNotWritten, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

_LATEST: Final = "_latest.json"
_MANIFEST: Final = "_manifest.json"
_RUNS: Final = "runs"


class ManifestPart(msgspec.Struct, frozen=True):
    """One Parquet file.

    Attributes:
        rows: How many rows it holds.
        digest: Of its rows, as the warehouse computed it.
    """

    rows: int
    digest: str


class ManifestTable(msgspec.Struct, frozen=True):
    """One table of an export.

    Attributes:
        columns: Arrow type by column, in order, as the files have them.
        files: What each file holds, by its path within the export's folder.
    """

    columns: dict[str, str]
    files: dict[str, ManifestPart]


class Manifest(msgspec.Struct, frozen=True):
    """One whole export.

    Attributes:
        run_id: The export.
        tables: Its tables, by `schema.table`.
    """

    run_id: str
    tables: dict[str, ManifestTable]

    @property
    def folder(self) -> str:
        """Its folder within the lake."""
        return f"{_RUNS}/{self.run_id}"


class _Latest(msgspec.Struct, frozen=True):
    run_id: str
    folder: str


class LakeStore:
    """A lake's folder.

    Args:
        filesystem: Where it lies.
        root: Path of the folder there.
        location: How people know it.
    """

    def __init__(self, filesystem: fs.FileSystem, root: str, location: str) -> None:
        self._files = filesystem
        self._root = root.rstrip("/")
        self.location = location
        self._is_local = isinstance(filesystem, fs.LocalFileSystem)

    @classmethod
    def at(cls, location: str) -> LakeStore:
        """Return the lake at a path or an address such as `s3://bucket/folder`.

        Credentials of object stores come from where their own tools look for them.

        Raises:
            UsageError: Nothing that can be read is at that kind of address.
        """
        if "://" not in location:
            return cls(fs.LocalFileSystem(), os.path.abspath(location), location)  # noqa: PTH100
        try:
            filesystem, root = fs.FileSystem.from_uri(location)
        except (ValueError, ImportError, OSError) as error:
            msg = (
                f"{location} names no place for a lake: {error}. Give a folder, s3://bucket/folder "
                "or gs://bucket/folder."
            )
            raise UsageError(msg) from error
        return cls(filesystem, root, location)

    def latest(self) -> Manifest | None:
        """Return the export that readers see; None where there is none."""
        latest = self._read_latest()
        if latest is None:
            return None
        content = self._read(f"{latest.folder}/{_MANIFEST}")
        return None if content is None else msgspec.json.decode(content, type=Manifest)

    def paths(self) -> dict[str, str]:
        """Return the folder of each table of the latest export, by `schema.table`.

        A path of a local lake, else an address.

        Raises:
            LakeMissing: Nothing was exported there.
        """
        manifest = self.latest()
        if manifest is None:
            raise LakeMissing(self.location)
        base = self._root if self._is_local else self.location.partition("?")[0].rstrip("/")
        return {
            name: f"{base}/{manifest.folder}/{name.replace('.', '/')}" for name in manifest.tables
        }

    @contextmanager
    def writer(self, path: str, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
        """Write a Parquet file; its folder is made when missing.

        Yields:
            What takes the rows.
        """
        with (
            self._files.open_output_stream(self._place(path)) as stream,
            pq.ParquetWriter(stream, schema, compression="zstd") as writer,
        ):
            yield writer

    def keep(self, source: str, target: str) -> None:
        """Let a file of an earlier export be one of this one too."""
        if self._is_local:
            with suppress(OSError):  # a file system without links
                os.link(self._path(source), self._place(target))
                return
        self._files.copy_file(self._path(source), self._place(target))

    def commit(self, manifest: Manifest, *, after: Manifest | None) -> None:
        """Make an export the one that readers see, in one step.

        Args:
            manifest: The export; all its files are written.
            after: The export that was the latest when this one began.

        Raises:
            LakeNotWritten: Another export came between.
        """
        self._write(f"{manifest.folder}/{_MANIFEST}", msgspec.json.encode(manifest))
        found = self._read_latest()
        if (found and found.run_id) != (after and after.run_id):
            cause = f"another export, {found.run_id if found else 'none'}, came between"
            raise LakeNotWritten(self.location, cause)
        latest = msgspec.json.encode(_Latest(manifest.run_id, manifest.folder))
        if self._is_local:
            self._write(f"{_LATEST}.new", latest)
            self._files.move(self._path(f"{_LATEST}.new"), self._path(_LATEST))
        else:
            self._write(_LATEST, latest)  # an object store puts a whole object, or none

    def clear(self, *kept: Manifest | None) -> None:
        """Delete every export but these, whole ones and what killed ones left."""
        wanted = {f"{manifest.run_id}" for manifest in kept if manifest}
        selector = fs.FileSelector(self._path(_RUNS), allow_not_found=True)
        for info in self._files.get_file_info(selector):
            if info.base_name not in wanted:
                self._files.delete_dir(info.path)

    def discard(self, folder: str) -> None:
        """Delete what a failed export wrote, as far as that is possible."""
        with suppress(OSError):
            self._files.delete_dir(self._path(folder))

    def _path(self, path: str) -> str:
        return f"{self._root}/{path}"

    def _place(self, path: str) -> str:
        """Return the full path of a file to write; object stores need no folders."""
        full = self._path(path)
        if self._files.type_name not in {"s3", "gcs", "abfs"}:
            self._files.create_dir(full.rpartition("/")[0], recursive=True)
        return full

    def _read_latest(self) -> _Latest | None:
        content = self._read(_LATEST)
        return None if content is None else msgspec.json.decode(content, type=_Latest)

    def _read(self, path: str) -> bytes | None:
        try:
            with self._files.open_input_stream(self._path(path)) as stream:
                content: bytes = stream.read()
        except FileNotFoundError:
            return None
        return content

    def _write(self, path: str, content: bytes) -> None:
        with self._files.open_output_stream(self._place(path)) as stream:
            stream.write(content)
