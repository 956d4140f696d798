"""Every kind of request that a sync makes, spoiled in every way, once and for good.

A cell is one sync with a fault. It has to end right, or to say what it lacks (or why it ended) and
leave everything else right; after it, a healthy sync has to end right whatever happened before.
"Right" is what a sync of the same Cal.com into a new warehouse gives, row by row, and a history
without versions that never were.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Any

from cal_source.errors import CalError
from cal_source.extraction import Extraction
from cal_source.sandbox import Sandbox, World, faults
from cal_source.tables import META_COLUMNS, TABLES
from pipelines.exit_codes import ExitCode, exit_code_of
from pipelines.options import SyncOptions
from pipelines.sql_text import quoted_list
from pipelines.sync import sync
from pipelines.warehouse import Warehouse
from tests.histories import Histories, book_directly, cancel, delete_booking, mark_absent
from tests.reliability.wire import Wire, client_on, healthy

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from cal_source.sandbox.faults import Answer
    from pipelines.sync import SyncResult

    Effect = Callable[[Answer, Random], Answer]

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
TOGETHER = 4  # kinds of request spoiled for good in one sync; five silent ones are an outage
OPTIONS = SyncOptions(page_size=20, reread_requests=3)
_VOLATILE = {"_run_id", "_loaded_at"}
_WITHOUT_MEANING = {"booking_attendees": {"ordinal"}}  # their place in the list


def _lists_only(effect: Effect) -> Effect:
    def spoil(answer: Answer, rng: Random) -> Answer:
        data = answer.json().get("data") if answer.status == 200 else None
        return effect(answer, rng) if isinstance(data, list) and data else answer

    return spoil


def _refusal(status: int, code: str) -> Effect:
    error = {"code": code, "message": "by the fault matrix"}
    return faults.answering({"status": "error", "error": error}, status)


TWICE = "page with a row twice, another missing"

FAULTS: Mapping[str, Effect] = {
    "timeout": faults.delayed(60),
    "connection reset": faults.reset,
    "slow drip": faults.dripping(100),
    "429 with headers": faults.rate_limited(),
    "429 without headers": faults.rate_limited(has_headers=False),
    "429 web page": faults.html(429),
    "500 in Cal.com's words": _refusal(500, "INTERNAL_SERVER_ERROR"),
    "500 web page": faults.html(500),
    "502 web page": faults.html(502),
    "503 web page": faults.html(503),
    "504 web page": faults.html(504),
    "truncated body": faults.truncated,
    "broken JSON": faults.malformed_json,
    "200 web page": faults.html(200),
    "403 web page": faults.html(403),
    "JSON without envelope": faults.answering({"hello": "world"}),
    "data of another type": faults.answering({"status": "success", "data": 7}),
    TWICE: _lists_only(faults.duplicated),
    "page in another order": _lists_only(faults.shuffled),
    "401": _refusal(401, "UnauthorizedException"),
}
NOT_NOTICED = {(TWICE, "get_all_timezones")}  # cities have no ids, so two equal ones may be right
NEVER_RETRIED = {"data of another type", "401"}
NOT_RETRIED_AT_FIRST = {"200 web page", "403 web page", "JSON without envelope"}
FIRST_REQUEST = "retrieve_my_information"


def _noticed(fault: str, kinds: Collection[str]) -> list[str]:
    return [kind for kind in kinds if (fault, kind) not in NOT_NOTICED]


def state(warehouse: Warehouse) -> dict[str, list[str]]:
    """Return what the raw tables say, without when and by which run it was read."""
    found = {}
    for name, table in TABLES.items():
        left_out = _VOLATILE | _WITHOUT_MEANING.get(name, set())
        columns = [c.name for c in (*table.columns, *META_COLUMNS) if c.name not in left_out]
        rows = warehouse.rows(f"select {quoted_list(columns)} from raw.{name}")
        found[name] = sorted(repr(list(row.values())) for row in rows)
    return found


def keys(warehouse: Warehouse) -> dict[str, set[str]]:
    return {
        name: {
            repr(list(row.values()))
            for row in warehouse.rows(f"select {quoted_list(table.key)} from raw.{name}")
        }
        for name, table in TABLES.items()
    }


def versions(warehouse: Warehouse) -> dict[str, list[str]]:
    """Return every version in the history, and whether it is the current one."""
    found = {}
    for name, table in TABLES.items():
        key = quoted_list(table.key)
        rows = warehouse.rows(
            f"select {key}, _content_hash, valid_to is null as is_open from raw.{name}_history"
        )
        found[name] = sorted(repr(list(row.values())) for row in rows)
    return found


def sync_on(warehouse: Warehouse, wire: Wire, *, retry_budget: int | None = None) -> SyncResult:
    """Sync over a wire, in its time."""
    client = client_on(wire, retry_budget=retry_budget)

    def new_extraction(**more: Any) -> Extraction:
        return Extraction(client, strict=False, clock=wire.time.now, **more)

    return sync(warehouse, new_extraction, OPTIONS)


@dataclass(frozen=True)
class Verdict:
    """How one cell ended.

    Attributes:
        fault: What was done to the answers.
        kinds: The kinds of request it was done to.
        outcome: The sync's outcome, or the name of the error that ended it.
        says: The first failed read's reason, or the error's message.
        problems: What was not right; empty when all was.
        is_for_good: False where each kind was spoiled once.
    """

    fault: str
    kinds: tuple[str, ...]
    outcome: str
    says: str
    problems: tuple[str, ...]
    is_for_good: bool


class Matrix:
    """Two states of an account, a warehouse that holds the first, and what it is to become.

    Args:
        folder: Where warehouses may be kept.
        seed: Chooses the account and its changes.
    """

    def __init__(self, folder: Path, *, seed: int = 5) -> None:
        self._folder = folder
        self._seed = seed
        self._before = folder / "before.duckdb"
        sandbox = self._sandbox()
        with Warehouse.open(str(self._before)) as warehouse:
            sync_on(warehouse, healthy(sandbox))
            self.state_before, self.keys_before = state(warehouse), keys(warehouse)
        self._change(sandbox)
        with Warehouse.open(str(folder / "after.duckdb")) as warehouse:
            sync_on(warehouse, healthy(sandbox))
            self.state_after, self.keys_after = state(warehouse), keys(warehouse)
        wire = healthy(sandbox)
        with self._warehouse() as warehouse:
            sync_on(warehouse, wire)
            self.versions_after = versions(warehouse)
            assert state(warehouse) == self.state_after
        self.kinds = tuple(sorted(wire.seen))

    def once(self, fault: str, kinds: Collection[str] | None = None) -> Verdict:
        """Spoil the first request of every kind, or of those named, in one sync."""
        return self._cell(fault, _noticed(fault, kinds or self.kinds), times=1)

    def for_good(self, fault: str, kinds: Collection[str]) -> Verdict:
        """Spoil every request of some kinds."""
        return self._cell(fault, _noticed(fault, kinds), times=None)

    def groups(self) -> list[tuple[str, ...]]:
        """Return the kinds in groups that may be spoiled for good together."""
        mixed = Random(self._seed).sample(self.kinds, len(self.kinds))
        return [tuple(mixed[i : i + TOGETHER]) for i in range(0, len(mixed), TOGETHER)]

    def everything(self, *, known_once: Collection[str] = ()) -> Iterator[Verdict]:
        """Yield the verdict on every fault: once on every kind, then for good, in mixed order.

        Args:
            known_once: Faults whose effect on every kind once need not be tried again.
        """
        for fault in [name for name in FAULTS if name not in {*NEVER_RETRIED, *known_once}]:
            first = {FIRST_REQUEST} if fault in NOT_RETRIED_AT_FIRST else set()
            yield self.once(fault, set(self.kinds) - first)
        cells = [(self.for_good, fault, group) for fault in FAULTS for group in self.groups()]
        cells += [
            (self.once, fault, (kind,)) for fault in sorted(NEVER_RETRIED) for kind in self.kinds
        ]
        for spoil, fault, kinds in Random(self._seed).sample(cells, len(cells)):
            yield spoil(fault, kinds)

    def _cell(self, fault: str, kinds: Collection[str], times: int | None) -> Verdict:
        sandbox = self._sandbox()
        self._change(sandbox)
        wire = healthy(sandbox)
        wire.effect, wire.kinds, wire.times = FAULTS[fault], kinds, times
        result: SyncResult | None = None
        with self._warehouse() as warehouse:
            try:
                result = sync_on(warehouse, wire, retry_budget=10**6 if times else None)
            except CalError as error:
                outcome, says = type(error).__name__, str(error)
                problems = self._after_an_error(warehouse, error)
            else:
                failed = [read["reason"] for read in result.reads if read["status"] == "failed"]
                outcome, says = result.outcome, next(iter(failed), "")
                problems = self._after_a_result(warehouse, result)
            if outcome != "proved":
                problems += self._after_recovery(warehouse, sandbox)
        return Verdict(fault, tuple(sorted(kinds)), outcome, says, tuple(problems), times is None)

    def _after_an_error(self, warehouse: Warehouse, error: CalError) -> list[str]:
        problems = []
        if exit_code_of(error) is ExitCode.FAILED:
            problems.append(f"the error has no exit code: {error!r}")
        run = warehouse.rows("select outcome, message from ops.runs order by started_at")[-1]
        if run != {"outcome": "failed", "message": str(error)}:
            problems.append(f"ops.runs says {run}")
        now = state(warehouse)
        if now not in (self.state_before, self.state_after):
            problems.append("a run that failed left neither the old nor the new state")
        return problems

    def _after_a_result(self, warehouse: Warehouse, result: SyncResult) -> list[str]:
        failed = {read["resource"] for read in result.reads if read["status"] == "failed"}
        lacking = {member.name for root in failed for member in TABLES[root].family()}
        if result.outcome == "unproved":
            lacking |= {member.name for member in TABLES["bookings"].family()}
        now, held = state(warehouse), keys(warehouse)
        problems = [
            f"{name} differs, and its reads are not said to have failed"
            for name in now
            if now[name] != self.state_after[name] and name not in lacking
        ]
        for name in TABLES:
            lost = (self.keys_before[name] & self.keys_after[name]) - held[name]
            if lost and result.outcome != "unproved":
                problems.append(f"{name} lost {len(lost)} rows")
        if result.outcome == "proved" and versions(warehouse) != self.versions_after:
            problems.append("the history has false versions")
        return problems

    def _after_recovery(self, warehouse: Warehouse, sandbox: Sandbox) -> list[str]:
        result = sync_on(warehouse, healthy(sandbox))
        now = state(warehouse)
        problems = [f"next run: {n} differs" for n in now if now[n] != self.state_after[n]]
        if result.outcome != "proved":
            problems.append(f"next run: {result.outcome}")
        return problems

    def _sandbox(self) -> Sandbox:
        world = World.generate(bookings=70, seed=self._seed, now=NOW)
        return Sandbox(world, seed=self._seed, now=NOW, rate_limit_per_minute=10**6)

    def _change(self, sandbox: Sandbox) -> None:
        history = Histories(sandbox, Random(self._seed))
        for change in (book_directly, mark_absent, cancel, delete_booking):
            change(history)

    def _warehouse(self) -> Warehouse:
        """Open a copy of the warehouse as it was before the changes."""
        path = self._folder / "cell.duckdb"
        path.unlink(missing_ok=True)
        shutil.copy(self._before, path)
        return Warehouse.open(str(path))
