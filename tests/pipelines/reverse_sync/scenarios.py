"""One good request for every write of the catalogue, over an invented world.

A scenario puts into the sandbox what its write needs, through the sandbox's own API where that can
make it, and says which key sends what. The suites over all writes go through these.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from cal_source.sandbox import Sandbox, World
from cal_source.sandbox.connections import Credential, Feed, SelectedCalendar
from pipelines.reverse_sync.change_requests import ChangeRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from cal_source.sandbox.records import Booking

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)  # a Sunday
MONDAY = "2026-11-30T09:00:00.000Z"
TUESDAY = "2026-12-08T13:00:00.000Z"
ORG, TEAM, OWN_TEAM, ROUND_ROBIN = 101, 102, 104, 5060
CLIENT = "cmlremhtume2m3shyouf11xq2"
FEED = "https://feeds.example.com/one.ics"
OTHER_FEED = "https://feeds.example.com/two.ics"
ADA = {"name": "Ada", "email": "ada@example.com", "timeZone": "Europe/Berlin", "language": "en"}
VERSIONS = {
    "/v2/bookings": "2024-08-13",
    "/v2/schedules": "2024-06-11",
    "/v2/event-types": "2024-06-14",
    "/v2/slots": "2024-09-04",
}
Names = dict[str, Any]


@dataclass(frozen=True)
class Scenario:
    """A good request: `prepare` gives names, which `{name}` in target, query and body stands for.

    Attributes:
        key: Name of the sandbox's key that sends it.
        prepare: Puts what is needed into the sandbox.
        target: Path values and locators.
        query: Query parameters.
        body: Body.
        is_refused: Whether the sandbox, as the real server did, refuses it whatever is given.
    """

    key: str = "owner"
    prepare: Callable[[Sandbox], Names] = lambda _: {}
    target: Names = field(default_factory=dict)
    query: Names = field(default_factory=dict)
    body: Names | None = None
    is_refused: bool = False

    def request(self, sandbox: Sandbox, action: str) -> ChangeRequest:
        """Prepare the sandbox and return the request."""
        names = self.prepare(sandbox)
        return ChangeRequest(
            action=action,
            target=filled(self.target, names),
            query=filled(self.query, names),
            body=filled(self.body, names),
            reason="Asked for in a test",
            requested_by="requester",
            source=f"{action}:1",
        )


def new_sandbox(bookings: int = 60) -> Sandbox:
    """Return a sandbox over a small invented world, without rate limits."""
    world = World.generate(bookings=bookings, seed=3, now=NOW)
    world.connections.feeds[FEED] = Feed("One")
    world.connections.feeds[OTHER_FEED] = Feed("Two")
    return Sandbox(world, now=NOW, rate_limits=False)


def filled(value: Any, names: Names) -> Any:
    """Return `value` with every text `{name}` in it replaced by what the name stands for."""
    if isinstance(value, dict):
        return {key: filled(entry, names) for key, entry in value.items()}
    if isinstance(value, list):
        return [filled(entry, names) for entry in value]
    is_name = isinstance(value, str) and value.startswith("{") and value.endswith("}")
    return names[value[1:-1]] if is_name else value


def send(sandbox: Sandbox, method: str, path: str, body: Any = None, key: str = "owner") -> Any:
    """Send one request to the sandbox and return the answer's data; it has to succeed."""
    headers = {"authorization": f"Bearer cal_sandbox_{key}"}
    versions = [v for start, v in VERSIONS.items() if path.startswith(start)]
    headers |= dict.fromkeys(["cal-api-version"] * len(versions), "".join(versions))
    content = b"" if body is None else msgspec.json.encode(body)
    answer = sandbox.respond(method, path, (), headers, content)
    assert answer.status in {200, 201}, (method, path, answer.status, answer.body)
    return msgspec.json.decode(answer.body).get("data")


def book(sandbox: Sandbox, event_type_id: int = 5002, start: str = MONDAY) -> str:
    """Book for Ada and return the uid."""
    fields = {"company": "Analytical Engines"}
    body = {"start": start, "eventTypeId": event_type_id, "attendee": ADA}
    body |= {"bookingFieldsResponses": fields} if event_type_id == ROUND_ROBIN else {}
    return str(send(sandbox, "POST", "/v2/bookings", body)["uid"])


def row_of(sandbox: Sandbox, uid: str) -> Booking:
    """Return a booking's row."""
    found = sandbox.world.bookings.by_uid(uid)
    assert found is not None
    return found


def booked(sandbox: Sandbox) -> Names:
    """Make a booking of the owner."""
    return {"uid": book(sandbox)}


def booked_round_robin(sandbox: Sandbox) -> Names:
    """Make a round-robin booking of the team, and name a host who has it not."""
    uid = book(sandbox, ROUND_ROBIN, "2026-12-09T15:00:00.000Z")
    host = row_of(sandbox, uid).user_id
    hosts = [row.user_id for row in sandbox.world.event_types[ROUND_ROBIN].hosts]
    return {"uid": uid, "other": next(one for one in hosts if one != host)}


def requested(sandbox: Sandbox) -> Names:
    """Make a booking of the owner that waits for confirmation."""
    mine = next(
        row
        for row in sandbox.world.event_types.values()
        if "confirmationPolicy" in (row.settings or {})
    )
    mine = sandbox.world.edit("event_types", mine.id, owner_id=1001)
    return {"uid": book(sandbox, mine.id)}


def past(sandbox: Sandbox) -> Names:
    """Name a booking of the past, with its first attendee."""
    found = next(
        row
        for row in sandbox.world.bookings
        if row.end < NOW
        and row.status == "accepted"
        and row.attendees
        and not row.attendees[0].is_absent
        and row.recurring_event_id is None
        and len({person.email for person in row.attendees}) == len(row.attendees)
    )
    return {"uid": found.uid, "email": found.attendees[0].email}


def booked_row(sandbox: Sandbox) -> Names:
    """Make a booking, and name its number and its attendee's."""
    row = row_of(sandbox, book(sandbox))
    return {"uid": row.uid, "id": row.id, "attendee": row.attendees[0].id}


def scheduled(sandbox: Sandbox) -> Names:
    """Make a schedule of the owner."""
    body = {"name": "Late", "timeZone": "Europe/Rome", "isDefault": False}
    return {"schedule": send(sandbox, "POST", "/v2/schedules", body)["id"]}


def scheduled_for_user(sandbox: Sandbox) -> Names:
    """Make a schedule of a member."""
    body = {"name": "Late", "timeZone": "Europe/Rome", "isDefault": False}
    path = f"/v2/organizations/{ORG}/users/1003/schedules"
    return {"schedule": send(sandbox, "POST", path, body)["id"]}


def team_event_type(sandbox: Sandbox) -> Names:
    """Make an event type of the organisation's team."""
    path = f"/v2/organizations/{ORG}/teams/{TEAM}/event-types"
    return {"event_type": send(sandbox, "POST", path, EVENT_TYPE)["id"]}


def own_team_event_type(sandbox: Sandbox) -> Names:
    """Make an event type of the team outside organisations."""
    body = {**EVENT_TYPE, "hosts": [{"userId": 1020}]}
    path = f"/v2/teams/{OWN_TEAM}/event-types"
    return {"event_type": send(sandbox, "POST", path, body, "solo")["id"]}


def member(sandbox: Sandbox) -> Names:
    """Put a stranger into the organisation."""
    body = {"userId": 1021, "role": "MEMBER", "accepted": True}
    path = f"/v2/organizations/{ORG}/memberships"
    return {"membership": send(sandbox, "POST", path, body)["id"]}


def team_member(sandbox: Sandbox) -> Names:
    """Put a member of the organisation into its team."""
    body = {"userId": 1002, "role": "MEMBER", "accepted": True}
    path = f"/v2/organizations/{ORG}/teams/{TEAM}/memberships"
    return {"membership": send(sandbox, "POST", path, body)["id"]}


def own_team_member(sandbox: Sandbox) -> Names:
    """Put a stranger into the team outside organisations."""
    body = {"userId": 1022, "role": "MEMBER", "accepted": True}
    path = f"/v2/teams/{OWN_TEAM}/memberships"
    return {"membership": send(sandbox, "POST", path, body, "solo")["id"]}


def own_team(sandbox: Sandbox) -> Names:
    """Make a team outside organisations."""
    body = {"name": "Crew", "slug": "crew", "timeZone": "Europe/Berlin"}
    return {"team": send(sandbox, "POST", "/v2/teams", body, "solo")["id"]}


def team(sandbox: Sandbox) -> Names:
    """Make a team of the organisation."""
    body = {"name": "Success", "slug": "success"}
    return {"team": send(sandbox, "POST", f"/v2/organizations/{ORG}/teams", body)["id"]}


def invited(sandbox: Sandbox) -> Names:
    """Add a user to the organisation."""
    body = {"email": "newbie@example.com", "autoAccept": True}
    return {"user": send(sandbox, "POST", f"/v2/organizations/{ORG}/users", body)["id"]}


def managed(sandbox: Sandbox) -> Names:
    """Name the managed user of the platform client."""
    return {"user": 1023}


def subscribed_at(path: str, key: str = "owner") -> Callable[[Sandbox], Names]:
    """Make a preparation that subscribes an address at a level."""

    def prepare(sandbox: Sandbox) -> Names:
        body = {**WEBHOOK, "subscriberUrl": "https://hooks.example.com/there", "secret": "whsec"}
        return {"webhook": send(sandbox, "POST", path, body, key)["id"]}

    return prepare


def team_webhook(sandbox: Sandbox) -> Names:
    """Name the webhook of a team's event type."""
    row = next(
        row
        for row in sandbox.world.webhooks.values()
        if row.event_type_id and sandbox.world.event_types[row.event_type_id].team_id == TEAM
    )
    return {"webhook": row.id, "event_type": row.event_type_id}


def private_link(sandbox: Sandbox) -> Names:
    """Name a private link of the team's event type."""
    row = next(
        row
        for row in sandbox.world.private_links.values()
        if sandbox.world.event_types[row.event_type_id].team_id == TEAM
    )
    return {"event_type": row.event_type_id, "link": row.id}


def attribute(sandbox: Sandbox) -> Names:
    """Make an attribute with an option that nobody has."""
    path = f"/v2/organizations/{ORG}/attributes"
    option = {"value": "EMEA", "slug": "emea"}
    body = {"name": "Region", "slug": "region", "type": "SINGLE_SELECT", "options": [option]}
    made = send(sandbox, "POST", path, body)["id"]
    options = send(sandbox, "GET", f"{path}/{made}/options")
    return {"attribute": made, "option": options[0]["id"]}


def assigned(sandbox: Sandbox) -> Names:
    """Give a member an option."""
    names = attribute(sandbox)
    body = {"attributeId": names["attribute"], "attributeOptionId": names["option"]}
    send(sandbox, "POST", f"/v2/organizations/{ORG}/attributes/options/1003", body)
    return names


def form(sandbox: Sandbox) -> Names:
    """Name a routing form of the team."""
    return {"form": next(iter(sandbox.world.routing_forms))}


def feed(sandbox: Sandbox) -> Names:
    """Connect a calendar by its address."""
    made = send(sandbox, "POST", "/v2/calendars/ics-feed/save", {"urls": [FEED, OTHER_FEED]})
    return {"credential": made["id"]}


def selected(sandbox: Sandbox) -> Names:
    """Connect calendars and count one as busy time."""
    names = feed(sandbox)
    row = SelectedCalendar(1001, "ics-feed_calendar", FEED, names["credential"])
    sandbox.world.connections.selected_calendars.append(row)
    return names


def selected_by_name(sandbox: Sandbox) -> Names:
    """Connect two calendars whose names fit into a path, and count one as busy time."""
    connections = sandbox.world.connections
    connections.feeds |= {"work": Feed("Work"), "home": Feed("Home")}
    row = Credential(901, "ics-feed_calendar", "ics-feed", 1001, ("work", "home"))
    connections.credentials[row.id] = row
    connections.selected_calendars.append(
        SelectedCalendar(1001, "ics-feed_calendar", "work", row.id)
    )
    return {"credential": row.id}


def destination(sandbox: Sandbox) -> Names:
    """Connect a calendar and have it chosen for new bookings."""
    feed(sandbox)
    send(sandbox, "GET", "/v2/calendars")
    return {"id": sandbox.world.connections.destination_calendars[1001]["id"]}


def google(sandbox: Sandbox) -> Names:
    """Connect a Google calendar, which Google Meet needs."""
    row = Credential(900, "google_calendar", "google-calendar", 1001)
    sandbox.world.connections.credentials[900] = row
    return {}


def meet(sandbox: Sandbox) -> Names:
    """Connect Google Meet."""
    google(sandbox)
    send(sandbox, "POST", "/v2/conferencing/google-meet/connect")
    return {}


def reserved(sandbox: Sandbox) -> Names:
    """Reserve a slot."""
    body = {"eventTypeId": 5001, "slotStart": MONDAY}
    return {"uid": send(sandbox, "POST", "/v2/slots/reservations", body)["reservationUid"]}


EVENT_TYPE = {
    "title": "Check-in",
    "slug": "check-in",
    "lengthInMinutes": 30,
    "schedulingType": "collective",
    "hosts": [{"userId": 1003}],
}
WEBHOOK = {
    "active": True,
    "subscriberUrl": "https://hooks.example.com/new",
    "triggers": ["BOOKING_CREATED"],
    "secret": "secret:HOOK",
}
OFF = {"active": False, "triggers": ["BOOKING_CREATED", "BOOKING_CANCELLED"]}
SCHEDULE = {
    "name": "Mornings",
    "timeZone": "Europe/Rome",
    "isDefault": False,
    "availability": [{"days": ["Monday", "Tuesday"], "startTime": "08:00", "endTime": "12:00"}],
}
OTHER_HOURS = {
    "name": "Fridays",
    "availability": [{"days": ["Friday"], "startTime": "09:00", "endTime": "10:00"}],
}
PHONE = {
    "yourPhoneNumber": "+15550100100",
    "numberToCall": "+15550100101",
    "calApiKey": "secret:CALLER",
    "enabled": True,
    "templateType": "CHECK_IN_APPOINTMENT",
}
WORKFLOW = {
    "name": "Follow-up",
    "activation": {"isActiveOnAllRoutingForms": False, "activeOnRoutingFormIds": ["{form}"]},
    "trigger": {"type": "formSubmitted"},
    "steps": [
        {
            "action": "email_attendee",
            "stepNumber": 1,
            "recipient": "attendee",
            "template": "custom",
            "sender": "Cal",
            "includeCalendarEvent": False,
            "message": {"subject": "Thanks", "html": "<p>Thanks</p>"},
        }
    ],
}
SELECTED = {
    "integration": "ics-feed_calendar",
    "externalId": FEED,
    "credentialId": "{credential}",
}
ORGANIZATION = {"orgId": ORG}
IN_TEAM = {"orgId": ORG, "teamId": TEAM}

SCENARIOS: dict[str, Scenario] = {
    "create_a_new_booking": Scenario(body={"start": MONDAY, "eventTypeId": 5002, "attendee": ADA}),
    "cancel_booking_via_uid": Scenario(
        prepare=booked, target={"bookingUid": "{uid}"}, body={"cancellationReason": "Moved away"}
    ),
    "confirm_booking_by_uid": Scenario(prepare=requested, target={"bookingUid": "{uid}"}),
    "decline_booking_with_reason": Scenario(
        prepare=requested, target={"bookingUid": "{uid}"}, body={"reason": "Busy"}
    ),
    "reschedule_booking_by_uid": Scenario(
        prepare=booked, target={"bookingUid": "{uid}"}, body={"start": TUESDAY}
    ),
    "reassign_booking_to_another_user": Scenario(
        prepare=booked_round_robin,
        target={"bookingUid": "{uid}", "userId": "{other}"},
        body={"reason": "Load"},
    ),
    "reassign_booking_with_uid": Scenario(
        prepare=booked_round_robin, target={"bookingUid": "{uid}"}
    ),
    "mark_booking_absent_for_uid": Scenario(
        prepare=past,
        target={"bookingUid": "{uid}"},
        body={"attendees": [{"email": "{email}", "absent": True}]},
    ),
    "edit_booking_by_id": Scenario(
        prepare=booked_row,
        target={"id": "{id}", "bookingUid": "{uid}"},
        body={"title": "Another title"},
    ),
    "add_attendee": Scenario(
        prepare=booked,
        target={"bookingUid": "{uid}"},
        body={"name": "Bob", "email": "bob@example.com", "timeZone": "Europe/Berlin"},
    ),
    "edit_attendee_by_id": Scenario(
        prepare=booked_row,
        target={"id": "{attendee}", "bookingUid": "{uid}"},
        body={"name": "Ada Lovelace"},
    ),
    "edit_event_type_by_id": Scenario(
        target={"eventTypeId": 5001}, body={"title": "Quick talk", "afterEventBuffer": 10}
    ),
    "delete_event_type_by_id": Scenario(target={"eventTypeId": 5001}),
    "create_team_event_type": Scenario(
        key="solo", target={"teamId": OWN_TEAM}, body={**EVENT_TYPE, "hosts": [{"userId": 1020}]}
    ),
    "update_team_event_type": Scenario(
        key="solo",
        prepare=own_team_event_type,
        target={"teamId": OWN_TEAM, "eventTypeId": "{event_type}"},
        body={"title": "Renamed", "lengthInMinutes": 45},
    ),
    "delete_event_type_in_team": Scenario(
        key="solo",
        prepare=own_team_event_type,
        target={"teamId": OWN_TEAM, "eventTypeId": "{event_type}"},
    ),
    "create_phone_call_for_event_type": Scenario(
        prepare=team_event_type,
        target={"teamId": TEAM, "eventTypeId": "{event_type}"},
        body=PHONE,
        is_refused=True,
    ),
    "create_team_event_types_with_custom_options": Scenario(target=IN_TEAM, body=EVENT_TYPE),
    "delete_team_event_type_in_organization": Scenario(
        prepare=team_event_type, target={**IN_TEAM, "eventTypeId": "{event_type}"}
    ),
    "create_phone_call_event": Scenario(
        prepare=team_event_type,
        target={**IN_TEAM, "eventTypeId": "{event_type}"},
        body=PHONE,
        is_refused=True,
    ),
    "update_private_link": Scenario(
        prepare=private_link,
        target={**IN_TEAM, "eventTypeId": "{event_type}", "linkId": "{link}"},
        body={"maxUsageCount": 9},
    ),
    "create_user_availability_schedule": Scenario(body=SCHEDULE),
    "update_schedule_by_id": Scenario(
        prepare=scheduled, target={"scheduleId": "{schedule}"}, body=OTHER_HOURS
    ),
    "delete_schedule_by_id": Scenario(prepare=scheduled, target={"scheduleId": "{schedule}"}),
    "edit_availability_by_id": Scenario(
        target={"id": 70100, "scheduleId": 701},
        body={
            "days": [1],
            "startTime": "1970-01-01T10:00:00Z",
            "endTime": "1970-01-01T12:00:00Z",
        },
    ),
    "create_user_schedule_in_organization": Scenario(
        target={"orgId": ORG, "userId": 1003}, body=SCHEDULE
    ),
    "update_user_schedule_in_organization": Scenario(
        prepare=scheduled_for_user,
        target={"orgId": ORG, "userId": 1003, "scheduleId": "{schedule}"},
        body=OTHER_HOURS,
    ),
    "delete_user_schedule": Scenario(
        prepare=scheduled_for_user,
        target={"orgId": ORG, "userId": 1003, "scheduleId": "{schedule}"},
    ),
    "create_membership_for_organization": Scenario(
        target=ORGANIZATION, body={"userId": 1021, "role": "MEMBER", "accepted": True}
    ),
    "modify_organization_membership_by_id": Scenario(
        prepare=member,
        target={**ORGANIZATION, "membershipId": "{membership}"},
        body={"role": "ADMIN"},
    ),
    "delete_organization_membership": Scenario(
        prepare=member, target={**ORGANIZATION, "membershipId": "{membership}"}
    ),
    "add_member_to_team": Scenario(
        target=IN_TEAM, body={"userId": 1002, "role": "MEMBER", "accepted": True}
    ),
    "update_team_membership_properties": Scenario(
        prepare=team_member,
        target={**IN_TEAM, "membershipId": "{membership}"},
        body={"role": "ADMIN", "disableImpersonation": True},
    ),
    "delete_membership_in_team": Scenario(
        prepare=team_member, target={**IN_TEAM, "membershipId": "{membership}"}
    ),
    "create_team_membership_with_role": Scenario(
        key="solo",
        target={"teamId": OWN_TEAM},
        body={"userId": 1022, "role": "MEMBER", "accepted": True},
    ),
    "update_team_membership": Scenario(
        key="solo",
        prepare=own_team_member,
        target={"teamId": OWN_TEAM, "membershipId": "{membership}"},
        body={"role": "ADMIN"},
    ),
    "update_team_membership_by_id": Scenario(
        key="solo",
        prepare=own_team_member,
        target={"teamId": OWN_TEAM, "membershipId": "{membership}"},
        body={"role": "ADMIN"},
    ),
    "delete_team_memberships_by_id": Scenario(
        key="solo",
        prepare=own_team_member,
        target={"teamId": OWN_TEAM, "membershipId": "{membership}"},
    ),
    "create_or_update_team_profile": Scenario(
        key="solo", body={"name": "Crew", "slug": "crew", "timeZone": "Europe/Berlin"}
    ),
    "patch_team_details_by_id": Scenario(
        key="solo",
        prepare=own_team,
        target={"teamId": "{team}"},
        body={"name": "Crew", "bio": "Hello"},
    ),
    "delete_team_by_id": Scenario(key="solo", prepare=own_team, target={"teamId": "{team}"}),
    "create_team_in_organization": Scenario(
        target=ORGANIZATION, body={"name": "Success", "slug": "success"}
    ),
    "update_team_information_by_id": Scenario(
        prepare=team,
        target={**ORGANIZATION, "teamId": "{team}"},
        body={"name": "Customer success"},
    ),
    "delete_team_from_organization": Scenario(
        prepare=team, target={**ORGANIZATION, "teamId": "{team}"}
    ),
    "create_team_invite_link": Scenario(target=IN_TEAM),
    "update_user_profile_details": Scenario(body={"name": "Ingrid H.", "timeFormat": 12}),
    "post_user_to_organization": Scenario(
        target=ORGANIZATION, body={"email": "newbie@example.com"}
    ),
    "patch_organization_user_details": Scenario(
        prepare=invited,
        target={**ORGANIZATION, "userId": "{user}"},
        body={"timeZone": "Europe/Paris", "weekday": "Friday"},
    ),
    "delete_user_from_organization": Scenario(
        prepare=invited, target={**ORGANIZATION, "userId": "{user}"}
    ),
    "create_webhook_subscription": Scenario(body=WEBHOOK),
    "update_webhook_by_id": Scenario(
        prepare=subscribed_at("/v2/webhooks"), target={"webhookId": "{webhook}"}, body=OFF
    ),
    "delete_webhook_by_id": Scenario(
        prepare=subscribed_at("/v2/webhooks"), target={"webhookId": "{webhook}"}
    ),
    "create_organization_webhook_by_org_id": Scenario(target=ORGANIZATION, body=WEBHOOK),
    "update_webhook_for_organization": Scenario(
        prepare=subscribed_at(f"/v2/organizations/{ORG}/webhooks"),
        target={**ORGANIZATION, "webhookId": "{webhook}"},
        body={**OFF, "secret": "secret:HOOK"},
    ),
    "delete_org_webhook": Scenario(
        prepare=subscribed_at(f"/v2/organizations/{ORG}/webhooks"),
        target={**ORGANIZATION, "webhookId": "{webhook}"},
    ),
    "create_oauth_client_webhook_configuration": Scenario(
        key="platformowner", target={"clientId": CLIENT}, body=WEBHOOK
    ),
    "update_oauth_client_webhook": Scenario(
        key="platformowner",
        prepare=subscribed_at(f"/v2/oauth-clients/{CLIENT}/webhooks", "platformowner"),
        target={"clientId": CLIENT, "webhookId": "{webhook}"},
        body=OFF,
    ),
    "delete_oauth_client_webhook": Scenario(
        key="platformowner",
        prepare=subscribed_at(f"/v2/oauth-clients/{CLIENT}/webhooks", "platformowner"),
        target={"clientId": CLIENT, "webhookId": "{webhook}"},
    ),
    "create_webhook_for_event_type": Scenario(target={"eventTypeId": 5001}, body=WEBHOOK),
    "patch_webhook_event_type": Scenario(
        prepare=subscribed_at("/v2/event-types/5001/webhooks"),
        target={"eventTypeId": 5001, "webhookId": "{webhook}"},
        body=OFF,
    ),
    "delete_webhook_for_event_type": Scenario(
        prepare=subscribed_at("/v2/event-types/5001/webhooks"),
        target={"eventTypeId": 5001, "webhookId": "{webhook}"},
    ),
    "delete_webhooks_for_event_type": Scenario(
        prepare=subscribed_at("/v2/event-types/5001/webhooks"), target={"eventTypeId": 5001}
    ),
    "update_team_event_type_webhook": Scenario(
        prepare=team_webhook,
        target={"teamId": TEAM, "eventTypeId": "{event_type}", "webhookId": "{webhook}"},
        body={"active": False},
    ),
    "delete_all_team_event_type_webhooks": Scenario(
        prepare=team_webhook, target={"teamId": TEAM, "eventTypeId": "{event_type}"}
    ),
    "disconnect_calendar_using_credential_id": Scenario(
        prepare=feed, target={"calendar": "apple"}, body={"id": "{credential}"}
    ),
    "save_calendar_ics_feeds": Scenario(body={"urls": [FEED]}),
    "update_destination_calendar_integration": Scenario(
        prepare=feed,
        body={"integration": "google_calendar", "externalId": "ingrid@example.com"},
        is_refused=True,
    ),
    "delete_destination_calendar_by_id": Scenario(prepare=destination, target={"id": "{id}"}),
    "add_selected_calendar": Scenario(prepare=feed, body=SELECTED),
    "delete_selected_calendars": Scenario(prepare=selected, query=SELECTED),
    "edit_selected_calendar_by_id": Scenario(
        prepare=selected_by_name,
        target={"userId": 1001, "integration": "ics-feed_calendar", "externalId": "work"},
        body={"externalId": "home"},
    ),
    "connect_conferencing_app": Scenario(prepare=google, target={"app": "google-meet"}),
    "delete_conference_app_connection": Scenario(prepare=meet, target={"app": "google-meet"}),
    "set_default_conferencing_app": Scenario(prepare=meet, target={"app": "google-meet"}),
    "create_organization_attributes": Scenario(
        target=ORGANIZATION,
        body={
            "name": "Region",
            "slug": "region",
            "type": "SINGLE_SELECT",
            "options": [{"value": "EMEA", "slug": "emea"}],
        },
    ),
    "modify_org_attribute_by_id": Scenario(
        prepare=attribute,
        target={**ORGANIZATION, "attributeId": "{attribute}"},
        body={"name": "Area", "enabled": False},
    ),
    "delete_organization_attribute": Scenario(
        prepare=attribute, target={**ORGANIZATION, "attributeId": "{attribute}"}
    ),
    "add_organization_attribute_option": Scenario(
        prepare=attribute,
        target={**ORGANIZATION, "attributeId": "{attribute}"},
        body={"value": "APAC", "slug": "apac"},
    ),
    "patch_organization_attribute_option": Scenario(
        prepare=attribute,
        target={**ORGANIZATION, "attributeId": "{attribute}", "optionId": "{option}"},
        body={"value": "Europe"},
    ),
    "delete_organization_attribute_option": Scenario(
        prepare=attribute,
        target={**ORGANIZATION, "attributeId": "{attribute}", "optionId": "{option}"},
    ),
    "assign_or_create_attribute_option_for_user": Scenario(
        prepare=attribute,
        target={**ORGANIZATION, "userId": 1003},
        body={"attributeId": "{attribute}", "attributeOptionId": "{option}"},
    ),
    "delete_user_attribute_option": Scenario(
        prepare=assigned,
        target={**ORGANIZATION, "userId": 1003, "attributeOptionId": "{option}"},
    ),
    "create_organization_team_form_workflow": Scenario(prepare=form, target=IN_TEAM, body=WORKFLOW),
    "create_oauth_client_user": Scenario(
        key="platform",
        target={"clientId": CLIENT},
        body={"email": "bob@example.com", "name": "Bob", "timeZone": "Europe/Berlin"},
    ),
    "update_oauth_client_user_settings": Scenario(
        key="platform",
        prepare=managed,
        target={"clientId": CLIENT, "userId": "{user}"},
        body={"name": "Nora F.", "bio": "Hello"},
    ),
    "delete_oauth_client_managed_user": Scenario(
        key="platform", prepare=managed, target={"clientId": CLIENT, "userId": "{user}"}
    ),
    "request_email_verification_code": Scenario(
        key="solo", target={"teamId": OWN_TEAM}, body={"email": "alias@example.com"}
    ),
    "reserve_slot_for_event": Scenario(body={"eventTypeId": 5001, "slotStart": MONDAY}),
    "delete_selected_slot": Scenario(prepare=reserved, target={"uid": "{uid}"}),
}
