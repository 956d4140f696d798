"""First loads: ours, the peers', and the least that anybody must do with the same pages."""

from __future__ import annotations

import http.client
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from psycopg import connect

from pipelines.warehouse.postgres_address import for_dlt
from tests.bench.environments import REPOSITORY, EnvironmentFailed, environment_bin
from tests.bench.measure import ProgramFailed
from tests.bench.reference import REFERENCES
from tests.bench.server import Settings, running_server
from tests.bench.session import KEY, OURS, Session, work_folder
from tests.postgres_server import running_server as running_postgres

if TYPE_CHECKING:
    from tests.bench.measure import Cost

_PEERS: Final = Path(__file__).resolve().parents[1] / "peers"
REST_API, PARQUET = "rest_api", "rest_api, parquet"
AIRBYTE, PYAIRBYTE = "airbyte-cdk, read only", "PyAirbyte"
_PEER_WAYS: Final = (REST_API, PARQUET, AIRBYTE, PYAIRBYTE)


def measure_load(session: Session, size: int) -> None:
    """Into DuckDB."""
    with running_server(Settings(bookings=size)) as server, work_folder() as pages:
        url = server.url
        _keep_pages(url, pages)
        session.rounds_of(
            "load",
            size,
            {
                OURS: lambda f: session.cal_warehouse(f, url, str(f / "w.duckdb"), "sync"),
                PARQUET: partial(_rest_api, session, url, "parquet"),
                AIRBYTE: lambda f: _peer(session, f, "airbyte-cdk", "airbyte_read", url, str(f)),
                PYAIRBYTE: lambda f: _peer(
                    session, f, "pyairbyte", "pyairbyte", url, str(f / "a.duckdb")
                ),
                REST_API: partial(_rest_api, session, url, ""),
                **{name: partial(_reference, session, name, pages) for name in REFERENCES},
            },
            peers=(*_PEER_WAYS, *REFERENCES),
        )


def measure_postgres(session: Session, size: int) -> None:
    """Into a PostgreSQL that does not wait for the disk."""
    with running_server(Settings(bookings=size)) as server, running_postgres() as postgres:

        def ours(folder: Path) -> Cost:
            with postgres.database() as database:
                return session.cal_warehouse(folder, server.url, database, "sync")

        def rest_api(folder: Path) -> Cost:
            with postgres.database(empty=True) as database, connect(database) as connection:
                target = for_dlt(database, connection.info)
                return _peer(session, folder, "dlt", "rest_api", server.url, target)

        session.rounds_of("postgres", size, {OURS: ours, REST_API: rest_api}, _PEER_WAYS)


def _rest_api(session: Session, url: str, file_format: str, folder: Path) -> Cost:
    more = [file_format] if file_format else []
    return _peer(session, folder, "dlt", "rest_api", url, str(folder / "d.duckdb"), *more)


def _peer(session: Session, folder: Path, environment: str, script: str, *arguments: str) -> Cost:
    try:
        python = environment_bin(environment) / "python"
    except EnvironmentFailed as error:
        raise ProgramFailed(str(error)) from error
    return session.script(folder, str(python), str(_PEERS / f"{script}.py"), *arguments)


def _reference(session: Session, name: str, pages: Path, folder: Path) -> Cost:
    command = [sys.executable, str(REPOSITORY / "tests/bench/reference.py"), name, str(pages)]
    return session.script(folder, *command)


def _keep_pages(url: str, folder: Path) -> None:
    """Write the pages of all bookings to files, so that references need no server."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    headers = {"Authorization": f"Bearer {KEY}", "cal-api-version": "2024-08-13"}
    skip, body = 0, b'{"uid"'
    while b'"uid"' in body:
        connection.request(
            "GET", f"/v2/bookings?take=250&skip={skip}&sortCreated=asc", headers=headers
        )
        body = connection.getresponse().read()
        if b'"uid"' in body:
            (folder / f"{skip:09}.json").write_bytes(body)
        skip += 250
