"""Texts of bookings with gaps for what differs between copies of one invented booking.

The first copy is the invented booking itself, to the byte. Later ones have their own id, uids and
attendees' addresses, and lie a whole number of weeks earlier.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

Json = dict[str, Any]

# Characters that no booking has stand for the gaps until the text is cut.
_ID, _TAG, _MAIL, _CHANGE, _START, _END, _CREATED, _UPDATED = map(chr, range(0xE000, 0xE008))
_GAPS: Final = {
    f'"{_ID}"': "%(id)d",
    _TAG: "%(tag)b",
    _MAIL: "%(mail)b",
    _CHANGE: "%(change)b",
    _START: "%(start)b",
    _END: "%(end)b",
    _CREATED: "%(created)b",
    f'"{_UPDATED}"': "%(updated)b",
}
_UIDS: Final = ("uid", "icsUid", "rescheduledFromUid", "rescheduledToUid", "recurringBookingUid")
_TIMES: Final = {"start": _START, "end": _END, "createdAt": _CREATED, "updatedAt": _UPDATED}
_ADDRESSES: Final = 100  # of one attendee; more copies share them, as returning customers do
_WEEKS: Final = 156  # over which copies are spread
_WEEK_MS: Final = 7 * 24 * 3600 * 1000
_IDS: Final = 1_000_000  # between two copies

DEAD, PENDING, ACCEPTED, RECURRING = 1, 2, 4, 8
_KINDS: Final = {"cancelled": DEAD, "rejected": DEAD, "pending": PENDING, "accepted": ACCEPTED}


@dataclass(frozen=True, slots=True)
class Template:
    """One invented booking: its text, unchanged and changed, and what lists sort and filter by.

    Instants are milliseconds since 1970; `kind` holds the bits DEAD to RECURRING.
    """

    text: bytes
    changed_text: bytes
    booking_id: int
    uid: str
    start: int
    end: int
    created: int
    updated: int | None
    event_type_id: int | None
    kind: int

    def render(self, copy: int, times: Sequence[Any], revision: int = 0) -> bytes:
        """Return the text of a copy.

        Args:
            copy: Its number; 0 is the invented booking.
            times: Its start, end, creation and last change; the last may be None.
            revision: How often it was changed.
        """
        start, end, created, updated = times
        gaps = {
            b"id": self.booking_id + copy * _IDS,
            b"tag": tag_of(copy),
            b"mail": b".%d" % (copy % _ADDRESSES) if copy % _ADDRESSES else b"",
            b"change": b" (%d)" % revision if revision else b"",
            b"start": iso(start),
            b"end": iso(end),
            b"created": iso(created),
            b"updated": b"null" if updated is None else b'"%b"' % iso(updated),
        }
        return (self.changed_text if revision % 2 else self.text) % gaps


def make_templates(records: Sequence[Json], members: Collection[str]) -> list[Template]:
    """Make one template of each booking.

    Args:
        records: Bookings as Cal.com lists them.
        members: E-mail addresses that are the same in every copy.
    """
    return [_make(record, members) for record in records]


def _make(record: Json, members: Collection[str]) -> Template:
    outsiders = {person["email"] for person in record["attendees"]} - set(members)
    gapped = _with_gaps(record, outsiders)
    changed = gapped | {"description": f"Changed{_CHANGE}"}
    changed["attendees"] = [
        dict(person, absent=not person["absent"]) for person in gapped["attendees"]
    ]
    kind = _KINDS.get(record["status"], 0) | (RECURRING if "recurringBookingUid" in record else 0)
    return Template(
        text=_text(gapped),
        changed_text=_text(changed),
        booking_id=record["id"],
        uid=record["uid"],
        start=to_ms(record["start"]),
        end=to_ms(record["end"]),
        created=to_ms(record["createdAt"]),
        updated=record["updatedAt"] and to_ms(record["updatedAt"]),
        event_type_id=record["eventTypeId"],
        kind=kind,
    )


def _with_gaps(record: Json, outsiders: Collection[str]) -> Json:
    gapped: Json = _readdressed(record, outsiders)
    gapped["id"] = _ID
    gapped["title"] += _CHANGE
    for name in _UIDS:
        if gapped.get(name):
            gapped[name] += _TAG
    for person in gapped["attendees"]:
        if "seatUid" in person:
            person["seatUid"] += _TAG
    return gapped | _TIMES


def _readdressed(value: Any, outsiders: Collection[str]) -> Any:
    if isinstance(value, dict):
        return {name: _readdressed(part, outsiders) for name, part in value.items()}
    if isinstance(value, list):
        return [_readdressed(part, outsiders) for part in value]
    if isinstance(value, str) and value in outsiders:
        local, _, domain = value.rpartition("@")
        return f"{local}{_MAIL}@{domain}"
    return value


def _text(gapped: Json) -> bytes:
    text = msgspec.json.encode(gapped).replace(b"%", b"%%")
    for mark, gap in _GAPS.items():
        text = text.replace(mark.encode(), gap.encode())
    return text


def shift_ms(copy: int) -> int:
    """Return how much earlier a copy lies; neighbours are far apart, so sizes look alike."""
    return copy * 97 % _WEEKS * _WEEK_MS


def tag_of(copy: int) -> bytes:
    """Return what a copy's uids end in."""
    return b"x%05x" % copy if copy else b""


def split_uid(uid: str) -> tuple[str, int]:
    """Return the uid that a copy's uid would be made from, and the copy's number."""
    stem, mark, number = uid[:-6], uid[-6:-5], uid[-5:]
    try:
        return (stem, int(number, 16)) if mark == "x" else (uid, 0)
    except ValueError:
        return uid, 0


def to_ms(text: str) -> int:
    """Return an ISO instant as milliseconds since 1970; without a zone it is UTC."""
    value = datetime.fromisoformat(text)
    value = value if value.tzinfo else value.replace(tzinfo=UTC)
    return (value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def iso(ms: int) -> bytes:
    """Return milliseconds since 1970 as Cal.com writes an instant."""
    seconds, rest = divmod(ms, 1000)
    day, second = divmod(seconds, 86400)
    return b"%bT%b.%03dZ" % (_date(day), _time(second), rest)


@cache
def _date(day: int) -> bytes:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).strftime("%Y-%m-%d").encode()


@cache
def _time(second: int) -> bytes:
    return b"%02d:%02d:%02d" % (second // 3600, second // 60 % 60, second % 60)
