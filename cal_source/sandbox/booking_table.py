"""The bookings of a world, with the indexes that visibility and links between bookings need."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cal_source.sandbox.records import Booking


class BookingTable:
    """Bookings by id, in storage order, and by uid, host, attendee e-mail, event type and series.

    A booking is changed by removing it, changing it and adding it again.
    """

    def __init__(self) -> None:
        self._by_id: dict[int, Booking] = {}
        self._by_uid: dict[str, Booking] = {}
        self._ids_by_host: dict[int, set[int]] = defaultdict(set)
        self._ids_by_email: dict[str, set[int]] = defaultdict(set)
        self._ids_by_event_type: dict[int, set[int]] = defaultdict(set)
        self._ids_by_series: dict[str, set[int]] = defaultdict(set)
        self._successors: dict[str, Booking] = {}

    def __iter__(self) -> Iterator[Booking]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def __contains__(self, uid: object) -> bool:
        return uid in self._by_uid

    def __getitem__(self, booking_id: int) -> Booking:
        return self._by_id[booking_id]

    def add(self, booking: Booking) -> None:
        """Put a booking at the end of the table."""
        self._by_id[booking.id] = booking
        self._by_uid[booking.uid] = booking
        for ids in self._index_entries(booking):
            ids.add(booking.id)
        if booking.from_reschedule is not None:
            self._successors[booking.from_reschedule] = booking

    def remove(self, booking: Booking) -> None:
        """Take a booking out of the table; it must be in it."""
        del self._by_id[booking.id], self._by_uid[booking.uid]
        for ids in self._index_entries(booking):
            ids.discard(booking.id)
        if booking.from_reschedule is not None:
            self._successors.pop(booking.from_reschedule, None)

    def by_uid(self, uid: str) -> Booking | None:
        """The booking of this uid, if there is one."""
        return self._by_uid.get(uid)

    def successor(self, uid: str) -> Booking | None:
        """The booking that this one was moved to, if there is one."""
        return self._successors.get(uid)

    def of_series(self, recurring_event_id: str) -> list[Booking]:
        """The occurrences of a recurring booking, first start first."""
        ids = self._ids_by_series.get(recurring_event_id, set())
        return sorted((self._by_id[i] for i in ids), key=lambda booking: booking.start)

    def of_event_type(self, event_type_id: int) -> Iterable[Booking]:
        """Bookings of one event type, in no order."""
        return [self._by_id[i] for i in self._ids_by_event_type.get(event_type_id, ())]

    def of_host(self, user_id: int) -> Iterable[Booking]:
        """Bookings that one user hosts, in no order."""
        return [self._by_id[i] for i in self._ids_by_host.get(user_id, ())]

    def ids(
        self,
        *,
        hosts: Iterable[int] = (),
        emails: Iterable[str] = (),
        event_types: Iterable[int] = (),
    ) -> set[int]:
        """Ids of bookings that have any of these hosts, attendee e-mails or event types."""
        found: set[int] = set()
        found.update(*(self._ids_by_host.get(host, ()) for host in hosts))
        found.update(*(self._ids_by_email.get(email, ()) for email in emails))
        found.update(*(self._ids_by_event_type.get(item, ()) for item in event_types))
        return found

    def _index_entries(self, booking: Booking) -> Iterator[set[int]]:
        if booking.user_id is not None:
            yield self._ids_by_host[booking.user_id]
        if booking.event_type_id is not None:
            yield self._ids_by_event_type[booking.event_type_id]
        if booking.recurring_event_id is not None:
            yield self._ids_by_series[booking.recurring_event_id]
        for attendee in booking.attendees:
            yield self._ids_by_email[attendee.email]
