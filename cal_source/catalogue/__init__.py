"""Every operation of Cal.com's API that this project knows, declared once.

`OPERATIONS` holds the 176 published actions under their own keys, and further reads that a
complete warehouse needs. To add an operation, add a row to the module of its entity.
"""

from __future__ import annotations

from cal_source.catalogue.attributes import ATTRIBUTES
from cal_source.catalogue.booking_parts import BOOKING_PARTS
from cal_source.catalogue.bookings import BOOKINGS
from cal_source.catalogue.calendars import CALENDARS
from cal_source.catalogue.conferencing import CONFERENCING
from cal_source.catalogue.event_type_webhooks import EVENT_TYPE_WEBHOOKS
from cal_source.catalogue.event_types import EVENT_TYPES
from cal_source.catalogue.memberships import MEMBERSHIPS
from cal_source.catalogue.model import Auth, Evidence, Kind, Operation, Paging, Risk, Scope
from cal_source.catalogue.payments import PAYMENTS
from cal_source.catalogue.platform import PLATFORM
from cal_source.catalogue.roles import ROLES
from cal_source.catalogue.routing import ROUTING
from cal_source.catalogue.schedules import SCHEDULES
from cal_source.catalogue.slots import SLOTS
from cal_source.catalogue.teams import TEAMS
from cal_source.catalogue.users import USERS
from cal_source.catalogue.verified_resources import VERIFIED_RESOURCES
from cal_source.catalogue.webhooks import WEBHOOKS
from cal_source.errors import UnknownOperationError

OPERATIONS: dict[str, Operation] = {
    row.key: row
    for rows in (
        BOOKINGS,
        BOOKING_PARTS,
        EVENT_TYPES,
        SCHEDULES,
        MEMBERSHIPS,
        TEAMS,
        USERS,
        ROLES,
        WEBHOOKS,
        EVENT_TYPE_WEBHOOKS,
        CALENDARS,
        CONFERENCING,
        ATTRIBUTES,
        ROUTING,
        PLATFORM,
        VERIFIED_RESOURCES,
        SLOTS,
        PAYMENTS,
    )
    for row in rows
}


def operation(key: str) -> Operation:
    """Return the catalogue row with this key.

    Raises:
        UnknownOperationError: There is none; the message names keys that look alike.
    """
    try:
        return OPERATIONS[key]
    except KeyError as error:
        raise UnknownOperationError(key, OPERATIONS) from error


__all__ = [
    "OPERATIONS",
    "Auth",
    "Evidence",
    "Kind",
    "Operation",
    "Paging",
    "Risk",
    "Scope",
    "operation",
]
