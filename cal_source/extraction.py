"""One run's reading of one account: lists read once, rows made, outcomes kept.

`Extraction` is what the dlt resources and `cal-warehouse sync` share. It answers who the key is,
keeps every list it has read for the fan-outs that need it as parents, and writes down how each
read ended.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from cal_source.batches import Batch, Progress
from cal_source.catalogue import Scope, operation
from cal_source.errors import (
    AuthError,
    BadRequestError,
    CalError,
    ConfigError,
    ForbiddenError,
    NotCalError,
    NotFoundError,
    Unreachable,
    short_reason,
)
from cal_source.fanouts import Target
from cal_source.identity import Identity
from cal_source.ledger import Ledger, ReadRecord, ReadStatus
from cal_source.lists import Lists
from cal_source.pages import parse_page, status_of
from cal_source.records import Stamp
from cal_source.run_ids import new_run_id, utc_now
from cal_source.tables import DETAIL_TABLES, TABLES
from cal_source.targets import Skip, by_key_targets, given_by, seen_before, targets_of
from cal_source.typed_records import Form, TypedRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from cal_source.client import CalClient
    from cal_source.pages import Page
    from cal_source.records import Record
    from cal_source.tables import Table

logger = logging.getLogger("cal_source")

_HOPELESS: Final = (AuthError, ConfigError)
_SILENT: Final = (NotCalError, Unreachable)
_SILENT_OPERATIONS_ARE_AN_OUTAGE: Final = 5
_NOT_FOR_THIS_KEY: Final = (ForbiddenError, NotFoundError)


class Extraction:
    """Reads one account in one run.

    Args:
        client: The HTTP client.
        organization_id: Organisation to read; None takes the one of the key's user.
        strict: True raises the first error of a read; False writes it down as failed and goes
            on with the other reads. What makes every read hopeless is raised in both cases.
        clock: Gives the present instant, UTC.
        keys: By table: the keys to read, instead of all rows.
        detail_uids: Bookings whose details are to be read; empty: those the run has read.
        on_progress: Called after every page.

    Attributes:
        booking_view: The view of bookings that is read, once it is known.
        booking_total: How many bookings it holds, by the latest page that said so.
        booking_counts: How many of them start at or after an instant, where that was asked.
    """

    def __init__(
        self,
        client: CalClient,
        *,
        organization_id: int | None = None,
        strict: bool = True,
        clock: Callable[[], datetime] = utc_now,
        keys: Mapping[str, Sequence[str]] | None = None,
        detail_uids: Sequence[str] = (),
        on_progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self.client = client
        self.clock = clock
        self.strict = strict
        self.run_id = new_run_id(clock())
        self.ledger = Ledger()
        self._on_progress = on_progress or (lambda _: None)
        self.keys = dict(keys or {})
        self.read_uids: list[str] = []
        self.open_readings = 0
        self._waiting = 0
        self._detail_uids = tuple(detail_uids)
        self.booking_view: Target | None = None
        self.booking_total: int | None = None
        self.booking_counts: dict[datetime, int] = {}
        self._page = 0
        self._lists = Lists(client, clock)
        self._identity = Identity(self._lists, organization_id)
        self._forms: dict[str, Form] = {}
        self._prepared: dict[str, Iterable[Batch]] = {}
        self._silent_operations: set[str] = set()
        self._is_stopped = False

    def stop(self) -> None:
        """Have the thread that reads raise KeyboardInterrupt after the page it is at."""
        self._is_stopped = True

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Mark a resource as being read; `open_readings` counts those."""
        self.open_readings += 1
        try:
            yield
        finally:
            self.open_readings -= 1

    def after_others(self) -> Iterator[None]:
        """Yield None until no other resource is being read; call it inside `reading`.

        Yields:
            None, which lets dlt go on with another resource.
        """
        self._waiting += 1
        yield None  # lets every other resource start first
        while self.open_readings > self._waiting:
            yield None
        self._waiting -= 1

    @property
    def detail_uids(self) -> Sequence[str]:
        """Bookings whose details are to be read."""
        return self._detail_uids or self.read_uids

    @property
    def me(self) -> Record:
        """The key's user, as Cal.com describes them; see `Identity.me`."""
        return self._identity.me

    @property
    def user_id(self) -> int:
        """Id of the key's user."""
        return self._identity.user_id

    @property
    def organization_id(self) -> int | None:
        """Id of the organisation that is read, None without one; see `Identity`."""
        return self._identity.organization_id

    def records(self, target: Target) -> list[Record]:
        """Return all records of a list or object, read at most once a run.

        Raises:
            CalError: It cannot be read; the same error each time it is asked for.
        """
        return self._lists.read(target).records

    def read_ahead(self, resources: Sequence[str], workers: int) -> None:
        """Read the small lists that feed resources side by side, before they are asked for.

        Args:
            resources: Root tables; bookings, details and single rows are left out.
            workers: Most requests at a time.
        """
        left_out = {"bookings", *self.keys, *(table.name for table in DETAIL_TABLES)}
        if not (names := [name for name in resources if name not in left_out]):
            return
        try:
            _ = self.me, self.organization_id
        except CalError:
            return  # whoever asks next gets it
        self._lists.read_ahead([partial(self._targets, name) for name in names], workers)

    def prepare(self, resource: str, batches: Iterable[Batch]) -> Sequence[Batch]:
        """Read a small table's batches now and keep them for `prepared`.

        Raises:
            CalError: As reading does.
        """
        found = list(batches)
        self._prepared[resource] = found
        return found

    def prepare_as_read(self, resource: str, batches: Iterable[Batch]) -> None:
        """Keep for `prepared` batches of which some may be read only when they are asked for."""
        self._prepared[resource] = batches

    def prepared(self, resource: str) -> Iterable[Batch] | None:
        """Hand over what was prepared of a table; None where nothing was."""
        return self._prepared.pop(resource, None)

    def set_aside(self, resource: str) -> None:
        """Drop what was prepared of a table, whose rows are in the warehouse already."""
        del self._prepared[resource]
        self.ledger.mark_unchanged(resource)

    def _targets(self, resource: str) -> list[Target]:
        return [target for target, _ in targets_of(self, resource).reads]

    def read(self, resource: str) -> Iterator[Batch]:
        """Read everything that feeds a resource, in order of authority.

        Args:
            resource: A root table other than bookings.

        Yields:
            One batch per read that brought rows.

        Raises:
            CalError: With `strict`, whatever a read raised; else only what makes all reads
                hopeless (key not accepted, server not reachable or not Cal.com).
        """
        table = TABLES[resource]
        prepared = self.prepared(resource)
        if prepared is not None:
            yield from prepared
            return
        if resource in self.keys:
            yield from self._read_keys(table, self.keys[resource])
            return
        targets = targets_of(self, resource)
        seen: set[Any] = set()
        for skip in targets.skips:
            self.skip(resource, skip)
        for target, unpack in targets.reads:
            batch = self._read_target(table, target, unpack, seen)
            if batch is not None:
                yield batch
        for kind in sorted(targets.whole_kinds):
            now = self.clock()
            self.write_down(resource, Target("*", f"{kind}:*"), ReadStatus.COMPLETE, at=(now, now))

    def form(self, table: Table) -> Form:
        """Return how pages of a table's records are decoded; it learns unknown fields."""
        return self._forms.setdefault(table.name, Form(table))

    def batch(
        self, table: Table, records: Sequence[Any], scope: str, *, loaded_at: datetime
    ) -> tuple[Batch, Page]:
        """Turn one page of records into Arrow tables, keeping what did not fit in the ledger."""
        self._page += 1
        self._silent_operations.clear()
        page = parse_page(table, records, Stamp(scope, self.run_id, self._page, loaded_at))
        self.ledger.quarantined += [(scope, entry) for entry in page.quarantined]
        self.ledger.drift.update(page.drift)
        if table.name in self._forms and page.drift:
            self._forms[table.name] = self._forms[table.name].learning(page.drift)
        stamps = (r.get("updatedAt") for r in records if isinstance(r, dict | TypedRecord))
        latest = max((at for at in stamps if isinstance(at, str) and at), default=None)
        return Batch(page.tables, latest), page

    def skip(self, resource: str, skip: Skip) -> None:
        """Write down a read that is not made, and why."""
        now = self.clock()
        target = Target(skip.operation, skip.scope)
        self.write_down(resource, target, ReadStatus.SKIPPED, reason=skip.reason, at=(now, now))
        logger.info("%s: %s of %s skipped: %s", resource, skip.operation, skip.scope, skip.reason)

    def write_down(
        self,
        resource: str,
        target: Target,
        status: ReadStatus,
        *,
        at: tuple[datetime, datetime],
        reason: str = "",
        counts: tuple[int, int, int] = (0, 0, 0),
        reached: tuple[datetime | None, datetime | None] = (None, None),
    ) -> None:
        """Keep how a read ended.

        `counts` are rows, quarantined records and requests; `reached` is how far changes and a
        reading in parts have come.
        """
        rows, quarantined, requests = counts
        self.ledger.reads.append(
            ReadRecord(
                run_id=self.run_id,
                resource=resource,
                operation=target.operation,
                scope=target.scope,
                status=status,
                reason=reason,
                rows=rows,
                quarantined=quarantined,
                requests=requests,
                started_at=at[0],
                finished_at=at[1],
                cursor_at=reached[0],
                position_at=reached[1],
            )
        )

    def progress(self, resource: str, rows: int, total: int | None = None) -> None:
        """Tell whoever watches how far a resource is.

        Raises:
            KeyboardInterrupt: The reading was stopped.
        """
        if self._is_stopped:
            raise KeyboardInterrupt
        self._on_progress(Progress(resource, rows, total))

    def settle(self, resource: str, target: Target, error: CalError, since: datetime) -> None:
        """Write down a read that broke off, or raise where going on makes no sense.

        Raises:
            CalError: The error itself, when it is hopeless, or `strict` and not a refusal.
        """
        # Platform operations answer 401 to keys that are good for everything else.
        refused: tuple[type[CalError], ...] = _NOT_FOR_THIS_KEY
        if operation(target.operation).scope is Scope.PLATFORM:
            refused += (AuthError,)
        if target.scope.startswith("booking:"):
            refused += (BadRequestError,)  # such as references of a booking without a team
        if isinstance(error, _HOPELESS) and not isinstance(error, refused):
            raise error
        if self._is_outage(target, error):
            raise error
        at = (since, self.clock())
        if isinstance(error, refused):
            self.write_down(resource, target, ReadStatus.SKIPPED, reason=short_reason(error), at=at)
            logger.info("%s: %s skipped: %s", resource, target.scope, error)
            return
        if self.strict:
            raise error
        self.write_down(resource, target, ReadStatus.FAILED, reason=str(error), at=at)
        logger.warning("%s: %s failed: %s", resource, target.scope, error)

    def _is_outage(self, target: Target, error: CalError) -> bool:
        """Tell whether several operations in a row got no answer of Cal.com's: it is away.

        One operation that never answers must not take the others down; without Cal.com, waiting
        for each of the others would take hours.
        """
        if not isinstance(error, _SILENT):
            self._silent_operations.clear()
            return False
        self._silent_operations.add(target.operation)
        return len(self._silent_operations) >= _SILENT_OPERATIONS_ARE_AN_OUTAGE

    def _read_keys(self, table: Table, keys: Sequence[str]) -> Iterator[Batch]:
        """Read single rows by their key; what is not found stays as it is.

        Yields:
            One batch per row found.
        """
        for key in keys:
            for target in by_key_targets(table.name, key, self.organization_id):
                batch = self._read_target(table, target, None, set())
                if batch is not None:
                    yield batch
                    break

    def _read_target(
        self,
        table: Table,
        target: Target,
        unpack: Callable[[list[Any]], list[Any]] | None,
        seen: set[Any],
    ) -> Batch | None:
        started = self.clock()
        try:
            read = self._lists.read(target)
        except CalError as error:
            self.settle(table.name, target, error, started)
            return None
        given = given_by(table, target)
        found = unpack(read.records) if unpack else read.records
        records = [{**given, **r} if isinstance(r, dict) else r for r in found]
        fresh = [r for r in records if not seen_before(r, table, seen)]
        batch, page = self.batch(table, fresh, target.scope, loaded_at=read.finished_at)
        rows = page.row_count(table.name)
        self.write_down(
            table.name,
            target,
            ReadStatus.PARTIAL if table.name in self.keys else status_of(page),
            at=(read.started_at, read.finished_at),
            counts=(rows, len(page.quarantined), read.requests),
        )
        self.progress(table.name, len(seen))
        return batch if batch.tables else None
