"""A year of an invented account, written straight into raw tables: fast enough for a million.

Everything follows from the booking's number by hashing, so that the same size gives the same rows.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pipelines.warehouse.dialect import DUCKDB
from pipelines.warehouse.tables import iter_declared, missing_statements

if TYPE_CHECKING:
    import duckdb

AS_OF = datetime(2026, 11, 22, 9, tzinfo=UTC)
HOSTS = 200
EVENT_TYPES = 50
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC")
_ZONE = f"list_value({', '.join(repr(zone) for zone in ZONES)})[1 + id % {len(ZONES)}]"
_SETTINGS = (
    (
        "users",
        "id, email, name, time_zone, default_schedule_id",
        (
            f"select id, 'host' || id || '@example.com', 'Host ' || id, {_ZONE}, id "
            f"from range(1, {{hosts}} + 1) as t (id)"
        ),
    ),
    (
        "schedules",
        "id, owner_id, time_zone, is_default",
        f"select id, id, {_ZONE}, true from range(1, {{hosts}} + 1) as t (id)",
    ),
    (
        "schedule_availability",
        "schedule_id, day, start_time, end_time, ordinal",
        (
            "select id, day, '09:00', '17:00', 1 from "
            "range(1, {hosts} + 1) as t (id), "
            "(values ('Monday'), ('Tuesday'), ('Wednesday'), ('Thursday'), ('Friday')) as d (day)"
        ),
    ),
    (
        "event_types",
        "id, title, slug",
        f"select id, 'Meeting ' || id, 'meeting-' || id from range(1, {EVENT_TYPES + 1}) as t (id)",
    ),
)
_BOOKINGS = (
    (
        "bookings",
        'id, uid, status, start, "end", event_type_id, absent_host, created_at, updated_at, title',
        (
            "select n, uid, status, start_at, start_at + to_minutes(30), 1 + h % {types}, "
            "h % 97 = 0, start_at - to_days(cast(1 + h % 30 as integer)), start_at - to_days(1), "
            "'Meeting' from b"
        ),
    ),
    (
        "booking_hosts",
        "booking_uid, email, ordinal, position, id, name, time_zone",
        (
            "select uid, 'host' || host || '@example.com', 1, 0, host, 'Host ' || host, "
            "list_value({zones})[1 + host % {zone_count}] from b"
        ),
    ),
    (
        "booking_attendees",
        "booking_uid, email, ordinal, position, time_zone, absent",
        (
            "select uid, 'guest' || (h % 300000 + place) || '@example.com', 1, place, 'UTC', "
            "h % 13 = place from b, range(2) as p (place) where place = 0 or h % 2 = 0"
        ),
    ),
    (
        "booking_answers",
        "booking_uid, email, ordinal, slug, value_text",
        (
            "select uid, 'guest' || (h % 300000) || '@example.com', 1, 'email', "
            "'guest' || (h % 300000) || '@example.com' from b"
        ),
    ),
)


def create_raw_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create every raw table, its old versions and its history, empty."""
    connection.execute("set TimeZone = 'UTC'")
    declared = (each for each in iter_declared() if each.schema == "raw")
    statements = missing_statements(DUCKDB, set(), {}, declared)
    connection.execute("; ".join(s for s in statements if not s.startswith("comment")))


def load_year(connection: duckdb.DuckDBPyConnection, bookings: int, *, hosts: int = HOSTS) -> None:
    """Fill the raw tables with an account of that many bookings in the year before AS_OF."""
    create_raw_tables(connection)
    loaded_at = AS_OF - timedelta(days=1)
    for table, columns, select in _SETTINGS:
        _load(connection, table, columns, select.format(hosts=hosts), loaded_at)
    minutes = 365 * 24 * 60
    add_bookings(
        connection, 0, bookings, AS_OF - timedelta(days=358), minutes=minutes, loaded_at=loaded_at
    )


def add_bookings(
    connection: duckdb.DuckDBPyConnection,
    first: int,
    count: int,
    start: datetime,
    *,
    minutes: int,
    loaded_at: datetime,
) -> None:
    """Add bookings spread over so many minutes after `start`, to the hosts that are there."""
    (hosts,) = connection.execute("select count(*) from raw.users").fetchone() or (HOSTS,)
    connection.execute(
        "create or replace temp table b as select *, 1 + h % $hosts as host, "
        "case when h % 11 = 0 then 'cancelled' when h % 41 = 0 then 'rejected' else 'accepted' end "
        "as status, $start + to_minutes(15 * (h % ($minutes // 15))) as start_at "
        "from (select n, substr(md5(cast(n as varchar)), 1, 22) as uid, "
        "cast(hash(n) % 1000000007 as bigint) as h "
        "from range($first, $first + $count) as t (n)) as numbered",
        {"hosts": hosts, "start": start, "minutes": minutes, "first": first, "count": count},
    )
    names = {
        "types": EVENT_TYPES,
        "zones": ", ".join(repr(zone) for zone in ZONES),
        "zone_count": len(ZONES),
    }
    for table, columns, select in _BOOKINGS:
        _load(connection, table, columns, select.format_map(names), loaded_at)


def live_day(connection: duckdb.DuckDBPyConnection, now: datetime, share: int) -> int:
    """Let a day pass until `now`: one in `share` bookings is new, a tenth of that is cancelled.

    What is new starts within four weeks; what is cancelled lies anywhere in the year, and as many
    attendees are marked absent. Versions are kept as a sync keeps them.

    Returns:
        Bookings that are new.
    """
    (held,) = connection.execute("select count(*) from raw.bookings").fetchone() or (0,)
    new = max(held // share, 1)
    loaded_at = now - timedelta(hours=1)
    add_bookings(connection, held, new, now, minutes=28 * 24 * 60, loaded_at=loaded_at)
    for table, key, change in (
        ("bookings", "uid", "status = 'cancelled'"),
        ("booking_attendees", "booking_uid", "absent = true"),
    ):
        which = f"hash({key}, '{now}') % {share * 10} = 0 and _loaded_at < '{loaded_at}'"
        rewrite(connection, table, change, which, now)
    return new


def rewrite(
    connection: duckdb.DuckDBPyConnection, table: str, change: str, which: str, now: datetime
) -> None:
    """Change rows, keeping what they were, as a sync does."""
    keep_old(connection, table, which, now)
    connection.execute(
        f"update raw.{table} set {change}, _loaded_at = $now, _valid_from = $now where {which}",
        {"now": now},
    )


def keep_old(connection: duckdb.DuckDBPyConnection, table: str, which: str, now: datetime) -> None:
    """Keep what rows are until now as old versions of them."""
    connection.execute(
        f"insert into raw.{table}_old_versions by name select * exclude (_valid_from), "
        f"_valid_from as valid_from, $now as valid_to from raw.{table} where {which}",
        {"now": now},
    )


def _load(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: str,
    select: str,
    loaded_at: datetime,
) -> None:
    connection.execute(
        f"insert into raw.{table} ({columns}, _loaded_at, _valid_from) "
        f"select *, $now, $now from ({select}) as rows",
        {"now": loaded_at},
    )
