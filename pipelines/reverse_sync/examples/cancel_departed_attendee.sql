-- Cancel the future bookings of somebody who has left; of a seated one, the seat only.
-- cal-warehouse plan --query cancel_departed_attendee.sql
select
    'cancel_booking_via_uid' as action,
    b.uid as "bookingUid",
    a.seat_uid as "body.seatUid",
    'The attendee has left the company' as "body.cancellationReason",
    'departed attendee' as reason
from raw.bookings as b
inner join raw.booking_attendees as a on b.uid = a.booking_uid
where
    a.email = 'ada@example.com'
    and b.status in ('accepted', 'pending')
    and b."start" > current_timestamp
