"""Fixtures that every test may use."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import httpx
import pytest
from hypothesis import HealthCheck, settings

from cal_source.client import CalClient
from cal_source.extraction import Extraction
from cal_source.sandbox import Sandbox, World
from pipelines.models import project_folder
from pipelines.options import SyncOptions
from pipelines.sync import SyncResult, sync
from pipelines.warehouse import Warehouse
from tests.browser import AXE, Browser, find_browser
from tests.engines.warehouses import raw_copy
from tests.postgres_server import PostgresServer, running_server
from transforms import DuckDBEngine, Project, build

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDED_AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
REPOSITORY = Path(__file__).resolve().parent.parent
_REFERENCE = REPOSITORY.parent / "shared" / "cal-api"

settings.register_profile(
    "project",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("project")


# What takes minutes and repeats on another engine what runs without it: `make soak` runs it too.
_POSTGRES_HALVES_IN_SOAK = {
    "test_dbt_warehouse.py",
    "test_exact_properties.py",
    "test_history.py",
    "test_model_commands.py",
    "test_sync.py",
    "test_sync_connections.py",
    "test_sync_details.py",
    "test_sync_recorded_world.py",
    "test_unchanged.py",
}
_SPARK_HALVES_IN_SOAK = {"test_build.py", "test_models.py"}
_SLICE_OF_FAULTS_FOR_GOOD = ("timeout", "429 with headers", "data of another type", "401")
_LONG_TESTS_IN_SOAK = (
    "test_example_adds_missing_webhooks",
    "test_a_database_that_goes_away_ends_the_run_with_exit_74_and_the_next_run_is_right",
)
_SLICE_OF_OUTAGES = ("[publish]", "[in the log]")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the long halves and the larger part of the long matrices to the soak."""
    for item in items:
        module, name = item.path.name, item.name
        if (
            name in _LONG_TESTS_IN_SOAK
            or (module in _POSTGRES_HALVES_IN_SOAK and "postgres" in name)
            or (module in _SPARK_HALVES_IN_SOAK and "spark" in name)
            or (
                module == "test_fault_matrix.py"
                and "for_good" in name
                and not any(f"[{fault}]" in name for fault in _SLICE_OF_FAULTS_FOR_GOOD)
            )
            or (
                module == "test_outages.py" and "[" in name and not name.endswith(_SLICE_OF_OUTAGES)
            )
        ):
            item.add_marker(pytest.mark.soak)


@pytest.fixture(scope="session")
def reference_dir() -> Path:
    """The recorded reference data: a real server's answers, beside the repository."""
    if not _REFERENCE.is_dir():
        reason = (
            f"the recorded reference data is not at {_REFERENCE.relative_to(REPOSITORY.parent)}"
        )
        if os.environ.get("CI"):
            pytest.fail(f"{reason}; CI must have it")
        pytest.skip(reason)
    return _REFERENCE


class InProcess(httpx.BaseTransport):
    """Carries a client's requests to a sandbox in this process, without sockets."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.sandbox.respond(
            request.method,
            request.url.path,
            list(request.url.params.multi_items()),
            dict(request.headers),
            request.read(),
        )
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body)


@pytest.fixture
def recorded_sandbox(reference_dir: Path) -> Sandbox:
    """A sandbox filled with the recorded world, new for every test."""
    return Sandbox(World.from_folder(reference_dir / "world"))


@pytest.fixture
def small_sandbox() -> Sandbox:
    """A sandbox with an invented account of 300 bookings and no rate limit in the way."""
    now = datetime(2026, 11, 22, 9, tzinfo=UTC)
    return Sandbox(
        World.generate(bookings=300, seed=3, now=now), now=now, rate_limit_per_minute=1_000_000
    )


@pytest.fixture
def client_of():
    """Makes a client of a sandbox for one of its keys."""

    def make(sandbox: Sandbox, key: str = "owner", **options) -> CalClient:
        return CalClient(
            f"cal_sandbox_{key}",
            base_url="http://sandbox.test",
            transport=InProcess(sandbox),
            sleep=lambda _: None,
            **options,
        )

    return make


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this test process."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for all tests of a process; skips where there is none."""
    if find_browser() is None:
        pytest.skip("there is no Chromium on this machine; install the package chromium")
    with Browser() as opened:
        yield opened


@pytest.fixture(scope="session")
def axe() -> None:
    """Skips where the accessibility checker is missing."""
    if not AXE.is_file():
        pytest.skip("axe-core is not there; 'make axe' gets it with npm")


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of a new Postgres warehouse."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture
def warehouse(tmp_path: Path):
    with Warehouse.open(str(tmp_path / "cal.duckdb")) as opened:
        yield opened


@pytest.fixture
def sync_of(client_of):
    """Syncs a sandbox into a warehouse as one of its keys."""

    def run(warehouse: Warehouse, sandbox: Sandbox, key: str = "owner", **options) -> SyncResult:
        client = client_of(sandbox, key)
        return sync(
            warehouse,
            lambda **more: Extraction(client, strict=False, **more),
            SyncOptions(**options),
        )

    return run


@pytest.fixture
def recorded_models(
    sync_of, recorded_sandbox, tmp_path: Path
) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB with the recorded world's raw tables and all models."""
    file = tmp_path / "recorded.duckdb"
    with Warehouse.open(str(file)) as recorded:
        sync_of(recorded, recorded_sandbox)
    project = Project.load(project_folder())
    with duckdb.connect() as connection:
        raw_copy(file, connection, project.sources)
        assert build(project, DuckDBEngine(connection), as_of=RECORDED_AT).ok
        yield connection
