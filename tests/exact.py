"""One account, one warehouse, and what has to hold between them after each of any steps.

`Exact` makes changes and syncs and checks after each. It is driven by the state machine of
`tests/pipelines/test_exact_stateful.py` and by the soak of `tests/soak`; all it does stands in
`log`, and the same seeds do the same.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox import Timing
from cal_source.tables import ROOT_TABLES, TABLES
from pipelines.errors import ViewLost
from pipelines.status import warehouse_status
from pipelines.warehouse import Warehouse
from tests.account import NOW, new_sandbox, sync_now
from tests.histories import Histories
from tests.oracle import (
    Snapshot,
    differences,
    family_differences,
    hash_differences,
    held_by,
    history_problems,
    rows_of,
    snapshot,
    truth,
)

if TYPE_CHECKING:
    from pipelines.sync import SyncResult

SECOND: Final = timedelta(seconds=1)
TIMINGS: Final = {
    "at once": Timing(),
    "lag": Timing(replica_lag=5 * SECOND),
    "skew": Timing(clock_skews=(-4 * SECOND, timedelta(), 3 * SECOND)),
    "lag and slow commits": Timing(
        replica_lag=2 * SECOND, clock_skews=(-90 * SECOND, -SECOND, timedelta())
    ),
}


@dataclass(frozen=True)
class Setting:
    """What an account and the syncs of it are like.

    Attributes:
        seed: Of the account and its history.
        bookings: Its bookings.
        timing: Name in `TIMINGS`.
        page_size: Bookings per request.
        reread_requests: Budget for reading again; few: the account does not fit it.
        client_skew: How far the clock of the machine that syncs is off.
    """

    seed: int
    bookings: int
    timing: str = "at once"
    page_size: int = 250
    reread_requests: int = 20
    client_skew: timedelta = timedelta()

    def options(self) -> dict[str, Any]:
        """Return the options of an ordinary sync; one request at a time, so that it repeats."""
        return {
            "page_size": self.page_size,
            "reread_requests": self.reread_requests,
            "workers": 1,
        }


@dataclass
class Exact:
    """An account, a warehouse, and everything known of both."""

    setting: Setting
    warehouse: Warehouse
    past: dict[datetime, Snapshot] = field(default_factory=dict)
    shown: dict[datetime, dict[Any, list[Any]]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    is_view_lost: bool = False

    @classmethod
    def open(cls, setting: Setting, location: str) -> Exact:
        """Make the account, and a warehouse after its first sync."""
        exact = cls(setting, Warehouse.open(location))
        exact.sync_ordinary()
        return exact

    def __post_init__(self) -> None:
        self.sandbox = new_sandbox(
            bookings=self.setting.bookings,
            seed=self.setting.seed,
            timing=TIMINGS[self.setting.timing],
        )
        self.history = Histories(self.sandbox, Random(self.setting.seed))

    def __enter__(self) -> Exact:
        return self

    def __exit__(self, *error: object) -> None:
        self.warehouse.__exit__(*error)

    # What happens ----------------------------------------------------------------------------

    def change(self, seed: int, count: int) -> None:
        """Make some changes, time passing between them."""
        self.history.rng.seed(seed)
        self.log += [self.history.step() for _ in range(count)]

    def lose_view(self) -> None:
        """The key's user is a plain member from now on."""
        self.log.append("the key loses its role")
        self._set_role("MEMBER")
        self.is_view_lost = True

    def regain_view(self) -> None:
        """The key's user has the role back."""
        self.log.append("the key has its role back")
        self._set_role("OWNER")
        self.is_view_lost = False

    def _set_role(self, role: str) -> None:
        row = self.sandbox.world.membership(101, 1001)
        self.sandbox.world.edit("memberships", row.id, role=role)
        self.sandbox.clock.advance(timedelta(minutes=10))

    # Syncs, each with what has to hold after it ----------------------------------------------

    def sync_ordinary(self) -> None:
        """Sync as usual: equal, but for rows whose reading is older than their change."""
        if self.is_view_lost:
            self._sync_without_view()
            return
        result = self._sync("sync", **self.setting.options())
        self._check_history()
        self._check_ordinary(result)

    def sync_full(self) -> None:
        """Read everything: equal row by row, and digest by digest to a warehouse filled anew."""
        if self.is_view_lost:
            return
        options = self.setting.options() | {"full": True, "accept_losses": True}
        result = self._sync("sync --full", **options)
        self._check_history()
        self._hold(differences(self.warehouse, self.sandbox))
        self._hold([] if result.outcome == "proved" else [f"outcome {result.outcome}"])
        with Warehouse.open(":memory:") as anew:
            sync_now(anew, self.sandbox, client_skew=self.setting.client_skew)
            self._hold(hash_differences(self.warehouse, anew))

    def sync_only(self, table: str) -> None:
        """Sync one table: it is equal, and no other is touched."""
        if self.is_view_lost:
            return
        others = [
            name
            for root in ROOT_TABLES
            for name in (member.name for member in root.family())
            if root.name != table
        ]
        before = self._contents(others)
        self._sync(f"sync --only {table}", **self.setting.options() | {"only": (table,)})
        self._check_history()
        self._hold(f"touched {name}" for name in self._changed(before, self._contents(others)))
        if table != "bookings":
            self._hold(differences(self.warehouse, self.sandbox, tables=(table,)))

    def refresh(self, number: int) -> None:
        """Read one booking again: it is equal, and no other is touched."""
        uids = [r["uid"] for r in self.warehouse.rows("select uid from raw.bookings order by uid")]
        if self.is_view_lost or not uids:
            return
        uid = uids[number % len(uids)]
        before = self._contents(["users", "event_types"]), self._bookings_but(uid)
        self._sync(f"refresh {uid}", **self.setting.options() | {"only": (f"bookings:{uid}",)})
        self._check_history()
        after = self._contents(["users", "event_types"]), self._bookings_but(uid)
        self._hold([] if before == after else [f"refresh of {uid} touched others"])
        found = differences(self.warehouse, self.sandbox, tables=("bookings",))
        self._hold(problem for problem in found if uid in problem)

    def sync_while_changing(self, seed: int, every: int) -> None:
        """Sync while others change things between its requests: nothing is torn."""
        if self.is_view_lost:
            return
        self.history.rng.seed(seed)
        left = every

        def act() -> None:
            nonlocal left
            self.sandbox.clock.advance(timedelta(milliseconds=self.history.rng.randint(1, 400)))
            left -= 1
            if left == 0:
                left = every
                self.log.append(f"meanwhile {self.history.change()}")

        self.sandbox.before_request(act)
        try:
            self._sync("sync while things change", **self.setting.options())
        finally:
            self.sandbox.before_request(None)
        self._check_history()

    def _sync_without_view(self) -> None:
        """A key that may not list any more what fills the warehouse changes nothing in it."""
        before = self._contents(TABLES)
        versions = self._contents(TABLES, "_history")
        try:
            self._sync("sync", **self.setting.options())
        except ViewLost:
            self.log.append("view lost")
        else:
            self._hold(["a sync without its view raised nothing"])
        self._hold(f"touched {n}" for n in self._changed(before, self._contents(TABLES)))
        self._hold(
            f"versions of {n}" for n in self._changed(versions, self._contents(TABLES, "_history"))
        )

    def _sync(self, name: str, **options: Any) -> SyncResult:
        self.sandbox.clock.advance(timedelta(milliseconds=1))  # no two snapshots of one instant
        self.log.append(f"{name} at {self.sandbox.clock.now() - NOW}")
        skew = self.setting.client_skew
        result = sync_now(self.warehouse, self.sandbox, client_skew=skew, **options)
        if name != "sync while things change":
            bookings = truth(self.sandbox, tables=("bookings",))["bookings"]
            self.shown[self.sandbox.clock.now() + skew] = bookings
        self.log[-1] += f": {result.outcome}, {result.requests} requests"
        return result

    # What has to hold ------------------------------------------------------------------------

    def _check_ordinary(self, result: SyncResult) -> None:
        """Everything is equal but bookings that were read before they changed unseen."""
        found = differences(self.warehouse, self.sandbox)
        if result.outcome == "held":
            found = [problem for problem in found if not problem.startswith("left over")]
        elif result.outcome != "proved":
            self._hold([f"outcome {result.outcome}"])
        if self._is_read_whole():
            self._hold(found)
            return
        stale = [problem for problem in found if problem.startswith("stale bookings ")]
        self._hold(problem for problem in found if problem not in stale)
        uids = [problem.split()[2].rstrip(":") for problem in stale]
        now = self.sandbox.clock.now() + self.setting.client_skew
        unread = warehouse_status(self.warehouse, now).unread_bookings
        self._hold([f"{len(uids)} are stale, status says {unread}"] if len(uids) > unread else [])
        self._hold(f"never so: {uid}" for uid in uids if not self._was_so_when_read(uid))

    def _was_so_when_read(self, uid: str) -> bool:
        """Whether a booking's rows are as Cal.com showed them when they were read."""
        family = held_by(self.warehouse).families["bookings"][uid,]
        shown = self.shown.get(family["bookings"][0]["_loaded_at"])
        if shown is None:
            return True  # read while things changed
        form = {(uid,): shown.get((uid,), [])}
        return not list(family_differences(TABLES["bookings"], form, {(uid,): family}))

    def _is_read_whole(self) -> bool:
        rows = int(self.warehouse.scalar("select count(*) from raw.bookings"))
        return -(-rows // self.setting.page_size) + 2 <= self.setting.reread_requests

    def _check_history(self) -> None:
        now = self.sandbox.clock.now() + self.setting.client_skew
        self.past[now] = snapshot(self.warehouse)
        self._hold(history_problems(self.warehouse, self.past))

    def _contents(self, tables: Any, suffix: str = "") -> dict[str, Counter[str]]:
        return {name: Counter(map(repr, rows_of(self.warehouse, name, suffix))) for name in tables}

    def _bookings_but(self, uid: str) -> Counter[str]:
        rows = rows_of(self.warehouse, "bookings") + rows_of(self.warehouse, "booking_attendees")
        return Counter(
            repr(row) for row in rows if uid not in {row.get("uid"), row.get("booking_uid")}
        )

    @staticmethod
    def _changed(before: Any, after: Any) -> list[str]:
        return [name for name in before if before[name] != after[name]]

    def _hold(self, problems: Any) -> None:
        found = list(problems)
        steps = "\n  ".join(self.log[-60:])
        assert not found, f"{self.setting}\n  {steps}\n=> {len(found)} problems: {found[:5]}"


def random_setting(rng: Random, seed: int, most_bookings: int) -> Setting:
    """Choose an account and how it is synced."""
    return Setting(
        seed=seed,
        bookings=rng.randint(10, most_bookings),
        timing=rng.choice(sorted(TIMINGS)),
        page_size=rng.choice([3, 7, 20, 100, 250]),
        reread_requests=rng.choice([3, 8, 20, 60]),
        client_skew=rng.choice([timedelta(), -30 * SECOND, 45 * SECOND]),
    )


def random_step(exact: Exact, rng: Random) -> None:
    """Make one change or sync; changes and ordinary syncs are the most common."""
    number = rng.randint(0, 10**9)
    steps = {
        lambda: exact.change(number, rng.randint(1, 40)): 6,
        exact.sync_ordinary: 5,
        exact.sync_full: 1,
        lambda: exact.sync_only(rng.choice(ROOT_TABLES).name): 1,
        lambda: exact.refresh(number): 1,
        lambda: exact.sync_while_changing(number, rng.randint(1, 9)): 2,
        exact.regain_view if exact.is_view_lost else exact.lose_view: 1,
    }
    rng.choices(list(steps), weights=list(steps.values()))[0]()
