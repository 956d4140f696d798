"""The guards of a policy, applied to the changes of a plan; each is one function.

A guard that is broken blocks: the plan is made and shown, and cannot be approved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cal_source.errors import redact
from pipelines.reverse_sync.plan import Breach
from pipelines.reverse_sync.policy import GUARDED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pipelines.reverse_sync.plan import Change, Flag
    from pipelines.reverse_sync.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What guards must know besides the changes.

    Attributes:
        future_bookings: Bookings that lie ahead, accepted or pending; None where nobody knows.
    """

    future_bookings: int | None = None


def breaches(policy: Policy, changes: Sequence[Change], facts: Facts) -> tuple[Breach, ...]:
    """Return the guards that the changes break, in a fixed order."""
    return tuple(breach for guard in GUARDS for breach in guard(policy, changes, facts))


def too_many_changes(policy: Policy, changes: Sequence[Change], _: Facts) -> list[Breach]:
    """More changes than one plan may hold."""
    limit = policy.limits.maximum_changes
    if limit is None or len(changes) <= limit:
        return []
    message = (
        f"{len(changes)} changes, and {limit} are allowed. Split the request, or raise "
        "limits.maximum_changes."
    )
    return [Breach(guard="maximum_changes", message=message)]


def too_large_a_share(policy: Policy, changes: Sequence[Change], facts: Facts) -> list[Breach]:
    """Too large a share of the bookings that lie ahead."""
    limit = policy.limits.maximum_share_of_future_bookings
    touched = {c.touched.booking_uid for c in changes if c.touched.is_future} - {""}
    ahead = facts.future_bookings
    share = len(touched) / ahead if ahead else 1.0
    if limit is None or not touched or share <= limit:
        return []
    of = f"of {ahead} that lie ahead" if ahead is not None else "of an unknown number"
    message = (
        f"{len(touched)} future bookings {of} ({share:.1%}), and {limit:.1%} are allowed. Split "
        "the request, or raise limits.maximum_share_of_future_bookings."
    )
    return [Breach(guard="maximum_share_of_future_bookings", message=message)]


def too_many_per_host(policy: Policy, changes: Sequence[Change], _: Facts) -> list[Breach]:
    """Too many changes for one host."""
    ids = [(host, change.id) for change in changes for host in change.touched.hosts]
    return _over(policy.limits.per_host, "per_host", "host", ids)


def too_many_per_attendee(policy: Policy, changes: Sequence[Change], _: Facts) -> list[Breach]:
    """Too many changes for one attendee."""
    ids = [(one.email, change.id) for change in changes for one in change.touched.attendees]
    return _over(policy.limits.per_attendee, "per_attendee", "attendee", ids)


def too_many_per_day(policy: Policy, changes: Sequence[Change], _: Facts) -> list[Breach]:
    """Too many changes of bookings that start on one day."""
    ids = [(c.touched.starts_at[:10], c.id) for c in changes if c.touched.starts_at]
    return _over(policy.limits.per_day, "per_day", "day", ids)


def protected(policy: Policy, changes: Sequence[Change], _: Facts) -> list[Breach]:
    """What no plan may touch."""
    guarded = policy.protected
    found: dict[str, list[str]] = {}
    for change in changes:
        attendees = {person.email.lower() for person in change.touched.attendees}
        hosts = {host.lower() for host in change.touched.hosts}
        named = _event_types_of(change) & set(guarded.event_types)
        people = (hosts & set(guarded.hosts)) | (attendees & set(guarded.attendees))
        mailed = {mail.to.lower() for mail in change.effects.mails}
        domains = {email.rpartition("@")[2] for email in attendees | hosts | mailed}
        what = [f"event type {one}" for one in named]
        what += [redact(one) for one in people]
        what += [f"domain {one}" for one in domains & set(guarded.domains)]
        for one in sorted(what):
            found.setdefault(one, []).append(change.id)
    return [
        Breach(
            guard="protected",
            message=f"{len(ids)} changes touch {one}, which is protected. Leave them out.",
            change_ids=tuple(ids),
        )
        for one, ids in sorted(found.items())
    ]


def not_allowed(policy: Policy, changes: Sequence[Change], _: Facts) -> list[Breach]:
    """Actions that are off until the policy names them."""
    found: dict[tuple[Flag, str], list[str]] = {}
    for change in changes:
        for flag in GUARDED:
            if flag in change.flags and change.action not in policy.allowed.get(flag, frozenset()):
                found.setdefault((flag, change.action), []).append(change.id)
    return [
        Breach(
            guard=f"allow.{flag}",
            message=f"{len(ids)} changes use {action}, which is {flag}, and the policy does not "
            f"name it. Name it under allow.{flag}, or leave them out.",
            change_ids=tuple(ids),
        )
        for (flag, action), ids in sorted(found.items())
    ]


GUARDS: Final[tuple[Callable[[Policy, Sequence[Change], Facts], list[Breach]], ...]] = (
    too_many_changes,
    too_large_a_share,
    too_many_per_host,
    too_many_per_attendee,
    too_many_per_day,
    protected,
    not_allowed,
)


def _over(
    limit: int | None, name: str, noun: str, pairs: Iterable[tuple[str, str]]
) -> list[Breach]:
    if limit is None:
        return []
    ids: dict[str, dict[str, None]] = {}
    for key, change_id in pairs:
        ids.setdefault(key, {})[change_id] = None
    return [
        Breach(
            guard=name,
            message=f"{len(found)} changes concern the {noun} {redact(key)}, and {limit} are "
            f"allowed. Leave some out, or raise limits.{name}.",
            change_ids=tuple(found),
        )
        for key, found in sorted(ids.items())
        if len(found) > limit
    ]


def _event_types_of(change: Change) -> set[int]:
    """Return the event types that a change concerns: its booking's, its own, its body's."""
    given = (
        change.touched.event_type_id,
        change.target.get("eventTypeId"),
        (change.body or {}).get("eventTypeId"),
    )
    return {one for one in given if isinstance(one, int)}
