"""dlt's secrets file, changed one table at a time: readable by its owner only, never half written.

What else is in the file stays as it is, comments included. A change is written beside the file,
forced to disk and moved into place, so after a crash there is the old file or the new one.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Table

from cal_source.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_OWNER_ONLY: Final = 0o600


@dataclass(frozen=True, slots=True)
class SecretsFile:
    """A file such as `.dlt/secrets.toml`; it need not exist yet.

    Attributes:
        path: Where it is.
    """

    path: Path

    def read(self, name: str) -> dict[str, Any] | None:
        """Return a table by its dotted name, such as `sources.cal.oauth`; None without it.

        Raises:
            ConfigError: The file cannot be read or is no TOML.
        """
        here: Any = self._document()
        for part in name.split("."):
            here = here.get(part) if isinstance(here, dict) else None
        return dict(here.unwrap()) if isinstance(here, Table) else None

    def write(self, name: str, values: Mapping[str, Any]) -> None:
        """Replace a table by its dotted name; hold `locked` where others may write too.

        Raises:
            ConfigError: The file cannot be read or written; it is as it was.
        """
        document = self._document()
        here: Any = document
        *parents, last = name.split(".")
        for part in parents:
            here = here.setdefault(part, tomlkit.table(is_super_table=True))
        table = tomlkit.table()
        table.update(values)
        here[last] = table
        self._replace(tomlkit.dumps(document))

    def check_writable(self) -> None:
        """Write the file anew as it is, so that a later write of a token will not fail.

        Raises:
            ConfigError: It cannot be read or written.
        """
        self._replace(tomlkit.dumps(self._document()))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes out until the block ends; waits for those inside.

        Raises:
            ConfigError: The lock's file cannot be made.
        """
        import fcntl  # noqa: PLC0415 - POSIX only; settings import this module everywhere

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(
                self._resolved().with_suffix(".lock"), os.O_CREAT | os.O_RDWR, _OWNER_ONLY
            )
        except OSError as error:
            raise self._trouble("cannot be locked", error) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _resolved(self) -> Path:
        return self.path.resolve()  # a link stays a link

    def _document(self) -> tomlkit.TOMLDocument:
        try:
            return tomlkit.parse(self.path.read_text("utf-8"))
        except FileNotFoundError:
            return tomlkit.document()
        except OSError as error:
            raise self._trouble("cannot be read", error) from error
        except (TOMLKitError, UnicodeDecodeError) as error:
            raise ConfigError(
                str(self.path), "is no TOML, so it was left as it is", "Mend or move it."
            ) from error

    def _replace(self, text: str) -> None:
        target = self._resolved()
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=".secrets-")  # mode 0600
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(handle)
                Path(name).replace(target)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
            _sync_folder(target.parent)
        except OSError as error:
            raise self._trouble("cannot be written", error) from error

    def _trouble(self, problem: str, error: OSError) -> ConfigError:
        return ConfigError(
            str(self.path),
            f"{problem}: {error.strerror}",
            "Give your user the right to read and write it and its folder, and make room.",
        )


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
