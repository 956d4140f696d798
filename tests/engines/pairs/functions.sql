-- Each pair: a query in the models' dialect, then the rows that every engine gives, as text.
-- A line `-- expect: a | b` is one row; NULL is NULL.

-- utc_day: an instant late in the evening west of Greenwich
select utc_day(cast('2026-03-01 23:30:00-05:00' as timestamptz)) as d
-- expect: 2026-03-02

-- utc_wall_time, utc_day: to the microsecond, before 1970, a NULL
select
    utc_wall_time(cast('2026-03-01 23:30:00.000001-05:00' as timestamptz)) as a,
    utc_wall_time(cast('1969-12-31 23:59:59+00:00' as timestamptz)) as b,
    utc_day(cast('1900-01-01 00:30:00+01:00' as timestamptz)) as c,
    utc_wall_time(cast(null as timestamptz)) as d
-- expect: 2026-03-02 04:30:00.000001 | 1969-12-31 23:59:59 | 1899-12-31 | NULL

-- local_time: both sides of a clock change, a half hour, a NULL
select
    local_time(cast('2026-03-29 00:59:59+00:00' as timestamptz), 'Europe/Berlin') as a,
    local_time(cast('2026-03-29 01:00:00+00:00' as timestamptz), 'Europe/Berlin') as b,
    local_time(cast('2026-01-01 00:00:00+00:00' as timestamptz), 'Asia/Kolkata') as c,
    local_time(cast(null as timestamptz), 'Asia/Kolkata') as d
-- expect: 2026-03-29 01:59:59 | 2026-03-29 03:00:00 | 2026-01-01 05:30:00 | NULL

-- instant_of: an ordinary time, one that never comes, one that comes twice
select
    instant_of(wall_time(cast('2026-01-15' as date), 150), 'Europe/Berlin') as a,
    instant_of(wall_time(cast('2026-03-29' as date), 150), 'Europe/Berlin') as b,
    instant_of(wall_time(cast('2026-10-25' as date), 150), 'Europe/Berlin') as c
-- expect: 2026-01-15 01:30:00+00:00 | 2026-03-29 01:30:00+00:00 | 2026-10-25 00:30:00+00:00

-- instant_of: jumps of half an hour, of two hours, at midnight
select
    instant_of(wall_time(cast('2026-04-05' as date), 105), 'Australia/Lord_Howe') as a,
    instant_of(wall_time(cast('2026-10-25' as date), 120), 'Antarctica/Troll') as b,
    instant_of(wall_time(cast('2026-09-06' as date), 0), 'America/Santiago') as c,
    instant_of(wall_time(cast('2026-04-04' as date), 1410), 'America/Santiago') as d
-- expect: 2026-04-04 14:45:00+00:00 | 2026-10-25 00:00:00+00:00 | 2026-09-06 04:00:00+00:00 | 2026-04-05 02:30:00+00:00

-- add_minutes: over a clock change, backwards, NULL
select
    add_minutes(cast('2026-03-29 00:30:00+00:00' as timestamptz), 90) as a,
    add_minutes(cast('2026-03-01 00:00:00+00:00' as timestamptz), -15) as b,
    add_minutes(cast(null as timestamptz), 5) as c
-- expect: 2026-03-29 02:00:00+00:00 | 2026-02-28 23:45:00+00:00 | NULL

-- add_days, days_between: over the end of February, backwards, NULL
select
    add_days(cast('2028-02-28' as date), 2) as a,
    add_days(cast('2026-03-01' as date), -1) as b,
    days_between(cast('2026-03-01' as date), cast('2026-02-01' as date)) as c,
    add_days(cast(null as date), 1) as d
-- expect: 2028-03-01 | 2026-02-28 | -28 | NULL

-- weeks: the first Thursday of the year decides
select
    iso_week(cast('2023-01-01' as date)) as a,
    iso_year(cast('2023-01-01' as date)) as b,
    iso_week(cast('2023-01-05' as date)) as c,
    iso_week(cast('2020-12-31' as date)) as d,
    iso_weekday(cast('2026-11-22' as date)) as e,
    monday_of(cast('2026-11-22' as date)) as f,
    month_start(cast('2026-11-22' as date)) as g
-- expect: 52 | 2022 | 1 | 53 | 7 | 2026-11-16 | 2026-11-01

-- seconds_between, minutes_between: halves away from zero, microseconds
select
    seconds_between(
        cast('2026-01-01 00:00:00+00:00' as timestamptz),
        cast('2026-01-01 00:00:02.500000+00:00' as timestamptz)
    ) as a,
    seconds_between(
        cast('2026-01-01 00:00:02.500000+00:00' as timestamptz),
        cast('2026-01-01 00:00:00+00:00' as timestamptz)
    ) as b,
    minutes_between(
        cast('2026-01-01 00:00:00+00:00' as timestamptz),
        cast('2026-01-01 01:00:00.000006+00:00' as timestamptz)
    ) as c
-- expect: 3 | -3 | 60.0000001

-- json_text: text, number, flag, null, missing
select
    json_text(doc, 'a') as a, json_text(doc, 'b') as b, json_text(doc, 'c') as c,
    json_text(doc, 'd') as d, json_text(doc, 'e') as e
from given.docs
where id = 1
-- expect: x | 5 | true | NULL | NULL

-- json_items: in order, and nothing of what is no list
select docs.id, items.position, json_text(items.item, 'k') as k
from given.docs as docs
cross join json_items(docs.doc) as items (position, item)
-- expect: 2 | 0 | one
-- expect: 2 | 1 | NULL
-- expect: 2 | 2 | three

-- json_scalar: items of a list, and what is no scalar
select
    items.place as p,
    json_scalar(items.item) as a
from json_items('["a b", 2, true, null, [1], {"k": 1}]') as items (place, item)
-- expect: 0 | a b
-- expect: 1 | 2
-- expect: 2 | true
-- expect: 3 | NULL
-- expect: 4 | NULL
-- expect: 5 | NULL

-- percentile_of: between two values, without NULLs, of nothing; the same to the last bit
select
    percentile_of(n, 0.5) as a,
    percentile_of(case when n > 100 then n end, 0.5) as b,
    percentile_of(n * 7, 0.1) as c,
    percentile_of(n * 1000003, 0.9) as d
from given.numbers
-- expect: 2.5 | NULL | 9.1 | 3700011.1

-- spread_of, spread_at: between values, without NULLs, of nothing
select
    spread_at(spread_of(n), 1) as a,
    spread_at(spread_of(n), 2) as b,
    spread_at(spread_of(case when n > 1 then n end), 3) as c,
    spread_at(spread_of(case when n > 100 then n end), 2) as d
from given.numbers
-- expect: 1.3 | 2.5 | 3.8 | NULL

-- wilson_low, wilson_high: 0 of n, n of n, a share between, nothing counted, a NULL
select
    id,
    cast(wilson_low(n - 1, 4) as decimal(8, 6)) as low,
    cast(wilson_high(n - 1, 4) as decimal(8, 6)) as high,
    wilson_low(0, 0) as none_low,
    wilson_high(n, n - n) as none_high
from given.numbers
-- expect: 1 | 0 | 0.489891 | NULL | NULL
-- expect: 2 | 0.045587 | 0.699358 | NULL | NULL
-- expect: 3 | 0.150039 | 0.849961 | NULL | NULL
-- expect: 4 | 0.300642 | 0.954413 | NULL | NULL
-- expect: 5 | NULL | NULL | NULL | NULL

-- wilson_low, wilson_high: the ends meet the share at 0 and at 1
select wilson_low(0, 7) as a, wilson_high(7, 7) as b from given.numbers where id = 1
-- expect: 0 | 1

-- text_order: by code points
select min(text_order(word)) as a, max(text_order(word)) as b from given.words
-- expect: B | é

-- date_spine: both ends, one day, none
select days.day as d
from date_spine(cast('2026-02-27' as date), cast('2026-03-01' as date)) as days (day)
-- expect: 2026-02-27
-- expect: 2026-02-28
-- expect: 2026-03-01

-- date_spine: backwards
select count(*) as n
from date_spine(cast('2026-02-27' as date), cast('2026-02-26' as date)) as days (day)
-- expect: 0

-- time_zones: what everybody knows
select count(*) as n from time_zones() as zones (name)
where zones.name in ('UTC', 'Europe/Berlin', 'Asia/Kolkata', 'Mars/Olympus')
-- expect: 3
