"""What a run read as it stands in the warehouse: nothing of it has to be landed.

Every row of such a small table, nested lists included, has the key, the view and the content that
was read, and no row more is there. What publishing would do is then to say that it was read again.
A row that stands there but was not read, for whatever reason, sends its table the ordinary way.

Of a large account's bookings a sync reads thousands again for the few that changed without a
stamp. There each booking is looked at by itself: one that stands with all its lists as it was read
is confirmed, and only the others are landed.
"""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from cal_source.batches import Batch, join_batches
from cal_source.booking_walk import read_bookings
from cal_source.tables import DETAIL_TABLES, TABLES
from pipelines.landed import LANDING
from pipelines.sql_text import quoted, quoted_list

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    import pyarrow as pa

    from cal_source.bookings import BookingReads
    from cal_source.extraction import Extraction
    from cal_source.tables import Table
    from pipelines.warehouse import Warehouse

_MOST_ROWS: Final = 20_000
"""Rows of a table that are compared in memory; a larger one is landed."""

_MOST_BOOKINGS: Final = 2_500
_COMPARED_AT_A_TIME: Final = 5_000  # each time all lists of all bookings are looked through
_CONFIRMED: Final = ("uid", "_scope", "_run_id", "_loaded_at")
_NOT_SMALL: Final = {"bookings", *(table.name for table in DETAIL_TABLES)}


def set_unchanged_aside(
    warehouse: Warehouse, extraction: Extraction, bookings: BookingReads, resources: Collection[str]
) -> list[str]:
    """Read the small tables of a run, and keep those that are unchanged out of its landing.

    Args:
        warehouse: The open warehouse.
        extraction: The run; the reads of unchanged tables are marked in its ledger.
        bookings: Which bookings to read.
        resources: Root tables to read.

    Returns:
        The root tables that are left to land, in the order given.

    Raises:
        CalError: Reading failed in a way that ends the run.
    """
    held = {row["resource"] for row in warehouse.rows("select resource from ops.held_losses")}
    left = []
    for name in resources:
        if name == "bookings" and _is_small(warehouse, bookings):
            batches = read_bookings(extraction, bookings)
        elif name == "bookings" and _is_reread(warehouse, bookings):
            left += [name] if _leaves_bookings(warehouse, extraction, bookings) else []
            continue
        elif name in _NOT_SMALL or name in extraction.keys:
            left.append(name)
            continue
        else:
            batches = extraction.read(name)
        read = extraction.prepare(name, batches)
        if name not in held and _stand(warehouse, TABLES[name], read):
            extraction.set_aside(name)
        else:
            left.append(name)
    return left


def _is_small(warehouse: Warehouse, bookings: BookingReads) -> bool:
    """Tell whether all bookings are read, and there were few when they were read last."""
    if not bookings.is_whole or bookings.created_from is not None or bookings.supersedes:
        return False
    rows = warehouse.scalar(
        f"select count(*) from (select 1 from raw.bookings limit {_MOST_BOOKINGS + 1}) as b"
    )
    return 0 < int(rows) <= _MOST_BOOKINGS


def _is_reread(warehouse: Warehouse, bookings: BookingReads) -> bool:
    """Tell whether bookings are read that the warehouse may hold as they are."""
    is_new = bookings.uids or bookings.supersedes or bookings.created_from is not None
    return not is_new and warehouse.has_rows("raw.bookings")


def _leaves_bookings(warehouse: Warehouse, extraction: Extraction, reads: BookingReads) -> bool:
    """Read bookings, confirm those that stand, and tell whether others are left to land.

    Raises:
        CalError: Reading failed in a way that ends the run.
    """
    read = join_batches(read_bookings(extraction, reads), "bookings", _COMPARED_AT_A_TIME)
    batches = changed_bookings(warehouse, extraction, read)
    kept: list[Batch] = []
    for batch in batches:
        kept += [batch] if batch.tables else []
        if sum(one.tables["bookings"].num_rows for one in kept) > _MOST_ROWS:
            break
    if kept:
        extraction.prepare_as_read("bookings", chain(kept, batches))
    return bool(kept)


def changed_bookings(
    warehouse: Warehouse, extraction: Extraction, batches: Iterable[Batch]
) -> Iterator[Batch]:
    """Leave out the bookings that stand as they were read; the ledger has which those are.

    Once a booking was not left out, none of its later readings is: the latest one counts.

    Args:
        warehouse: The open warehouse.
        extraction: The run.
        batches: Bookings with their lists.

    Yields:
        The batches without what stands, some without tables.
    """
    changed: set[str] = set()
    for batch in batches:
        if "bookings" not in batch.tables:
            yield batch
            continue
        latest = _latest(batch)
        changed |= _differing(warehouse, latest)
        read = latest.tables["bookings"]
        standing = [uid for uid in read["uid"].to_pylist() if uid not in changed]
        if standing:
            confirmed = _of(read, "uid", standing, wanted=True)
            extraction.ledger.confirmed.append(confirmed.select(_CONFIRMED))
        yield _without(latest, standing)


def _latest(batch: Batch) -> Batch:
    """Return of each booking the rows of the latest page that brought it."""
    read = batch.tables["bookings"]
    pages: dict[str, int] = {}
    for uid, page in zip(read["uid"].to_pylist(), read["_page"].to_pylist(), strict=True):
        pages[uid] = max(page, pages.get(uid, page))
    if len(pages) == read.num_rows:
        return batch
    left = {}
    for table in TABLES["bookings"].family():
        if table.name in batch.tables:
            rows = batch.tables[table.name]
            uids = rows[_uid_column(table)].to_pylist()
            read_on = zip(uids, rows["_page"].to_pylist(), strict=True)
            left[table.name] = rows.filter([pages[uid] == page for uid, page in read_on])
    return Batch(left, batch.updated_at)


def _differing(warehouse: Warehouse, batch: Batch) -> set[str]:
    """Return the bookings of a batch of which some row does not stand as it was read."""
    found: set[str] = set()
    root = TABLES["bookings"]
    with warehouse.transaction():
        for table in root.family():
            parent = _uid_column(table)
            names = [*table.key, "_scope", "_content_hash"]
            columns, scratch = quoted_list(names), f"read_{table.name}"
            warehouse.execute(
                f"create temp table {scratch} as select {columns} from raw.{table.name} where false"
            )
            if table.name in batch.tables:
                rows = batch.tables[table.name].select(names).to_reader()
                warehouse.append(scratch, names, rows)
            differing = warehouse.rows(
                f"with standing as materialized (select {columns} from raw.{table.name} as r "
                f"where exists (select 1 from read_{root.name} as b where b.uid = r.{parent})) "
                f"select {parent} as uid from (select {columns} from {scratch} "
                f"except select {columns} from standing) as came "
                f"union select {parent} from (select {columns} from standing "
                f"except select {columns} from {scratch}) as went"
            )
            found |= {row["uid"] for row in differing}
        for table in root.family():
            warehouse.execute(f"drop table read_{table.name}")
    return found


def _uid_column(table: Table) -> str:
    """Return the column in which a table of the family has the booking's uid."""
    return next(iter(table.parent_key), "uid")


def _without(batch: Batch, uids: Sequence[str]) -> Batch:
    left = {}
    for table in TABLES["bookings"].family():
        if table.name in batch.tables:
            parent = _uid_column(table)
            rows = _of(batch.tables[table.name], parent, uids, wanted=False)
            if rows.num_rows:
                left[table.name] = rows
    return Batch(left, batch.updated_at)


def _of(rows: pa.Table, column: str, uids: Sequence[str], *, wanted: bool) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415 - not every run has bookings to compare
    import pyarrow.compute as pc  # noqa: PLC0415

    is_of = pc.is_in(rows[column], value_set=pa.array(uids, rows[column].type))
    return rows.filter(is_of if wanted else pc.invert(is_of))


def land_confirmed(warehouse: Warehouse, extraction: Extraction) -> None:
    """Write which bookings stand as they were read into the landing, before its load is complete.

    A landing without that would say of each of them that it is gone.
    """
    if not extraction.ledger.confirmed:
        return
    with warehouse.transaction():
        warehouse.execute(f"create schema if not exists {LANDING}")
        warehouse.execute(
            f"create table {LANDING}.confirmed as select {quoted_list(_CONFIRMED)} "
            "from raw.bookings where false"
        )
        for rows in extraction.ledger.confirmed:
            warehouse.append(f"{LANDING}.confirmed", _CONFIRMED, rows.to_reader())


def touch_confirmed(warehouse: Warehouse, run_id: str) -> None:
    """Say of the confirmed bookings that a run has read them again.

    Their lists' rows keep the run that wrote them.
    """
    warehouse.execute(
        "update raw.bookings as r set _run_id = $run, _loaded_at = x._loaded_at "
        f"from {LANDING}.confirmed as x where x._run_id = $run and x.uid = r.uid",
        {"run": run_id},
    )


def _stand(warehouse: Warehouse, root: Table, batches: Sequence[Batch]) -> bool:
    """Tell whether the tables of a family hold exactly the rows that were read."""
    for table in root.family():
        parts = [batch.tables[table.name] for batch in batches if table.name in batch.tables]
        if not _stands(warehouse, table, parts):
            return False
    return True


def _stands(warehouse: Warehouse, table: Table, parts: Sequence[pa.Table]) -> bool:
    names = [*table.key, "_scope", "_content_hash"]
    count = sum(part.num_rows for part in parts)
    if count > _MOST_ROWS:
        return False
    rows = warehouse.rows(f"select {quoted_list(names)} from raw.{table.name} limit {count + 1}")
    read = (row for part in parts for row in part.select(names).to_pylist())
    return _counted(rows) == _counted(read)


def _counted(rows: Iterable[dict[str, Any]]) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(row.values()) for row in rows)


def touch(warehouse: Warehouse, table: Table, run_id: str) -> None:
    """Say of a table's rows, nested lists included, that a run has read them again."""
    for member in table.family():
        warehouse.execute(
            f"update raw.{member.name} as r set _run_id = $run, _loaded_at = x.finished_at "
            "from landing.reads as x where x.run_id = $run and x.resource = $resource "
            f"and x.{quoted('is_unchanged')} and x.scope = r._scope",
            {"run": run_id, "resource": table.name},
        )
