"""What the recorder did between the calls of a series that no file shows.

Readbacks show the traces of calls that were left out of the folder, of keys made by hand and of
settings changed on the server. Each step here runs right before the call it is named after.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cal_source.sandbox.connections import Credential, Feed
from cal_source.sandbox.records import ApiKey, Membership

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.recorded_writes import Replay

OWNER, SOLO = "cal_sandbox_owner", "cal_sandbox_solo"
CLIENT = "/v2/oauth-clients/cmlremhtume2m3shyouf11xq2"
FEED = "http://127.0.0.1:55890/feed.ics"
REFRESHABLE = "cal_sandbox_refreshable"


def sent(
    method: str,
    path: str,
    body: Any = None,
    *,
    key: str = OWNER,
    version: str | None = None,
    shows: dict[str, tuple[str | int, ...]] | None = None,
    name: str = "",
) -> Callable[[Replay], object]:
    """A call that was made, but is not in the folder.

    `shows` says where in its answer stood the ids that later calls name; `name` saves the answer.
    """

    def step(replay: Replay) -> None:
        answer = replay.send(method, path, key, body, version)
        replay.saved[name] = answer
        for recorded, keys in (shows or {}).items():
            value = answer
            for part in keys:
                value = value[part]
            replay.bindings.words[recorded] = value

    return step


def unknown(path: str, body: dict[str, Any], **options: Any) -> Callable[[Replay], object]:
    """A PATCH with a field that Cal.com does not know."""
    return sent("PATCH", path, body | {"labUnknownField": "x"}, **options)


def together(*steps: Callable[[Replay], object]) -> Callable[[Replay], object]:
    """Several steps in order."""

    def run(replay: Replay) -> None:
        for step in steps:
            step(replay)

    return run


def owner_of_solo_team_is_back(replay: Replay) -> None:
    """The last owner had been removed from the solo team just before."""
    world = replay.sandbox.world
    world.memberships[327] = Membership(327, 104, 1020, "OWNER", is_accepted=True)


def apps_are_set_up(replay: Replay) -> None:
    """The recorder gave the server OAuth clients at outside services."""
    names = dict.fromkeys(("google", "office365", "zoom", "msteams"), "lab-client")
    replay.sandbox.world.connections.app_client_ids |= names | {"stripe": "ca_lab"}


def feed_can_be_reached(replay: Replay) -> None:
    """The recorder served one calendar file."""
    start = datetime(2026, 11, 24, 10, tzinfo=UTC)
    feed = Feed("Lab feed", [(start, start + timedelta(hours=1))])
    replay.sandbox.world.connections.feeds |= {FEED: feed, f"{FEED}?2": feed}


def credentials_are_written(*rows: tuple[str, str]) -> Callable[[Replay], object]:
    """The recorder wrote connections of the owner into the database, with made-up keys."""

    def step(replay: Replay) -> None:
        credentials = replay.sandbox.world.connections.credentials
        for kind, app in rows:
            key = max([4, *credentials]) + 1
            credentials[key] = Credential(key, kind, app, 1001)

    return step


def key_can_be_refreshed(replay: Replay) -> None:
    """A second key of the solo user, so that the first one lives on."""
    keys = replay.sandbox.world.api_keys
    keys[REFRESHABLE] = ApiKey(REFRESHABLE, "refreshable", 1020, 1_000_000)


def billing_is_on(replay: Replay) -> None:
    """Teams had to be paid for, and the payment provider could not be reached."""
    replay.sandbox.world.connections.is_team_billing_on = True


def failed_team_is_deleted(replay: Replay) -> None:
    """The team that stayed from the failed call was deleted by hand."""
    teams = replay.sandbox.world.teams
    for team in [row for row in teams.values() if row.slug == "lab-squad"]:
        del teams[team.id]


def token_runs_out(replay: Replay) -> None:
    """The recorder wrote a past expiry to the managed user's tokens."""
    world = replay.sandbox.world
    past = replay.sandbox.clock.now() - timedelta(minutes=1)
    for token in list(world.access_tokens.values()):
        world.access_tokens[token.token] = replace(token, expires_at=past)


def members_of(team: int) -> str:
    """Memberships of one of the organisation's teams."""
    return f"/v2/organizations/101/teams/{team}/memberships"


_SALES = "/v2/organizations/101/teams/102"
_SQUAD = {"name": "Lab squad", "slug": "lab-squad", "timeZone": "Europe/Berlin"}
_TRIGGERS = ["BOOKING_CREATED", "BOOKING_CANCELLED"]
_LINK = {"maxUsageCount": 3}
IN_ACTIONS: dict[str, Callable[[Replay], object]] = {
    "update_team_membership_properties__readback_unknown_field": unknown(
        f"{members_of(102)}/330", {"role": "MEMBER"}
    ),
    "update_team_membership__readback_unknown_field": unknown(
        "/v2/teams/104/memberships/333", {"role": "ADMIN"}, key=SOLO
    ),
    "modify_org_attribute_by_id__readback_unknown_field": unknown(
        "/v2/organizations/101/attributes/6948e067-1eb6-48d6-b578-2304c9aaf6fa",
        {"name": "Region 3", "enabled": True},
    ),
    "update_webhook_for_organization__readback_unknown_field": unknown(
        "/v2/organizations/101/webhooks/fed1a1fd-edb0-492a-b989-8da677a0c233", {"active": True}
    ),
    "extra_create_team_event_type_webhook__readback_list": sent(
        "POST",
        "/v2/teams/102/event-types/5048/webhooks",
        {
            "active": True,
            "triggers": _TRIGGERS,
            "secret": "s",
            "subscriberUrl": "http://127.0.0.1:55881/t2-unk",
        },
    ),
    "create_team_event_type__invalid": owner_of_solo_team_is_back,
    "create_team_event_types_with_custom_options__not_found_host": sent(
        "POST",
        f"{_SALES}/event-types",
        {
            "title": "Lab oet",
            "slug": "lab-unk-oet",
            "lengthInMinutes": 30,
            "schedulingType": "collective",
            "hosts": [{"userId": 1003}],
        },
    ),
    "extra_update_org_team_event_type__readback_unknown_field": unknown(
        f"{_SALES}/event-types/5061", {"description": "Hi"}
    ),
    "update_schedule_by_id__readback_unknown_field": unknown(
        "/v2/schedules/724", {"name": "Renamed 2"}, version="2024-06-11"
    ),
    "update_private_link__readback_after": sent(
        "PATCH", f"{_SALES}/event-types/5048/private-links/9AQqY93qo2y2yQ7xuiDN4X", {}
    ),
    "connect_to_calendar__ok_configured": apps_are_set_up,
    "save_calendar_ics_feeds__ok": feed_can_be_reached,
    "save_calendar_ics_feeds__no_success_https_suffix": sent(
        "POST", "/v2/calendars/ics-feed/save", {"urls": [FEED]}
    ),
    "delete_selected_calendars__readback": sent(
        "POST",
        "/v2/selected-calendars",
        {"integration": "ics-feed_calendar", "externalId": f"{FEED}?2", "credentialId": 4},
    ),
    "check_calendar_availability__broken_credential": credentials_are_written(
        ("google_calendar", "google-calendar"), ("office365_calendar", "office365-calendar")
    ),
    "connect_conferencing_app__ok": credentials_are_written(("google_calendar", "google-calendar")),
    "update_user_profile_details__readback_unknown_field": unknown("/v2/me", {"bio": "Hi"}),
    "extra_api_keys_refresh__invalid": key_can_be_refreshed,
    "create_or_update_team_profile__billing_on_repeat": together(
        billing_is_on, sent("POST", "/v2/teams", _SQUAD, key=SOLO)
    ),
    "create_or_update_team_profile__billing_on_stripe_unreachable": failed_team_is_deleted,
}
# Which answer holds the secret that a call sends and its file hides.
TOKENS_IN_ACTIONS = {
    "fetch_provider_access_token__ok": ("create_oauth_client_user__ok", "accessToken"),
    "fetch_provider_access_token__not_found": ("create_oauth_client_user__ok", "accessToken"),
    "refresh_oauth_token_for_client_id__ok": ("create_oauth_client_user__ok", "refreshToken"),
    "refresh_oauth_token_for_client_id__repeat": ("create_oauth_client_user__ok", "refreshToken"),
    "refresh_oauth_token_for_client_id__old_access_token": (
        "create_oauth_client_user__ok",
        "accessToken",
    ),
    **dict.fromkeys(
        (
            "refresh_oauth_token_for_client_id__readback",
            "save_calendar_entry__bad_code_managed_token",
            "save_calendar_entry__bad_code_managed_token_office365",
            "handle_conferencing_oauth_callback_for_app__bad_code_managed_token_zoom",
            "handle_conferencing_oauth_callback_for_app__bad_code_managed_token_msteams",
            "handle_conferencing_oauth_callback_for_app__unknown_app",
            "save_stripe_details__bad_code_managed_token",
        ),
        ("refresh_oauth_token_for_client_id__ok", "accessToken"),
    ),
    "force_refresh_user_oauth_client__first_token_after_repeat": (
        "force_refresh_user_oauth_client__ok",
        "accessToken",
    ),
    "extra_api_keys_refresh__readback": ("extra_api_keys_refresh__ok", "apiKey"),
}
KEYS_IN_ACTIONS = dict.fromkeys(
    ("extra_api_keys_refresh__invalid", "extra_api_keys_refresh__ok",
     "extra_api_keys_refresh__repeat"),
    REFRESHABLE,
)  # fmt: skip

_WANDA = {
    "name": "Wanda Writer",
    "email": "wanda@example.com",
    "timeZone": "Europe/Berlin",
    "language": "en",
}
_BOB = {"email": "bob@customer.test", "name": "Bob Managed", "timeZone": "Europe/Berlin"}


def _booked(start: str, event_type: int | str, uid: str, **owner: str) -> Any:
    place = {"eventTypeId": event_type} if isinstance(event_type, int) else owner
    return sent(
        "POST",
        "/v2/bookings",
        {"start": start, "attendee": _WANDA} | place,
        version="2024-08-13",
        shows={uid: ("data", "uid")},
    )


def bobs_meeting_is_booked(replay: Replay) -> None:
    """A booking of the first event type that the managed user was given."""
    world = replay.sandbox.world
    bob = replay.saved["w_managed_user_create"]["data"]["user"]["id"]
    event_type = next(row.id for row in world.event_types.values() if row.owner_id == bob)
    uid = "aVaUeAyqVHJmDnpWXCkoRL"
    _booked("2026-11-25T10:00:00.000Z", event_type, uid)(replay)
    replay.bindings.numbers["", 5058] = event_type


def an_attribute_is_made(replay: Replay) -> None:
    """An attribute with one option, which is then given to a member."""
    body = {
        "name": "Lab",
        "slug": "lab",
        "type": "SINGLE_SELECT",
        "enabled": True,
        "options": [{"value": "One", "slug": "one"}],
    }
    answer = replay.send("POST", "/v2/organizations/101/attributes", OWNER, body)
    key = answer["data"]["id"]
    [option] = replay.sandbox.world.options_of_attribute(key)
    replay.bindings.words["078be6a8-63ad-41a2-9e62-7c2c1f8cb8fd"] = key
    replay.bindings.words["a0ffe541-3163-43d3-9638-a3425addb4d8"] = option.id


def last_seat_is_given_up(replay: Replay) -> None:
    """After the second seat of the class, the first was given up as well, as deliveries show."""
    seat = replay.bindings.words["5b2fcc03-343d-46a1-bd67-79029659223e"]
    path = "/v2/bookings/4jBNE5brjSoUUrYQF3nRxJ/cancel"
    replay.send("POST", path, SOLO, {"seatUid": seat}, "2024-08-13")


def two_customers_stay_away(replay: Replay) -> None:
    """Two more attendees were marked absent, as deliveries show."""
    marks = {
        "Lfo8ToAZkfFohB33QhsHuD": "customer44@example.com",
        "J39vSXBmsVnZECKUyTQ4BW": "customer238@example.com",
    }
    for uid, email in marks.items():
        body = {"attendees": [{"email": email, "absent": True}]}
        replay.send("POST", f"/v2/bookings/{uid}/mark-absent", OWNER, body, "2024-08-13")


IN_FIRST_SERIES: dict[str, Callable[[Replay], object]] = {
    # Deliveries show that somebody who is not the host cancelled it.
    "w_booking_create_pending": sent(
        "POST",
        "/v2/bookings/szJjtAFZNNdHaGnocc6vC2/cancel",
        {"cancellationReason": "As attendee"},
        key=SOLO,
        version="2024-08-13",
    ),
    "w_absent_wrong_email": two_customers_stay_away,
    "w_absent_attendee_seated": last_seat_is_given_up,
    # The number between two recorded bookings was given to one that no file shows.
    "w_booking_create_rr": _booked("2026-11-25T09:00:00.000Z", 5048, "vCPJDWoMrT3m9M116L29ho"),
    "w_schedule_get_deleted": sent("DELETE", "/v2/schedules/724", version="2024-06-11"),
    "w_event_type_webhook_create": _booked(
        "2026-11-25T14:30:00.000Z", 5056, "7vCyYnAdJGyASRXZQxQHM2"
    ),
    "w_org_webhook_delete": sent(
        "POST",
        "/v2/organizations/101/webhooks",
        {
            "active": True,
            "triggers": ["BOOKING_CREATED"],
            "secret": "abc",
            "subscriberUrl": "http://127.0.0.1:55881/ow",
        },
        shows={"7ab28520-0ea4-4abe-8db8-d5dae78ac605": ("data", "id")},
    ),
    "w_team_membership_update": sent(
        "POST", members_of(102), {"userId": 1025, "role": "MEMBER", "accepted": True}
    ),
    "w_attribute_assign": an_attribute_is_made,
    "w_managed_me": sent(
        "POST", f"{CLIENT}/users", _BOB, key="client", name="w_managed_user_create"
    ),
    "w_oauth_client_bookings_by_owner": bobs_meeting_is_booked,
    "edge_managed_token_expired": token_runs_out,
}
TOKENS_IN_FIRST_SERIES = {
    "w_managed_me": ("w_managed_user_create", "accessToken"),
    "w_managed_schedules": ("w_managed_user_create", "accessToken"),
    "edge_managed_token_ok": ("edge_managed_user", "accessToken"),
    "edge_managed_token_expired": ("edge_managed_user", "accessToken"),
    "edge_managed_token_refresh": ("edge_managed_user", "refreshToken"),
}
