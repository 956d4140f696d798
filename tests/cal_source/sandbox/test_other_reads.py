"""Reads other than bookings, from an invented world; every route is asked at least once."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cal_source.sandbox import Sandbox, World
from cal_source.sandbox.router import Route
from cal_source.sandbox.routes import ROUTES
from tests.cal_source.sandbox.conftest import NOW, Ask, asking

CLIENT_ID = "cmlremhtume2m3shyouf11xq2"
KEYS_BY_PREFIX = {"/v2/oauth-clients": "platformowner"}
# Routes that refuse on an installation without outside services, or always.
REFUSING = {
    "/v2/calendars/busy-times": 400,
    "/v2/calendars/{calendar}/check": 400,
    "/v2/calendars/{calendar}/connect": 404,
    "/v2/gcal/check": 400,
    "/v2/gcal/oauth/auth-url": 404,
    "/v2/conferencing/{app}/oauth/auth-url": 400,
    "/v2/organizations/{orgId}/teams/{teamId}/conferencing/{app}/oauth/auth-url": 400,
    "/v2/stripe/check": 404,
    "/v2/stripe/connect": 400,
    "/v2/organizations/{orgId}/teams/{teamId}/stripe/check": 404,
    "/v2/organizations/{orgId}/teams/{teamId}/stripe/connect": 400,
    "/v2/organizations/{orgId}/teams/event-types": 500,
    "/v2/organizations/{orgId}/organizations": 403,
    "/v2/oauth-clients": 401,
    "/v2/calendars/{calendar}/save": 400,
    "/v2/gcal/oauth/save": 301,
    "/v2/stripe/save": 400,
    "/v2/conferencing/{app}/oauth/callback": 400,
    "/auth/oauth2/authorize": 400,
    "/v2/auth/oauth2/clients/{clientId}": 404,
    "/v2/bookings/by-seat/{seatUid}": 404,
    "/v2/organizations/{orgId}/organizations/{managedOrganizationId}": 403,
    "/v2/slots": 400,
    "/v2/slots/available": 400,
}
SHARED = World.generate(bookings=40, seed=2, now=NOW)


def _path(world: World, template: str) -> str:
    """Fill in the named parts of a path with ids that exist."""
    personal = next(e.id for e in world.event_types.values() if e.owner_id == 1001)
    discovery = next(e.id for e in world.event_types.values() if e.slug == "discovery")
    booking = next(b for b in world.bookings.of_host(1001) if b.attendees)
    of_team = next(iter(world.bookings.of_event_type(discovery)))
    is_team = "teamId" in template
    webhook = next(w for w in world.webhooks.values() if _owns(template, w, personal, discovery))
    parts = {
        "orgId": "101",
        "teamId": "102",
        "userId": "1003",
        "bookingUid": (of_team if is_team else booking).uid,
        "attendeeId": str(booking.attendees[0].id),
        "eventTypeId": str(discovery if is_team else personal),
        "scheduleId": str(world.users[1003 if "users" in template else 1001].default_schedule_id),
        "membershipId": str(_membership(world, 102 if is_team else 101)),
        "webhookId": webhook.id,
        "attributeId": next(iter(world.attributes)),
        "attributeSlug": "department",
        "routingFormId": next(iter(world.routing_forms)),
        "workflowId": "2" if "routing-form" in template else "1",
        "roleId": "member_role",
        "id": "1" if is_team else "2",
        "clientId": CLIENT_ID,
        "calendar": "google",
        "app": "zoom",
        "uid": "none",
        "seatUid": "none",
        "managedOrganizationId": "106",
    }
    if template.endswith("oauth-clients/{clientId}/users/{userId}"):
        parts["userId"] = "1023"
    return re.sub(r"\{(\w+)\}", lambda match: parts[match[1]], template)


def _owns(template: str, webhook: object, personal: int, discovery: int) -> bool:
    wanted = {
        "/v2/webhooks": ("user_id", 1001),
        "/v2/event-types": ("event_type_id", personal),
        "/v2/teams": ("event_type_id", discovery),
        "/v2/organizations": ("team_id", 101),
        "/v2/oauth-clients": ("oauth_client_id", CLIENT_ID),
    }
    prefix = next((p for p in wanted if template.startswith(p)), "/v2/webhooks")
    column, value = wanted[prefix]
    return bool(getattr(webhook, column) == value)


def _membership(world: World, team_id: int) -> int:
    return next(m.id for m in world.memberships.values() if m.team_id == team_id)


READS = [route for route in ROUTES if route.method == "GET"]


@pytest.mark.parametrize(
    "route", READS, ids=lambda route: f"{route.template} {min(route.versions)}"
)
def test_every_route_answers_its_caller(route: Route) -> None:
    template, version = route.template, max(route.versions)
    key = next((k for p, k in KEYS_BY_PREFIX.items() if template.startswith(p)), "owner")

    answer = asking(Sandbox(SHARED))(_path(SHARED, template), key, version)

    expected = REFUSING.get(template, 200)
    assert answer.status == expected, answer.body
    if expected == 200 and template != "/health":
        assert answer.json()["status"] == "success"


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="/?#"), min_size=1, max_size=12)
NAMES = st.sampled_from(
    [
        "take", "skip", "status", "eventTypeId", "eventTypeIds", "teamId", "teamsIds", "userIds",
        "afterStart", "beforeEnd", "afterUpdatedAt", "sortStart", "sortUpdatedAt", "attendeeEmail",
        "start", "end", "timeZone", "format", "username", "limit", "offset", "cursor", "emails",
        "teamIds", "assignedOptionIds", "hostsLimit", "calendarsToLoad[0][credentialId]",
    ]
)  # fmt: skip
VALUES = st.one_of(
    TEXT,
    st.integers(-(10**12), 10**12).map(str),
    st.sampled_from(["", "asc", "desc", "past", "2026-11-01", "1,2", "UTC", "1e9", "inf", "nan"]),
)


@settings(max_examples=300)
@given(
    route=st.sampled_from([route for route in READS if "teams/event-types" not in route.template]),
    ids=st.lists(TEXT, min_size=5, max_size=5),
    query=st.lists(st.tuples(NAMES, VALUES), max_size=4),
    has_good_ids=st.booleans(),
)
def test_no_input_brings_the_sandbox_down(
    route: Route, ids: list[str], query: list[tuple[str, str]], has_good_ids: bool
) -> None:
    template = route.template
    path = _path(SHARED, template)
    if not has_good_ids:
        rest = iter(ids)
        path = re.sub(r"\{\w+\}", lambda _: next(rest, "x"), template)
    headers = {
        "Authorization": "Bearer cal_sandbox_owner",
        "cal-api-version": max(route.versions),
    }

    answer = Sandbox(SHARED).respond("GET", path, query, headers)

    # A guard that cannot read an id fails with 500, as recorded; nothing else may.
    assert answer.status < 500 or (answer.status == 500 and not has_good_ids)


def test_me_has_an_organization_only_where_there_is_one(ask: Ask) -> None:
    assert ask("/v2/me", "owner").json()["data"]["organization"] == {"isPlatform": False, "id": 101}
    assert "organization" not in ask("/v2/me", "solo").json()["data"]


def test_own_teams_leave_invitations_out(ask: Ask, world: World) -> None:
    world.edit("memberships", _membership(world, 102), is_accepted=False)

    assert [team["id"] for team in ask("/v2/teams").json()["data"]] == [101]


def test_pending_invitation_is_listed_among_memberships(ask: Ask) -> None:
    rows = ask("/v2/organizations/101/memberships").json()["data"]

    assert [row["userId"] for row in rows if not row["accepted"]] == [1012]


def test_changed_row_moves_to_the_end_of_a_list_without_paging(ask: Ask, world: World) -> None:
    attribute = next(iter(world.attributes))
    path = f"/v2/organizations/101/attributes/{attribute}/options"
    before = [row["id"] for row in ask(path).json()["data"]]

    world.edit("attribute_options", before[0], value="Renamed")

    assert [row["id"] for row in ask(path).json()["data"]] == [*before[1:], before[0]]


def test_paged_list_comes_by_id_whatever_changed(ask: Ask, world: World) -> None:
    path = "/v2/webhooks"
    before = [row["id"] for row in ask(path).json()["data"]]

    world.edit("webhooks", before[0], is_active=False)

    assert [row["id"] for row in ask(path).json()["data"]] == before == sorted(before)


def test_lists_are_cut_by_take_and_skip(ask: Ask) -> None:
    path = "/v2/organizations/101/users"
    everyone = ask(path).json()["data"]

    assert ask(path, take=3, skip=2).json()["data"] == everyone[2:5]
    assert ask(path, take=1000).status == 200
    assert ask(path, take=1001).status == 400


def test_users_are_found_by_email_team_and_option(ask: Ask, world: World) -> None:
    path = "/v2/organizations/101/users"
    option = next(iter(world.attribute_options))
    held = {a.user_id for a in world.attribute_assignments.values() if a.option_id == option}

    def ids(**query: object) -> set[int]:
        return {row["id"] for row in ask(path, **query).json()["data"]}

    assert ids(emails="yuki.tanabe@example.com") == {1003}
    assert ids(teamIds="103") == {1002, 1008, 1009, 1010, 1011}
    assert ids(assignedOptionIds=option) == held
    assert ids(assignedOptionIds=option, attributeQueryOperator="NONE") == ids() - held
    assert ask(path, attributeQueryOperator="XOR").status == 400


def test_own_event_types_ignore_paging_and_those_of_others_hide_hidden_ones(ask: Ask) -> None:
    own = ask("/v2/event-types", version="2024-06-14", take=1).json()["data"]
    named = ask("/v2/event-types", "solo", "2024-06-14", username="ingrid").json()["data"]

    assert len(own) == 7
    assert {row["slug"] for row in own} - {row["slug"] for row in named} == {"follow-up"}


def test_event_types_without_a_user_are_none(ask: Ask) -> None:
    assert ask("/v2/event-types", None, "2024-06-14").json()["data"] == []
    assert ask("/v2/event-types", None, "2024-06-14", username="nobody").json()["data"] == []


def test_event_type_read_alone_shows_its_hidden_booking_fields(ask: Ask, world: World) -> None:
    listed = ask("/v2/event-types", version="2024-06-14").json()["data"][0]

    alone = ask(f"/v2/event-types/{listed['id']}", version="2024-06-14").json()["data"]

    assert len(alone["bookingFields"]) == len(listed["bookingFields"]) + 2


def test_event_type_of_another_user_is_not_found(ask: Ask, world: World) -> None:
    other = next(e.id for e in world.event_types.values() if e.owner_id == 1003)

    answer = ask(f"/v2/event-types/{other}", version="2024-06-14")

    assert answer.status == 404
    assert answer.json()["error"]["message"] == f"Event type with id {other} not found"


def test_team_event_types_are_public_and_their_hosts_can_be_cut(ask: Ask) -> None:
    path = "/v2/teams/102/event-types"

    rows = ask(path, None, eventSlug="discovery", hostsLimit=2).json()["data"]

    assert [(row["slug"], len(row["hosts"])) for row in rows] == [("discovery", 2)]
    assert ask("/v2/teams/999/event-types").json()["data"] == []


def test_default_schedule_is_the_owners_choice(ask: Ask, world: World) -> None:
    rows = ask("/v2/schedules", version="2024-06-11").json()["data"]
    other = next(row["id"] for row in rows if not row["isDefault"])

    world.edit("users", 1001, default_schedule_id=other)

    assert ask("/v2/schedules/default", version="2024-06-11").json()["data"]["id"] == other


def test_schedule_of_another_user_is_forbidden(ask: Ask, world: World) -> None:
    other = world.users[1003].default_schedule_id

    answer = ask(f"/v2/schedules/{other}", version="2024-06-11")

    assert answer.status == 403
    message = f"User with ID=1001 does not own schedule with ID={other}"
    assert answer.json()["error"]["message"] == message


def test_webhooks_show_their_secret_and_the_level_they_belong_to(ask: Ask) -> None:
    user = ask("/v2/webhooks").json()["data"]
    organization = ask("/v2/organizations/101/webhooks").json()["data"]

    assert {row["userId"] for row in user} == {1001}
    assert [row["teamId"] for row in organization] == [101]
    assert all(row["secret"].startswith("sandbox-webhook-secret") for row in user + organization)


def test_users_webhook_read_alone_is_the_whole_row(ask: Ask) -> None:
    listed = ask("/v2/webhooks").json()["data"][0]

    alone = ask(f"/v2/webhooks/{listed['id']}").json()["data"]

    assert set(alone) > set(listed)
    assert alone["version"] == "2021-10-20"


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("/v2/webhooks/unknown", "owner", 404),
        ("/v2/organizations/101/webhooks/unknown", "owner", 403),
        ("/v2/teams/102/event-types/1/webhooks", "owner", 404),
        ("/v2/event-types/1/webhooks", "owner", 404),
        (f"/v2/oauth-clients/{CLIENT_ID}/webhooks", "owner", 403),
        (f"/v2/oauth-clients/{CLIENT_ID}/users/1001", "platformowner", 404),
    ],
)
def test_unknown_or_foreign_things_are_refused(ask: Ask, path: str, key: str, status: int) -> None:
    assert ask(path, key).status == status


def test_attribute_that_is_unknown_is_null_and_has_no_options(ask: Ask) -> None:
    base = "/v2/organizations/101/attributes/00000000-0000-4000-8000-000000000000"

    assert ask(base).json()["data"] is None
    assert ask(f"{base}/options/assigned").json()["data"] == []


def test_assigned_options_name_their_users(ask: Ask, world: World) -> None:
    path = "/v2/organizations/101/attributes/slugs/department/options/assigned"

    rows = ask(path).json()["data"]

    assert sorted(user for row in rows for user in row["assignedUserIds"]) == sorted({
        row.user_id for row in world.attribute_assignments.values()
    })
    assert ask(path, teamIds="104").json()["data"] == []


def test_routing_responses_filter_by_an_updated_at_they_do_not_show(ask: Ask, world: World) -> None:
    form = next(iter(world.routing_forms))
    path = f"/v2/organizations/101/routing-forms/{form}/responses"

    everything = ask(path).json()["data"]
    updated = ask(path, afterUpdatedAt="2000-01-01").json()["data"]
    newest = ask(path, sortUpdatedAt="desc").json()["data"]

    assert len(everything) == 60
    assert len(updated) == 48
    assert all("updatedAt" not in row for row in everything)
    assert newest[0]["id"] % 5 == 0, "rows without the column come first when descending"


def test_unknown_routing_form_is_a_missing_record(ask: Ask) -> None:
    answer = ask("/v2/organizations/101/routing-forms/none/responses")

    assert (answer.status, answer.json()["error"]["code"]) == (404, "NOT_FOUND")


def test_absences_are_found_by_email_and_sorted(ask: Ask) -> None:
    path = "/v2/organizations/101/ooo"

    by_email = ask(path, email="yuki.tanabe@example.com").json()["data"]
    starts = [row["start"] for row in ask(path, sortStart="desc").json()["data"]]

    assert [row["userId"] for row in by_email] == [1003]
    assert starts == sorted(starts, reverse=True)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v2/organizations/101/teams/102/workflows/1", 200),
        ("/v2/organizations/101/teams/102/workflows/2", 404),
        ("/v2/organizations/101/teams/102/workflows/2/routing-form", 200),
        ("/v2/organizations/101/roles/nobody", 404),
        ("/v2/organizations/101/teams/102/verified-resources/phones/1", 200),
        ("/v2/verified-resources/phones/1", 404),
        ("/v2/organizations/101/teams/102/memberships/1", 404),
        ("/v2/organizations/101/users/1003/schedules/701", 403),
        ("/v2/webhooks/00000000-0000-4000-8000-000000000000", 404),
    ],
)
def test_things_read_alone_belong_to_the_path(ask: Ask, path: str, status: int) -> None:
    assert ask(path).status == status


def test_webhook_of_another_user_is_forbidden(ask: Ask, world: World) -> None:
    other = next(row.id for row in world.webhooks.values() if row.user_id == 1005)

    answer = ask(f"/v2/webhooks/{other}")

    assert answer.status == 403
    assert answer.json()["error"]["message"] == "Forbidden resource"


def test_routing_forms_are_found_by_team_and_booking(ask: Ask, world: World) -> None:
    path = "/v2/organizations/101/routing-forms"
    uid = next(row.booking_uid for row in world.routing_responses.values() if row.booking_uid)

    assert len(ask(path, teamIds="102").json()["data"]) == 1
    assert ask(path, teamIds="103").json()["data"] == []
    assert len(ask(path, routedToBookingUid=uid).json()["data"]) == 1
    assert ask(path, routedToBookingUid="none").json()["data"] == []
    form = next(iter(world.routing_forms))
    [row] = ask(f"{path}/{form}/responses", routedToBookingUid=uid).json()["data"]
    assert row["routedToBookingUid"] == uid


def test_team_schedules_can_be_cut_to_the_hosts_of_an_event_type(ask: Ask, world: World) -> None:
    demo = next(row for row in world.event_types.values() if row.slug == "demo")

    rows = ask("/v2/organizations/101/teams/102/schedules", eventTypeId=demo.id).json()["data"]

    assert {row["ownerId"] for row in rows} == {host.user_id for host in demo.hosts}


def test_team_memberships_are_found_by_email(ask: Ask) -> None:
    path = "/v2/teams/102/memberships"

    rows = ask(path, emails="daniel.whitfield@example.com").json()["data"]

    assert [row["userId"] for row in rows] == [1005]


def test_member_of_the_organization_sees_only_own_teams_below_it(ask: Ask) -> None:
    path = "/v2/organizations/101/teams/me"

    assert [row["id"] for row in ask(path, "member").json()["data"]] == [102]
    assert [row.get("role") for row in ask(path, "owner").json()["data"]] == ["OWNER", None, None]


def test_default_conferencing_app_is_data_once_it_is_set(ask: Ask, world: World) -> None:
    path = "/v2/conferencing/default"
    assert ask(path).json() == {"status": "success"}

    world.edit("users", 1001, default_conferencing_app="daily-video")

    assert ask(path).json()["data"] == {"appSlug": "daily-video"}


@pytest.mark.parametrize(
    ("path", "message", "reason"),
    [
        ("/v2/calendars/nope/check", "Invalid calendar type", "google, office365, apple"),
        ("/v2/calendars/apple/connect", "Invalid calendar type", "google, office365, apple"),
        ("/v2/conferencing/nope/oauth/auth-url", "Invalid conferencing app", "zoom, msteams"),
    ],
)
def test_unknown_app_is_refused_with_the_choices(
    ask: Ask, path: str, message: str, reason: str
) -> None:
    error = ask(path).json()["error"]

    assert error["message"].startswith(message)
    assert error["details"]["error"] == reason


def test_busy_times_of_a_foreign_credential_are_refused(ask: Ask) -> None:
    query = {
        "loggedInUsersTz": "Europe/Berlin",
        "dateFrom": "2026-11-23",
        "dateTo": "2026-11-30",
        "calendarsToLoad[0][credentialId]": 7,
        "calendarsToLoad[0][externalId]": "x",
    }

    answer = ask("/v2/calendars/busy-times", **query)

    assert answer.status == 401
    assert answer.json()["error"]["message"] == "These credentials do not belong to you"
