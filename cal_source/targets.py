"""Which reads feed which table, in order of authority.

Where two reads bring the same row, the first one's row counts. A new read is one line in `FEEDS`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cal_source import fanouts
from cal_source.catalogue import OPERATIONS, Kind, Paging
from cal_source.errors import CalError
from cal_source.fanouts import Account, Fanout, Target
from cal_source.values import content_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cal_source.records import Record
    from cal_source.tables import Table


@dataclass(frozen=True, slots=True)
class Feed:
    """One read of a table.

    Attributes:
        operation: Key of the catalogue row.
        over: Gives what it is read for.
        unless: Key of an earlier read that covers this one where it can be made.
        unpack: Makes the table's records out of the answer's; None takes them as they are.
    """

    operation: str
    over: Callable[[Account], Fanout]
    unless: str = ""
    unpack: Callable[[list[Any]], list[Any]] | None = None


@dataclass(frozen=True, slots=True)
class Skip:
    """A read that cannot be made, and why."""

    operation: str
    scope: str
    reason: str


@dataclass(slots=True)
class Targets:
    """What to read for one table.

    Attributes:
        reads: Targets with the function that unpacks their records, in order of authority.
        skips: Reads that cannot be made.
        whole_kinds: Kinds of scope (`team`, `event_type`) whose members are all among the
            reads and skips: a scope of that kind which is missing here does not exist any more.
    """

    reads: list[tuple[Target, Callable[[list[Any]], list[Any]] | None]] = field(
        default_factory=list
    )
    skips: list[Skip] = field(default_factory=list)
    whole_kinds: set[str] = field(default_factory=set)


def assignments(options: list[Record]) -> list[Record]:
    """Make one record per option and member out of options with their members."""
    return [
        {**{k: v for k, v in option.items() if k != "assignedUserIds"}, "$userId": user}
        for option in options
        for user in option.get("assignedUserIds") or ()
    ]


def connected_calendars(answers: list[Record]) -> list[Record]:
    """Make one record per calendar out of the connected accounts.

    An account that shows no calendar keeps one record without a calendar's id, so that a broken
    connection is seen.
    """
    return [
        {"credentialId": account.get("credentialId"), "account": _about(account), **calendar}
        for answer in answers
        for account in answer.get("connectedCalendars") or ()
        for calendar in account.get("calendars") or ({"externalId": ""},)
    ]


def _about(account: Record) -> Record:
    return {name: value for name, value in account.items() if name != "calendars"}


def destination_calendars(answers: list[Record]) -> list[Record]:
    """Take the destination calendar, which is an empty object where none is set."""
    return [
        answer["destinationCalendar"] for answer in answers if answer.get("destinationCalendar")
    ]


def number_namesakes(cities: list[Record]) -> list[Record]:
    """Tell cities of one name apart by 1, 2, …, whatever the order of the list."""
    seen: Counter[Any] = Counter()
    numbered = []
    for city in sorted(cities, key=content_hash):
        seen[city.get("city")] += 1
        numbered.append({**city, "$ordinal": seen[city.get("city")]})
    return numbered


def numbered_links(links: list[Any]) -> list[Record]:
    """Make one record per link of a list of links; the links themselves are secrets."""
    return [{"$position": position, "link": link} for position, link in enumerate(links)]


_IN_ORGANIZATION: Final = fanouts.organization
_ORG_TEAMS: Final = fanouts.organization_teams
_TEAMS_INSIDE: Final = fanouts.teams_in_organization  # for lists that have no other way
_OTHER_TEAMS: Final = fanouts.other_teams
_OWN: Final = fanouts.own

FEEDS: Final[Mapping[str, tuple[Feed, ...]]] = {
    "bookings": (
        Feed("list_organization_bookings", _IN_ORGANIZATION),
        Feed("fetch_all_bookings", _OWN),
    ),
    "me": (Feed("retrieve_my_information", _OWN),),
    "teams": (
        Feed("retrieve_team_details_in_organization", _IN_ORGANIZATION),
        Feed("get_teams_list", _OWN),
    ),
    "users": (Feed("retrieve_users_in_organization", _IN_ORGANIZATION),),
    "memberships": (
        Feed("list_organization_memberships", _IN_ORGANIZATION),
        Feed("retrieve_team_memberships_for_organization", _ORG_TEAMS),
        Feed("retrieve_team_memberships", _OTHER_TEAMS),
    ),
    "schedules": (
        Feed("get_organization_schedules", _IN_ORGANIZATION),
        Feed("retrieve_schedules_list", _OWN),
        Feed("get_team_schedules", _ORG_TEAMS, unless="get_organization_schedules"),
        Feed("list_team_schedules", _OTHER_TEAMS, unless="get_organization_schedules"),
    ),
    "out_of_office_entries": (Feed("list_organization_out_of_office", _IN_ORGANIZATION),),
    "event_types": (
        Feed("list_event_types", _OWN),
        Feed("list_team_event_types_by_org_and_team_id", _ORG_TEAMS),
        Feed("retrieve_team_event_types", _OTHER_TEAMS),
    ),
    "event_type_private_links": (
        Feed("get_event_type_private_links", fanouts.personal_event_types),
        Feed("get_private_links_for_team_event_type", fanouts.organization_team_event_types),
    ),
    "webhooks": (
        Feed("retrieve_webhooks_list", _OWN),
        Feed("retrieve_organization_webhooks_by_org_id", _IN_ORGANIZATION),
        Feed("retrieve_webhooks_for_event_type", fanouts.personal_event_types),
        Feed("get_team_event_type_webhooks", fanouts.team_event_types),
        Feed("retrieve_webhook_details_for_oauth_client", fanouts.oauth_clients),
    ),
    "roles": (
        Feed("list_organization_roles", _IN_ORGANIZATION),
        Feed("list_team_roles", _TEAMS_INSIDE),
    ),
    "attributes": (Feed("retrieve_organization_attributes", _IN_ORGANIZATION),),
    "attribute_options": (Feed("retrieve_attribute_options_for_org", fanouts.attributes),),
    "attribute_assignments": (
        Feed("get_organization_attribute_assigned_options", fanouts.attributes, unpack=assignments),
    ),
    "routing_forms": (
        Feed("list_organization_routing_forms", _IN_ORGANIZATION),
        Feed("get_team_routing_forms", _TEAMS_INSIDE, unless="list_organization_routing_forms"),
    ),
    "routing_form_responses": (
        Feed("list_routing_form_responses", fanouts.routing_forms),
        Feed(
            "list_team_routing_form_responses",
            fanouts.team_routing_forms,
            unless="list_routing_form_responses",
        ),
    ),
    "workflows": (
        Feed("get_organization_team_workflows", _TEAMS_INSIDE),
        Feed("list_team_routing_form_workflows", _TEAMS_INSIDE),
    ),
    "calendars": (Feed("retrieve_calendar_list", _OWN, unpack=connected_calendars),),
    "destination_calendars": (Feed("retrieve_calendar_list", _OWN, unpack=destination_calendars),),
    "conferencing_apps": (
        Feed("retrieve_v2_conferencing_info", _OWN),
        Feed("list_team_conferencing_apps", _TEAMS_INSIDE),
    ),
    "conferencing_defaults": (
        Feed("retrieve_default_conferencing_settings", _OWN),
        Feed("get_team_default_conferencing_app", _TEAMS_INSIDE),
    ),
    "verified_emails": (
        Feed("list_verified_emails", _OWN),
        Feed("list_organization_team_verified_emails", _ORG_TEAMS),
        Feed("list_team_verified_emails", _OTHER_TEAMS),
    ),
    "verified_phones": (
        Feed("list_verified_phones", _OWN),
        Feed("get_verified_phone_numbers", _ORG_TEAMS),
        Feed("list_team_verified_phones", _OTHER_TEAMS),
    ),
    "timezones": (Feed("get_all_timezones", _OWN, unpack=number_namesakes),),
    "oauth_clients": (Feed("list_oauth_clients", _OWN),),
    "managed_users": (Feed("get_oauth_clients_user", fanouts.oauth_clients),),
    "managed_organizations": (Feed("list_managed_organizations", _IN_ORGANIZATION),),
    "booking_references": (Feed("list_references_of_booking", fanouts.bookings),),
    "booking_attendee_ids": (Feed("list_booking_attendees", fanouts.bookings),),
    "booking_recordings": (Feed("list_booking_recordings", fanouts.bookings),),
    "booking_transcripts": (
        Feed("list_booking_transcripts", fanouts.bookings, unpack=numbered_links),
    ),
    "conferencing_sessions": (Feed("list_booking_conferencing_sessions", fanouts.bookings),),
}
"""By table: the reads that feed it, the most authoritative first."""


def targets_of(account: Account, resource: str) -> Targets:
    """Name the reads of a table for this account, what has to be skipped, and why."""
    targets = Targets()
    partial_kinds: set[str] = set()
    for feed in FEEDS[resource]:
        if feed.unless and _is_readable(account, resource, feed.unless):
            continue
        fanout = feed.over(account)
        targets.skips += [Skip(feed.operation, scope, reason) for scope, reason in fanout.skips]
        targets.reads += [
            (Target(feed.operation, parent.scope, parent.path), feed.unpack)
            for parent in fanout.parents
        ]
        if fanout.kind:
            targets.whole_kinds.add(fanout.kind)
            if not fanout.is_whole:
                partial_kinds.add(fanout.kind)
    targets.whole_kinds -= partial_kinds
    return targets


def _is_readable(account: Account, resource: str, operation: str) -> bool:
    """Tell whether a read of the table can be made, by making it; the run keeps its answer."""
    (feed,) = [feed for feed in FEEDS[resource] if feed.operation == operation]
    parents = feed.over(account).parents
    try:
        for parent in parents:
            account.records(Target(operation, parent.scope, parent.path))
    except CalError:
        return False
    return bool(parents)


def by_key_targets(resource: str, key: str, organization_id: int | None) -> list[Target]:
    """Name the reads that bring one row of a table by its key, narrowest view first.

    Reads whose path needs more than the key and the organisation are left out: their rows are
    brought by reading the whole table.
    """
    known = {"orgId": organization_id} if organization_id is not None else {}
    found = []
    for row in OPERATIONS.values():
        by_id = row.kind is Kind.READ and row.table == resource and row.paging is Paging.ONE
        if by_id and row.path_parameters and not row.is_v1:
            *others, last = row.path_parameters
            if row.path.endswith("}") and set(others) <= known.keys():
                path = {last: key, **{name: known[name] for name in others}}
                found.append(Target(row.key, f"{resource}:{key}", path))
    return sorted(found, key=lambda target: len(target.path))


def given_by(table: Table, target: Target) -> Record:
    """Return what the table wants to know of where a record was read, under names with `$`."""
    kind, _, key = target.scope.partition(":")
    known: Record = {f"${name}": value for name, value in target.path.items()}
    known |= {"$scopeKind": kind, "$scopeId": int(key) if key.isdigit() else key}
    wanted = {path for column in table.columns for path in column.paths}
    return {name: value for name, value in known.items() if name in wanted}


def seen_before(record: Any, table: Table, seen: set[Any]) -> bool:
    """Tell whether a read of higher authority has brought this record, and remember it."""
    if not isinstance(record, dict):
        return False  # parse_records puts it into quarantine
    key = tuple(record.get(table.column(name).paths[0]) for name in table.key)
    if not all(isinstance(part, int | str) for part in key):
        return False
    if key in seen:
        return True
    seen.add(key)
    return False
