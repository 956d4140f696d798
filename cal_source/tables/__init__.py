"""The tables of the warehouse that Cal.com's answers feed, declared once.

`TABLES` holds every table by name, children after their parents.
"""

from __future__ import annotations

from cal_source.tables.automation import ROUTING_FORM_RESPONSES, ROUTING_FORMS, WORKFLOWS
from cal_source.tables.booking_details import (
    BOOKING_ATTENDEE_IDS,
    BOOKING_RECORDINGS,
    BOOKING_REFERENCES,
    BOOKING_TRANSCRIPTS,
    CONFERENCING_SESSIONS,
)
from cal_source.tables.bookings import BOOKINGS
from cal_source.tables.connections import (
    CALENDARS,
    CONFERENCING_APPS,
    CONFERENCING_DEFAULTS,
    DESTINATION_CALENDARS,
    EVENT_TYPE_PRIVATE_LINKS,
    MANAGED_ORGANIZATIONS,
    MANAGED_USERS,
    OAUTH_CLIENTS,
    TIMEZONES,
)
from cal_source.tables.event_types import EVENT_TYPES
from cal_source.tables.model import META_COLUMNS, Child, Column, ColumnType, Table
from cal_source.tables.organizations import (
    ATTRIBUTE_ASSIGNMENTS,
    ATTRIBUTE_OPTIONS,
    ATTRIBUTES,
    OUT_OF_OFFICE_ENTRIES,
    ROLES,
    VERIFIED_EMAILS,
    VERIFIED_PHONES,
)
from cal_source.tables.people import ME, MEMBERSHIPS, TEAMS, USERS
from cal_source.tables.schedules import SCHEDULES
from cal_source.tables.webhooks import WEBHOOKS

ROOT_TABLES: tuple[Table, ...] = (
    BOOKINGS,
    EVENT_TYPES,
    EVENT_TYPE_PRIVATE_LINKS,
    SCHEDULES,
    OUT_OF_OFFICE_ENTRIES,
    MEMBERSHIPS,
    TEAMS,
    USERS,
    ME,
    ROLES,
    ATTRIBUTES,
    ATTRIBUTE_OPTIONS,
    ATTRIBUTE_ASSIGNMENTS,
    ROUTING_FORMS,
    ROUTING_FORM_RESPONSES,
    WORKFLOWS,
    WEBHOOKS,
    CALENDARS,
    DESTINATION_CALENDARS,
    CONFERENCING_APPS,
    CONFERENCING_DEFAULTS,
    VERIFIED_EMAILS,
    VERIFIED_PHONES,
    TIMEZONES,
    OAUTH_CLIENTS,
    MANAGED_USERS,
    MANAGED_ORGANIZATIONS,
)
DETAIL_TABLES: tuple[Table, ...] = (
    BOOKING_REFERENCES,
    BOOKING_ATTENDEE_IDS,
    BOOKING_RECORDINGS,
    BOOKING_TRANSCRIPTS,
    CONFERENCING_SESSIONS,
)
"""Tables that cost one request per booking, and are read only when asked for."""

TABLES: dict[str, Table] = {
    table.name: table for root in (*ROOT_TABLES, *DETAIL_TABLES) for table in root.family()
}

__all__ = [
    "DETAIL_TABLES",
    "META_COLUMNS",
    "ROOT_TABLES",
    "TABLES",
    "Child",
    "Column",
    "ColumnType",
    "Table",
]
