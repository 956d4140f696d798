-- model: marts.dim_attendees
-- description: One row per person who ever booked or was a guest, told by e-mail without case;
--   co-hosts and members are in dim_hosts. Counts are as of the build.
-- grain: attendee_email
-- materialized: incremental_by_key
-- partition: attendee_email
-- touched: marts.fct_booking_attendees(attendee_email)
-- time: all *_at columns are UTC
-- checks: expression(absent_count <= past_accepted_count);
--   expression(past_accepted_count <= booking_count)
-- decision: DECISIONS.md#attendees-and-companies

with

-- one e-mail may stand several times in a booking
booked as (
    select
        attendee_email,
        booking_uid,
        max(text_order(email_domain)) as email_domain,
        max(case when role = 'booker' then 1 else 0 end) as is_booked,
        max(case when is_counted then 1 else 0 end) as is_past_accepted,
        max(case when is_counted and is_absent then 1 else 0 end) as is_absent,
        min(created_at) as created_at,
        min(start_at) as start_at
    from marts.fct_booking_attendees
    where role in ('booker', 'guest')
    group by attendee_email, booking_uid
),

counted as (
    select
        attendee_email,
        max(text_order(email_domain)) as email_domain,
        count(*) as booking_count,
        sum(is_booked) as booked_count,
        sum(is_past_accepted) as past_accepted_count,
        sum(is_absent) as absent_count,
        min(created_at) as first_booked_at,
        min(start_at) as first_start_at,
        max(start_at) as last_start_at
    from booked
    group by attendee_email
)

select
    counted.attendee_email, -- text; personal; lower case
    counted.email_domain, -- text; part of the e-mail after the @; NULL where there is none
    free_mail.email_domain is not null as is_free_mail, -- flag; in seeds.free_mail_domains
    case
        when free_mail.email_domain is null then counted.email_domain
    end as company_domain, -- text; see dim_companies; NULL for personal mail
    cast(counted.booking_count as bigint) as booking_count, -- number; bookings of any status
    cast(counted.booked_count as bigint) as booked_count, -- number; of them as the booker
    cast(
        counted.past_accepted_count as bigint
    ) as past_accepted_count, -- number; n: accepted and ended
    cast(counted.absent_count as bigint) as absent_count, -- number; of those, marked absent
    counted.first_booked_at, -- UTC; when the first of the bookings was made
    counted.first_start_at, -- UTC; first start
    counted.last_start_at -- UTC; last start; may lie ahead
from counted
left join seeds.free_mail_domains as free_mail
    on counted.email_domain = free_mail.email_domain
