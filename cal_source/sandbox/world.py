"""The state of the sandbox: tables of rows, and edits that keep indexes and caches true.

Tables keep their rows in storage order. A changed row moves to the end of its table, as PostgreSQL
writes a new version of it: lists without order and paging therefore move rows, like the real ones.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cal_source.sandbox.booking_table import BookingTable
from cal_source.sandbox.connections import Connections
from cal_source.sandbox.records import (
    AccessToken,
    ApiKey,
    Attribute,
    AttributeAssignment,
    AttributeOption,
    Booking,
    EventType,
    Json,
    Membership,
    OAuthClient,
    OutOfOffice,
    PrivateLink,
    RoutingForm,
    RoutingResponse,
    Schedule,
    SlotReservation,
    Team,
    User,
    VerifiedContact,
    Webhook,
    Workflow,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Row = (
    User
    | Team
    | Membership
    | EventType
    | Schedule
    | Webhook
    | Attribute
    | AttributeOption
    | OutOfOffice
    | RoutingForm
    | RoutingResponse
    | Workflow
    | VerifiedContact
    | PrivateLink
)
ADMIN_ROLES = frozenset({"ADMIN", "OWNER"})


class UnknownRowError(LookupError):
    """An edit named a row that is not there."""

    def __init__(self, table: str, key: object) -> None:
        self.table, self.key = table, key
        super().__init__(
            f"The sandbox has no row {key!r} in {table}. Take a key that is in world.{table}.",
        )


class World:
    """Everything the service knows, as rows; filled by `generate` or `from_folder`.

    Args:
        now: The instant the world describes; the default start of a sandbox's clock.
        web_url: Address of the web application, which booking links point to.
    """

    def __init__(self, now: datetime, web_url: str = "http://localhost:3000") -> None:
        self.now = now
        self.web_url = web_url
        self.version = 0
        self.users: dict[int, User] = {}
        self.teams: dict[int, Team] = {}
        self.memberships: dict[int, Membership] = {}
        self.event_types: dict[int, EventType] = {}
        self.schedules: dict[int, Schedule] = {}
        self.bookings = BookingTable()
        self.webhooks: dict[str, Webhook] = {}
        self.attributes: dict[str, Attribute] = {}
        self.attribute_options: dict[str, AttributeOption] = {}
        self.attribute_assignments: dict[int, AttributeAssignment] = {}
        self.out_of_office: dict[int, OutOfOffice] = {}
        self.routing_forms: dict[str, RoutingForm] = {}
        self.routing_responses: dict[int, RoutingResponse] = {}
        self.workflows: dict[int, Workflow] = {}
        self.verified_contacts: dict[tuple[str, int], VerifiedContact] = {}
        self.private_links: dict[str, PrivateLink] = {}
        self.oauth_clients: dict[str, OAuthClient] = {}
        self.api_keys: dict[str, ApiKey] = {}
        self.access_tokens: dict[str, AccessToken] = {}
        self.roles: list[Json] = []
        self.cities: list[Json] = []
        self.connections = Connections()
        self.slot_reservations: dict[str, SlotReservation] = {}

    @classmethod
    def from_folder(cls, folder: Path) -> World:
        """Read a recorded world: a folder of list answers with an `index.json` of their paths.

        Raises:
            FileNotFoundError: The folder has no `index.json`.
        """
        from cal_source.sandbox.load import load_folder  # noqa: PLC0415 - load builds a World

        return load_folder(folder)

    @classmethod
    def generate(
        cls,
        bookings: int = 5000,
        seed: int = 7,
        now: datetime | None = None,
    ) -> World:
        """Invent a world of `bookings` bookings around `now`, the same for the same arguments.

        Args:
            bookings: Number of bookings of all accounts together; at least 0.
            seed: Chooses the world among all possible ones.
            now: The instant it describes, in UTC; default the present hour.
        """
        from cal_source.sandbox.generate import generate_world  # noqa: PLC0415 - as above

        present = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        return generate_world(bookings, seed, now or present)

    # Reading -------------------------------------------------------------------------------

    def memberships_of_team(self, team_id: int) -> list[Membership]:
        """Memberships of a team or organisation, invitations included, in storage order."""
        return [row for row in self.memberships.values() if row.team_id == team_id]

    def membership(self, team_id: int, user_id: int) -> Membership | None:
        """The membership of one user in one team, if any."""
        rows = self.memberships.values()
        return next((m for m in rows if m.team_id == team_id and m.user_id == user_id), None)

    def administered_teams(self, user_id: int) -> set[int]:
        """Ids of the teams and organisations a user is an accepted admin or owner of."""
        return {
            row.team_id
            for row in self.memberships.values()
            if row.user_id == user_id and row.is_accepted and row.role in ADMIN_ROLES
        }

    def event_types_of_team(self, team_id: int) -> list[EventType]:
        """Event types that belong to a team itself, without managed children."""
        return [row for row in self.event_types.values() if row.team_id == team_id]

    def options_of_attribute(self, attribute_id: str) -> list[AttributeOption]:
        """Options of an attribute, in storage order."""
        rows = self.attribute_options.values()
        return [row for row in rows if row.attribute_id == attribute_id]

    # Editing -------------------------------------------------------------------------------

    def touch(self) -> None:
        """Note that something changed, so that rendered answers are made anew."""
        self.version += 1

    def add_booking(self, booking: Booking) -> Booking:
        """Add a booking as it stands."""
        self.bookings.add(booking)
        self.touch()
        return booking

    def edit_booking(self, uid: str, **changes: Any) -> Booking:
        """Change columns of a booking exactly as given; `updated_at` moves only if it is given.

        Raises:
            UnknownRowError: There is no booking of this uid.
        """
        booking = self._booking(uid)
        self.bookings.remove(booking)
        changed = replace(booking, **changes)
        return self.add_booking(changed)

    def mark_absent(self, uid: str, email: str, *, is_absent: bool = True) -> None:
        """Mark the first attendee of this e-mail absent; `updatedAt` stays where it was.

        Raises:
            UnknownRowError: There is no such booking, or nobody of this e-mail on it.
        """
        booking = self._booking(uid)
        for attendee in booking.attendees:
            if attendee.email == email:
                attendee.is_absent = is_absent
                self.touch()
                return
        raise UnknownRowError("bookings.attendees", f"{email[:1]}*** of {uid}")

    def edit(self, table: str, key: object, **changes: Any) -> Any:
        """Change columns of one row of a table other than bookings; the row moves to the end.

        Raises:
            UnknownRowError: The table has no row of this key.
        """
        rows = getattr(self, table)
        if key not in rows:
            raise UnknownRowError(table, key)
        row = replace(rows.pop(key), **changes)
        rows[key] = row
        self.touch()
        return row

    def delete_event_type(self, event_type_id: int) -> None:
        """Delete an event type with its children, webhooks and links.

        Its bookings stay, without event type; their `updatedAt` does not move.

        Raises:
            UnknownRowError: There is no such event type.
        """
        if self.event_types.pop(event_type_id, None) is None:
            raise UnknownRowError("event_types", event_type_id)
        for child in [
            row.id for row in self.event_types.values() if row.parent_id == event_type_id
        ]:
            self.delete_event_type(child)
        self._drop(self.webhooks, event_type_id=event_type_id)
        self._drop(self.private_links, event_type_id=event_type_id)
        for booking in list(self.bookings.of_event_type(event_type_id)):
            self.edit_booking(booking.uid, event_type_id=None)
        self.touch()

    def delete_booking(self, uid: str) -> None:
        """Delete a booking, as happens through the deletion of its host.

        Raises:
            UnknownRowError: There is no booking of this uid.
        """
        self.bookings.remove(self._booking(uid))
        self.touch()

    def delete_user(self, user_id: int) -> None:
        """Delete an account and, with it, the bookings it hosts and all it owns.

        Raises:
            UnknownRowError: There is no such user.
        """
        if self.users.pop(user_id, None) is None:
            raise UnknownRowError("users", user_id)
        for booking in list(self.bookings.of_host(user_id)):
            self.bookings.remove(booking)
        for event_type in [e.id for e in self.event_types.values() if e.owner_id == user_id]:
            self.delete_event_type(event_type)
        self._drop(self.memberships, user_id=user_id)
        self._drop(self.schedules, owner_id=user_id)
        for table in (
            self.webhooks,
            self.out_of_office,
            self.api_keys,
            self.access_tokens,
            self.attribute_assignments,
        ):
            self._drop(table, user_id=user_id)
        self._forget_host(user_id, set(self.event_types))
        self.touch()

    def remove_member(self, team_id: int, user_id: int) -> None:
        """Take a user out of a team; out of an organisation also means out of all its teams.

        Raises:
            UnknownRowError: The user is not in the team.
        """
        membership = self.membership(team_id, user_id)
        if membership is None:
            raise UnknownRowError("memberships", f"user {user_id} in team {team_id}")
        teams = {team_id}
        if self.teams[team_id].is_organization:
            teams |= {team.id for team in self.teams.values() if team.parent_id == team_id}
            self.users[user_id] = replace(
                self.users[user_id], organization_id=None, profile_id=None
            )
        for row in [m for m in self.memberships.values() if m.user_id == user_id]:
            if row.team_id in teams:
                del self.memberships[row.id]
        of_teams = {e.id for e in self.event_types.values() if e.team_id in teams}
        for copy in [e for e in self.event_types.values() if e.parent_id in of_teams]:
            if copy.owner_id == user_id:
                self.delete_event_type(copy.id)
        self._forget_host(user_id, of_teams)
        self.touch()

    def _booking(self, uid: str) -> Booking:
        booking = self.bookings.by_uid(uid)
        if booking is None:
            raise UnknownRowError("bookings", uid)
        return booking

    def _forget_host(self, user_id: int, event_type_ids: set[int]) -> None:
        for event_type_id in event_type_ids:
            event_type = self.event_types[event_type_id]
            event_type.hosts = [host for host in event_type.hosts if host.user_id != user_id]

    @staticmethod
    def _drop(table: dict[Any, Any], **match: object) -> None:
        [(column, value)] = match.items()
        for key in [key for key, row in table.items() if getattr(row, column) == value]:
            del table[key]

    def __iter__(self) -> Iterator[tuple[str, list[Any]]]:
        """Yield every table that holds rows.

        Yields:
            Name and rows, in storage order.
        """
        for name, table in vars(self).items():
            if isinstance(table, dict):
                yield name, list(table.values())
        yield "bookings", list(self.bookings)
