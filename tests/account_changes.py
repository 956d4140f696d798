"""What happens to an account besides bookings: people, teams, event types, schedules, settings."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.clock import to_iso

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.histories import Histories

ORGANIZATION: Final = 101
_ORG: Final = f"/v2/organizations/{ORGANIZATION}"
_KEEPERS: Final = (1001, 1002)  # whose keys the tests read with
_SCHEDULES: Final = "2024-06-11"
_EVENT_TYPES: Final = "2024-06-14"
_HOURS: Final = [
    {"days": ["Monday", "Tuesday"], "startTime": "08:00", "endTime": "12:00"},
    {"days": ["Friday"], "startTime": "10:00", "endTime": "18:30"},
]


def _member(history: Histories) -> Any:
    """A membership of the organisation, not of those whose keys are used."""
    return history.one_of(
        row
        for row in history.world.memberships_of_team(ORGANIZATION)
        if row.user_id not in _KEEPERS
    )


def _user_id(history: Histories) -> int:
    """A member of the organisation."""
    users = [row.user_id for row in history.world.memberships_of_team(ORGANIZATION)]
    return int(history.one_of(users))


def _team(history: Histories) -> int:
    teams = [t.id for t in history.world.teams.values() if t.parent_id == ORGANIZATION]
    return history.one_of(teams) or 0


def create_user(history: Histories) -> str:
    """Somebody joins the organisation with a new account."""
    body = {"email": f"new{history.number()}@example.com", "timeZone": "Europe/Rome"}
    return history.told("POST", f"{_ORG}/users", body)


def delete_user(history: Histories) -> str:
    """An account is deleted, and the bookings it hosts with it."""
    row = _member(history)
    if row is None or history.rng.random() < 0.5:
        return "nobody"
    return history.told("DELETE", f"{_ORG}/users/{row.user_id}")


def rename_user(history: Histories) -> str:
    """Somebody is called otherwise, which shows on all bookings they host."""
    user_id = _user_id(history)
    name = f"Renamed {history.number()}"
    history.world.edit("users", user_id, name=name)
    return f"{user_id} {name}"


def move_user(history: Histories) -> str:
    """Somebody has another time zone and picture."""
    zone = history.rng.choice(["Europe/Lisbon", "Asia/Tokyo", "America/Bogota"])
    body = {"timeZone": zone, "bio": f"Lives in {zone}"}
    return history.told("PATCH", f"{_ORG}/users/{_user_id(history)}", body)


def leave(history: Histories) -> str:
    """A member leaves the organisation; the bookings they host may go out of sight."""
    row = _member(history)
    if row is None:
        return "nobody"
    history.left.append(row.user_id)
    return history.told("DELETE", f"{_ORG}/memberships/{row.id}")


def come_back(history: Histories) -> str:
    """Somebody who left is a member again."""
    users = [user for user in history.left if user in history.world.users]
    user_id = history.one_of(users)
    if user_id is None:
        return "nobody"
    history.left.remove(user_id)
    return history.told(
        "POST", f"{_ORG}/memberships", {"userId": user_id, "role": "MEMBER", "accepted": True}
    )


def change_role(history: Histories) -> str:
    """A member gets another role."""
    row = _member(history)
    role = history.rng.choice(["MEMBER", "ADMIN"])
    if row is None:
        return "nobody"
    return history.told("PATCH", f"{_ORG}/memberships/{row.id}", {"role": role})


def join_team(history: Histories) -> str:
    """A member joins a team."""
    body = {"userId": _user_id(history), "role": "MEMBER", "accepted": history.rng.random() < 0.7}
    return history.told("POST", f"{_ORG}/teams/{_team(history)}/memberships", body)


def leave_team(history: Histories) -> str:
    """A member leaves a team."""
    team = _team(history)
    row = history.one_of(history.world.memberships_of_team(team))
    if row is None:
        return "nobody"
    return history.told("DELETE", f"{_ORG}/teams/{team}/memberships/{row.id}")


def create_team(history: Histories) -> str:
    """The organisation gets a team."""
    number = history.number()
    return history.told("POST", f"{_ORG}/teams", {"name": f"Crew {number}", "slug": f"c{number}"})


def rename_team(history: Histories) -> str:
    """A team is called otherwise."""
    body = {"name": f"Crew {history.number()}"}
    return history.told("PATCH", f"{_ORG}/teams/{_team(history)}", body)


def delete_team(history: Histories) -> str:
    """A team goes with its event types, memberships, webhooks, forms and workflows."""
    if history.rng.random() < 0.7:
        return "nothing"
    return history.told("DELETE", f"{_ORG}/teams/{_team(history)}")


def create_event_type(history: Histories) -> str:
    """An event type is made, of the key's user or of a team."""
    number = history.number()
    body: dict[str, Any] = {"title": f"Talk {number}", "slug": f"t{number}", "lengthInMinutes": 20}
    if history.rng.random() < 0.5:
        return history.told("POST", "/v2/event-types", body, version=_EVENT_TYPES)
    team = _team(history)
    members = [row.user_id for row in history.world.memberships_of_team(team)]
    hosts = [{"userId": user} for user in members[:3]]
    body |= {"hosts": hosts, "schedulingType": history.rng.choice(["collective", "roundRobin"])}
    return history.told("POST", f"{_ORG}/teams/{team}/event-types", body)


def change_event_type(history: Histories) -> str:
    """An event type gets another title and address, which shows on its bookings."""
    number = history.number()
    body = {"title": f"Chat {number}", "slug": f"changed-{number}"}
    return _with_event_type(history, "PATCH", body)


def delete_event_type(history: Histories) -> str:
    """An event type goes; its bookings stay without one, and nothing is stamped."""
    return _with_event_type(history, "DELETE", None)


def _with_event_type(history: Histories, method: str, body: Any) -> str:
    row = history.one_of(
        row
        for row in history.world.event_types.values()
        if row.owner_id == 1001 or (row.team_id and row.parent_id is None)
    )
    if row is None:
        return "nothing"
    if row.team_id is None:
        return history.told(method, f"/v2/event-types/{row.id}", body, version=_EVENT_TYPES)
    return history.told(method, f"{_ORG}/teams/{row.team_id}/event-types/{row.id}", body)


def create_schedule(history: Histories) -> str:
    """A member gets another schedule."""
    body = {
        "name": f"Hours {history.number()}",
        "timeZone": "Europe/Rome",
        "isDefault": history.rng.random() < 0.3,
        "availability": _HOURS[: history.rng.randint(1, 2)],
    }
    return history.told("POST", f"{_ORG}/users/{_user_id(history)}/schedules", body)


def change_schedule(history: Histories) -> str:
    """A schedule gets other hours, and a day that differs."""
    row = history.one_of(history.world.schedules.values())
    day = history.sandbox.clock.now() + timedelta(days=history.rng.randint(1, 60))
    hours = {"startTime": "09:00", "endTime": history.rng.choice(["09:00", "11:00"])}
    body = {
        "availability": history.rng.sample(_HOURS, history.rng.randint(1, 2)),
        "overrides": [{"date": f"{day:%Y-%m-%d}"} | hours],
    }
    return history.told("PATCH", f"{_ORG}/users/{row.owner_id}/schedules/{row.id}", body)


def delete_schedule(history: Histories) -> str:
    """A schedule goes."""
    row = history.one_of(history.world.schedules.values())
    return history.told("DELETE", f"{_ORG}/users/{row.owner_id}/schedules/{row.id}")


def subscribe(history: Histories) -> str:
    """A webhook is made, of the user, the organisation or an event type."""
    own = [row.id for row in history.world.event_types.values() if row.owner_id == 1001]
    places = ["/v2/webhooks", f"{_ORG}/webhooks"]
    places += [f"/v2/event-types/{row}/webhooks" for row in own[:1]]
    body = {
        "active": True,
        "triggers": history.rng.sample(
            ["BOOKING_CREATED", "BOOKING_CANCELLED", "MEETING_ENDED"], 2
        ),
        "subscriberUrl": f"https://example.com/hook{history.number()}",
        "secret": "whsec",
    }
    return history.told("POST", history.rng.choice(places), body)


def change_webhook(history: Histories) -> str:
    """A webhook is switched on or off, or deleted."""
    row = history.one_of(
        row
        for row in history.world.webhooks.values()
        if row.user_id == 1001 or row.team_id == ORGANIZATION
    )
    if row is None:
        return "nothing"
    place = "/v2/webhooks" if row.team_id is None else f"{_ORG}/webhooks"
    if history.rng.random() < 0.4:
        return history.told("DELETE", f"{place}/{row.id}")
    return history.told("PATCH", f"{place}/{row.id}", {"active": not row.is_active})


def be_away(history: Histories) -> str:
    """A member notes days away."""
    day = history.sandbox.clock.now() + timedelta(days=history.rng.randint(1, 300))
    body = {"start": to_iso(day), "end": to_iso(day + timedelta(days=2)), "notes": "Trip"}
    return history.told("POST", f"{_ORG}/users/{_user_id(history)}/ooo", body)


def change_absence(history: Histories) -> str:
    """Days away get another note, or are taken back."""
    row = history.one_of(history.world.out_of_office.values())
    if row is None:
        return "nothing"
    path = f"{_ORG}/users/{row.user_id}/ooo/{row.id}"
    if history.rng.random() < 0.5:
        return history.told("DELETE", path)
    return history.told("PATCH", path, {"notes": f"Trip {history.number()}"})


def create_attribute(history: Histories) -> str:
    """The organisation keeps one more thing about its members."""
    number = history.number()
    body = {
        "name": f"Region {number}",
        "slug": f"region-{number}",
        "type": history.rng.choice(["TEXT", "SINGLE_SELECT"]),
        "options": [{"value": "EMEA", "slug": f"emea-{number}"}],
    }
    return history.told("POST", f"{_ORG}/attributes", body)


def delete_attribute(history: Histories) -> str:
    """An attribute goes with its options and who had them."""
    row = history.one_of(a for a in history.world.attributes.values() if a.team_id == ORGANIZATION)
    return history.told("DELETE", f"{_ORG}/attributes/{row.id}") if row else "nothing"


def assign_attribute(history: Histories) -> str:
    """A member gets an option of an attribute, or loses it."""
    option = history.one_of(history.world.attribute_options.values())
    if option is None:
        return "nothing"
    place = f"{_ORG}/attributes/options/{_user_id(history)}"
    if history.rng.random() < 0.3:
        return history.told("DELETE", f"{place}/{option.id}")
    body = {"attributeId": option.attribute_id, "attributeOptionId": option.id}
    return history.told("POST", place, body)


def link_privately(history: Histories) -> str:
    """A private link is made, or deleted."""
    links = [link for link in history.world.private_links.values() if _is_own(history, link)]
    own = [row.id for row in history.world.event_types.values() if row.owner_id == 1001]
    if links and history.rng.random() < 0.5:
        link = history.one_of(links)
        path = f"/v2/event-types/{link.event_type_id}/private-links/{link.id}"
        return history.told("DELETE", path)
    if not own:
        return "nothing"
    path = f"/v2/event-types/{history.one_of(own)}/private-links"
    return history.told("POST", path, {"maxUsageCount": 3})


def _is_own(history: Histories, link: Any) -> bool:
    event_type = history.world.event_types.get(link.event_type_id)
    return event_type is not None and event_type.owner_id == 1001


ACCOUNT_STEPS: Final[dict[str, Callable[[Histories], str]]] = {
    step.__name__: step
    for step in (
        create_user,
        delete_user,
        rename_user,
        move_user,
        leave,
        come_back,
        change_role,
        join_team,
        leave_team,
        create_team,
        rename_team,
        delete_team,
        create_event_type,
        change_event_type,
        delete_event_type,
        create_schedule,
        change_schedule,
        delete_schedule,
        subscribe,
        change_webhook,
        be_away,
        change_absence,
        create_attribute,
        delete_attribute,
        assign_attribute,
        link_privately,
    )
}
