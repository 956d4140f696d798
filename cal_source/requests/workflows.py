"""Bodies of the workflow writes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field

from cal_source.requests.body import RequestBody
from cal_source.requests.fields import AtLeastOne, Id, NonEmpty


class FormActivation(RequestBody):
    """Which routing forms start the workflow; ids are strings, whatever the OpenAPI says."""

    is_active_on_all_routing_forms: bool
    active_on_routing_form_ids: list[NonEmpty] | None = None


class Offset(RequestBody):
    """How long after its trigger a workflow runs."""

    value: AtLeastOne
    unit: Literal["hour", "minute", "day"]


class FormSubmitted(RequestBody):
    """A routing form was answered."""

    type: Literal["formSubmitted"]


class FormSubmittedNoEvent(RequestBody):
    """A routing form was answered and nothing booked in time."""

    type: Literal["formSubmittedNoEvent"]
    offset: Offset


class HtmlMessage(RequestBody):
    """A mail."""

    subject: str
    html: str


class TextMessage(RequestBody):
    """A text message."""

    subject: str
    text: str


class Step(RequestBody):
    """What every step has."""

    step_number: AtLeastOne
    recipient: Literal["const", "attendee", "email", "phone_number"]
    template: Literal["reminder", "custom", "rescheduled", "completed", "rating", "cancelled"]
    sender: str


class MailAttendee(Step):
    """Mail the attendees."""

    action: Literal["email_attendee"]
    include_calendar_event: bool
    message: HtmlMessage


class MailAddress(Step):
    """Mail a verified address."""

    action: Literal["email_address"]
    verified_email_id: Id
    include_calendar_event: bool
    message: HtmlMessage


class TextAttendee(Step):
    """Text the attendees."""

    action: Literal["sms_attendee"]
    message: TextMessage
    phone_required: bool | None = None


class TextNumber(Step):
    """Text a verified number."""

    action: Literal["sms_number"]
    verified_phone_id: Id
    message: TextMessage


class CreateFormWorkflow(RequestBody):
    """Create a workflow that routing forms start."""

    name: str
    activation: FormActivation
    trigger: Annotated[FormSubmitted | FormSubmittedNoEvent, Discriminator("type")]
    steps: list[
        Annotated[MailAttendee | MailAddress | TextAttendee | TextNumber, Discriminator("action")]
    ] = Field(min_length=1)
