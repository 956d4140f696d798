"""Every recorded GET, replayed against the sandbox filled with the recorded world.

Two series exist. Of `recorded`, every GET is replayed; of `recorded-actions`, those made before its
first write (the later ones read back what writes made).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cal_source.sandbox import Sandbox, World
from cal_source.sandbox.visibility import visible_booking_ids
from tests.contract.recorded_calls import RecordedCall, differences, read_series, replay

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.reference

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "cal-api"

ATTENDEE_IDS = (
    "attendee ids and video references of the old shape are in no list of the world; ids are given "
    "in order, but 46 bookings of another organisation, in no list either, took some"
)
# Recorded answers that the world's lists do not determine. An entry that is not needed fails.
TOLERATED = {
    "bookings_no_version_header": ATTENDEE_IDS,
    "bookings_no_version_status_filter": ATTENDEE_IDS,
    "bookings_bad_version_header": ATTENDEE_IDS,
    "bookings_version_2024_06_14": ATTENDEE_IDS,
    "bookings_as_otherorg": "no list of the world shows the bookings of the other organisation",
    "event_types_no_version": (
        "whether unset metadata is null or {}, host creation times, link numbers and managed "
        "children in the old shape are in no list of the world"
    ),
    "orgteam_booking_references": (
        "the world has the references of bookings the owner hosts only; this one is Kenji's"
    ),
}
# GETs that read what an earlier write of the series made, or need its token; they are replayed
# together with the writes once the sandbox serves those.
READS_BACK_WRITES = {
    "edge_filter_team_unknown",
    "edge_filter_team_without_bookings",
    "edge_managed_token_expired",
    "edge_managed_token_ok",
    "edge_trailing_slash",
    "w_booking_after_event_type_deleted",
    "w_booking_collective_get",
    "w_booking_reschedule_new_after",
    "w_booking_reschedule_old_after",
    "w_bookings_after_updated_after_event_type_deleted",
    "w_bookings_list_after_event_type_deleted",
    "w_managed_me",
    "w_managed_schedules",
    "w_managed_user_list",
    "w_oauth_client_bookings_by_owner",
    "w_oauth_client_me_bookings",
}
# Requests that were sent with the same key just before and are not in the folder.
SENT_BEFORE = {
    "rate_tiny_2": 1,
    "rate_tiny_3": 2,
    "rate_tiny_4": 3,
    "rate_tiny_5": 4,
    "rate_tiny_6": 5,
    "rate_default_429": 120,
}
LEAST_SHARE = 0.95


def _reads() -> list[RecordedCall]:
    if not REFERENCE.is_dir():
        return []
    reads = [call for call in read_series(REFERENCE / "recorded") if call.method == "GET"]
    for call in read_series(REFERENCE / "recorded-actions"):
        if call.method == "GET":
            reads.append(call)
        elif call.status < 300:
            break
    return reads


READS = _reads()


@pytest.fixture(scope="module")
def world(reference_dir: Path) -> World:
    return World.from_folder(reference_dir / "world")


def _differences(world: World, call: RecordedCall) -> list[str]:
    sandbox = Sandbox(world)
    for _ in range(SENT_BEFORE.get(call.name, 0)):
        replay(sandbox, call)
    return differences(call, replay(sandbox, call), sandbox)


@pytest.mark.parametrize("call", READS, ids=lambda call: call.name)
def test_sandbox_answers_a_recorded_read_like_the_real_server(
    world: World, call: RecordedCall
) -> None:
    found = _differences(world, call)

    if call.name in TOLERATED or call.name in READS_BACK_WRITES:
        assert found, "the sandbox answers this one like the real server: take it off the table"
    else:
        assert not found


def test_sandbox_answers_nearly_all_recorded_reads_like_the_real_server(
    world: World, record_property: Callable[[str, object], None]
) -> None:
    reads = [call for call in READS if call.name not in READS_BACK_WRITES]
    same = [call for call in reads if not _differences(world, call)]

    share = len(same) / len(reads)

    record_property("identical", f"{len(same)} of {len(reads)}")
    assert share >= LEAST_SHARE, f"only {len(same)} of {len(reads)} ({share:.1%})"


def test_every_named_recording_exists(reference_dir: Path) -> None:
    names = {call.name for call in READS}

    assert set(TOLERATED) | READS_BACK_WRITES | set(SENT_BEFORE) <= names


@pytest.mark.parametrize("key", ["owner", "admin", "member", "teamadmin", "solo", "platformowner"])
def test_each_key_sees_the_bookings_the_real_server_showed_it(
    world: World, reference_dir: Path, key: str
) -> None:
    listed = json.loads((reference_dir / "world/visible_booking_uids.json").read_text("utf-8"))
    user_id = world.api_keys[f"cal_sandbox_{key}"].user_id

    visible = {world.bookings[i].uid for i in visible_booking_ids(world, user_id)}

    assert visible == set(listed[key])


@pytest.mark.parametrize("take", [7, 37, 100])
def test_offset_paging_of_the_recorded_world_loses_rows(world: World, take: int) -> None:
    """The trap the connector must not fall into: measured on the real server as well."""
    sandbox = Sandbox(world)
    headers = {"Authorization": "Bearer cal_sandbox_owner", "cal-api-version": "2024-08-13"}

    uids: list[str] = []
    rows: list[dict[str, str]] = [{}]
    while rows:
        query = [("take", str(take)), ("skip", str(len(uids))), ("sortUpdatedAt", "asc")]
        rows = sandbox.respond("GET", "/v2/bookings", query, headers).json()["data"]
        uids += [row["uid"] for row in rows]

    assert len(uids) == 1809
    assert len(set(uids)) < 1809


def _world_lists() -> list[tuple[str, dict[str, Any]]]:
    if not REFERENCE.is_dir():
        return []
    index = json.loads((REFERENCE / "world/index.json").read_text("utf-8"))
    return [(name, entry) for name, entry in index.items() if "path" in entry]


@pytest.mark.parametrize(
    ("name", "entry"), _world_lists(), ids=[name for name, _ in _world_lists()]
)
def test_every_list_of_the_world_comes_back_as_it_was(
    world: World, reference_dir: Path, name: str, entry: dict[str, Any]
) -> None:
    expected = json.loads((reference_dir / "world" / f"{name}.json").read_text("utf-8"))
    headers = {"Authorization": f"Bearer cal_sandbox_{entry['key']}"}
    if entry["version"]:
        headers["cal-api-version"] = entry["version"]

    answer = Sandbox(world).respond("GET", entry["path"], [("take", "250")], headers)

    assert answer.status == entry["status"]
    if name.endswith("bookings"):
        rows = {row["uid"]: row for row in expected}
        assert answer.json()["pagination"]["totalItems"] == len(rows)
        assert all(rows[row["uid"]] == row for row in answer.json()["data"])
    elif entry["status"] == 200:
        assert answer.json().get("data", {"status": "success"}) == expected
