"""Schedules and event types of an invented world."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.generate.cast import (
    INVITED,
    MANAGED,
    MEMBER,
    OTHER,
    OWNER,
    SALES,
    SOLO,
    SOLO_PARTNER,
    SOLO_TEAM,
    SUPPORT,
    SUPPORT_MEMBERS,
    TEAM_ADMIN,
)
from cal_source.sandbox.records import EventType, Host, Json, Schedule
from cal_source.sandbox.render.event_types import DEFAULT_BOOKING_FIELDS

if TYPE_CHECKING:
    from cal_source.sandbox.world import World

_HOURS: Final = (
    *(("09:00", "17:00"), ("09:00", "17:00"), ("08:00", "16:30")),
    *(("09:00", "17:00"), ("09:00", "17:00"), ("08:00", "16:30")),
    ("15:00", "23:59"),
)
_WORKDAYS: Final = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
_COMPANY: Final[Json] = {
    "isDefault": False,
    "type": "text",
    "slug": "company",
    "label": "Company",
    "required": True,
    "hidden": False,
    "disableOnPrefill": False,
}
_SIZE: Final[Json] = {
    "isDefault": False,
    "type": "select",
    "slug": "team-size",
    "label": "How many are you?",
    "options": ["1-10", "11-50", "51+"],
    "required": False,
    "hidden": False,
    "disableOnPrefill": False,
}
WITH_QUESTIONS: Final = [*DEFAULT_BOOKING_FIELDS, _COMPANY, _SIZE]
_VIDEO_LINK: Final = "https://meet.example.com"


@dataclass(frozen=True, slots=True)
class Offer:
    """An event type before it has an id, an owner and hosts."""

    title: str
    slug: str
    minutes: int
    options: dict[str, Any]


_PERSONAL: Final = (
    Offer("15 Min Meeting", "15min", 15, {}),
    Offer("30 Min Meeting", "30min", 30, {"description": "Half an hour."}),
    Offer("Follow-up", "follow-up", 45, {"is_hidden": True}),
)
_OF_OWNER: Final = (
    Offer(
        "Weekly coaching",
        "weekly",
        30,
        {
            "settings": {
                "recurrence": {
                    "disabled": False,
                    "interval": 1,
                    "occurrences": 8,
                    "frequency": "weekly",
                },
            },
        },
    ),
    Offer("Group class", "class", 60, {"seats_per_slot": 6, "seats_show_attendees": True}),
    Offer(
        "On request",
        "on-request",
        30,
        {
            "settings": {
                "confirmationPolicy": {
                    "type": "always",
                    "blockUnconfirmedBookingsInBooker": False,
                },
            },
        },
    ),
    Offer(
        "Flexible length",
        "flexible",
        30,
        {
            "length_options": [15, 30, 60],
            "settings": {"metadata": {"multipleDuration": [15, 30, 60]}},
        },
    ),
)


def add_offers(world: World) -> None:
    """Add schedules, then event types: personal, collective, round-robin, managed and seated."""
    _add_schedules(world)
    for user_id in world.users:
        for offer in _PERSONAL:
            _add(world, offer, owner_id=user_id)
    for offer in _OF_OWNER:
        _add(world, offer, owner_id=OWNER)
    _add_team_offers(world)


def _add_schedules(world: World) -> None:
    for number, user in enumerate(world.users.values()):
        if user.id == INVITED:
            continue
        start, end = _hours(number)
        weekdays: Json = {"days": _WORKDAYS, "startTime": start, "endTime": end}
        key = _add_schedule(world, user.id, "Working hours", [weekdays], _overrides(world, number))
        user.default_schedule_id = key
        if number % 3 == 0:
            evenings = [
                {"days": ["Tuesday", "Thursday"], "startTime": "18:00", "endTime": "23:59"},
                {"days": ["Saturday", "Sunday"], "startTime": "10:00", "endTime": "14:00"},
            ]
            _add_schedule(world, user.id, "Evenings and weekends", evenings, [])


def _hours(number: int) -> tuple[str, str]:
    """Most work from nine to five; some early, one until midnight, which is written 23:59."""
    return _HOURS[number % len(_HOURS)]


def _overrides(world: World, number: int) -> list[Json]:
    """A day off (00:00 to 00:00), a short day, and a Saturday that is worked, around now."""
    off = (world.now + timedelta(days=9 + number)).date().isoformat()
    past = (world.now - timedelta(days=20 + number)).date().isoformat()
    short = (world.now - timedelta(days=6 + number)).date().isoformat()
    return [
        {"date": past, "startTime": "00:00", "endTime": "00:00"},
        {"date": short, "startTime": "10:00", "endTime": "12:00"},
        {"date": off, "startTime": "00:00", "endTime": "00:00"},
    ]


def _add_schedule(
    world: World,
    owner_id: int,
    name: str,
    availability: list[Json],
    overrides: list[Json],
) -> int:
    key = 701 + len(world.schedules)
    zone = world.users[owner_id].time_zone
    world.schedules[key] = Schedule(key, owner_id, name, zone, availability, overrides)
    return key


def _add_team_offers(world: World) -> None:
    sales_pair = [Host(TEAM_ADMIN), Host(1004)]
    rotation = [Host(user, is_fixed=False) for user in (TEAM_ADMIN, 1004, MEMBER, 1006)]
    questions = {"settings": {"bookingFields": WITH_QUESTIONS}}
    demo = Offer("Product demo", "demo", 45, questions)
    _add(world, demo, team_id=SALES, scheduling_type="collective", hosts=sales_pair)
    discovery = Offer("Discovery call", "discovery", 30, questions)
    _add(world, discovery, team_id=SALES, scheduling_type="roundRobin", hosts=rotation)
    _add_managed(world, rotation[:3])
    help_ = Offer("Support call", "support-call", 15, {})
    support = [Host(user, is_fixed=False) for user in SUPPORT_MEMBERS[1:]]
    _add(world, help_, team_id=SUPPORT, scheduling_type="roundRobin", hosts=support)
    webinar = Offer("Webinar", "webinar", 60, {"seats_per_slot": 30})
    _add(world, webinar, team_id=SUPPORT, scheduling_type="collective", hosts=[Host(1008)])
    crew = Offer("Consultation", "consultation", 50, {})
    pair = [Host(SOLO), Host(SOLO_PARTNER)]
    _add(world, crew, team_id=SOLO_TEAM, scheduling_type="collective", hosts=pair)


def _add_managed(world: World, hosts: list[Host]) -> None:
    """A managed event type cannot be booked itself; each host gets a child that can."""
    unlocked = {"metadata": {"managedEventConfig": {"unlockedFields": {"locations": True}}}}
    offer = Offer("Introduction", "introduction", 20, {"settings": unlocked})
    parent = _add(world, offer, team_id=SALES, scheduling_type="managed", hosts=hosts)
    child = Offer(
        "Introduction", "introduction", 20, {"settings": {"metadata": {"managedEventConfig": {}}}}
    )
    for host in hosts:
        _add(world, child, owner_id=host.user_id, parent_id=parent)


def _add(world: World, offer: Offer, **columns: Any) -> int:
    key = 5001 + len(world.event_types)
    owner_id = columns.get("owner_id")
    options = {"settings": {}} | offer.options
    if offer.slug == "follow-up" and owner_id is not None and owner_id not in {MANAGED, OTHER}:
        link = f"{_VIDEO_LINK}/{world.users[owner_id].username}"
        locations = [{"type": "link", "link": link, "public": True}]
        options["settings"] = {"locations": locations}
    world.event_types[key] = EventType(
        key, offer.title, offer.slug, offer.minutes, **options, **columns
    )
    return key
