-- model: marts.dim_companies
-- description: One row per e-mail domain of attendees that is not free mail: customers as far as
--   addresses tell.
-- grain: company_domain
-- materialized: table
-- time: all *_at columns are UTC
-- checks: expression(absent_count <= past_accepted_count)
-- decision: DECISIONS.md#attendees-and-companies

select
    company_domain, -- text; part of the e-mails after the @, lower case
    cast(count(*) as bigint) as attendee_count, -- number; people with such an address
    cast(sum(booking_count) as bigint) as attendance_count, -- number; their bookings, each person's
    cast(sum(past_accepted_count) as bigint) as past_accepted_count, -- number; accepted and ended
    cast(sum(absent_count) as bigint) as absent_count, -- number; of those, marked absent
    min(first_booked_at) as first_booked_at, -- UTC; when the first of the bookings was made
    max(last_start_at) as last_start_at -- UTC; last start; may lie ahead
from marts.dim_attendees
where company_domain is not null
group by company_domain
