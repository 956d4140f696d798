"""The operations the sandbox serves, one module per entity."""

from __future__ import annotations

from cal_source.sandbox.routes import (
    apps,
    attributes,
    automation,
    booking_details,
    bookings,
    event_types,
    legacy,
    people,
    platform,
    schedules,
    service,
    slots,
    webhooks,
)

ROUTES = (
    *apps.ROUTES,
    *attributes.ROUTES,
    *automation.ROUTES,
    *booking_details.ROUTES,
    *bookings.ROUTES,
    *event_types.ROUTES,
    *legacy.ROUTES,
    *people.ROUTES,
    *platform.ROUTES,
    *schedules.ROUTES,
    *service.ROUTES,
    *slots.ROUTES,
    *webhooks.ROUTES,
)
