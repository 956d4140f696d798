-- model: marts.agg_breads_daily
-- description: Loaves sold per day and bread, with the day's best seller.
-- grain: sold_date, bread
-- materialized: incremental_by_time
-- partition: sold_date
-- touched: intermediate.int_shop__sales_by_id(sold_date)
-- tags: daily
-- checks: expression(loaf_count > 0); relationships(bread -> seeds.breads.bread)
-- warnings: drift(bread, 0.5)

with

counted as (
    select
        sold_date,
        bread,
        sum(loaf_count) as loaf_count
    from intermediate.int_shop__sales_by_id
    where is_over
    group by sold_date, bread
)

select
    sold_date, -- date; day in UTC
    bread, -- text; kind of bread
    cast(loaf_count as bigint) as loaf_count, -- number; loaves sold
    row_number() over (
        partition by sold_date order by loaf_count desc, text_order(bread) asc
    ) as sales_rank -- number; 1 is the day's best seller
from counted
