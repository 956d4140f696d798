"""What follows from the API's records of bookings, in plain Python, for tests that recompute."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from tests.models.accounts import AS_OF, Account, Record

if TYPE_CHECKING:
    from collections.abc import Mapping

BANDS = (
    (0, "after the start"),
    (60, "under 1 hour"),
    (1440, "1 to 24 hours"),
    (4320, "1 to 3 days"),
    (10080, "3 to 7 days"),
    (40320, "7 to 28 days"),
)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def minutes(start: datetime, end: datetime) -> float:
    return (end - start) / timedelta(minutes=1)


def band(value: float) -> str:
    return next((name for limit, name in BANDS if value < limit), "28 days or more")


def month_of(day: date) -> date:
    return day.replace(day=1)


class Place(NamedTuple):
    """Where a booking stands in its chain of moves."""

    first: str
    position: int
    length: int
    last: str


class Booking:
    """One record and what follows from it and the other records."""

    def __init__(
        self, record: Record, account: Account, place: Place, successors: Mapping[str, str]
    ) -> None:
        self.record, self.uid, self.status = record, record["uid"], record["status"]
        self.start, self.end = moment(record["start"]), moment(record["end"])
        self.created = moment(record["createdAt"])
        self.updated = moment(record["updatedAt"]) if record["updatedAt"] else None
        self.host: int = record["hosts"][0]["id"]
        self.event_type: int = record["eventTypeId"]
        self.kind = account.event_types.get(self.event_type)
        booker = record.get("bookingFieldsResponses", {}).get("email", "").lower()
        entries = [(e["email"].lower(), e["absent"], "seatUid" in e) for e in record["attendees"]]
        self.all_marks = [absent for _, absent, _ in entries]
        people = [e for e in entries if e[2] or e[0] == booker or e[0] not in account.emails]
        self.marks = [absent for _, absent, _ in people]
        self.emails = {email for email, _, _ in people}
        self.bookers = {e[0] for e in entries if e[2] or e[0] == booker}
        self.is_booker_absent = any(e[1] for e in entries if e[2] or e[0] == booker)
        self.local = self.start.astimezone(ZoneInfo(account.zones[self.host]))
        self.month = month_of(self.local.date())
        self.place = place
        self.has_successor = self.uid in successors
        self.is_moved = self.status == "cancelled" and self.has_successor
        self.is_ended = self.status == "accepted" and self.end <= AS_OF
        self.is_past = self.end <= AS_OF
        self.is_first = place.position == 1
        self.is_host_absent = self.is_ended and record["absentHost"]
        self.rating = record["rating"]
        self.is_in_scope = self.host in account.members or bool(self.kind and self.kind.team)

    @property
    def outcome(self) -> str:
        if self.is_moved:
            return "rescheduled"
        if self.status == "pending":
            return "pending_expired" if self.is_past else "pending"
        if self.status != "accepted":
            return self.status
        if not self.is_ended:
            return "upcoming" if self.start > AS_OF else "in_progress"
        absent = self.is_host_absent or (self.marks and all(self.marks))
        return "no_show" if absent else "held"

    @property
    def insights(self) -> str:
        if self.status == "cancelled":
            return "rescheduled" if self.is_moved else "cancelled"
        if self.end == AS_OF:
            return "none"
        return "completed" if self.end < AS_OF else "uncompleted"

    @property
    def notice(self) -> float | None:
        """Minutes from the cancellation to the start, as far as Cal.com tells."""
        is_known = self.outcome == "cancelled" and self.updated
        return minutes(self.updated, self.start) if is_known else None


def bookings_of(account: Account) -> list[Booking]:
    successors = successors_of(account.bookings)
    places = places_of(account.bookings, successors)
    return [
        Booking(record, account, places[record["uid"]], successors) for record in account.bookings
    ]


def successors_of(records: list[Record]) -> dict[str, str]:
    """What each moved booking was replaced by, as itself says or else the earliest other says."""
    found = {}
    for record in sorted(records, key=lambda r: (moment(r["createdAt"]), r["uid"])):
        if record.get("rescheduledFromUid") not in {None, record["uid"]}:
            found.setdefault(record["rescheduledFromUid"], record["uid"])
    for record in records:
        if record.get("rescheduledToUid") not in {None, record["uid"]}:
            found[record["uid"]] = record["rescheduledToUid"]
    return found


def places_of(records: list[Record], successors: Mapping[str, str]) -> dict[str, Place]:
    """Walk every chain of moves from its first booking; circles fall apart."""
    made = {record["uid"]: moment(record["createdAt"]) for record in records}
    claims: dict[str, list[str]] = defaultdict(list)
    for uid, successor in successors.items():
        if uid in made and successor in made:
            claims[successor].append(uid)
    # of several that name one successor the one made last keeps it
    before = {uid: max(sorted(named), key=made.__getitem__) for uid, named in claims.items()}
    after = {earlier: later for later, earlier in before.items()}
    places = {uid: Place(uid, 1, 1, uid) for uid in made}
    for uid in made.keys() - before.keys():
        chain = [uid]
        while chain[-1] in after:
            chain.append(after[chain[-1]])
        for position, link in enumerate(chain, start=1):
            places[link] = Place(uid, position, len(chain), chain[-1])
    return places


def cancelled_by(booking: Booking, account: Account) -> str:
    email = booking.record.get("cancelledByEmail", "").lower()
    if booking.outcome != "cancelled":
        return ""
    if not email:
        return "unknown"
    if email in booking.emails:
        return "attendee"
    if email in account.emails:
        return "host" if account.emails[email] == booking.host else "colleague"
    return "other"
