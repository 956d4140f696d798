"""The smaller tables of an invented world: webhooks, attributes, absences, forms, links, cities."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.generate.cast import (
    ADMIN,
    MEMBER,
    ORGANIZATION,
    OWNER,
    SALES,
    SALES_MEMBERS,
    SUPPORT_MEMBERS,
    TEAM_ADMIN,
)
from cal_source.sandbox.records import (
    Attribute,
    AttributeAssignment,
    AttributeOption,
    Json,
    OutOfOffice,
    PrivateLink,
    RoutingForm,
    RoutingResponse,
    VerifiedContact,
    Webhook,
    Workflow,
)
from cal_source.sandbox.unlisted import PLATFORM_CLIENT_ID

if TYPE_CHECKING:
    from random import Random

    from cal_source.sandbox.world import World

_TRIGGERS: Final = ["BOOKING_CREATED", "BOOKING_RESCHEDULED", "BOOKING_CANCELLED"]
_ATTRIBUTES: Final = (
    ("SINGLE_SELECT", "Department", ("Sales", "Support", "Operations")),
    ("MULTI_SELECT", "Languages", ("German", "Spanish", "Japanese")),
    ("NUMBER", "Level", ("1", "2", "3")),
    ("TEXT", "Office", ("Second floor",)),
)
_READ: Final = [
    f"{entity}.read"
    for entity in ("eventType", "team", "role", "organization", "availability", "workflow", "ooo")
]
_ROLES: Final = (
    ("owner_role", "Owner", "#1BA774", "Full access to all resources", ["*.*"]),
    (
        "admin_role",
        "Admin",
        "#6633EE",
        "Administrative access to most resources",
        [*_READ, "team.update", "team.invite", "booking.readTeamBookings", "ooo.update"],
    ),
    ("member_role", "Member", "#EAB308", "Basic member access", _READ),
)
_CITIES: Final = (
    ("Berlin", "Europe/Berlin", 3_406_000),
    ("London", "Europe/London", 7_421_228),
    ("New York", "America/New_York", 8_008_278),
    ("Kiritimati", "Pacific/Kiritimati", 6_447),
    ("Pago Pago", "Pacific/Pago_Pago", 12_038),
    ("Kathmandu", "Asia/Kathmandu", 895_000),
    ("Lord Howe", "Australia/Lord_Howe", 382),
    ("Santiago", "America/Santiago", 4_837_295),
    ("St. John's", "America/St_Johns", 131_469),
    ("Tokyo", "Asia/Tokyo", 22_006_300),
    ("Sydney", "Australia/Sydney", 4_135_711),
    ("Kolkata", "Asia/Kolkata", 11_060_000),
)


def add_extras(world: World, rng: Random) -> None:
    """Fill the smaller tables."""
    _add_webhooks(world, rng)
    _add_attributes(world, rng)
    _add_absences(world, rng)
    _add_routing(world, rng)
    _add_workflows(world)
    _add_contacts(world)
    _add_private_links(world, rng)
    made = world.now - timedelta(days=480)
    world.roles = [
        {
            "id": key,
            "name": name,
            "color": color,
            "description": description,
            "type": "SYSTEM",
            "permissions": permissions,
            "createdAt": f"{made:%Y-%m-%d}T00:00:00.000Z",
            "updatedAt": f"{made:%Y-%m-%d}T00:00:00.000Z",
        }
        for key, name, color, description, permissions in _ROLES
    ]
    world.cities = [{"city": city, "timezone": zone, "pop": pop} for city, zone, pop in _CITIES]


def _uuid(rng: Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def _add_webhooks(world: World, rng: Random) -> None:
    by_slug = {row.slug: row.id for row in world.event_types.values() if row.owner_id is None}
    personal = next(row.id for row in world.event_types.values() if row.owner_id == OWNER)
    levels: tuple[tuple[str, Json], ...] = (
        ("user", {"user_id": OWNER}),
        ("user-off", {"user_id": OWNER, "is_active": False}),
        ("member", {"user_id": MEMBER, "payload_template": '{"kind":"{{type}}"}'}),
        ("event-type", {"event_type_id": personal}),
        ("team-event-type", {"event_type_id": by_slug["discovery"]}),
        ("organization", {"team_id": ORGANIZATION}),
        ("client", {"oauth_client_id": PLATFORM_CLIENT_ID}),
    )
    made = world.now - timedelta(days=200)
    for name, columns in levels:
        key = _uuid(rng)
        secret = f"sandbox-webhook-secret-{name}"
        url = f"https://hooks.example.com/{name}"
        world.webhooks[key] = Webhook(key, url, _TRIGGERS, made, secret=secret, **columns)


def _add_attributes(world: World, rng: Random) -> None:
    made = world.now - timedelta(days=350)
    members = [*SALES_MEMBERS, *SUPPORT_MEMBERS]
    for kind, name, values in _ATTRIBUTES:
        key = _uuid(rng)
        slug = name.lower()
        world.attributes[key] = Attribute(key, ORGANIZATION, kind, name, slug, made, made)
        options = []
        for value in values:
            option = AttributeOption(_uuid(rng), key, value, value.lower().replace(" ", "-"))
            world.attribute_options[option.id] = option
            options.append(option.id)
        for user_id in members:
            size = min(len(options), rng.randint(1, 2)) if kind == "MULTI_SELECT" else 1
            for option_id in rng.sample(options, size):
                number = len(world.attribute_assignments) + 1
                row = AttributeAssignment(number, user_id, option_id)
                world.attribute_assignments[number] = row


def _add_absences(world: World, rng: Random) -> None:
    today = world.now.replace(hour=0, minute=0, second=0, microsecond=0)
    plans = (
        (TEAM_ADMIN, 1004, 30, 5, "Holidays"),
        (OWNER, None, 9, 2, None),
        (ADMIN, None, -40, 7, None),
    )
    for key, (user_id, stand_in, offset, days, notes) in enumerate(plans, 1):
        start = today + timedelta(days=offset)
        end = start + timedelta(days=days) - timedelta(seconds=1)
        world.out_of_office[key] = OutOfOffice(
            key, _uuid(rng), user_id, start, end, stand_in, notes
        )


def _add_routing(world: World, rng: Random) -> None:
    made = world.now - timedelta(days=300)
    form_id, field_id = _uuid(rng), _uuid(rng)
    content = _form_content(form_id, field_id, f"{made:%Y-%m-%dT%H:%M:%S}.000Z")
    world.routing_forms[form_id] = RoutingForm(form_id, SALES, OWNER, made, made, content)
    for key, booking in enumerate(list(world.bookings)[:60], 1):
        answer: dict[str, Any] = {
            field_id: {"label": "Company", "identifier": "company", "value": f"Company {key}"},
        }
        at = made + timedelta(days=4 * key)
        world.routing_responses[key] = RoutingResponse(
            key,
            form_id,
            f"filler{key}",
            answer,
            at,
            None if key % 5 == 0 else at,
            booking.uid if key % 3 else None,
        )


def _form_content(form_id: str, field_id: str, made_at: str) -> Json:
    fields = [
        {
            "id": field_id,
            "type": "text",
            "label": "Company",
            "required": True,
            "identifier": "company",
        },
    ]
    return {
        "id": form_id,
        "description": "Who should you talk to?",
        "position": 0,
        "routes": [],
        "createdAt": made_at,
        "updatedAt": made_at,
        "name": "Talk to sales",
        "fields": fields,
        "updatedById": None,
        "userId": OWNER,
        "teamId": SALES,
        "disabled": False,
        "settings": {"emailOwnerOnSubmission": False},
    }


def _add_workflows(world: World) -> None:
    step: Json = {
        "id": 1,
        "stepNumber": 1,
        "template": "reminder",
        "recipient": "attendee",
        "sender": "Cal",
        "includeCalendarEvent": False,
        "email": "",
        "phone": "",
        "message": {"subject": "Reminder", "html": "<p>See you soon</p>"},
        "action": "email_attendee",
    }
    activation = {"isActiveOnAllEventTypes": True, "activeOnEventTypeIds": []}
    trigger = {"type": "beforeEvent", "offset": {"value": 24, "unit": "hour"}}
    content: Json = {"id": 1, "name": "Remind attendees", "activation": activation}
    content |= {"trigger": trigger, "steps": [step], "type": "event-type"}
    world.workflows[1] = Workflow(1, SALES, "event-type", content)
    form = next(iter(world.routing_forms))
    activation = {"isActiveOnAllRoutingForms": False, "activeOnRoutingFormIds": [form]}
    content = {"id": 2, "name": "Thank you", "activation": activation}
    content |= {"trigger": {"type": "formSubmitted"}, "type": "routing-form"}
    content["steps"] = [step | {"id": 2, "template": "custom"}]
    world.workflows[2] = Workflow(2, SALES, "routing-form", content)


def _add_contacts(world: World) -> None:
    rows = (
        VerifiedContact(1, "email", "alerts@example.com", team_id=SALES),
        VerifiedContact(2, "email", "ingrid.private@example.com", user_id=OWNER),
        VerifiedContact(1, "phone", "+4930123456", team_id=SALES),
        VerifiedContact(2, "phone", "+4930123457", user_id=OWNER),
    )
    for row in rows:
        world.verified_contacts[row.kind, row.id] = row


def _add_private_links(world: World, rng: Random) -> None:
    personal = next(row.id for row in world.event_types.values() if row.owner_id == OWNER)
    by_slug = {row.slug: row.id for row in world.event_types.values() if row.team_id == SALES}
    expires = world.now + timedelta(days=70)
    links = (
        PrivateLink(_link_id(rng), personal, 1, expires_at=expires),
        PrivateLink(_link_id(rng), personal, 2, max_usage_count=10, usage_count=3),
        PrivateLink(_link_id(rng), by_slug["discovery"], 3, max_usage_count=5),
    )
    for link in links:
        world.private_links[link.id] = link


def _link_id(rng: Random) -> str:
    return f"{rng.getrandbits(80):020x}"
