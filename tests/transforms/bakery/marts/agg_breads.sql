-- model: marts.agg_breads
-- description: Loaves sold per bread.
-- grain: bread
-- materialized: table
-- metric: loaf_count = loaves sold; number
-- checks: expression(loaf_count > 0); accepted_values(bread: rye, wheat)
-- warnings: expression(loaf_count < 1000)
-- decision: DECISIONS.md#what-a-loaf-is

select
    bread, -- text; kind of bread
    sum(loaf_count) as loaf_count -- number; loaves sold
from intermediate.int_shop__recent_sales
group by bread
