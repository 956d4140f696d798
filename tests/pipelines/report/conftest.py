"""A small account whose numbers can be worked out by hand.

It is Monday 16 March 2026, 12:00 UTC. Ada (host 1) works Monday to Friday 09:00-17:00 in Berlin
and met one person on each of the last 60 days at 10:00 UTC; everybody on a day whose distance is
a multiple of 6 stayed away. Host 2, whose name attacks the page and whose schedule is not visible,
met two people on each of the last 10 days; on day 5 the first stayed away, on day 7 the host did.
Two bookings were cancelled (days 2 and 3), one was moved from day 4 to the day after tomorrow.
A routing form was submitted four times: 10 days ago for Ada's booking of day 1 and for none, 40
days ago for the one cancelled on day 2 and for the one moved.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from pipelines.models import build_models
from pipelines.report.queries import read_report
from pipelines.warehouse import Warehouse

AS_OF = datetime(2026, 3, 16, 12, tzinfo=UTC)
MADE_AT = AS_OF + timedelta(hours=1)
HOSTILE = "<script>alert(\"1\")</script> & 'q' [bold]x[/] \x1b[31mred"
RIGHT_TO_LEFT = "جلسة \u202eexe.🎉"
_MINUTES_30 = timedelta(minutes=30)


def insert(warehouse, table, **row):
    """Insert one row into a table of `raw` or `ops`."""
    if table.startswith("raw."):
        row.setdefault("_valid_from", AS_OF - timedelta(days=400))
    values = {name.strip('"'): value for name, value in row.items()}
    marks = ", ".join(f"${name}" for name in values)
    warehouse.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", values)


def add_booking(warehouse, uid, days_ago, host, *, hour=10, absent=(False,), **columns):
    """Insert a booking of 30 minutes with one attendee per entry of `absent`."""
    start = AS_OF.replace(hour=hour) - timedelta(days=days_ago)
    values = {
        "id": warehouse.scalar("select count(*) + 1 from raw.bookings"),
        "status": "accepted",
        "absent_host": False,
        "event_type_id": host,
        "created_at": start - timedelta(days=3),
    }
    insert(
        warehouse,
        "raw.bookings",
        **{"uid": uid, "start": start, '"end"': start + _MINUTES_30} | values | columns,
    )
    insert(
        warehouse,
        "raw.booking_hosts",
        booking_uid=uid, email=f"host{host}@example.com", ordinal=1, position=1, id=host,
    )  # fmt: skip
    for ordinal, is_absent in enumerate(absent, start=1):
        insert(
            warehouse,
            "raw.booking_attendees",
            booking_uid=uid, email="guest@example.com", ordinal=ordinal, position=ordinal,
            name="Guest", time_zone="Europe/Berlin", absent=is_absent,
        )  # fmt: skip


def _add_people(warehouse):
    insert(
        warehouse, "raw.users", id=1, name="Ada", username="ada", email="host1@example.com",
        time_zone="Europe/Berlin", default_schedule_id=11,
    )  # fmt: skip
    insert(
        warehouse, "raw.users", id=2, name=HOSTILE, username="b", email="host2@example.com",
        time_zone="America/New_York", default_schedule_id=22,
    )  # fmt: skip
    insert(
        warehouse, "raw.schedules", id=11, owner_id=1, name="Work", time_zone="Europe/Berlin",
        is_default=True,
    )  # fmt: skip
    for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"):
        insert(
            warehouse, "raw.schedule_availability", schedule_id=11, day=day, start_time="09:00",
            end_time="17:00", ordinal=1, position=1,
        )  # fmt: skip
    for key, title in ((1, RIGHT_TO_LEFT), (2, "Twin"), (3, "Twin")):
        insert(
            warehouse, "raw.event_types", id=key, owner_id=1, title=title, slug=f"type-{key}",
            length_in_minutes=30,
        )  # fmt: skip


def _add_bookings(warehouse):
    for day in range(1, 61):
        add_booking(warehouse, f"ada-{day}", day, 1, absent=(day % 6 == 0,))
    for day in range(1, 11):
        add_booking(
            warehouse, f"two-{day}", day, 2, hour=15, absent=(day == 5, False),
            absent_host=day == 7, event_type_id=2 if day < 6 else 3,
        )  # fmt: skip
    for day in (2, 3):
        add_booking(warehouse, f"gone-{day}", day, 1, hour=11, status="cancelled")
    add_booking(warehouse, "moved", 4, 1, hour=11, status="cancelled", rescheduled_to_uid="ahead")
    add_booking(warehouse, "ahead", -2, 1, rescheduled_from_uid="moved")


def _add_submissions(warehouse):
    insert(warehouse, "raw.routing_forms", id="form-1", name="Talk to us")
    for number, (days_ago, uid) in enumerate([
        (10, "ada-1"),
        (10, None),
        (40, "gone-2"),
        (40, "moved"),
    ]):
        insert(
            warehouse, "raw.routing_form_responses", id=number, form_id="form-1",
            form_filler_id=f"visitor-{number}", routed_to_booking_uid=uid,
            created_at=AS_OF - timedelta(days=days_ago),
        )  # fmt: skip


def add_run(warehouse, run_id="run-1", started_at=AS_OF, outcome="proved", message=""):
    """Insert a finished sync."""
    insert(
        warehouse, "ops.runs", run_id=run_id, command="sync", started_at=started_at,
        finished_at=started_at + timedelta(minutes=1), outcome=outcome, message=message,
    )  # fmt: skip


def add_proof(warehouse, run_id="run-1", api_count=74, warehouse_count=74, quarantined_count=0):
    """Insert a proof of the bookings."""
    insert(
        warehouse, "ops.proofs", run_id=run_id, resource="bookings", scope="organization:101",
        window_name="all",
        api_count=api_count, warehouse_count=warehouse_count, quarantined_count=quarantined_count,
        is_proved=api_count == warehouse_count + quarantined_count, proved_at=AS_OF,
    )  # fmt: skip


@pytest.fixture(scope="session")
def _built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    with Warehouse.open(str(folder / "empty.duckdb")) as warehouse:
        assert build_models(warehouse, as_of=AS_OF).ok
    with Warehouse.open(str(folder / "small.duckdb")) as warehouse:
        _add_people(warehouse)
        _add_bookings(warehouse)
        _add_submissions(warehouse)
        assert build_models(warehouse, as_of=AS_OF).ok
    return folder


@pytest.fixture
def small_path(_built, tmp_path):
    """The small account's warehouse, to change at will."""
    return shutil.copy(_built / "small.duckdb", tmp_path / "small.duckdb")


@pytest.fixture
def empty_path(_built, tmp_path):
    """A warehouse whose models were built without any data."""
    return shutil.copy(_built / "empty.duckdb", tmp_path / "empty.duckdb")


@pytest.fixture(scope="session")
def small_report(_built, tmp_path_factory):
    """The small account's report, after a proved sync; frozen, so that tests may share it."""
    path = tmp_path_factory.mktemp("synced") / "small.duckdb"
    shutil.copy(_built / "small.duckdb", path)
    with Warehouse.open(str(path)) as warehouse:
        add_run(warehouse)
        add_proof(warehouse)
        return read_report(warehouse, made_at=MADE_AT)


@pytest.fixture(scope="session")
def empty_report(_built):
    """The report of a warehouse without data."""
    with Warehouse.open(str(_built / "empty.duckdb"), read_only=True) as warehouse:
        return read_report(warehouse, made_at=MADE_AT)


class Shown:
    """Keeps what a command shows, as `pipelines.cli.output.Output` would show it."""

    def __init__(self):
        self.lines = []
        self.tables = {}

    def say(self, text):
        self.lines.append(text)

    def table(self, title, columns, rows):
        self.tables[title] = [tuple(columns), *(tuple(row) for row in rows)]


@pytest.fixture
def shown():
    """An output that keeps what it is shown."""
    return Shown()


@pytest.fixture
def arguments_of():
    """Makes a report command's arguments."""

    def make(warehouse, html="-"):
        return SimpleNamespace(warehouse=str(warehouse), html=str(html))

    return make
