"""Free slots: working hours without overrides, absences, bookings and the notice period."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from cal_source.sandbox import Sandbox, World
from cal_source.sandbox.records import Booking, OutOfOffice
from tests.cal_source.sandbox.booking_requests import asked
from tests.cal_source.sandbox.conftest import Ask, asking, telling

Make = Callable[..., Booking]
VERSION = "2024-09-04"
TUESDAY = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def half_hour(empty_world: World) -> int:
    """The owner's half hour; the owner works nine to five in Berlin, an hour ahead of UTC."""
    rows = empty_world.event_types.values()
    key = next(row.id for row in rows if row.owner_id == 1001 and row.slug == "30min")
    schedule = empty_world.users[1001].default_schedule_id
    hours = [{"days": ["Tuesday"], "startTime": "09:00", "endTime": "12:00"}]
    empty_world.edit("schedules", schedule, availability=hours, overrides=[])
    return key


@pytest.fixture
def free(empty_world: World, half_hour: int) -> Callable[..., list[str]]:
    ask = asking(Sandbox(empty_world, rate_limits=False))

    def starts(**query: str) -> list[str]:
        body = ask(
            "/v2/slots",
            None,
            VERSION,
            **(
                {
                    "eventTypeId": half_hour,
                    "start": "2026-11-24",
                    "end": "2026-11-24",
                }
                | query
            ),
        ).json()
        return [slot["start"][11:16] for day in body["data"].values() for slot in day]

    return starts


def test_slots_fill_the_working_hours(free: Callable[..., list[str]]) -> None:
    assert free() == ["08:00", "08:30", "09:00", "09:30", "10:00", "10:30"]


def test_accepted_bookings_take_slots_and_others_do_not(
    empty_world: World, make_booking: Make, free: Callable[..., list[str]]
) -> None:
    hour = timedelta(hours=1)
    taken = TUESDAY.replace(hour=8, minute=30)
    empty_world.add_booking(make_booking(1, start=taken, end=taken + hour))
    empty_world.add_booking(
        make_booking(2, start=taken + hour, end=taken + 2 * hour, status="pending")
    )

    assert free() == ["08:00", "09:30", "10:00", "10:30"]


def test_override_replaces_the_day_and_no_length_means_day_off(
    empty_world: World, free: Callable[..., list[str]]
) -> None:
    schedule = empty_world.users[1001].default_schedule_id
    day = "2026-11-24"
    short = [{"date": day, "startTime": "10:00", "endTime": "11:00"}]
    off = [{"date": day, "startTime": "00:00", "endTime": "00:00"}]

    empty_world.edit("schedules", schedule, overrides=short)
    assert free() == ["09:00", "09:30"]
    empty_world.edit("schedules", schedule, overrides=off)
    assert free() == []


def test_end_at_23_59_means_midnight(empty_world: World, free: Callable[..., list[str]]) -> None:
    schedule = empty_world.users[1001].default_schedule_id
    late = [{"days": ["Tuesday"], "startTime": "23:00", "endTime": "23:59"}]

    empty_world.edit("schedules", schedule, availability=late)

    assert free() == ["22:00", "22:30"]


def test_absence_takes_whole_days(empty_world: World, free: Callable[..., list[str]]) -> None:
    end = TUESDAY + timedelta(days=1, seconds=-1)
    empty_world.out_of_office[9] = OutOfOffice(9, "uuid", 1001, TUESDAY, end)

    assert free() == []


def test_slots_too_soon_are_left_out(
    empty_world: World, half_hour: int, free: Callable[..., list[str]]
) -> None:
    sunday = [{"days": ["Sunday"], "startTime": "09:00", "endTime": "14:00"}]
    schedule = empty_world.users[1001].default_schedule_id
    empty_world.edit("schedules", schedule, availability=sunday)

    assert free(start="2026-11-22", end="2026-11-22")[0] == "11:00"


def test_slots_are_grouped_by_day_of_the_zone_asked_for(empty_world: World, half_hour: int) -> None:
    ask = asking(Sandbox(empty_world, rate_limits=False))

    body = ask(
        "/v2/slots",
        None,
        VERSION,
        eventTypeId=half_hour,
        start="2026-11-24",
        end="2026-11-24",
        timeZone="Pacific/Kiritimati",
        format="range",
    ).json()

    days = body["data"]
    assert {day: len(slots) for day, slots in days.items()} == {"2026-11-24": 4, "2026-11-25": 2}
    assert days["2026-11-24"][0] == {
        "start": "2026-11-24T22:00:00.000+14:00",
        "end": "2026-11-24T22:30:00.000+14:00",
    }


def test_collective_needs_every_host_and_round_robin_any(empty_world: World) -> None:
    ask = asking(Sandbox(empty_world, rate_limits=False))

    def count(slug: str) -> int:
        body = ask(
            "/v2/slots",
            None,
            VERSION,
            eventTypeSlug=slug,
            teamSlug="sales",
            start="2026-11-23",
            end="2026-11-27",
        ).json()
        return sum(len(day) for day in body["data"].values())

    assert count("demo") < count("discovery")


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ({"eventTypeId": 5001}, 400, "start property is wrong"),
        ({"eventTypeId": 1, "start": "2026-11-24", "end": "2026-11-24"}, 404, "Event Type not fo"),
        (
            {"eventTypeId": 5001, "start": "2026-11-24", "end": "2026-11-24", "timeZone": "X"},
            400,
            "timeZone",
        ),
        (
            {"username": "nobody", "start": "2026-11-24", "end": "2026-11-24"},
            404,
            "User with username nobody not found",
        ),
        (
            {"teamSlug": "none", "start": "2026-11-24", "end": "2026-11-24"},
            404,
            "Team with slug none not found",
        ),
    ],
    ids=["no dates", "unknown event type", "unknown zone", "unknown user", "unknown team"],
)
def test_bad_slot_requests_are_refused(
    ask: Ask, query: dict[str, object], status: int, message: str
) -> None:
    answer = ask("/v2/slots", version=VERSION, **query)

    assert answer.status == status
    assert message in answer.json()["error"]["message"]


def test_event_type_whose_hosts_have_all_left_has_no_slots_and_takes_no_bookings(
    empty_world: World,
) -> None:
    rows = empty_world.event_types.values()
    team = next(row for row in rows if row.team_id and row.scheduling_type == "collective")
    team.hosts = []
    sandbox = Sandbox(empty_world, rate_limits=False)
    query = {"eventTypeId": team.id, "start": "2026-11-24", "end": "2026-11-25"}

    slots = asking(sandbox)("/v2/slots", None, VERSION, **query)
    booked = telling(sandbox)("/v2/bookings", asked(team.id))

    assert (slots.status, slots.json()["data"]) == (200, {})
    assert booked.status == 422
