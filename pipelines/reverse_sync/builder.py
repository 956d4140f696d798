"""Building a plan: requests checked, live state read, everything frozen, guards asked.

    requests ─ check ─ merge ─ read ─ already so? allowed? ─ freeze ─ order ─ guard ─ Plan

The same requests, state, policy and author give the same plan to the byte, whatever the order in
which the requests came.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heappush
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from pipelines.reverse_sync.actions import ACTIONS, BLIND, CREATIONS, DELETIONS
from pipelines.reverse_sync.change_requests import ChangeRequest, Rejected, check
from pipelines.reverse_sync.conditions import failures, hold
from pipelines.reverse_sync.errors import (
    MissingSecretError,
    PartialPlanError,
    RequestsRejectedError,
)
from pipelines.reverse_sync.guards import Facts, breaches
from pipelines.reverse_sync.merging import Wanted, merged
from pipelines.reverse_sync.plan import (
    RESULT_PREFIX,
    Account,
    Change,
    Effects,
    Plan,
    Totals,
    canonical,
    digest_of,
)
from pipelines.reverse_sync.references import references, renamed
from pipelines.reverse_sync.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from pipelines.reverse_sync.actions.model import Action, Asked
    from pipelines.reverse_sync.live import Sender
    from pipelines.reverse_sync.plan import Breach, Image, Json, Read
    from pipelines.reverse_sync.policy import Policy

_DIGITS: Final = re.compile(r"(\d+)")
_READS_PER_CHANGE: Final = 2  # before and after


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a plan is made with, besides the requests.

    Attributes:
        sender: Sends the reads.
        account: Whose Cal.com.
        author: Who makes the plan.
        reason: Why.
        policy: The policy.
        now: The present instant.
        secret: Gives a secret by name, to see whether it is set at Cal.com already.
        facts: What guards must know.
        starts: Start of bookings by uid, as the warehouse has them.
        subscribers: Addresses of webhooks by trigger, as the warehouse has them.
        requests_per_minute: The rate budget.
        tests: Runs the policy's SQL tests over the changes.
        undoes: Digest of the plan that this one takes back.
        is_finished: Whether the plan of a digest was applied to the end before.
        refused: Faults of the source, found before the requests were made.
        all_or_nothing: Refuse everything when one request is bad.
    """

    sender: Sender
    account: Account
    author: str
    reason: str
    policy: Policy
    now: datetime
    secret: Callable[[str], str]
    facts: Facts = field(default_factory=Facts)
    starts: Mapping[str, datetime] = field(default_factory=dict)
    subscribers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    requests_per_minute: int = 120
    tests: Callable[[Sequence[Change]], tuple[Breach, ...]] = lambda _: ()
    undoes: str = ""
    is_finished: Callable[[str], bool] = lambda _: False
    refused: tuple[Rejected, ...] = ()
    all_or_nothing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A plan, and what did not get into it.

    Attributes:
        plan: The plan.
        rejected: Requests that were not understood or may not be made, fault by fault.
        already_so: Sources of the requests dropped because Cal.com is so already.
    """

    plan: Plan
    rejected: tuple[Rejected, ...]
    already_so: tuple[str, ...]


def build_plan(requests: Iterable[ChangeRequest], context: Context) -> Built:
    """Make a plan of change requests; reads Cal.com, and changes nothing.

    Raises:
        RequestsRejectedError: `all_or_nothing`, and a request is bad.
        CalError: Cal.com cannot be read.
    """
    wanted, rejected = _checked(requests)
    builder = _Builder(context)
    builder.build(wanted)
    rejected = [*context.refused, *rejected, *builder.rejected]
    if rejected and context.all_or_nothing:
        raise RequestsRejectedError([str(one) for one in rejected])
    changes = _ordered(builder.changes)
    found = (*breaches(context.policy, changes, context.facts), *context.tests(changes))
    plan = Plan(
        account=context.account,
        author=context.author,
        reason=context.reason,
        policy_digest=context.policy.digest,
        changes=changes,
        totals=_totals(changes, builder.already_so, len(rejected), context.requests_per_minute),
        breaches=found,
        undoes=context.undoes,
    )
    while changes and context.is_finished(digest := digest_of(plan)):
        plan = replace(plan, repeats=digest)
    sources = tuple(one.source for one in builder.already_so)
    in_order = sorted(rejected, key=lambda one: _place(one.source))
    return Built(plan=plan, rejected=tuple(in_order), already_so=sources)


def _place(source: str) -> list[tuple[int, str]]:
    """Return what sorts line 10 behind line 9."""
    return [(int(text), "") if text.isdigit() else (-1, text) for text in _DIGITS.split(source)]


def part(plan: Plan, change_ids: Collection[str], policy: Policy, facts: Facts) -> Plan:
    """Return the part of a plan that an approver lets pass; it has a digest of its own.

    Args:
        plan: The whole plan.
        change_ids: The changes to keep.
        policy: The policy; its guards are asked again.
        facts: What guards must know.

    Raises:
        PartialPlanError: An id is not in the plan, or a kept change needs one that is left out.
    """
    wanted = set(change_ids)
    kept = tuple(change for change in plan if change.id in wanted)
    unknown = wanted - {change.id for change in kept}
    broken = {one for change in kept for one in change.depends_on} - wanted
    if unknown or broken or not kept:
        raise PartialPlanError(sorted(unknown), sorted(broken))
    return replace(
        plan,
        changes=kept,
        totals=_totals(kept, (), 0, plan.totals.requests_per_minute),
        policy_digest=policy.digest,
        breaches=breaches(policy, kept, facts),
        part_of=digest_of(plan),
    )


def _checked(requests: Iterable[ChangeRequest]) -> tuple[list[Wanted], list[Rejected]]:
    """Return what is asked for, duplicates merged and names turned into ids; and the faults."""
    wanted: list[Wanted] = []
    rejected: list[Rejected] = []
    for request in requests:
        asked, faults = check(request)
        rejected += faults
        if asked is not None:
            wanted.append(Wanted.of(request, asked))
    kept, contradictions = merged(wanted)
    return _named(kept, rejected + contradictions)


def _named(wanted: list[Wanted], rejected: list[Rejected]) -> tuple[list[Wanted], list[Rejected]]:
    """Turn `result:NAME.FIELD` into `result:ID.FIELD`; a name that nobody has is a fault."""
    ids = {name: one.asked.id for one in wanted for name in one.names}
    kept = []
    for one in wanted:
        parts = [one.asked.target, one.asked.query, one.asked.body]
        names = {text.partition(".")[0] for text in references(parts, RESULT_PREFIX)}
        unknown = sorted(names - set(ids))
        if unknown:
            rule = "names the result of a request that is not there, or was refused"
            rejected.append(one.rejected("", unknown[0], rule))
        else:
            kept.append(replace(one, asked=renamed(one.asked, ids)) if names else one)
    return kept, rejected


class _Builder:
    """Turns checked requests into frozen changes."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._snapshot = Snapshot(context.sender, context.starts)
        self.changes: list[Change] = []
        self.rejected: list[Rejected] = []
        self.already_so: list[Wanted] = []

    def build(self, wanted: Sequence[Wanted]) -> None:
        pairs = [(ACTIONS[one.asked.action], one.asked) for one in wanted]
        self._snapshot.prepare(pair for pair in pairs if not _is_open(pair[1].target))
        for one in sorted(wanted, key=lambda one: one.asked.id):
            change = self._change(one)
            if change is not None:
                self.changes.append(change)

    def _change(self, one: Wanted) -> Change | None:
        action = ACTIONS[one.asked.action]
        asked = action.prepared(one.asked)
        if _is_open(asked.target):
            return self._unread(action, asked, one)
        read, record = self._snapshot.record(action, asked)
        record = action.seen(self._context.sender, asked, record, {})
        faults = action.faults(asked, record)
        if faults:
            self.rejected += [one.rejected(f.field, "", f.rule) for f in faults]
            return None
        image = action.image(asked, record)
        if action.look is not None and image is None:
            self._miss(action, one)
            return None
        frozen_change = self._frozen(action, asked, one, (read, record, image))
        if self._is_so(action, frozen_change, asked, image):
            self.already_so.append(one)
            return None
        broken = failures(
            frozen_change.precondition, image, now=self._context.now, secret=self._context.secret
        )
        if broken:
            self.rejected.append(one.rejected("", "", f"cannot be done now: {'; '.join(broken)}"))
            return None
        return frozen_change

    def _miss(self, action: Action, one: Wanted) -> None:
        """Drop a deletion of what is gone already; refuse every other change of it."""
        if action.key in DELETIONS:
            self.already_so.append(one)
        else:
            self.rejected.append(one.rejected("target", "", "is not there, or not for this key"))

    def _unread(self, action: Action, asked: Asked, one: Wanted) -> Change | None:
        """Freeze a change whose target another change of the plan makes first."""
        if action.key not in CREATIONS | BLIND:
            rule = "is made by this plan; put the values into its creation, or plan again later"
            self.rejected.append(one.rejected("target", "", rule))
            return None
        read = None if action.look is None else action.look.read(asked)
        image = action.image(asked, None)
        return self._frozen(action, asked, one, (read, None, image))

    def _is_so(self, action: Action, change: Change, asked: Asked, image: Image) -> bool:
        if action.is_so(asked, image):
            return True
        try:
            return hold(change.done, image, now=self._context.now, secret=self._context.secret)
        except MissingSecretError:
            return False  # whether it is set at Cal.com cannot be told without it

    def _frozen(
        self, action: Action, asked: Asked, one: Wanted, seen: tuple[Read | None, Json, Image]
    ) -> Change:
        read, record, image = seen
        frozen = action.freeze(asked, image, record)
        parts = [asked.target, asked.query, asked.body]
        makers = sorted({ref.partition(".")[0] for ref in references(parts, RESULT_PREFIX)})
        reads = 0 if read is None else _READS_PER_CHANGE
        return Change(
            id=asked.id,
            action=asked.action,
            target=asked.target,
            query=asked.query,
            body=asked.body,
            depends_on=tuple(makers),
            read=read,
            before=image,
            after=frozen.after,
            precondition=frozen.precondition,
            done=frozen.done,
            result_fields=action.result_fields,
            undo=frozen.undo,
            effects=self._effects(action.effects(asked, record)),
            touched=action.touched(asked, record, self._context.now),
            flags=action.flags(asked, record or {}),
            repeat=action.repeat,
            evidence=str(action.operation.evidence),
            reason=one.reason,
            requested_by=one.requested_by,
            source=one.source,
            requests=1 + reads,
        )

    def _effects(self, effects: Effects) -> Effects:
        """Name the subscribers of each trigger, where they are known."""
        known = self._context.subscribers
        webhooks = tuple(
            f"{trigger} {url}" if url else trigger
            for trigger in effects.webhooks
            for url in known.get(trigger) or ("",)
        )
        return replace(effects, webhooks=webhooks)


def _is_open(target: Mapping[str, Any]) -> bool:
    return any(references(dict(target), RESULT_PREFIX))


def _ordered(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Put what is needed first: by dependency, then creations, other changes, deletions."""
    by_id = {change.id: change for change in changes}
    waits_for = {c.id: {one for one in c.depends_on if one in by_id} for c in changes}
    needed_by: dict[str, list[str]] = {}
    for change_id, makers in waits_for.items():
        for maker in makers:
            needed_by.setdefault(maker, []).append(change_id)
    ready = [(_rank(by_id[one]), one) for one, makers in waits_for.items() if not makers]
    heapify(ready)
    ordered = []
    while ready:
        _, one = heappop(ready)
        ordered.append(by_id[one])
        for other in needed_by.get(one, ()):
            waits_for[other].discard(one)
            if not waits_for[other]:
                heappush(ready, (_rank(by_id[other]), other))
    return tuple(ordered)


def _rank(change: Change) -> tuple[int, str, bytes]:
    phase = 0 if change.action in CREATIONS else 2 if change.action in DELETIONS else 1
    return phase, change.action, canonical([change.target, change.query])


def _totals(
    changes: Sequence[Change],
    already_so: Sequence[Wanted],
    rejected: int,
    requests_per_minute: int,
) -> Totals:
    mails: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for change in changes:
        for mail in change.effects.mails:
            mails[mail.to in change.touched.hosts][mail.to] += 1
    requests = sum(change.requests for change in changes)
    return Totals(
        by_action=dict(Counter(change.action for change in changes)),
        mails_by_attendee=dict(mails[False]),
        mails_by_host=dict(mails[True]),
        changes_by_host=dict(Counter(host for c in changes for host in c.touched.hosts)),
        requests=requests,
        requests_per_minute=requests_per_minute,
        minutes=ceil(requests / requests_per_minute),
        already_so=dict(Counter(one.asked.action for one in already_so)),
        rejected=rejected,
    )
