"""Lists of bookings: filters, sorts, pages, and the traps of the real ones."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from cal_source.sandbox import Sandbox, World
from cal_source.sandbox.records import Attendee, Booking
from tests.cal_source.sandbox.conftest import BOOKINGS, NOW, Ask, asking

Make = Callable[..., Booking]


def _uids(ask: Ask, key: str = "owner", **query: object) -> list[str]:
    answer = ask("/v2/bookings", key, BOOKINGS, **query)
    assert answer.status == 200, answer.body
    return [row["uid"] for row in answer.json()["data"]]


@pytest.fixture
def few(empty_world: World, make_booking: Make) -> World:
    """Ten bookings: numbers 1 to 10 start in as many days."""
    for number in range(1, 11):
        empty_world.add_booking(make_booking(number))
    return empty_world


@pytest.fixture
def ask_few(few: World) -> Ask:
    return asking(Sandbox(few, rate_limits=False))


def test_list_gives_a_hundred_rows_unless_told(ask: Ask) -> None:
    body = ask("/v2/bookings", version=BOOKINGS).json()

    assert len(body["data"]) == body["pagination"]["itemsPerPage"] == 100


@pytest.mark.parametrize(
    ("query", "constraint"),
    [
        ({"take": 251}, {"max": "take must not be greater than 250"}),
        ({"take": 0}, {"min": "take must not be less than 1"}),
        ({"sortUpdatedAt": "up"}, {"isEnum": 'SortCreated must be either "asc" or "desc".'}),
        (
            {"afterUpdatedAt": "yesterday"},
            {"isIso8601": "fromDate must be a valid ISO 8601 date."},
        ),
    ],
    ids=["take beyond the cap", "take zero", "unknown order", "no instant"],
)
def test_list_refuses_a_bad_value_and_echoes_it(
    ask: Ask, query: dict[str, object], constraint: dict[str, str]
) -> None:
    answer = ask("/v2/bookings", version=BOOKINGS, **query)

    assert answer.status == 400
    error = answer.json()["error"]
    assert error["message"] == "Bad Request Exception"
    [entry] = error["details"]["errors"]
    assert entry["property"] == next(iter(query))
    assert entry["target"] == query
    assert entry["constraints"] == constraint


def test_list_drops_unknown_parameters_without_a_word(ask_few: Ask) -> None:
    assert len(_uids(ask_few, afterUpdated="2030-01-01", teamIds=102)) == 10


def test_bounds_are_inclusive(ask_few: Ask, few: World) -> None:
    booking = few.bookings[3]
    updated = booking.updated_at
    assert updated is not None

    found = _uids(ask_few, afterUpdatedAt=updated.isoformat(), beforeUpdatedAt=updated.isoformat())

    assert found == ["uid3"]
    assert "uid3" in _uids(ask_few, afterStart=booking.start.isoformat())
    assert "uid3" in _uids(ask_few, beforeEnd=booking.end.isoformat())
    assert "uid3" in _uids(ask_few, afterCreatedAt=booking.created_at.isoformat())


def test_date_without_a_zone_is_utc(ask_few: Ask) -> None:
    assert _uids(ask_few, afterStart="2026-12-02T09:00:00") == ["uid10"]
    assert _uids(ask_few, afterStart="2026-12-02T09:00:00.001") == []


def test_total_ignores_created_and_updated_bounds(ask_few: Ask) -> None:
    body = ask_few("/v2/bookings", version=BOOKINGS, afterUpdatedAt="2030-01-01").json()

    assert body["data"] == []
    assert body["pagination"]["totalItems"] == 10
    assert body["pagination"]["returnedItems"] == 10


def test_total_honours_start_end_and_status(ask_few: Ask) -> None:
    later = (NOW + timedelta(days=8)).isoformat()

    body = ask_few("/v2/bookings", version=BOOKINGS, afterStart=later, status="upcoming").json()

    assert body["pagination"]["totalItems"] == len(body["data"]) == 3


def test_missing_updated_at_meets_no_bound_and_sorts_last_then_first(
    ask_few: Ask, few: World
) -> None:
    few.edit_booking("uid5", updated_at=None)

    assert "uid5" not in _uids(ask_few, afterUpdatedAt="2000-01-01")
    assert "uid5" not in _uids(ask_few, beforeUpdatedAt="2100-01-01")
    assert _uids(ask_few, sortUpdatedAt="asc")[-1] == "uid5"
    assert _uids(ask_few, sortUpdatedAt="desc")[0] == "uid5"


def test_rows_of_equal_sort_value_come_in_another_order_at_every_request(
    ask_few: Ask, few: World
) -> None:
    for number in range(1, 11):
        few.edit_booking(f"uid{number}", updated_at=NOW)

    orders = {tuple(_uids(ask_few, sortUpdatedAt="asc")) for _ in range(5)}

    assert len(orders) > 1
    assert {frozenset(order) for order in orders} == {frozenset(few_uids(few))}


def few_uids(world: World) -> set[str]:
    return {booking.uid for booking in world.bookings}


def test_offset_paging_loses_rows_where_values_are_equal(ask_few: Ask, few: World) -> None:
    for number in range(1, 11):
        few.edit_booking(f"uid{number}", updated_at=NOW)

    walks = [
        [
            uid
            for skip in range(0, 10, 2)
            for uid in _uids(ask_few, sortUpdatedAt="asc", take=2, skip=skip)
        ]
        for _ in range(5)
    ]

    assert all(len(walk) == 10 for walk in walks)
    assert any(len(set(walk)) < 10 for walk in walks)


def test_same_seed_gives_the_same_orders(few: World) -> None:
    for number in range(1, 11):
        few.edit_booking(f"uid{number}", updated_at=NOW)

    one, other = (asking(Sandbox(few, seed=5, rate_limits=False)) for _ in range(2))

    assert _uids(one, sortUpdatedAt="asc") == _uids(other, sortUpdatedAt="asc")


def test_first_sort_in_the_fixed_order_wins(ask_few: Ask) -> None:
    assert _uids(ask_few, sortCreated="asc", sortStart="desc")[0] == "uid10"


def test_default_order_depends_on_the_single_status(ask_few: Ask) -> None:
    assert _uids(ask_few, status="upcoming")[0] == "uid1"
    assert _uids(ask_few)[0] == "uid1"


def test_past_status_comes_newest_first(ask: Ask, world: World) -> None:
    found = _uids(ask, status="past", take=20)

    starts = [booking.start for uid in found if (booking := world.bookings.by_uid(uid))]
    assert starts == sorted(starts, reverse=True)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({}, {"upcoming"}),
        ({"status": "pending"}, {"upcoming", "unconfirmed"}),
        ({"status": "rejected"}, {"cancelled"}),
        ({"status": "cancelled", "start": NOW - timedelta(days=2)}, {"cancelled"}),
        ({"status": "pending", "start": NOW - timedelta(days=2)}, {"past"}),
        ({"recurring_event_id": "series"}, {"upcoming", "recurring"}),
        ({"recurring_event_id": "series", "status": "pending"}, {"recurring", "unconfirmed"}),
    ],
    ids=[
        "coming",
        "coming pending",
        "rejected counts as cancelled",
        "past cancelled is not past",
        "past pending counts as past",
        "occurrence",
        "pending occurrence is not upcoming",
    ],
)
def test_status_words_are_views_over_now(
    empty_world: World, make_booking: Make, columns: dict[str, object], words: set[str]
) -> None:
    empty_world.add_booking(make_booking(1, **columns))
    ask = asking(Sandbox(empty_world, rate_limits=False))

    known = ("upcoming", "recurring", "past", "cancelled", "unconfirmed")

    assert {word for word in known if _uids(ask, status=word)} == words


def test_status_words_move_with_the_clock(few: World) -> None:
    sandbox = Sandbox(few, rate_limits=False)
    ask = asking(sandbox)
    before = len(_uids(ask, status="past"))

    sandbox.clock.advance(timedelta(days=4))

    assert (before, len(_uids(ask, status="past"))) == (0, 3)


def test_attendee_email_is_exact_and_a_space_means_plus(ask_few: Ask, few: World) -> None:
    person = Attendee(99, "Ada Roy", "ada+work@example.com", "UTC")
    few.edit_booking("uid2", attendees=[person])

    assert _uids(ask_few, attendeeEmail="ada work@example.com") == ["uid2"]
    assert _uids(ask_few, attendeeEmail="Ada+work@example.com") == []
    assert _uids(ask_few, attendeeName="Ada Roy") == ["uid2"]


def test_team_filter_is_dropped_when_the_team_has_no_event_types(ask: Ask) -> None:
    everything = ask("/v2/bookings", version=BOOKINGS).json()["pagination"]["totalItems"]

    for team in (107, 999):
        found = ask("/v2/bookings", version=BOOKINGS, teamId=team).json()
        assert found["pagination"]["totalItems"] == everything
    sales = ask("/v2/bookings", version=BOOKINGS, teamId=102).json()["pagination"]["totalItems"]
    assert 0 < sales < everything


def test_team_ids_filter_is_named_teams_ids(ask: Ask) -> None:
    one = ask("/v2/bookings", version=BOOKINGS, teamId=102).json()["pagination"]["totalItems"]

    named = ask("/v2/bookings", version=BOOKINGS, teamsIds=102).json()["pagination"]["totalItems"]

    assert named == one


def test_unknown_event_type_is_a_bad_request_with_a_masked_reason(ask: Ask) -> None:
    answer = ask("/v2/bookings", version=BOOKINGS, eventTypeId=999999)

    assert answer.status == 400
    assert answer.json()["error"] == {
        "code": "TRPCError",
        "message": "Bad request: Please check your request data and try again",
    }


def test_event_type_filter_includes_managed_children(ask: Ask, world: World) -> None:
    parent = next(e for e in world.event_types.values() if e.scheduling_type == "managed")
    children = {e.id for e in world.event_types.values() if e.parent_id == parent.id}

    rows = ask("/v2/bookings", version=BOOKINGS, eventTypeIds=parent.id).json()["data"]

    assert rows
    assert {row["eventTypeId"] for row in rows} <= children


def test_team_list_does_not_know_updated_filters(ask: Ask) -> None:
    path = "/v2/organizations/101/teams/102/bookings"

    everything, filtered = ask(path), ask(path, afterUpdatedAt="2100-01-01")

    assert len(filtered.json()["data"]) == len(everything.json()["data"]) > 0


def test_user_ids_match_host_or_attendee_and_must_be_administered(ask: Ask) -> None:
    rows = ask("/v2/organizations/101/bookings", userIds="1004").json()["data"]
    refused = ask("/v2/organizations/101/bookings", userIds="1020")

    assert rows
    for row in rows:
        emails = {person["email"] for person in row["attendees"]}
        assert row["hosts"][0]["id"] == 1004 or "camila.rojas@example.com" in emails
    assert (refused.status, refused.json()["error"]["code"]) == (403, "TRPCError")


@pytest.mark.parametrize(
    ("take", "skip", "expected"),
    [
        (4, 0, (4, 6, 1, 3, True, False)),
        (4, 8, (2, 0, 3, 3, False, True)),
        (4, 100, (0, 0, 3, 3, False, True)),
    ],
    ids=["first page", "last page", "past the end"],
)
def test_pagination_is_computed_from_the_total(
    ask_few: Ask, take: int, skip: int, expected: tuple[object, ...]
) -> None:
    found = ask_few("/v2/bookings", version=BOOKINGS, take=take, skip=skip).json()["pagination"]

    assert (
        found["returnedItems"],
        found["remainingItems"],
        found["currentPage"],
        found["totalPages"],
        found["hasNextPage"],
        found["hasPreviousPage"],
    ) == expected


def test_trailing_slash_and_api_prefix_change_nothing(ask_few: Ask) -> None:
    expected = _uids(ask_few)

    for path in ("/v2/bookings/", "/api/v2/bookings"):
        rows = ask_few(path, version=BOOKINGS).json()["data"]
        assert [row["uid"] for row in rows] == expected


def test_member_sees_own_and_attended_bookings_only(ask: Ask, world: World) -> None:
    expected = {
        booking.uid
        for booking in world.bookings
        if booking.user_id == 1005
        or any(p.email == "daniel.whitfield@example.com" for p in booking.attendees)
    }

    assert set(_uids(ask, "member", take=250)) == expected


def test_user_without_an_organization_does_not_see_another_ones(ask: Ask) -> None:
    hosts = {
        row["hosts"][0]["id"]
        for row in ask("/v2/bookings", "solo", BOOKINGS, take=250).json()["data"]
    }

    assert hosts <= {1020, 1021, "unknown"}


def test_page_of_the_largest_size_is_quick(sandbox: Sandbox) -> None:
    big = Sandbox(World.generate(bookings=5000, seed=1, now=NOW), rate_limits=False)
    ask = asking(big)
    ask("/v2/bookings", version=BOOKINGS, take=250)

    import time

    began = time.perf_counter()
    for skip in range(0, 2500, 250):
        ask("/v2/bookings", version=BOOKINGS, take=250, skip=skip, sortUpdatedAt="asc")
    seconds = (time.perf_counter() - began) / 10

    assert seconds < 0.1, f"{seconds * 1000:.0f} ms a page"
