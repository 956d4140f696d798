"""What tests send to book something, and how they read refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cal_source.sandbox import Answer, World

MONDAY = "2026-11-23T10:00:00.000Z"
BOOKER = {"name": "Lena Becker", "email": "lena@example.com", "timeZone": "Europe/Berlin"}


def key_of(world: World, slug: str, owner: int | None = 1001) -> int:
    """The event type of a slug and owner, or of a team where `owner` is None."""
    rows = world.event_types.values()
    return next(row.id for row in rows if row.slug == slug and row.owner_id == owner)


def asked(event_type: int, start: str = MONDAY, **more: Any) -> dict[str, Any]:
    """The body of a new booking."""
    return {"start": start, "eventTypeId": event_type, "attendee": BOOKER} | more


def message(answer: Answer) -> str:
    """What a refusal says, in either shape."""
    body = answer.json()
    return str(body["error"]["message"] if "error" in body else body["message"])
