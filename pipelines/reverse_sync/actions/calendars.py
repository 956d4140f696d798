"""Writes about connected calendars and conferencing apps.

One read shows all of a user's calendars; each action takes its own part out of it.

Source: recordings `*calendar*` and `*conferencing*`; API v1's own document for its three.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from pipelines.reverse_sync.actions.creations import Creation
from pipelines.reverse_sync.actions.deletions import Deletion
from pipelines.reverse_sync.actions.model import Action, Asked, Frozen, Look
from pipelines.reverse_sync.actions.updates import Update
from pipelines.reverse_sync.plan import Condition, Effects, Image, Json, Repeat, Rule, Undo

_CALENDARS: Final = Look(operation="retrieve_calendar_list")
_APPS: Final = Look(operation="retrieve_v2_conferencing_info")
_SIGN_IN: Final = ("connecting again needs a new sign-in",)
_ICS: Final = "ics-feed_calendar"
_WITHOUT_SIGN_IN: Final = "google-meet"


def _connections(answer: Json) -> list[dict[str, Any]]:
    return list((answer or {}).get("connectedCalendars") or ())


def _selected(answer: Json) -> list[dict[str, Any]]:
    """Return the calendars that count as busy time, in a fixed order."""
    found = [
        {
            "integration": calendar["integrationName"],
            "externalId": calendar["externalId"],
            "credentialId": calendar["credentialId"],
        }
        for connection in _connections(answer)
        for calendar in connection.get("calendars") or ()
        if calendar.get("isSelected")
    ]
    return sorted(found, key=str)


def _destination(_asked: Asked, answer: Json) -> Json:
    chosen = (answer or {}).get("destinationCalendar") or {}
    return {"integration": None, "externalId": None, **chosen}


def _destination_by_id(asked: Asked, answer: Json) -> Json:
    """Return the destination calendar where it is the one named; another stands in for it soon."""
    found = _destination(asked, answer)
    if found.get("id") != asked.target["id"]:
        return None
    names = ("id", "integration", "externalId", "credentialId")
    return {name: found.get(name) for name in names}


def _connection(asked: Asked, answer: Json) -> Json:
    wanted = asked.values["id"]
    for found in _connections(answer):
        if found.get("credentialId") == wanted:
            return {
                "credentialId": wanted,
                "type": (found.get("integration") or {}).get("type"),
                "calendars": sorted(c["externalId"] for c in found.get("calendars") or ()),
            }
    return None


def _feeds(_asked: Asked, answer: Json) -> list[dict[str, Any]]:
    return [
        {
            "id": found["credentialId"],
            "urls": [calendar["externalId"] for calendar in found.get("calendars") or ()],
        }
        for found in _connections(answer)
        if (found.get("integration") or {}).get("type") == _ICS
    ]


def _has_feeds(asked: Asked, entry: Json) -> bool:
    return set(asked.values["urls"]) <= set(entry["urls"])


def _same_calendar(asked: Asked, entry: Json) -> bool:
    given = asked.values or asked.query
    names = ("integration", "externalId", "credentialId")
    return all(str(entry[name]) == str(given[name]) for name in names)


def _selected_entries(_asked: Asked, answer: Json) -> list[dict[str, Any]]:
    return _selected(answer)


def _picked_selected(asked: Asked, answer: Json) -> Json:
    return next((entry for entry in _selected(answer) if _same_calendar(asked, entry)), None)


def _app(asked: Asked, answer: Json) -> Json:
    for entry in answer or ():
        if entry.get("appId") == asked.target["app"]:
            return {name: entry.get(name) for name in ("id", "appId", "type")}
    return None


def _is_app(asked: Asked, entry: Json) -> bool:
    return bool(entry.get("appId") == asked.target["app"])


def _disconnecting(_asked: Asked, _record: Json) -> Effects:
    return Effects(
        calendars=("the user's: no longer read for busy times, no longer written to",),
        lasting=_SIGN_IN,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedCalendarEdit(Action):
    """A change of one selected calendar, whose key holds the very values that change."""

    def image(self, _asked: Asked, record: Json) -> Image:
        """Return all selected calendars."""
        return {"selected": _selected(record)}

    def freeze(self, asked: Asked, image: Image, _record: Json) -> Frozen:
        """Freeze that the old one is selected, and that the new one will be."""
        old = _named(asked.target)
        new = old | _named(asked.values)
        selected = (image or {"selected": []})["selected"]
        present = Condition(field="selected", rule=Rule.CONTAINS, value=[new])
        gone = Condition(field="selected", rule=Rule.LACKS, value=[old])
        former: dict[str, Json] = next((e for e in selected if old.items() <= e.items()), {})
        return Frozen(
            after={"selected": [new]},
            precondition=(Condition(field="selected", rule=Rule.CONTAINS, value=[old]),),
            done=(present, gone) if _key(new) != _key(old) else (present,),
            undo=Undo(
                action=self.key,
                target=asked.target | {k: v for k, v in new.items() if k in asked.target},
                body={name: former[name] for name in asked.values if name in former} or None,
                losses=self.losses,
            ),
        )


def _named(values: dict[str, Json]) -> dict[str, Json]:
    names = ("integration", "externalId", "credentialId")
    return {name: values[name] for name in names if name in values}


def _key(entry: dict[str, Json]) -> tuple[Json, Json]:
    return entry.get("integration"), entry.get("externalId")


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultApp(Action):
    """The choice of the app in which meetings are held."""

    def image(self, _asked: Asked, record: Json) -> Image:
        """Return the app that is chosen; None where none is."""
        return {"appSlug": (record or {}).get("appSlug")}

    def freeze(self, asked: Asked, image: Image, _record: Json) -> Frozen:
        """Freeze the former choice, and the new one."""
        former = (image or {}).get("appSlug")
        undo = Undo(losses=("nothing was chosen before, and no action chooses nothing",))
        if former:
            undo = Undo(action=self.key, target={"app": former})
        wanted = asked.target["app"]
        return Frozen(
            after={"appSlug": wanted},
            precondition=(Condition(field="appSlug", rule=Rule.IS, value=former),),
            done=(Condition(field="appSlug", rule=Rule.IS, value=wanted),),
            undo=undo,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AppRemoval(Deletion):
    """The end of a connection to an app; only Google Meet comes back without a sign-in."""

    def freeze(self, asked: Asked, image: Image, record: Json) -> Frozen:
        """Freeze as every deletion does, with the way back of this app."""
        frozen = Deletion.freeze(self, asked, image, record)
        if asked.target["app"] == _WITHOUT_SIGN_IN:
            return frozen
        return Frozen(
            after=frozen.after,
            precondition=frozen.precondition,
            done=frozen.done,
            undo=Undo(losses=_SIGN_IN),
        )


CALENDARS: Final[tuple[Action, ...]] = (
    Deletion(
        key="disconnect_calendar_using_credential_id",
        look=_CALENDARS,
        pick=_connection,
        is_cascading=True,
        repeat=Repeat.REFUSED,
        effects=_disconnecting,
        losses=_SIGN_IN,
        source="recordings: deletes the credential of the body, the path's calendar is ignored",
    ),
    Creation(
        key="save_calendar_ics_feeds",
        look=_CALENDARS,
        entries=_feeds,
        like=_has_feeds,
        repeat=Repeat.DOUBLES,
        undo_action="disconnect_calendar_using_credential_id",
        undo_path={"calendar": "apple"},
        undo_body={"id": "result:.id"},
        source="recordings: every call adds a connection; disconnecting ignores the path",
    ),
    Update(
        key="update_destination_calendar_integration",
        look=_CALENDARS,
        pick=_destination,
        source="recordings: refused without a connected calendar",
    ),
    Deletion(
        key="delete_destination_calendar_by_id",
        look=_CALENDARS,
        pick=_destination_by_id,
        losses=("Cal.com chooses another one by itself",),
        source="API v1",
    ),
    Creation(
        key="add_selected_calendar",
        look=_CALENDARS,
        entries=_selected_entries,
        like=_same_calendar,
        identity="externalId",
        result_fields=(),
        undo_action="delete_selected_calendars",
        undo_query=("integration", "externalId", "credentialId", "delegationCredentialId"),
        source="recordings: a row that exists stays as it is",
    ),
    Deletion(
        key="delete_selected_calendars",
        look=_CALENDARS,
        pick=_picked_selected,
        repeat=Repeat.REFUSED,
        undo_action="add_selected_calendar",
        source="recordings: the arguments are query parameters",
    ),
    SelectedCalendarEdit(key="edit_selected_calendar_by_id", look=_CALENDARS, source="API v1"),
    Creation(
        key="connect_conferencing_app",
        look=_APPS,
        like=_is_app,
        repeat=Repeat.REFUSED,
        undo_action="delete_conference_app_connection",
        undo_target={},
    ),
    AppRemoval(
        key="delete_conference_app_connection",
        look=_APPS,
        pick=_app,
        repeat=Repeat.REFUSED,
        undo_action="connect_conferencing_app",
        source="recordings: ends no call; Zoom and Teams need a new sign-in",
    ),
    DefaultApp(
        key="set_default_conferencing_app",
        look=Look(operation="retrieve_default_conferencing_settings"),
    ),
)
