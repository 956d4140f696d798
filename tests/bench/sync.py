"""How fast a first sync is, beside the least that anybody must do with the same pages.

Run by `make bench`. Machines are shared and noisy: read the ratios, not the seconds.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from cal_source.client import CalClient
from cal_source.extraction import Extraction
from cal_source.sandbox import Sandbox, World
from pipelines.models import build_models
from pipelines.options import SyncOptions
from pipelines.sync import sync
from pipelines.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable

BOOKINGS = 20_000
ROUNDS = 3
HEADERS = {"authorization": "Bearer cal_sandbox_owner", "cal-api-version": "2024-08-13"}


def seconds_of(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def pages(sandbox: Sandbox) -> list[bytes]:
    found: list[bytes] = []
    while True:
        query = [("take", "250"), ("skip", str(250 * len(found)))]
        body = sandbox.respond("GET", "/v2/organizations/101/bookings", query, HEADERS, b"").body
        if not msgspec.json.decode(body)["data"]:
            return found
        found.append(body)


def first_sync(url: str, path: Path) -> tuple[float, float]:
    with CalClient("cal_sandbox_owner", base_url=url) as client, Warehouse.open(str(path)) as w:
        options = SyncOptions(only=("bookings",))
        loading = seconds_of(lambda: sync(w, lambda **more: Extraction(client, **more), options))
        return loading, seconds_of(lambda: build_models(w))


def main() -> None:
    sandbox = Sandbox(World.generate(bookings=BOOKINGS, seed=1), rate_limit_per_minute=10**9)
    bodies = pages(sandbox)
    count = sum(len(msgspec.json.decode(body)["data"]) for body in bodies)
    loads, builds, decodes, serves = [], [], [], []
    with tempfile.TemporaryDirectory() as folder, sandbox.serve() as url:
        for number in range(ROUNDS):
            decodes.append(seconds_of(lambda: [msgspec.json.decode(body) for body in bodies]))
            serves.append(seconds_of(lambda: pages(sandbox)))
            loading, building = first_sync(url, Path(folder) / f"bench{number}.duckdb")
            loads.append(loading)
            builds.append(building)
    reference = statistics.median(decodes)
    print(f"{count:,} bookings with their lists; medians of {ROUNDS} rounds")
    print(f"{'what':<34}{'seconds':>9}{'bookings/s':>12}{'x decode':>10}")
    for name, values in (
        ("decode the pages only (reference)", decodes),
        ("the sandbox making the pages", serves),
        ("first sync, sandbox included", loads),
        ("build of all models", builds),
    ):
        median = statistics.median(values)
        print(f"{name:<34}{median:>9.2f}{count / median:>12,.0f}{median / reference:>10.1f}")


if __name__ == "__main__":
    main()
