"""The tables of the warehouse that Cal.com's answers feed, declared once.

`TABLES` holds every table by name, children after their parents.
"""

from __future__ import annotations

from cal_source.tables.bookings import BOOKINGS
from cal_source.tables.event_types import EVENT_TYPES
from cal_source.tables.model import META_COLUMNS, Child, Column, ColumnType, Table
from cal_source.tables.people import ME, MEMBERSHIPS, TEAMS, USERS
from cal_source.tables.schedules import SCHEDULES
from cal_source.tables.webhooks import WEBHOOKS

ROOT_TABLES: tuple[Table, ...] = (
    BOOKINGS,
    EVENT_TYPES,
    SCHEDULES,
    MEMBERSHIPS,
    TEAMS,
    USERS,
    WEBHOOKS,
    ME,
)
TABLES: dict[str, Table] = {table.name: table for root in ROOT_TABLES for table in root.family()}

__all__ = ["META_COLUMNS", "ROOT_TABLES", "TABLES", "Child", "Column", "ColumnType", "Table"]
