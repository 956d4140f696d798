"""What a plan is: changes to Cal.com, frozen before anybody approves them, and their digest.

A plan is data and nothing else. The builder makes it, the renderers show it, an approval names its
digest, the executor carries it out, undo turns it round. Its canonical form is JSON with sorted
keys and no space; the digest is the SHA-256 of those bytes. What differs between two runs over the
same input (the clock, the run) is not in it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from enum import StrEnum
from sys import intern
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from pipelines.reverse_sync.errors import PlanFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T", "Plan", "Change")
Json = Any
Image = dict[str, Any] | None
"""What a change must know of its target: some fields, or None where there is no such object."""

REFERENCE_PREFIX: Final = "secret:"
RESULT_PREFIX: Final = "result:"
FORMAT: Final = 2
_LINE_END: Final = b"\n"
_CHANGES: Final = b'"changes":['


class Rule(StrEnum):
    """What a condition asks of one field of an image."""

    IS = "is"  # equal to the value, exactly
    MATCHES = "matches"  # objects may hold more than the value names; lists have its length
    ONE_OF = "one of"  # equal to one of the values
    CONTAINS = "contains"  # a list that holds each of the values (matched as above)
    LACKS = "lacks"  # a list that holds none of the values
    GAINED = "gained"  # a list that holds the values and exactly one more
    FUTURE = "in the future"  # an instant after the present
    PAST = "in the past"  # an instant at or before the present
    PRESENT = "is there"  # the object exists; the field is not looked at
    ABSENT = "is not there"  # the object does not exist
    UNCHANGED = "is unchanged"  # its canonical form has this digest; no field: the whole image


class Flag(StrEnum):
    """Why a change needs more than an ordinary approval."""

    IRREVERSIBLE = "irreversible"  # what it does cannot be taken back completely
    CASCADING = "cascading"  # other objects change or go with it
    PAID = "paid"  # it may cost money
    ACCOUNT = "account_deleting"  # it deletes somebody's account
    SECRET = "secret"  # noqa: S105 - it makes or replaces a credential


class Repeat(StrEnum):
    """What a second sending of the same request does."""

    HARMLESS = "changes nothing and tells nobody"
    REFUSED = "is refused"
    NOTIFIES = "changes nothing and tells people again"
    DOUBLES = "does it a second time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing that must be true of an image.

    Attributes:
        field: Key of the image; empty for rules about the whole object.
        rule: What is asked.
        value: What the field is compared with. A text `secret:NAME` in it stands for the
            fingerprint of that secret.
    """

    field: str = ""
    rule: Rule
    value: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """The read that shows a change's target, before and after.

    Attributes:
        operation: Key of a read in the catalogue.
        path: Values of its path's braces.
        query: Its query parameters.
        select: Fields that pick the target out of a list; empty where the whole answer is it.
    """

    operation: str
    path: dict[str, Json] = field(default_factory=dict)
    query: dict[str, Json] = field(default_factory=dict)
    select: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail that a change is expected to send.

    Attributes:
        kind: What it is about: scheduled, requested, declined, cancelled, rescheduled, reassigned,
            invitation, verification code, and the like.
        to: The address.
    """

    kind: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What people and other systems will notice of a change.

    Attributes:
        mails: Who is expected to get which mail.
        webhooks: Triggers that fire, with the subscribers known: `BOOKING_CANCELLED` or
            `BOOKING_CANCELLED https://hooks.example.com/cal`.
        calendars: Whose calendar changes, and how.
        lasting: What stays when the change is undone, or goes for good.
        costs: What it costs; empty where it costs nothing.
    """

    mails: tuple[Mail, ...] = ()
    webhooks: tuple[str, ...] = ()
    calendars: tuple[str, ...] = ()
    lasting: tuple[str, ...] = ()
    costs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody whom a change concerns.

    Attributes:
        email: The address, as Cal.com has it.
        time_zone: IANA name; empty where it is not known.
    """

    email: str
    time_zone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """Whom and what a change concerns; guards and totals count these.

    Attributes:
        booking_uid: The booking; empty where it is about something else.
        starts_at: The booking's start as Cal.com writes it; empty without one.
        is_future: Whether that start lay ahead when the plan was made.
        event_type_id: The event type; None where there is none.
        hosts: Hosts, by e-mail address.
        attendees: Attendees, guests included.
    """

    booking_uid: str = ""
    starts_at: str = ""
    is_future: bool = False
    event_type_id: int | None = None
    hosts: tuple[str, ...] = ()
    attendees: tuple[Person, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """What takes a change back, as far as that goes.

    Attributes:
        action: The write that does it; empty where nothing does.
        target: Its path values. A text `result:.FIELD` stands for a field of this change's result.
        query: Its query parameters.
        body: Its body; None for none.
        losses: What it does not bring back. Never empty where `action` is.
        further: More such requests, where one does not suffice.
    """

    action: str = ""
    target: dict[str, Json] = field(default_factory=dict)
    query: dict[str, Json] = field(default_factory=dict)
    body: dict[str, Json] | None = None
    losses: tuple[str, ...] = ()
    further: tuple[Undo, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One write, with everything that is decided before it is approved.

    Attributes:
        id: Digest of action, target, query and body as requested; the same request has the same
            id in every plan. A new booking carries it in its metadata.
        action: Key of the write in the catalogue.
        target: Values of the path's braces, and further names that the read needs. A text
            `result:ID.FIELD` stands for a field of the result of the change `ID`.
        query: Query parameters.
        body: Body as it is sent, except for `secret:NAME` and `result:ID.FIELD`; None for none.
        depends_on: Ids of changes that must be done first.
        read: How the target is read before and after; None where Cal.com shows it nowhere.
        before: The image when the plan was made.
        after: Fields of the image as they will be; None: the object will be gone, or cannot be
            foretold (`done` tells).
        precondition: Must hold in a fresh image right before the write, or the change is a
            conflict.
        done: Hold in an image once the change is done, whoever did it. Empty: it cannot be seen,
            so that an unknown outcome needs a person.
        result_fields: Fields of the answer that are kept (ids), never more.
        undo: What takes it back.
        effects: What people and systems notice.
        touched: Whom and what it concerns.
        flags: Why it needs more than an ordinary approval.
        repeat: What sending it twice does.
        evidence: How well the statements about the action are founded: recorded, recorded
            refusal, source code or documentation.
        reason: Why, in the requester's words.
        requested_by: Who asked for it.
        source: Where the request stands: file and line, or table and key.
        requests: HTTP requests that it takes when all goes well.
    """

    id: str
    action: str
    target: dict[str, Json]
    query: dict[str, Json] = field(default_factory=dict)
    body: dict[str, Json] | None = None
    depends_on: tuple[str, ...] = ()
    read: Read | None = None
    before: Image = None
    after: Image = None
    precondition: tuple[Condition, ...] = ()
    done: tuple[Condition, ...] = ()
    result_fields: tuple[str, ...] = ()
    undo: Undo = Undo(losses=("nothing takes it back",))
    effects: Effects = Effects()
    touched: Touched = Touched()
    flags: tuple[Flag, ...] = ()
    repeat: Repeat = Repeat.HARMLESS
    evidence: str = ""
    reason: str = ""
    requested_by: str = ""
    source: str = ""
    requests: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whose Cal.com a plan is for; it can be applied to no other.

    Attributes:
        base_url: Address of the API.
        user_id: The key's user; 0 for a platform client.
        organization_id: The organisation; None without one.
    """

    base_url: str
    user_id: int
    organization_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A guard that a plan breaks; a plan with any cannot be approved.

    Attributes:
        guard: Name of the guard in the policy file.
        message: What is too much, with numbers, and how to mend it.
        change_ids: The changes concerned; empty where it is the plan as a whole.
    """

    guard: str
    message: str
    change_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What a plan adds up to.

    Attributes:
        by_action: Changes by action.
        mails_by_attendee: Mails by attendee's address.
        mails_by_host: Mails by host's address; addresses that are neither are with the attendees.
        changes_by_host: Changes by host's address.
        requests: HTTP requests that applying it takes when all goes well.
        requests_per_minute: The budget that the estimate assumes.
        minutes: The estimate, in whole minutes, rounded up.
        already_so: Requests dropped because Cal.com is so already, by action.
        rejected: Requests that were not understood or may not be made.
    """

    by_action: dict[str, int]
    mails_by_attendee: dict[str, int]
    mails_by_host: dict[str, int]
    changes_by_host: dict[str, int]
    requests: int
    requests_per_minute: int
    minutes: int
    already_so: dict[str, int]
    rejected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Changes to Cal.com that are approved and applied as one.

    Attributes:
        account: Whose Cal.com.
        author: Who made the plan; an identity of the policy file, or any name.
        reason: Why, in the author's words.
        policy_digest: SHA-256 of the policy file that it was checked against.
        changes: In the order in which they are applied.
        totals: What they add up to.
        breaches: Guards that it breaks.
        undoes: Digest of the plan that this one takes back; empty for an ordinary plan.
        part_of: Digest of the plan of which this one is the approved part; empty otherwise.
        repeats: Digest of an equal plan that was applied to the end before; empty otherwise. An
            approval is used up with its plan, so the same change needs another digest to be wanted
            a second time.
        format: Version of this form.
    """

    account: Account
    author: str
    reason: str
    policy_digest: str
    changes: tuple[Change, ...]
    totals: Totals
    breaches: tuple[Breach, ...] = ()
    undoes: str = ""
    part_of: str = ""
    repeats: str = ""
    format: int = FORMAT

    def __iter__(self) -> Iterator[Change]:
        return iter(self.changes)


def canonical(value: object) -> bytes:
    """Return the one JSON form of a plan, a change or plain data: sorted keys, no space, UTF-8."""
    return msgspec.json.encode(value, order="sorted")


def canonical_parts(plan: Plan) -> Iterator[bytes]:
    """Return the canonical form of a plan in parts, none longer than its longest change.

    The whole of ten thousand changes is 20 MB.

    Yields:
        What comes before the changes, each change, and what comes behind them.
    """
    before, after = canonical(replace(plan, changes=())).split(_CHANGES)
    yield before + _CHANGES
    for position, change in enumerate(plan.changes):
        yield b"," + canonical(change) if position else canonical(change)
    yield after


def digest_of(plan: Plan) -> str:
    """Return a plan's digest: 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for part in canonical_parts(plan):
        digest.update(part)
    return digest.hexdigest()


def encode_plan(plan: Plan) -> bytes:
    """Return a plan as a file holds it: its canonical form and a line end."""
    return b"".join([*canonical_parts(plan), _LINE_END])


def decode_plan(content: bytes, source: str) -> Plan:
    """Return the plan that `content` is.

    Args:
        content: What `encode_plan` gave.
        source: Where it comes from, for the message.

    Raises:
        PlanFileError: It is no plan, of another version, or not in canonical form to the byte.
    """
    plan = _decoded(Plan, content, source)
    _check_format(plan, source)
    if not _is_encoded(plan, content):
        raise PlanFileError(source, "was edited: it is not in the form in which plans are written")
    return plan


def _is_encoded(plan: Plan, content: bytes) -> bool:
    """Return whether `content` is what `encode_plan` gives, without making that a second time."""
    position, seen = 0, memoryview(content)
    for part in canonical_parts(plan):
        if seen[position : position + len(part)] != part:
            return False
        position += len(part)
    return content[position:] == _LINE_END


def join_plan(whole: bytes, changes: Iterable[bytes], source: str) -> Plan:
    """Return the plan whose changes are kept apart from what concerns it as a whole.

    Whether it is the plan that was kept, its digest tells.

    Args:
        whole: Canonical form of the plan without its changes.
        changes: Canonical form of each, in order.
        source: Where it comes from, for the message.

    Raises:
        PlanFileError: It is no plan, or of another version.
    """
    plan = _decoded(Plan, whole, source)
    _check_format(plan, source)
    return replace(plan, changes=tuple(_decoded(Change, one, source) for one in changes))


def _decoded(form: type[T], content: bytes, source: str) -> T:
    try:
        return msgspec.json.decode(content, type=form)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PlanFileError(source, f"is no plan of this version ({error})") from error


def _check_format(plan: Plan, source: str) -> None:
    if plan.format != FORMAT:
        raise PlanFileError(source, f"has format {plan.format}, and this version reads {FORMAT}")


def change_id(action: str, target: Json, query: Json, body: Json, name: str = "") -> str:
    """Return the id of a requested change: 16 hexadecimal digits of its digest.

    Args:
        action: Key of the write.
        target: Path values.
        query: Query parameters.
        body: Body as requested.
        name: The request's own name, to tell two wanted repeats apart.
    """
    return hashlib.sha256(canonical([action, target, query, body, name])).hexdigest()[:16]


def fingerprint(secret: str) -> str:
    """Return what plans and journals hold in place of a secret."""
    return f"sha256:{hashlib.sha256(secret.encode()).hexdigest()[:16]}"


def content_digest(value: Json) -> str:
    """Return the digest by which `Rule.UNCHANGED` tells a value from another."""
    return intern(hashlib.sha256(canonical(value)).hexdigest()[:32])  # one host has many bookings
