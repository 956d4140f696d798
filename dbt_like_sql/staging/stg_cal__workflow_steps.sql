-- model: staging.stg_cal__workflow_steps
-- description: What a workflow sends, step by step.
-- grain: workflow_id, step_id, ordinal
-- materialized: view
-- sources: raw.workflow_steps
-- history: raw.workflow_steps_history(valid_from, valid_to)

select
    workflow_id, -- id; the workflow
    id as step_id, -- id; the step's id
    ordinal, -- number; tells equal elements of one parent apart: 1 for the first, 2 for its repeat
    position, -- number; place in the list as Cal.com sent it, from 0
    step_number, -- number; place in the workflow, from 1
    action, -- text; email_attendee, sms_attendee, email_host, …
    recipient, -- text; attendee, host, email or phone_number
    template, -- text; reminder, custom, rescheduled, …
    sender, -- text; name of the sender
    email, -- text; address, where the recipient is one
    phone, -- text; number, where the recipient is one
    phone_required as is_phone_required, -- flag; bookers must give a number
    include_calendar_event as has_calendar_event, -- flag; the calendar event is attached
    message, -- JSON; subject and text
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.workflow_steps
