"""Which reads feed which table, for the account that a key belongs to.

For every resource one function names its targets in order of authority: where two reads bring
the same row, the first one's row counts. What the key may not read becomes a `Skip` with the
reason. Fan-outs take their parents from lists that the run has read anyway.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from cal_source.errors import CalError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cal_source.records import Record


@dataclass(frozen=True, slots=True)
class Target:
    """One list or object to read.

    Attributes:
        operation: Key of the catalogue row.
        scope: The view it gives, unique among the targets of a resource.
        path: Values of the path parameters.
    """

    operation: str
    scope: str
    path: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Skip:
    """A read that cannot be made, and why."""

    operation: str
    scope: str
    reason: str


@dataclass(slots=True)
class Targets:
    """What to read for one resource.

    Attributes:
        reads: Targets in order of authority.
        skips: Reads that cannot be made.
        whole_kinds: Kinds of scope (`team`, `event_type`) whose members are all among the
            reads and skips: a scope of that kind which is missing here does not exist any more.
    """

    reads: list[Target] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    whole_kinds: set[str] = field(default_factory=set)


class Account(Protocol):
    """What targets need to know about the account; `Extraction` provides it."""

    @property
    def user_id(self) -> int:
        """Id of the key's user."""
        ...

    @property
    def organization_id(self) -> int | None:
        """Id of the organisation, None without one."""
        ...

    def records(self, target: Target) -> list[Record]:
        """Return all records of a list, read at most once a run.

        Raises:
            CalError: The list cannot be read; the same error each time it is asked for.
        """
        ...


NO_ORGANIZATION = "the key's user belongs to no organisation"


def user_scope(account: Account) -> str:
    """Return the scope of what the key's user owns."""
    return f"user:{account.user_id}"


def organization_scope(account: Account) -> str:
    """Return the scope of the organisation, `organization:none` without one."""
    return f"organization:{account.organization_id or 'none'}"


def organization_target(account: Account, operation: str) -> Target | Skip:
    """Return the target of an organisation-wide read, or a skip without an organisation."""
    scope = organization_scope(account)
    if account.organization_id is None:
        return Skip(operation, scope, NO_ORGANIZATION)
    return Target(operation, scope, {"orgId": account.organization_id})


def _add(targets: Targets, *found: Target | Skip) -> None:
    for one in found:
        if isinstance(one, Skip):
            targets.skips.append(one)
        else:
            targets.reads.append(one)


def _me(account: Account) -> Targets:
    return Targets([Target("retrieve_my_information", user_scope(account))])


def _teams(account: Account) -> Targets:
    targets = Targets()
    _add(
        targets,
        organization_target(account, "retrieve_team_details_in_organization"),
        Target("get_teams_list", user_scope(account)),
    )
    return targets


def _users(account: Account) -> Targets:
    targets = Targets()
    _add(targets, organization_target(account, "retrieve_users_in_organization"))
    return targets


def _readable(account: Account, target: Target | Skip) -> bool:
    if isinstance(target, Skip):
        return False
    try:
        account.records(target)
    except CalError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Team:
    id: int
    within_organization: bool  # readable with the organisation admin's paths


def _team_list(account: Account) -> tuple[list[_Team], bool]:
    """Return the teams to fan out over, and whether these are all that can be seen."""
    organization = organization_target(account, "retrieve_team_details_in_organization")
    own = Target("get_teams_list", user_scope(account))
    teams: dict[int, _Team] = {}
    whole = True
    for target, within in ((organization, True), (own, False)):
        if isinstance(target, Skip):
            continue
        try:
            rows = account.records(target)
        except CalError:
            whole = False
            continue
        for row in rows:
            team_id = row.get("id")
            if isinstance(team_id, int) and not row.get("isOrganization"):
                teams.setdefault(team_id, _Team(team_id, within))
    return list(teams.values()), whole


def _per_team(account: Account, within: str, own: str) -> Targets:
    """Fan out over teams: `within` for an organisation admin, `own` for everybody else."""
    teams, whole = _team_list(account)
    reads = [
        Target(within, f"team:{t.id}", {"orgId": account.organization_id, "teamId": t.id})
        if t.within_organization
        else Target(own, f"team:{t.id}", {"teamId": t.id})
        for t in teams
    ]
    return Targets(reads, whole_kinds={"team"} if whole else set())


def _memberships(account: Account) -> Targets:
    targets = _per_team(
        account, "retrieve_team_memberships_for_organization", "retrieve_team_memberships"
    )
    organization = organization_target(account, "list_organization_memberships")
    if isinstance(organization, Skip):
        targets.skips.insert(0, organization)
    else:
        targets.reads.insert(0, organization)
    return targets


def _schedules(account: Account) -> Targets:
    """Everybody's schedules from the organisation; else the own and those of the teams."""
    organization = organization_target(account, "get_organization_schedules")
    own = Target("retrieve_schedules_list", user_scope(account))
    targets = Targets()
    _add(targets, organization, own)
    if not _readable(account, organization):
        per_team = _per_team(account, "get_team_schedules", "list_team_schedules")
        targets.reads += per_team.reads
        targets.whole_kinds = per_team.whole_kinds
    return targets


def _event_types(account: Account) -> Targets:
    targets = _per_team(
        account, "list_team_event_types_by_org_and_team_id", "retrieve_team_event_types"
    )
    targets.reads.insert(0, Target("list_event_types", user_scope(account)))
    return targets


def _webhooks(account: Account) -> Targets:
    targets = Targets(whole_kinds={"event_type"})
    _add(
        targets,
        Target("retrieve_webhooks_list", user_scope(account)),
        organization_target(account, "retrieve_organization_webhooks_by_org_id"),
    )
    event_types = _event_types(account)
    if "team" not in event_types.whole_kinds:
        targets.whole_kinds = set()
    for source in event_types.reads:
        try:
            rows = account.records(source)
        except CalError as error:
            targets.whole_kinds = set()
            reason = f"its event types could not be read: {error}"
            targets.skips.append(Skip("retrieve_webhooks_for_event_type", source.scope, reason))
            continue
        team_id = source.path.get("teamId")
        for row in rows:
            if isinstance(row.get("id"), int):
                targets.reads.append(_event_type_webhooks(row["id"], team_id))
    return targets


def _event_type_webhooks(event_type_id: int, team_id: int | None) -> Target:
    scope = f"event_type:{event_type_id}"
    if team_id is None:
        return Target("retrieve_webhooks_for_event_type", scope, {"eventTypeId": event_type_id})
    path = {"teamId": team_id, "eventTypeId": event_type_id}
    return Target("get_team_event_type_webhooks", scope, path)


def booking_targets(account: Account) -> Targets:
    """Name the two views of bookings: the organisation's first, then the user's own.

    The second is read only where the first may not be; `cal_source.bookings` decides.
    """
    targets = Targets()
    _add(
        targets,
        organization_target(account, "list_organization_bookings"),
        Target("fetch_all_bookings", user_scope(account)),
    )
    return targets


LIST_TARGETS: Mapping[str, Callable[[Account], Targets]] = {
    "me": _me,
    "teams": _teams,
    "users": _users,
    "memberships": _memberships,
    "schedules": _schedules,
    "event_types": _event_types,
    "webhooks": _webhooks,
}
