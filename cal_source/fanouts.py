"""Over what a list is read once each: the user, the organisation, its teams, their event types.

A fan-out takes its parents from lists that the run has read anyway, and says whether those were
all: only then does a parent that is missing mean that it is gone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from cal_source.errors import CalError, short_reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cal_source.records import Record

NO_ORGANIZATION = "the key's user belongs to no organisation"


@dataclass(frozen=True, slots=True)
class Target:
    """One list or object to read.

    Attributes:
        operation: Key of the catalogue row.
        scope: The view it gives, unique among the reads of a resource.
        path: Values of path parameters; those that the operation does not have are ignored.
    """

    operation: str
    scope: str
    path: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parent:
    """One thing that a list is read for.

    Attributes:
        scope: The view of Cal.com that this gives, such as `team:102`.
        path: Values of path parameters.
    """

    scope: str
    path: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Fanout:
    """What a list is read for.

    Attributes:
        parents: One read each.
        skips: Scope and reason of what cannot be read.
        kind: First word of the scopes; empty for those that cannot vanish.
        is_whole: Whether every parent of that kind is among the parents and skips.
    """

    parents: list[Parent] = field(default_factory=list)
    skips: list[tuple[str, str]] = field(default_factory=list)
    kind: str = ""
    is_whole: bool = True


class Account(Protocol):
    """What fan-outs need to know about the account; `Extraction` provides it."""

    @property
    def user_id(self) -> int:
        """Id of the key's user."""
        ...

    @property
    def organization_id(self) -> int | None:
        """Id of the organisation, None without one."""
        ...

    @property
    def detail_uids(self) -> Sequence[str]:
        """Bookings whose details are to be read."""
        ...

    def records(self, target: Target) -> list[Record]:
        """Return all records of a list, read at most once a run.

        Raises:
            CalError: The list cannot be read; the same error each time it is asked for.
        """
        ...


def own(account: Account) -> Fanout:
    """The key's user."""
    return Fanout([Parent(f"user:{account.user_id}")])


def organization(account: Account) -> Fanout:
    """The organisation, if there is one."""
    if account.organization_id is None:
        return Fanout(skips=[("organization:none", NO_ORGANIZATION)])
    scope = f"organization:{account.organization_id}"
    return Fanout([Parent(scope, {"orgId": account.organization_id})])


@dataclass(slots=True)
class _Rows:
    """Records of a parent list, for all its own parents."""

    rows: list[Record] = field(default_factory=list)
    skips: list[tuple[str, str]] = field(default_factory=list)
    is_whole: bool = True

    def __add__(self, other: _Rows) -> _Rows:
        return _Rows(
            self.rows + other.rows, self.skips + other.skips, self.is_whole and other.is_whole
        )


def _rows(account: Account, operation: str, fanout: Fanout) -> _Rows:
    """Return the records of a list for each parent; what cannot be read becomes a skip."""
    found = _Rows([], list(fanout.skips), fanout.is_whole)
    for parent in fanout.parents:
        try:
            records = account.records(Target(operation, parent.scope, parent.path))
        except CalError as error:
            found.is_whole = False
            found.skips.append((
                parent.scope,
                f"{operation} could not be read: {short_reason(error)}",
            ))
            continue
        found.rows += [{**parent.path, **row} for row in records]
    return found


def _under(kind: str, parameter: str, found: _Rows) -> Fanout:
    """Return one parent per row, named by its id, with what the row knows of its own parents."""
    parents: dict[str, Parent] = {}
    for row in found.rows:
        key = row.get("id")
        if isinstance(key, int | str):
            inherited = {p: row[p] for p in ("orgId", "teamId") if row.get(p) is not None}
            path = {**inherited, parameter: key}
            parents.setdefault(f"{kind}:{key}", Parent(f"{kind}:{key}", path))
    # What could not be read there says nothing about other reads of the same scope.
    skips = [(f"{kind} of {scope}", reason) for scope, reason in found.skips]
    return Fanout(list(parents.values()), skips, kind, found.is_whole)


def _teams_of(account: Account, operation: str, fanout: Fanout) -> Fanout:
    found = _rows(account, operation, fanout)
    found.rows = [row for row in found.rows if not row.get("isOrganization")]
    return _under("team", "teamId", found)


def organization_teams(account: Account) -> Fanout:
    """The organisation's teams, as its admin sees them."""
    return _teams_of(account, "retrieve_team_details_in_organization", organization(account))


def teams_in_organization(account: Account) -> Fanout:
    """The organisation's teams: all of them for its admin, else those of the key's user."""
    listed = organization_teams(account)
    if listed.parents or account.organization_id is None:
        return listed
    found = _rows(account, "get_teams_list", own(account))
    inside = {"orgId": account.organization_id}
    found.rows = [
        {**row, **inside} for row in found.rows if row.get("parentId") == account.organization_id
    ]
    found.skips += listed.skips
    found.is_whole = False
    return _under("team", "teamId", found)


def other_teams(account: Account) -> Fanout:
    """Teams of the key's user that the organisation's list does not show."""
    known = {parent.scope for parent in organization_teams(account).parents}
    teams = _teams_of(account, "get_teams_list", own(account))
    teams.parents = [parent for parent in teams.parents if parent.scope not in known]
    return teams


def personal_event_types(account: Account) -> Fanout:
    """Event types of the key's user."""
    return _under("event_type", "eventTypeId", _rows(account, "list_event_types", own(account)))


def organization_team_event_types(account: Account) -> Fanout:
    """Event types of the teams in the organisation."""
    return _under("event_type", "eventTypeId", _event_types_of(account, teams_in_organization))


def team_event_types(account: Account) -> Fanout:
    """Event types of all teams, of the organisation or not."""
    others = _rows(account, "retrieve_team_event_types", other_teams(account))
    found = _event_types_of(account, organization_teams) + others
    return _under("event_type", "eventTypeId", found)


def _event_types_of(account: Account, teams: Callable[[Account], Fanout]) -> _Rows:
    return _rows(account, "list_team_event_types_by_org_and_team_id", teams(account))


def attributes(account: Account) -> Fanout:
    """The organisation's attributes."""
    found = _rows(account, "retrieve_organization_attributes", organization(account))
    return _under("attribute", "attributeId", found)


def routing_forms(account: Account) -> Fanout:
    """The organisation's routing forms."""
    found = _rows(account, "list_organization_routing_forms", organization(account))
    return _under("routing_form", "routingFormId", found)


def team_routing_forms(account: Account) -> Fanout:
    """The routing forms of teams in the organisation, as their admins see them."""
    found = _rows(account, "get_team_routing_forms", teams_in_organization(account))
    return _under("routing_form", "routingFormId", found)


def oauth_clients(account: Account) -> Fanout:
    """Platform clients."""
    return _under("oauth_client", "clientId", _rows(account, "list_oauth_clients", own(account)))


def bookings(account: Account) -> Fanout:
    """The bookings whose details were asked for; those of others stay as they are."""
    return Fanout([Parent(f"booking:{uid}", {"bookingUid": uid}) for uid in account.detail_uids])
