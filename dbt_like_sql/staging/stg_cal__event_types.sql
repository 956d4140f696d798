-- model: staging.stg_cal__event_types
-- description: One row per event type the key may see: personal, team and managed.
-- grain: event_type_id
-- materialized: view
-- sources: raw.event_types
-- history: raw.event_types_history(valid_from, valid_to)

select
    id as event_type_id, -- id; the event type's id
    owner_id as owner_user_id, -- id; user who owns a personal event type; NULL for team event types
    team_id, -- id; team that owns a team event type; NULL for personal ones
    parent_event_type_id, -- id; managed template this one was made from
    scheduling_type, -- text; collective, roundRobin or managed; NULL for personal ones
    title, -- text; title
    slug, -- text; last part of its booking address; unique per owner or team
    description, -- text; description shown to people who book
    length_in_minutes as duration_minutes, -- minutes; length of a booking in minutes
    length_in_minutes_options as duration_options, -- JSON; lengths to choose from, in minutes
    slot_interval as slot_interval_minutes, -- minutes; between offered starts; NULL: its length
    minimum_booking_notice as minimum_notice_minutes, -- minutes; least time from booking to start
    before_event_buffer as before_buffer_minutes, -- minutes; minutes kept free before a booking
    after_event_buffer as after_buffer_minutes, -- minutes; minutes kept free after a booking
    offset_start as start_offset_minutes, -- minutes; shift of offered start times
    schedule_id, -- id; schedule of this event type; NULL: the host's default schedule
    price, -- number; price in the currency's smallest unit
    currency, -- text; currency code of the price
    hidden as is_hidden, -- flag; it is not listed on the booking page
    is_instant_event, -- flag; meetings may start at once
    assign_all_team_members as is_every_member_host, -- flag; every team member is a host
    disable_guests as is_guests_disabled, -- flag; bookers cannot add guests
    booking_requires_authentication as is_sign_in_required, -- flag; only signed-in people may book
    requires_booker_email_verification as is_email_verification_required, -- flag; at booking
    only_show_first_available_slot as is_first_slot_only, -- flag; one slot a day is offered
    show_optimized_slots as is_slots_optimized, -- flag; slots leave fewer gaps
    allow_rescheduling_past_bookings as is_past_reschedulable, -- flag; past bookings may be moved
    allow_rescheduling_cancelled_bookings as is_cancelled_reschedulable, -- flag; may be moved
    reschedule_with_same_round_robin_host as is_host_kept_on_reschedule, -- flag; if moved
    rr_host_subset_enabled as is_host_subset_allowed, -- flag; a link may narrow the hosts
    lock_time_zone_toggle_on_booking_page as is_time_zone_locked, -- flag; no choice
    forward_params_success_redirect as is_redirect_with_parameters, -- flag; keeps parameters
    success_redirect_url, -- text; where bookers are sent afterwards
    hide_calendar_notes as is_calendar_notes_hidden, -- flag; events leave notes out
    hide_calendar_event_details as is_calendar_details_hidden, -- flag; events hide details
    hide_organizer_email as is_organizer_email_hidden, -- flag; hides the organiser's e-mail
    use_destination_calendar_email as is_calendar_email_used, -- flag; mails come from it
    interface_language, -- text; language of the booking page; NULL: the visitor's
    booking_url, -- text; address of the booking page
    custom_name, -- text; pattern for the names of its calendar events
    locations, -- JSON; places where it can be held
    booking_fields, -- JSON; questions as they came; see event_type_booking_fields
    recurrence, -- JSON; recurrence: interval, occurrences, frequency; NULL for single ones
    seats, -- JSON; seats per time slot and what attendees see of each other
    booking_window, -- JSON; how far ahead bookings are taken
    booking_limits_count, -- JSON; most bookings per day, week, month or year
    booking_limits_duration, -- JSON; most booked minutes per day, week, month or year
    booker_active_bookings_limit, -- JSON; most active bookings of one booker
    confirmation_policy, -- JSON; when a booking waits for confirmation
    disable_cancelling, -- JSON; whether cancelling is disabled
    disable_rescheduling, -- JSON; whether moving is disabled
    cal_video_settings, -- JSON; settings of Cal Video
    email_settings, -- JSON; standard mails that are switched off
    booker_layouts, -- JSON; layouts of the booking page
    color, -- JSON; colours in calendars
    destination_calendar, -- JSON; Calendar that receives the events
    team, -- JSON; the team as the booking page shows it
    metadata, -- JSON; free-form metadata
    cast(json_text(seats, 'seatsPerTimeSlot') as bigint) as seat_count, -- number; seats per slot
    (
        json_text(seats, 'seatsPerTimeSlot') is not null
        and coalesce(json_text(seats, 'disabled'), 'false') <> 'true'
    ) as is_seated, -- flag; several bookers share a slot
    (
        json_text(recurrence, 'frequency') is not null
        and coalesce(json_text(recurrence, 'disabled'), 'false') <> 'true'
    ) as is_recurring, -- flag; books a series
    (
        json_text(confirmation_policy, 'type') is not null
        and coalesce(json_text(confirmation_policy, 'disabled'), 'false') <> 'true'
    ) as is_confirmation_required, -- flag; may wait for confirmation
    _loaded_at as loaded_at -- UTC; when Cal.com's answer was read
from raw.event_types
