"""Routing forms and workflows. Source: recorded answers."""

from __future__ import annotations

from cal_source.tables.model import (
    ORDINAL,
    POSITION,
    Child,
    Table,
    bigint,
    boolean,
    json,
    text,
    timestamp,
)

ROUTING_FORMS = Table(
    name="routing_forms",
    key=("id",),
    description="Forms whose answers decide where a visitor books.",
    columns=(
        text("id", "The form's id.", required=True),
        text("name", "Name."),
        text("description", "Description."),
        bigint("position", "Place among the forms."),
        bigint("userId", "Who made it."),
        bigint("teamId", "The team it belongs to."),
        bigint("updatedById", "Who last wrote it."),
        boolean("disabled", "True when switched off."),
        json("fields", "Questions with their ids, labels and types."),
        json("routes", "Where which answers lead."),
        json("settings", "Settings."),
        timestamp("createdAt", "When it was made, UTC."),
        timestamp("updatedAt", "When it was last written, UTC."),
    ),
)

ROUTING_FORM_ANSWERS = Table(
    name="routing_form_answers",
    key=("response_id", "field_id"),
    parent_key={"response_id": "id"},
    identity=("field_id",),
    description="Answers of each submission, one row per question.",
    columns=(
        bigint("$responseId", "The submission.", required=True),
        text("$fieldId", "The question's id in the form.", required=True),
        text("label", "The question as it read then."),
        text("identifier", "The question's slug."),
        text("$valueText", "The answer as text, when it is a text, number or yes/no."),
        json("value", "The answer as it came."),
    ),
)

ROUTING_FORM_RESPONSES = Table(
    name="routing_form_responses",
    key=("id",),
    description="Submissions of routing forms, and the booking each led to.",
    columns=(
        bigint("id", "The submission's id.", required=True),
        text("formId", "The form."),
        text("formFillerId", "The visitor, as the form counts them."),
        text("routedToBookingUid", "The booking it led to; NULL: none."),
        json("response", "The answers as they came."),
        timestamp("createdAt", "When it was submitted, UTC."),
    ),
    children=(
        Child(ROUTING_FORM_ANSWERS, "response", explode="routing_answers", keeps_source=True),
    ),
)

WORKFLOW_STEPS = Table(
    name="workflow_steps",
    key=("workflow_id", "id", "ordinal"),
    parent_key={"workflow_id": "id"},
    identity=("id",),
    description="What a workflow sends, step by step.",
    columns=(
        bigint("$workflowId", "The workflow.", required=True),
        bigint("id", "The step's id.", required=True),
        ORDINAL,
        POSITION,
        bigint("stepNumber", "Place in the workflow, from 1."),
        text("action", "email_attendee, sms_attendee, email_host, …"),
        text("recipient", "attendee, host, email or phone_number."),
        text("template", "reminder, custom, rescheduled, …"),
        text("sender", "Name of the sender."),
        text("email", "Address, where the recipient is one."),
        text("phone", "Number, where the recipient is one."),
        boolean("phoneRequired", "True when bookers must give a number."),
        boolean("includeCalendarEvent", "True when the calendar event is attached."),
        json("message", "Subject and text."),
    ),
)

WORKFLOWS = Table(
    name="workflows",
    key=("id",),
    description="Reminders and other messages that a team sends by itself.",
    columns=(
        bigint("id", "The workflow's id.", required=True),
        text("name", "Name."),
        bigint("teamId|$teamId", "The team it belongs to."),
        bigint("userId", "Who made it."),
        text("type", "event-type or routing-form."),
        text("trigger.type", "What sets it off."),
        bigint("trigger.offset.value", "How long before or after."),
        text("trigger.offset.unit", "minute, hour or day."),
        json("activation", "Event types or forms it is active on."),
        timestamp("createdAt", "When it was made, UTC."),
        timestamp("updatedAt", "When it was last written, UTC."),
    ),
    children=(Child(WORKFLOW_STEPS, "steps"),),
)
