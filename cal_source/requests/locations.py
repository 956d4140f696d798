"""Where events of an event type take place (`cal-api-version` 2024-06-14)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator

from cal_source.requests.body import RequestBody
from cal_source.requests.fields import Conferencing, NonEmpty, WebAddress


class AddressLocation(RequestBody):
    """An address of the organiser's."""

    type: Literal["address"]
    address: NonEmpty
    public: bool


class LinkLocation(RequestBody):
    """A link of the organiser's."""

    type: Literal["link"]
    link: WebAddress
    public: bool


class PhoneLocation(RequestBody):
    """A number of the organiser's."""

    type: Literal["phone"]
    phone: NonEmpty
    public: bool


class IntegrationLocation(RequestBody):
    """A video call."""

    type: Literal["integration"]
    integration: Conferencing


class AttendeeLocation(RequestBody):
    """A place that the attendee names when booking."""

    type: Literal["attendeeAddress", "attendeePhone", "attendeeDefined"]


class OrganizersDefaultApp(RequestBody):
    """The video app that each host has as default."""

    type: Literal["organizersDefaultApp"]


PersonalLocation = Annotated[
    AddressLocation | LinkLocation | PhoneLocation | IntegrationLocation | AttendeeLocation,
    Discriminator("type"),
]
TeamLocation = Annotated[
    AddressLocation
    | LinkLocation
    | PhoneLocation
    | IntegrationLocation
    | AttendeeLocation
    | OrganizersDefaultApp,
    Discriminator("type"),
]
