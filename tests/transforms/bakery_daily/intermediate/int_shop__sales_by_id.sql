-- model: intermediate.int_shop__sales_by_id
-- description: Sales that are over at the build's moment, with their day.
-- grain: sale_id
-- materialized: incremental_by_key
-- partition: sale_id
-- touched: staging.stg_shop__sales(sale_id)
-- moments: sold_at
-- tags: daily

select
    sales.sale_id, -- id; the sale
    sales.bread, -- text; what was sold
    sales.sold_at, -- UTC; when
    utc_day(sales.sold_at) as sold_date, -- date; day in UTC
    sales.loaf_count, -- number; loaves
    breads.price * sales.loaf_count as revenue, -- currency; NULL for breads that are not on offer
    sales.sold_at <= :as_of as is_over -- flag; it lies before the build's moment
from staging.stg_shop__sales as sales
left join seeds.breads as breads on sales.bread = breads.bread
