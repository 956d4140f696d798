-- model: intermediate.int_cal__away_dates
-- description: Dates on which somebody is out of office, whole days.
-- grain: host_id, away_date
-- materialized: table
-- time: away_date is a local day of the person; Cal.com writes it as a day in UTC
-- decision: DECISIONS.md#out-of-office

select distinct
    entries.user_id as host_id, -- id; who is away
    dates.date_day as away_date -- date; a local day of the person
from staging.stg_cal__out_of_office_entries as entries
inner join intermediate.int_cal__dates as dates
    on
        utc_day(entries.start_at) <= dates.date_day
        and dates.date_day <= utc_day(entries.end_at)
where entries.user_id is not null
