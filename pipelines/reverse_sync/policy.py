"""The policy file: how much a plan may do, what it may never touch, who approves, when it waits.

TOML in the project, beside the SQL; its digest is part of every plan, so that a plan checked
against one policy cannot be applied under another. What the file does not name has the cautious
default below: irreversible, cascading, paid and account-deleting actions are off until named.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from pipelines.reverse_sync.errors import PolicyError
from pipelines.reverse_sync.plan import Flag

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.reverse_sync.plan import Change, Plan

DEFAULT_POLICY_FILE: Final = "cal_policy.toml"
_PUBLIC_KEY: Final = re.compile("[0-9a-f]{64}")
GUARDED: Final = (Flag.IRREVERSIBLE, Flag.CASCADING, Flag.PAID, Flag.ACCOUNT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one plan may do; None is no limit.

    Attributes:
        maximum_changes: Changes in a plan.
        maximum_share_of_future_bookings: 0..1; future bookings touched, of all that lie ahead.
        per_host: Changes that concern one host.
        per_attendee: Changes that concern one attendee.
        per_day: Changes of bookings that start on one day (UTC).
    """

    maximum_changes: int | None = 100
    maximum_share_of_future_bookings: float | None = 0.1
    per_host: int | None = None
    per_attendee: int | None = 5
    per_day: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Protected:
    """What no plan may touch: event types by id, people by address, domains of addresses."""

    event_types: tuple[int, ...] = ()
    hosts: tuple[str, ...] = ()
    attendees: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """Hours, in each attendee's own zone, in which no change may mail them."""

    start: time
    end: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """A time in which nothing is changed."""

    start: datetime
    end: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approver:
    """Somebody whose approval counts.

    Attributes:
        name: Identity.
        public_key: Ed25519 public key, 64 hexadecimal digits.
    """

    name: str
    public_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTest:
    """A query over the plan that must return no row.

    Attributes:
        name: What it guards.
        sql: The query; `$plan` in it is the plan's mark in `ops.plan_changes`.
    """

    name: str
    sql: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy file, read.

    Attributes:
        digest: SHA-256 of the file's bytes.
        limits: How much one plan may do.
        protected: What no plan may touch.
        allowed: Actions that are allowed although they carry a flag, by flag.
        quiet_hours: When attendees get no mail; None: any time.
        freezes: When nothing is changed.
        tests: Queries over the plan.
        approvers: Whose approvals count.
        approvals_required: How many for an ordinary plan.
        two_approvals_for: Flags whose plans need two approvals at least.
        self_approval: Whether an author may approve.
        approval_hours: Longest validity of an approval.
        canary: Changes that are applied and verified before the others.
        error_rate: 0..1; share of failures among the last changes that stops an apply.
        allows_empty_source: Whether a source that had rows before may have none.
    """

    digest: str
    limits: Limits = Limits()
    protected: Protected = Protected()
    allowed: dict[Flag, frozenset[str]] = field(default_factory=dict)
    quiet_hours: QuietHours | None = None
    freezes: tuple[Freeze, ...] = ()
    tests: tuple[PolicyTest, ...] = ()
    approvers: tuple[Approver, ...] = ()
    approvals_required: int = 1
    two_approvals_for: frozenset[Flag] = frozenset(GUARDED)
    self_approval: bool = False
    approval_hours: float = 72.0
    canary: int = 5
    error_rate: float = 0.1
    allows_empty_source: bool = False


class _Table(msgspec.Struct, forbid_unknown_fields=True):
    """A table of the file; unknown keys are refused."""


class _Limits(_Table):
    maximum_changes: int | None = Limits().maximum_changes
    maximum_share_of_future_bookings: float | None = Limits().maximum_share_of_future_bookings
    per_host: int | None = None
    per_attendee: int | None = Limits().per_attendee
    per_day: int | None = None


class _Protected(_Table):
    event_types: tuple[int, ...] = ()
    hosts: tuple[str, ...] = ()
    attendees: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


class _QuietHours(_Table, rename={"start": "from", "end": "to"}):
    start: time
    end: time


class _Freeze(_Table, rename={"start": "from", "end": "to"}):
    start: datetime
    end: datetime
    reason: str = ""


class _Allow(_Table):
    irreversible: tuple[str, ...] = ()
    cascading: tuple[str, ...] = ()
    paid: tuple[str, ...] = ()
    account_deleting: tuple[str, ...] = ()


class _Approval(_Table):
    required: int = 1
    two_for: tuple[Flag, ...] = GUARDED
    self_approval: bool = False
    hours: float = 72.0


class _Approver(_Table):
    name: str
    public_key: str


class _Apply(_Table):
    canary: int = 5
    error_rate: float = 0.1


class _Source(_Table):
    may_be_empty: bool = False


class _Test(_Table):
    name: str
    sql: str


class _File(_Table):
    limits: _Limits = msgspec.field(default_factory=_Limits)
    protected: _Protected = msgspec.field(default_factory=_Protected)
    quiet_hours: _QuietHours | None = None
    freeze: tuple[_Freeze, ...] = ()
    allow: _Allow = msgspec.field(default_factory=_Allow)
    approval: _Approval = msgspec.field(default_factory=_Approval)
    approver: tuple[_Approver, ...] = ()
    apply: _Apply = msgspec.field(default_factory=_Apply)
    source: _Source = msgspec.field(default_factory=_Source)
    test: tuple[_Test, ...] = ()


def load_policy(path: Path) -> Policy:
    """Read a policy file.

    Raises:
        PolicyError: There is none, it is no TOML, or it says something that has no meaning.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PolicyError(str(path), f"cannot be read ({error.strerror})") from error
    return read_policy(content, str(path))


def read_policy(content: bytes, source: str) -> Policy:
    """Return the policy that a file's bytes say.

    Raises:
        PolicyError: As `load_policy`.
    """
    try:
        table = tomllib.loads(content.decode())
        file = msgspec.convert(table, _File)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise PolicyError(source, f"is not understood ({error}){_hint(str(error))}") from error
    _check(file, source)
    return Policy(
        digest=hashlib.sha256(content).hexdigest(),
        limits=Limits(**msgspec.structs.asdict(file.limits)),
        protected=_lowered(file.protected),
        allowed={flag: frozenset(getattr(file.allow, flag)) for flag in GUARDED},
        quiet_hours=_quiet_hours(file),
        freezes=tuple(Freeze(**msgspec.structs.asdict(one)) for one in file.freeze),
        tests=tuple(PolicyTest(name=one.name, sql=one.sql) for one in file.test),
        approvers=tuple(Approver(name=a.name, public_key=a.public_key) for a in file.approver),
        approvals_required=file.approval.required,
        two_approvals_for=frozenset(file.approval.two_for),
        self_approval=file.approval.self_approval,
        approval_hours=file.approval.hours,
        canary=file.apply.canary,
        error_rate=file.apply.error_rate,
        allows_empty_source=file.source.may_be_empty,
    )


def required_approvals(policy: Policy, plan: Plan) -> int:
    """Return how many approvals a plan needs: two at least where a flag of its asks for it."""
    flags = {flag for change in plan for flag in change.flags}
    if flags & policy.two_approvals_for:
        return max(2, policy.approvals_required)
    return policy.approvals_required


def held_until(policy: Policy, change: Change, now: datetime) -> datetime | None:
    """Return until when a change must wait, UTC; None when it may go now.

    A freeze holds every change. Quiet hours hold a change that would mail an attendee in whose
    zone it is night; where the zone is not known, UTC stands in. Asked before every change: what
    the night overtakes in a long apply waits for the morning and is not lost.
    """
    ends = [freeze.end for freeze in policy.freezes if freeze.start <= now < freeze.end]
    if policy.quiet_hours is not None:
        mailed = {mail.to for mail in change.effects.mails}
        for person in change.touched.attendees:
            if person.email in mailed:
                ends += _quiet_end(policy.quiet_hours, person.time_zone, now)
    return max((end.astimezone(UTC) for end in ends), default=None)


def _quiet_end(quiet: QuietHours, time_zone: str, now: datetime) -> list[datetime]:
    try:
        zone = ZoneInfo(time_zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    local = now.astimezone(zone)
    at = local.time()
    over_midnight = quiet.start > quiet.end
    is_evening = at >= quiet.start and (over_midnight or at < quiet.end)
    is_morning = over_midnight and at < quiet.end
    if not (is_evening or is_morning):
        return []
    day = local.date() + timedelta(days=1 if over_midnight and is_evening else 0)
    return [datetime.combine(day, quiet.end, zone).astimezone(UTC)]


def _quiet_hours(file: _File) -> QuietHours | None:
    quiet = file.quiet_hours
    return None if quiet is None else QuietHours(start=quiet.start, end=quiet.end)


def _lowered(given: _Protected) -> Protected:
    return Protected(
        event_types=given.event_types,
        hosts=tuple(one.lower() for one in given.hosts),
        attendees=tuple(one.lower() for one in given.attendees),
        domains=tuple(one.lower().removeprefix("@") for one in given.domains),
    )


def _check(file: _File, source: str) -> None:
    """Refuse what is well-formed and cannot be meant.

    Raises:
        PolicyError: Names everything that is wrong.
    """
    problems = []
    for freeze in file.freeze:
        if freeze.start.tzinfo is None or freeze.end.tzinfo is None:
            problems.append("a freeze has an instant without a zone; write 2026-12-24T00:00:00Z")
        elif freeze.end <= freeze.start:
            problems.append("a freeze ends before it starts")
    share = file.limits.maximum_share_of_future_bookings
    if share is not None and not 0 <= share <= 1:
        problems.append(f"maximum_share_of_future_bookings is {share} and must be from 0 to 1")
    if file.quiet_hours is not None and file.quiet_hours.start == file.quiet_hours.end:
        problems.append("quiet_hours begin and end at the same time")
    if not 0 <= file.apply.error_rate <= 1:
        problems.append(f"error_rate is {file.apply.error_rate} and must be from 0 to 1")
    if file.approval.required < 1:
        problems.append("approval.required is below 1; nothing is applied without an approval")
    problems += [f"the key of {a.name} is not 64 hexadecimal digits" for a in _bad_keys(file)]
    names = [approver.name for approver in file.approver]
    if len(names) != len(set(names)):
        problems.append("two approvers have one name")
    if problems:
        raise PolicyError(source, "; ".join(problems))


def _bad_keys(file: _File) -> list[_Approver]:
    return [a for a in file.approver if not _PUBLIC_KEY.fullmatch(a.public_key)]


def _hint(message: str) -> str:
    """Return what an unknown key may have been meant to be."""
    name = message.partition("unknown field `")[2].partition("`")[0]
    known = [name for table in _Table.__subclasses__() for name in table.__struct_encode_fields__]
    similar = get_close_matches(name, known, n=1) if name else []
    return f"; did you mean '{similar[0]}'?" if similar else ""
