-- model: intermediate.int_shop__recent_sales
-- description: Sales up to the build's moment.
-- grain: sale_id
-- materialized: table

select
    sale_id, -- id; the sale
    bread, -- text; what was sold
    loaf_count -- number; loaves
from staging.stg_shop__sales
where sold_at <= :as_of
