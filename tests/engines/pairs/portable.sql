-- What the portable subset promises: the same rows without an engine function.

-- NULLs come last, ascending and descending, in windows too
select id, row_number() over (order by n desc) as a, row_number() over (order by n asc) as b
from given.numbers
-- expect: 1 | 4 | 1
-- expect: 2 | 3 | 2
-- expect: 3 | 2 | 3
-- expect: 4 | 1 | 4
-- expect: 5 | 5 | 5

-- a divisor of 0 behind nullif, division of doubles, sums of flags
select
    cast(3 as double) / nullif(0, 0) as a,
    cast(1 as double) / 3 as b,
    cast(sum(case when n > 2 then 1 else 0 end) as bigint) as c
from given.numbers
-- expect: NULL | 0.3333333333333333 | 2

-- integers divide to fractions
select cast(7 as bigint) / 2 as a from given.numbers where id = 1
-- expect: 3.5

-- decimals keep their digits
select cast('0.10' as decimal(10, 2)) + cast('0.20' as decimal(10, 2)) as a
from given.numbers where id = 1
-- expect: 0.3

-- greatest and least pass over NULL, coalesce, text functions
select
    greatest(cast(null as bigint), 2, 1) as a,
    least(3, cast(null as bigint)) as b,
    coalesce(cast(null as varchar), 'x') as c,
    lower('ÄÉ') as d,
    substring('booking', 1, 4) as e,
    position('@' in 'a@b') as f
from given.numbers where id = 1
-- expect: 2 | 3 | x | äé | book | 2

-- parts of dates and wall-clock times
select
    cast(extract(year from cast('2026-11-22' as date)) as integer) as a,
    cast(extract(quarter from cast('2026-11-22' as date)) as integer) as b,
    cast(extract(hour from wall_time(cast('2026-11-22' as date), 125)) as integer) as c
from given.numbers where id = 1
-- expect: 2026 | 4 | 2

-- patterns
select id, case when regexp_matches(word, '^[a-c]') then 1 else 0 end as a
from given.words
where word like '%' and word <> 'é'
-- expect: 1 | 1
-- expect: 2 | 0

-- a set operation keeps or drops repeats
select n from given.numbers where id = 1 union select n from given.numbers where id = 1
-- expect: 1

-- a running maximum over the rows before
select id, max(n) over (order by id asc rows between unbounded preceding and 1 preceding) as a
from given.numbers
-- expect: 1 | NULL
-- expect: 2 | 1
-- expect: 3 | 2
-- expect: 4 | 3
-- expect: 5 | 4

-- products of long numbers and decimals lose no digit
select
    id,
    cast(
        sum(n * cast(cast(0.123457 as decimal(9, 6)) * cast(0.123457 as decimal(9, 6)) as decimal(18, 12)))
        as double
    ) as a
from given.numbers
where id = 3
group by id
-- expect: 3 | 0.045724892547
