"""Accounts side by side take as long as the slowest of them, each within its own rate limit."""

from __future__ import annotations

from datetime import timedelta

from cal_source.client import CalClient
from cal_source.limiter import RateLimiter
from cal_source.sandbox import Sandbox, World
from cal_source.sandbox.clock import Clock
from cal_source.settings import Settings
from pipelines.accounts import Account, sync_accounts
from pipelines.exit_codes import ExitCode
from pipelines.options import SyncOptions
from pipelines.warehouse import Warehouse
from tests.account import NOW
from tests.conftest import InProcess
from tests.virtual_time import VirtualTime


class _Client(CalClient):
    """Tells the clock when its account is done."""

    def __init__(self, time, name, sandbox):
        self.statuses = sandbox.statuses
        sleep = time.sleep_of(name)
        super().__init__(
            "cal_sandbox_owner",
            base_url="http://sandbox.test",
            transport=sandbox,
            limiter=RateLimiter(clock=time.now, sleep=sleep),
            sleep=sleep,
            clock=lambda: NOW + timedelta(seconds=time.now()),
        )
        self._done = lambda: time.end(name)

    def close(self):
        super().close()
        self._done()


class _Counting(InProcess):
    """A sandbox that remembers how it answered."""

    def __init__(self, sandbox):
        super().__init__(sandbox)
        self.statuses = []

    def handle_request(self, request):
        response = super().handle_request(request)
        self.statuses.append(response.status_code)
        return response


def synced(folder, worlds, limit, options):
    """Sync accounts with these worlds; seconds of each on their clock, and how they were answered.

    Times are those on a clock that all share, so an account that waits for another is late.
    """
    time = VirtualTime(worlds)
    sandboxes = {
        name: _Counting(
            Sandbox(
                world,
                rate_limit_per_minute=limit,
                clock=Clock(NOW, monotonic=time.now, is_ticking=True),
            )
        )
        for name, world in worlds.items()
    }
    folder.mkdir()
    accounts = [
        Account(n, Settings(api_key=f"key of {n}"), str(folder / f"{n}.duckdb")) for n in worlds
    ]
    with Warehouse.open(str(folder / "all.duckdb"), holds_accounts=True) as target:
        outcomes = list(
            sync_accounts(
                accounts,
                target,
                options,
                concurrency=len(accounts),
                client_of=lambda account, _: _Client(time, account.name, sandboxes[account.name]),
                clock=lambda: NOW + timedelta(seconds=time.now()),
            )
        )
        held = target.scalar("select count(*) from raw.bookings")
    assert [o.message for o in outcomes if o.exit_code is not ExitCode.DONE] == []
    assert held == sum(o.result.tables["bookings"]["rows"] for o in outcomes)
    assert {429} & {status for s in sandboxes.values() for status in s.statuses} == set()
    return time.done_at, {name: len(s.statuses) for name, s in sandboxes.items()}


def compare(folder, accounts, bookings, *, limit, options):
    """Seconds of all accounts side by side, of the slowest one alone, and all requests."""
    small = World.generate(bookings=bookings // 4, seed=1, now=NOW)
    large = World.generate(bookings=bookings, seed=2, now=NOW)
    worlds = {f"a{number}": small if number % 4 else large for number in range(accounts)}
    together, requests = synced(folder / "together", worlds, limit, options)
    alone, _ = synced(folder / "alone", {"a0": large}, limit, options)
    return max(together.values()), alone["a0"], sum(requests.values())


def test_accounts_side_by_side_take_no_longer_than_the_slowest(tmp_path):
    options = SyncOptions(only=("bookings", "teams"), page_size=20, workers=1)

    together, alone, _ = compare(tmp_path, 5, 80, limit=2, options=options)

    assert 120 < alone <= together <= 1.2 * alone
