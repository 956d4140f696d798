"""Nested shapes that are not plain lists of objects, taken apart into child records.

Each function takes a parent's record and returns its child records and the elements that could
not become one, so that the caller can keep those. Names that start with `$` are given by us, so
that no field of Cal.com's can ever collide with them.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from cal_source.values import content_hash, json_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Record = dict[str, Any]


def explode_guests(record: Record) -> tuple[list[Record], Any]:
    """Return one record per guest e-mail of a booking."""
    guests = record.get("guests")
    if not isinstance(guests, list):
        return [], guests
    return [{"email": g} for g in guests if isinstance(g, str)], [
        g for g in guests if not isinstance(g, str)
    ]


def explode_answers(record: Record) -> tuple[list[Record], Any]:
    """Return one record per answered question: the booker's, then each seated attendee's."""
    answers = list(_answers(record.get("bookingFieldsResponses"), email=None, ordinal=1))
    attendees = record.get("attendees")
    elements = [a for a in attendees if isinstance(a, dict)] if isinstance(attendees, list) else []
    email_counts: Counter[Any] = Counter()
    for element in sorted(elements, key=content_hash):
        email = element.get("email") if isinstance(element.get("email"), str) else ""
        email_counts[email] += 1
        responses = element.get("bookingFieldsResponses")
        answers += _answers(responses, email=email, ordinal=email_counts[email])
    return answers, []


def _answers(responses: Any, *, email: str | None, ordinal: int) -> Iterator[Record]:
    if not isinstance(responses, dict):
        return
    if email is None:
        email = responses["email"] if isinstance(responses.get("email"), str) else ""
    for slug, value in responses.items():
        yield {
            "email": email,
            "$ordinal": ordinal,
            "slug": slug,
            "value": value,
            "$valueText": scalar_text(value),
        }


def scalar_text(value: Any) -> str | None:
    """Return a text, number or yes/no as text, None for everything else."""
    if isinstance(value, str):
        return value
    return json_text(value) if isinstance(value, int | float | bool) else None


def explode_availability_days(record: Record) -> tuple[list[Record], Any]:
    """Return one record per weekday and range of a schedule's working hours."""
    ranges = record.get("availability")
    if not isinstance(ranges, list):
        return [], ranges
    good, bad = [], []
    for element in ranges:
        days = element.get("days") if isinstance(element, dict) else None
        if not isinstance(days, list) or not all(isinstance(day, str) for day in days) or not days:
            bad.append(element)
            continue
        rest = {k: v for k, v in element.items() if k != "days"}
        good += [{"day": day, **rest} for day in days]
    return good, bad


def explode_permissions(record: Record) -> tuple[list[Record], Any]:
    """Return one record per permission of a role."""
    permissions = record.get("permissions")
    if not isinstance(permissions, list):
        return [], permissions
    return [{"permission": p} for p in permissions if isinstance(p, str)], [
        p for p in permissions if not isinstance(p, str)
    ]


def explode_routing_answers(record: Record) -> tuple[list[Record], Any]:
    """Return one record per answered question of a routing form's submission."""
    response = record.get("response")
    if not isinstance(response, dict):
        return [], response
    return [
        {**answer, "$fieldId": field, "$valueText": scalar_text(answer.get("value"))}
        for field, answer in response.items()
        if isinstance(answer, dict)
    ], []


EXPLODERS: Mapping[str, Callable[[Record], tuple[list[Record], Any]]] = {
    "guests": explode_guests,
    "answers": explode_answers,
    "availability_days": explode_availability_days,
    "permissions": explode_permissions,
    "routing_answers": explode_routing_answers,
}
