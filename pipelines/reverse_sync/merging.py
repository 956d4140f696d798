"""Several requests about one thing: repeats become one, parts join, contradictions are refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cal_source.errors import redact
from pipelines.reverse_sync.actions import ACTIONS, BLIND, CREATIONS
from pipelines.reverse_sync.actions.updates import Update
from pipelines.reverse_sync.change_requests import Rejected
from pipelines.reverse_sync.plan import canonical, change_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.reverse_sync.actions.model import Asked
    from pipelines.reverse_sync.change_requests import ChangeRequest

_MARK_ABSENT = "mark_booking_absent_for_uid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for, by one request or by several that say the same or parts of it."""

    asked: Asked
    names: tuple[str, ...]
    reason: str
    requested_by: str
    source: str

    @classmethod
    def of(cls, request: ChangeRequest, asked: Asked) -> Wanted:
        """Return what one request asks for."""
        return cls(
            asked=asked,
            names=(request.name,) if request.name else (),
            reason=request.reason,
            requested_by=request.requested_by,
            source=request.source,
        )

    def rejected(self, field: str, value: str, rule: str) -> Rejected:
        """Return a fault of this request."""
        return Rejected(
            source=self.source,
            action=self.asked.action,
            field=field,
            value=redact(value),
            rule=rule,
        )

    def with_other(self, other: Wanted, asked: Asked) -> Wanted:
        """Return both as one that asks for `asked`."""
        return Wanted(
            asked=asked,
            names=(*self.names, *other.names),
            reason=_joined(self.reason, other.reason),
            requested_by=_joined(self.requested_by, other.requested_by),
            source=_joined(self.source, other.source),
        )


def merged(wanted: Sequence[Wanted]) -> tuple[list[Wanted], list[Rejected]]:
    """Return one entry per thing to change, and the contradictions.

    Equal requests become one. Changes of different fields of one object become one request, and so
    do absences of several attendees of one booking. Other changes of one object contradict each
    other: none of them is planned.
    """
    groups: dict[bytes, list[Wanted]] = {}
    for one in sorted(wanted, key=_in_order):
        groups.setdefault(_subject(one.asked), []).append(one)
    kept: list[Wanted] = []
    rejected: list[Rejected] = []
    for group in groups.values():
        joined = _joined_group(group)
        if joined is not None:
            kept.append(joined)
            continue
        sources = ", ".join(one.source or one.asked.action for one in group)
        rule = f"contradicts another request about the same object ({sources})"
        rejected += [one.rejected("", "", rule) for one in group]
    return kept, rejected


def _joined_group(group: list[Wanted]) -> Wanted | None:
    first, *others = group
    for other in others:
        asked = _joined_asked(first.asked, other.asked)
        if asked is None:
            return None
        first = first.with_other(other, asked)
    return first


def _joined_asked(one: Asked, other: Asked) -> Asked | None:
    if one.id == other.id:
        return one
    if one.action != other.action:
        return None
    if one.action == _MARK_ABSENT:
        return _with_body(one, _joined_absences(one.values, other.values))
    common = one.values.keys() & other.values.keys()
    if isinstance(ACTIONS[one.action], Update) and all(
        one.values[name] == other.values[name] for name in common
    ):
        return _with_body(one, {**one.values, **other.values})
    return None


def _joined_absences(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any] | None:
    if one.get("host", other.get("host")) != other.get("host", one.get("host")):
        return None
    marks: dict[str, bool] = {}
    for mark in [*(one.get("attendees") or ()), *(other.get("attendees") or ())]:
        if marks.setdefault(mark["email"], mark["absent"]) != mark["absent"]:
            return None
    attendees = [{"email": email, "absent": marks[email]} for email in sorted(marks)]
    body: dict[str, Any] = {"attendees": attendees} if attendees else {}
    return body | {
        name: part["host"] for part in (one, other) for name in ("host",) if name in part
    }


def _with_body(asked: Asked, body: dict[str, Any] | None) -> Asked | None:
    if body is None:
        return None
    mark = change_id(asked.action, asked.target, asked.query, body)
    return replace(asked, id=mark, body=body)


def _subject(asked: Asked) -> bytes:
    """Return what is changed; creations and blind writes change nothing that another may."""
    action = ACTIONS[asked.action]
    if asked.action in CREATIONS | BLIND or action.look is None:
        return asked.id.encode()
    read = action.look.read(asked)
    extra = [asked.query, asked.values.get("id")] if not read.path and not read.select else []
    return canonical([read, extra])


def _in_order(one: Wanted) -> tuple[str, str]:
    return one.asked.id, one.source


def _joined(one: str, other: str) -> str:
    parts = [part for part in dict.fromkeys([*one.split("; "), *other.split("; ")]) if part]
    return "; ".join(sorted(parts))
