"""Desired state: a SELECT says how things are to be, and the difference becomes change requests.

A row names one object and the values wanted of it: `event_type_id, after_event_buffer`, or
`organization_id, team_id, user_id, role`. Column names are Cal.com's field names in snake case, as
in `raw`. NULL is no wish. Objects that are known by an id are changed; those known by what they are
(a member of a team, a webhook's address) are made where they are missing, and with `prune` those
that no row names are removed. The plan drops what is so already.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from cal_source.catalogue import operation
from pipelines.reverse_sync.change_requests import ChangeRequest, Rejected
from pipelines.reverse_sync.live import read_record
from pipelines.reverse_sync.plan import Read, canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pipelines.reverse_sync.live import Sender

_WORD: Final = re.compile(r"_(\w)")
_ABOUT: Final = frozenset({"reason", "requested_by", "request_id", "name_of_request"})
_PATH_NAMES: Final = {"organization_id": "orgId"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Where objects of one sort live, and what makes, changes and removes them.

    Attributes:
        columns: Columns that a row of this level has; they fill paths.
        update: The write that changes one.
        listing: The list that shows them all; empty where rows name objects by id.
        identity: Column to the record's field that tells one from another in that list.
        creation: The write that makes one; empty where nothing does.
        deletion: The write that removes one; empty where nothing does.
        id_name: Name of an object's id in paths, where the list gives it.
    """

    columns: tuple[str, ...]
    update: str
    listing: str = ""
    identity: Mapping[str, str] = field(default_factory=dict)
    creation: str = ""
    deletion: str = ""
    id_name: str = ""


_ADDRESS: Final = {"subscriber_url": "subscriberUrl"}
_MEMBER: Final = {"user_id": "userId"}
ENTITIES: Final[dict[str, tuple[Level, ...]]] = {
    "event_types": (
        Level(columns=("team_id", "event_type_id"), update="update_team_event_type"),
        Level(columns=("event_type_id",), update="edit_event_type_by_id"),
    ),
    "schedules": (
        Level(
            columns=("organization_id", "user_id", "schedule_id"),
            update="update_user_schedule_in_organization",
        ),
        Level(columns=("schedule_id",), update="update_schedule_by_id"),
    ),
    "users": (
        Level(columns=("organization_id", "user_id"), update="patch_organization_user_details"),
    ),
    "memberships": (
        Level(
            columns=("organization_id", "team_id"),
            update="update_team_membership_properties",
            listing="retrieve_team_memberships_for_organization",
            identity=_MEMBER,
            creation="add_member_to_team",
            deletion="delete_membership_in_team",
            id_name="membershipId",
        ),
        Level(
            columns=("team_id",),
            update="update_team_membership",
            listing="retrieve_team_memberships",
            identity=_MEMBER,
            creation="create_team_membership_with_role",
            deletion="delete_team_memberships_by_id",
            id_name="membershipId",
        ),
        Level(
            columns=("organization_id",),
            update="modify_organization_membership_by_id",
            listing="list_organization_memberships",
            identity=_MEMBER,
            creation="create_membership_for_organization",
            deletion="delete_organization_membership",
            id_name="membershipId",
        ),
    ),
    "webhooks": (
        Level(
            columns=("event_type_id",),
            update="patch_webhook_event_type",
            listing="retrieve_webhooks_for_event_type",
            identity=_ADDRESS,
            creation="create_webhook_for_event_type",
            deletion="delete_webhook_for_event_type",
            id_name="webhookId",
        ),
        Level(
            columns=("organization_id",),
            update="update_webhook_for_organization",
            listing="retrieve_organization_webhooks_by_org_id",
            identity=_ADDRESS,
            creation="create_organization_webhook_by_org_id",
            deletion="delete_org_webhook",
            id_name="webhookId",
        ),
        Level(
            columns=(),
            update="update_webhook_by_id",
            listing="retrieve_webhooks_list",
            identity=_ADDRESS,
            creation="create_webhook_subscription",
            deletion="delete_webhook_by_id",
            id_name="webhookId",
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class _Wish:
    """A row: its level, the path values of the level, what it is, and the values wanted."""

    level: Level
    place: dict[str, Any]
    values: dict[str, Any]
    row: Mapping[str, Any]
    source: str


def desired_requests(
    entity: str,
    rows: Iterable[tuple[str, Mapping[str, Any]]],
    sender: Sender,
    *,
    prune: bool = False,
) -> tuple[list[ChangeRequest], list[Rejected]]:
    """Return the requests that bring an entity to what the rows want, and the rows that say none.

    Args:
        entity: A key of `ENTITIES`.
        rows: Each row with its place.
        sender: Reads the lists of objects that are known by what they are.
        prune: Also remove the objects, in the places that rows name, that no row names.

    Raises:
        CalError: A list cannot be read.
    """
    wishes: list[_Wish] = []
    rejected: list[Rejected] = []
    for source, row in rows:
        wish = _wish(entity, row, source)
        if wish is None:
            rejected.append(_unplaced(entity, source))
        else:
            wishes.append(wish)
    requests = [_change(wish) for wish in wishes if not wish.level.listing]
    groups: dict[bytes, list[_Wish]] = {}
    for wish in wishes:
        if wish.level.listing:
            groups.setdefault(canonical([wish.level.listing, wish.place]), []).append(wish)
    for group in groups.values():
        requests += _difference(group, sender, prune=prune)
    return requests, rejected


def _wish(entity: str, row: Mapping[str, Any], source: str) -> _Wish | None:
    given = {name: _plain(value) for name, value in row.items() if value is not None}
    for level in ENTITIES[entity]:
        named = (*level.columns, *level.identity)
        if all(name in given for name in named):
            place = {_path_name(name): given[name] for name in level.columns}
            kept = {n: v for n, v in given.items() if n not in {*level.columns, *_ABOUT}}
            values = {_camel(name): value for name, value in kept.items()}
            return _Wish(level, place, values, given, source)
    return None


def _difference(wishes: Sequence[_Wish], sender: Sender, *, prune: bool) -> list[ChangeRequest]:
    """Return what makes, changes and removes objects of one place."""
    level, place = wishes[0].level, wishes[0].place
    found = read_record(sender, Read(operation=level.listing, path=place)) or []
    fields = list(level.identity.values())
    there = {canonical([record.get(name) for name in fields]): record for record in found}
    wanted = {canonical([wish.values[name] for name in fields]): wish for wish in wishes}
    requests = []
    for key, wish in wanted.items():
        record = there.get(key)
        if record is not None:
            requests.append(_change(wish, {level.id_name: record["id"]}, leave_out=fields))
        else:
            requests.append(_request(level.creation, wish, place, wish.values))
    for key, record in there.items() if prune and level.deletion else ():
        if key not in wanted:
            target = {**place, level.id_name: record["id"]}
            requests.append(
                ChangeRequest(
                    action=level.deletion,
                    target=_known(level.deletion, target),
                    reason="no row of the desired state names it",
                    source=f"{wishes[0].source} (prune)",
                )
            )
    return requests


def _change(
    wish: _Wish, ids: Mapping[str, Any] | None = None, *, leave_out: Sequence[str] = ()
) -> ChangeRequest:
    values = {name: value for name, value in wish.values.items() if name not in leave_out}
    return _request(wish.level.update, wish, {**wish.place, **(ids or {})}, values)


def _request(
    action: str, wish: _Wish, target: Mapping[str, Any], values: dict[str, Any]
) -> ChangeRequest:
    return ChangeRequest(
        action=action,
        target=_known(action, target),
        body=values,
        reason=str(wish.row.get("reason") or ""),
        requested_by=str(wish.row.get("requested_by") or ""),
        source=wish.source,
    )


def _known(action: str, target: Mapping[str, Any]) -> dict[str, Any]:
    return {name: target[name] for name in operation(action).path_parameters if name in target}


def _unplaced(entity: str, source: str) -> Rejected:
    ways = " or ".join(", ".join((*level.columns, *level.identity)) for level in ENTITIES[entity])
    return Rejected(source=source, action=entity, field="row", value="", rule=f"must have {ways}")


def _plain(value: Any) -> Any:
    """Return a warehouse's value as JSON has it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _path_name(column: str) -> str:
    return _PATH_NAMES.get(column) or _camel(column)


def _camel(column: str) -> str:
    return _WORD.sub(lambda match: match[1].upper(), column)
