"""Writes other than bookings: what is made is read back, changed, read back, deleted and gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from cal_source.sandbox import Sandbox
from tests.cal_source.sandbox.conftest import Ask, telling

if TYPE_CHECKING:
    from cal_source.sandbox import World

CLIENT = "/v2/oauth-clients/cmlremhtume2m3shyouf11xq2"
ORG, SALES = "/v2/organizations/101", "/v2/organizations/101/teams/102"
WEBHOOK = {
    "active": True,
    "triggers": ["BOOKING_CREATED"],
    "subscriberUrl": "https://example.com/h",
}
HOURS = [{"days": ["Monday"], "startTime": "08:00", "endTime": "12:00"}]
SCHEDULE = {
    "name": "Mornings",
    "timeZone": "Europe/Rome",
    "isDefault": False,
    "availability": HOURS,
}
EVENT_TYPE = {"title": "Chat", "slug": "chat-x", "lengthInMinutes": 20}
ATTRIBUTE = {
    "name": "Region",
    "slug": "region-x",
    "type": "TEXT",
    "options": [{"value": "EMEA", "slug": "emea"}],
}
WORKFLOW = {
    "name": "Remind",
    "activation": {"isActiveOnAllEventTypes": True},
    "trigger": {"type": "newEvent"},
    "steps": [{"action": "email_attendee", "stepNumber": 1, "sender": "Cal", "message": {}}],
}
ABSENCE = {"start": "2027-01-10T05:00:00.000Z", "end": "2027-01-12T05:00:00.000Z"}
PERSON = {"email": "nadia@example.com", "username": "nadia", "timeZone": "Europe/Berlin"}


@dataclass(frozen=True)
class Resource:
    """One kind of row: where it is made, a good body, one change, and where it can be read."""

    base: str
    body: dict[str, Any]
    change: dict[str, Any]
    key: str = "owner"
    version: str | None = None
    id_field: str = "id"
    is_read_alone: bool = True
    inner: str | None = None


RESOURCES = {
    "webhook": Resource("/v2/webhooks", WEBHOOK, {"active": False}),
    "organization webhook": Resource(f"{ORG}/webhooks", WEBHOOK, {"active": False}),
    "client webhook": Resource(
        f"{CLIENT}/webhooks", WEBHOOK, {"active": False}, key="platformowner"
    ),
    "schedule": Resource("/v2/schedules", SCHEDULE, {"name": "Early"}, version="2024-06-11"),
    "member's schedule": Resource(f"{ORG}/users/1003/schedules", SCHEDULE, {"name": "Early"}),
    "event type": Resource("/v2/event-types", EVENT_TYPE, {"title": "Talk"}, version="2024-06-14"),
    "team event type": Resource(
        "/v2/teams/102/event-types",
        EVENT_TYPE | {"schedulingType": "collective", "hosts": [{"userId": 1003}]},
        {"title": "Talk"},
    ),
    "organization's team event type": Resource(
        f"{SALES}/event-types",
        EVENT_TYPE | {"schedulingType": "roundRobin", "hosts": [{"userId": 1003}]},
        {"title": "Talk"},
    ),
    "team": Resource("/v2/teams", {"name": "Crew"}, {"name": "Crew two"}),
    "organization's team": Resource(f"{ORG}/teams", {"name": "Crew"}, {"name": "Crew two"}),
    "organization membership": Resource(
        f"{ORG}/memberships", {"userId": 1020, "role": "MEMBER"}, {"role": "ADMIN"}
    ),
    "team membership": Resource(
        f"{SALES}/memberships", {"userId": 1010, "role": "MEMBER"}, {"role": "ADMIN"}
    ),
    "workflow": Resource(f"{SALES}/workflows", WORKFLOW, {"name": "Nudge"}),
    "managed user": Resource(
        f"{CLIENT}/users",
        {"email": "bo@example.com", "name": "Bo", "timeZone": "Europe/Berlin"},
        {"name": "Bo II"},
        key="platformowner",
        inner="user",
    ),
    "attribute": Resource(f"{ORG}/attributes", ATTRIBUTE, {"name": "Area"}),
    "absence": Resource(f"{ORG}/users/1003/ooo", ABSENCE, {"notes": "Trip"}, is_read_alone=False),
    "user": Resource(f"{ORG}/users", PERSON, {"bio": "Hello"}, is_read_alone=False),
    "private link": Resource(
        f"{SALES}/event-types/{{discovery}}/private-links",
        {"maxUsageCount": 3},
        {"maxUsageCount": 9},
        id_field="linkId",
        is_read_alone=False,
    ),
}


@pytest.fixture
def tell(sandbox: Sandbox) -> Ask:
    return telling(sandbox)


def read(tell: Ask, resource: Resource, base: str, key: Any) -> Any:
    """The row as a GET shows it, alone or in its list; None where it is not there."""
    options: dict[str, Any] = {
        "method": "GET",
        "key": resource.key,
        "version": resource.version,
    }
    if resource.is_read_alone:
        answer = tell(f"{base}/{key}", **options)
        return answer.json().get("data") if answer.status == 200 else None
    rows = tell(base, **options).json()["data"]
    return next((row for row in rows if row[resource.id_field] == key), None)


@pytest.mark.parametrize("resource", RESOURCES.values(), ids=RESOURCES)
def test_row_is_made_read_changed_and_deleted(resource: Resource, world: World, tell: Ask) -> None:
    discovery = next(row.id for row in world.event_types.values() if row.slug == "discovery")
    base = resource.base.format(discovery=discovery)
    options: dict[str, Any] = {"key": resource.key, "version": resource.version}

    made = tell(base, resource.body, **options)
    assert made.status == 201, made.body
    data = made.json()["data"]
    key = (data[resource.inner] if resource.inner else data)[resource.id_field]
    assert read(tell, resource, base, key) is not None

    changed = tell(f"{base}/{key}", resource.change, method="PATCH", **options)
    assert changed.status == 200, changed.body
    [(name, value)] = resource.change.items()
    assert read(tell, resource, base, key)[name] == value

    deleted = tell(f"{base}/{key}", method="DELETE", **options)
    assert deleted.status == 200, deleted.body
    assert read(tell, resource, base, key) is None


@pytest.mark.parametrize("resource", RESOURCES.values(), ids=RESOURCES)
def test_unknown_fields_are_dropped_without_a_word(
    resource: Resource, world: World, tell: Ask
) -> None:
    discovery = next(row.id for row in world.event_types.values() if row.slug == "discovery")
    base = resource.base.format(discovery=discovery)

    answer = tell(base, resource.body | {"misspelt": 1}, key=resource.key, version=resource.version)

    assert answer.status == 201
    assert "misspelt" not in answer.body.decode()


@pytest.mark.parametrize(
    ("base", "key"),
    [
        (f"{ORG}/webhooks", "member"),
        (f"{ORG}/users", "member"),
        (f"{ORG}/attributes", "member"),
        (f"{ORG}/teams", "otherorg"),
        (f"{SALES}/memberships", "solo"),
        ("/v2/teams/102/event-types", "solo"),
    ],
)
def test_write_is_refused_without_the_role(base: str, key: str, tell: Ask) -> None:
    answer = tell(base, {}, key=key, version=None)

    assert answer.status == 403
    assert answer.json()["error"]["message"].startswith("RolesGuard")


def test_invalid_body_names_every_broken_field_and_changes_nothing(tell: Ask, world: World) -> None:
    before = list(world.webhooks)

    answer = tell("/v2/webhooks", {"active": "yes", "triggers": ["NOPE"]}, version=None)

    errors = answer.json()["error"]["details"]["errors"]
    assert [error["property"] for error in errors] == ["active", "subscriberUrl", "triggers"]
    assert "value" not in errors[1]
    assert errors[0] | {"target": None} == {
        "target": None,
        "value": "yes",
        "property": "active",
        "children": [],
        "constraints": {"isBoolean": "active must be a boolean value"},
    }
    assert list(world.webhooks) == before


def test_nested_error_stands_below_the_field_that_holds_it(tell: Ask) -> None:
    body = SCHEDULE | {"availability": [{"days": ["Someday"], "startTime": "8", "endTime": "9:00"}]}

    answer = tell("/v2/schedules", body, version="2024-06-11")

    [error] = answer.json()["error"]["details"]["errors"]
    assert error["property"] == "availability"
    assert "constraints" not in error
    assert error["children"][0]["property"] == "0"
    broken = [child["property"] for child in error["children"][0]["children"]]
    assert broken == ["days", "startTime", "endTime"]


def test_second_webhook_of_an_address_is_a_conflict(tell: Ask) -> None:
    tell("/v2/webhooks", WEBHOOK, version=None)

    answer = tell("/v2/webhooks", WEBHOOK, version=None)

    assert answer.status == 409
    assert "already exists" in answer.json()["error"]["message"]


def test_managed_event_type_has_one_copy_per_host_that_follows_it(tell: Ask, world: World) -> None:
    body = EVENT_TYPE | {"schedulingType": "managed", "hosts": [{"userId": 1003}, {"userId": 1005}]}

    parent, *copies = tell("/v2/teams/102/event-types", body, version=None).json()["data"]
    assert {copy["ownerId"] for copy in copies} == {1003, 1005}

    change = {"title": "Renamed", "hosts": [{"userId": 1005}]}
    path = f"/v2/teams/102/event-types/{parent['id']}"
    tell(path, change, method="PATCH", version=None)

    left = [row for row in world.event_types.values() if row.parent_id == parent["id"]]
    assert [(row.owner_id, row.title) for row in left] == [(1005, "Renamed")]


def test_value_of_a_free_attribute_is_a_new_option_every_time(tell: Ask, world: World) -> None:
    key = tell(f"{ORG}/attributes", ATTRIBUTE, version=None).json()["data"]["id"]
    body = {"attributeId": key, "value": "Lisbon"}

    for _ in range(2):
        assert tell(f"{ORG}/attributes/options/1003", body, version=None).status == 201

    values = [option.value for option in world.options_of_attribute(key)]
    assert values == ["EMEA", "Lisbon", "Lisbon"]


def test_changed_time_zone_is_the_default_schedules_too(tell: Ask, world: World) -> None:
    tell("/v2/me", {"timeZone": "Asia/Tokyo"}, method="PATCH", version=None)

    owner = world.users[1001]
    assert owner.time_zone == "Asia/Tokyo"
    assert world.schedules[owner.default_schedule_id or 0].time_zone == "Asia/Tokyo"


def test_email_of_the_own_profile_does_not_change_at_once(tell: Ask, world: World) -> None:
    before = world.users[1001].email

    answer = tell("/v2/me", {"email": "new@example.com"}, method="PATCH", version=None)

    assert answer.json()["data"]["email"] == before


def test_refreshed_api_key_replaces_the_old_one_at_once(tell: Ask, sandbox: Sandbox) -> None:
    new = tell("/v2/api-keys/refresh", {"apiKeyDaysValid": 7}, key="solo", version=None)

    old = tell("/v2/me", method="GET", key="solo", version=None)
    headers = {"Authorization": f"Bearer {new.json()['data']['apiKey']}"}
    assert old.status == 401
    assert sandbox.respond("GET", "/v2/me", headers=headers).json()["data"]["id"] == 1020


def test_new_user_is_invited_by_mail(tell: Ask, sandbox: Sandbox) -> None:
    tell(f"{ORG}/users", PERSON, version=None)

    [mail] = sandbox.outbox.mails
    assert (mail.kind, mail.to) == ("organization_invitation", PERSON["email"])


def test_verification_code_makes_a_contact_and_is_asked_for_five_times_a_minute(
    world: World,
) -> None:
    sandbox = Sandbox(world)
    tell = telling(sandbox)
    base = "/v2/verified-resources/emails/verification-code"
    body = {"email": "new@example.com"}

    answers = [tell(f"{base}/request", body, version=None) for _ in range(6)]
    assert [answer.status for answer in answers] == [200] * 5 + [429]
    name = "X-RateLimit-Remaining-Users_verified_resources_emails_requests"
    assert answers[0].headers[name] == "4"

    code = world.connections.verification_codes["email", body["email"]]
    wrong = tell(f"{base}/verify", body | {"code": "wrong"}, version=None)
    right = tell(f"{base}/verify", body | {"code": code}, version=None)
    assert (wrong.status, right.status) == (400, 200)
    assert right.json()["data"]["email"] == body["email"]


def test_team_that_was_deleted_is_null_while_its_role_is_remembered(tell: Ask) -> None:
    key = tell("/v2/teams", {"name": "Crew"}, version=None).json()["data"]["id"]
    path = f"/v2/teams/{key}"
    tell(path, method="GET", version=None)
    tell(path, method="DELETE", version=None)

    answer = tell(path, method="GET", version=None)

    assert (answer.status, answer.json()["data"]) == (200, None)


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (ABSENCE | {"end": "2027-01-09"}, 400, "Start date must be before end date."),
        (ABSENCE | {"toUserId": 1003}, 400, "Cannot redirect to self."),
        (ABSENCE | {"toUserId": 1020}, 400, "Cannot redirect to this user."),
        (ABSENCE | {"start": "soon"}, 400, "Invalid Date"),
        (ABSENCE, 409, "Ooo entry already exists."),
    ],
    ids=["backwards", "to oneself", "to a stranger", "no date", "twice"],
)
def test_absence_that_cannot_be_is_refused(
    tell: Ask, body: dict[str, Any], status: int, message: str
) -> None:
    if status == 409:
        tell(f"{ORG}/users/1003/ooo", ABSENCE, version=None)

    answer = tell(f"{ORG}/users/1003/ooo", body, version=None)

    assert (answer.status, answer.json()["error"]["message"]) == (status, message)


def test_absence_covers_whole_days(tell: Ask) -> None:
    data = tell(f"{ORG}/users/1003/ooo", ABSENCE, version=None).json()["data"]

    assert (data["start"], data["end"]) == ("2027-01-10T00:00:00.000Z", "2027-01-12T23:59:59.999Z")


def test_webhook_of_another_event_type_is_refused(tell: Ask, world: World) -> None:
    own = [row.id for row in world.event_types.values() if row.owner_id == 1001][:2]
    made = tell(f"/v2/event-types/{own[0]}/webhooks", WEBHOOK, version=None).json()["data"]

    path = f"/v2/event-types/{own[1]}/webhooks/{made['id']}"
    answer = tell(path, method="DELETE", version=None)

    assert answer.status == 403
    assert made["id"] in world.webhooks
