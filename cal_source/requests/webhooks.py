"""Bodies of the webhook writes, the same at every level."""

from __future__ import annotations

from typing import Literal

from cal_source.requests.body import RequestBody
from cal_source.requests.fields import WebAddress

Trigger = Literal[
    "BOOKING_CREATED", "BOOKING_PAYMENT_INITIATED", "BOOKING_PAID", "BOOKING_RESCHEDULED",
    "BOOKING_REQUESTED", "BOOKING_CANCELLED", "BOOKING_REJECTED", "BOOKING_NO_SHOW_UPDATED",
    "FORM_SUBMITTED", "MEETING_ENDED", "MEETING_STARTED", "RECORDING_READY", "INSTANT_MEETING",
    "RECORDING_TRANSCRIPTION_GENERATED", "OOO_CREATED", "AFTER_HOSTS_CAL_VIDEO_NO_SHOW",
    "AFTER_GUESTS_CAL_VIDEO_NO_SHOW", "FORM_SUBMITTED_NO_EVENT", "ROUTING_FORM_FALLBACK_HIT",
    "DELEGATION_CREDENTIAL_ERROR", "WRONG_ASSIGNMENT_REPORT",
]  # fmt: skip


class CreateWebhook(RequestBody):
    """Subscribe an address to events. Cal.com stores any text as address; ours must be one."""

    active: bool
    subscriber_url: WebAddress
    triggers: list[Trigger]
    payload_template: str | None = None
    secret: str | None = None
    version: Literal["2021-10-20"] | None = None


class UpdateWebhook(RequestBody):
    """Change a subscription."""

    active: bool | None = None
    subscriber_url: WebAddress | None = None
    triggers: list[Trigger] | None = None
    payload_template: str | None = None
    secret: str | None = None
    version: Literal["2021-10-20"] | None = None
