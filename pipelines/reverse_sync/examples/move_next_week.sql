-- Give one host's round-robin bookings of next week to another host of the same event types.
-- cal-warehouse plan --query move_next_week.sql
-- Put the two hosts in; both are users of raw.users.
select
    'reassign_booking_to_another_user' as action,
    b.uid as "bookingUid",
    new_host.id as "userId",
    'Holidays' as "body.reason",
    'one week of holidays' as reason
from raw.bookings as b
inner join raw.booking_hosts as h on b.uid = h.booking_uid
inner join raw.event_types as e on b.event_type_id = e.id
inner join raw.users as old_host on h.id = old_host.id
cross join raw.users as new_host
where
    old_host.email = 'camila.rojas@example.com'
    and new_host.email = 'daniel.whitfield@example.com'
    and e.scheduling_type = 'roundRobin'
    and b.status in ('accepted', 'pending')
    and b."start" >= date_trunc('week', current_timestamp) + interval '7 days'
    and b."start" < date_trunc('week', current_timestamp) + interval '14 days'
