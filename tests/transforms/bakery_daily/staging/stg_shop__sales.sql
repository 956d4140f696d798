-- model: staging.stg_shop__sales
-- description: One row per sale.
-- grain: sale_id
-- materialized: view
-- sources: shop.sales
-- history: shop.sales_history(valid_from, valid_to)

select
    id as sale_id, -- id; the sale
    bread, -- text; what was sold
    sold_at, -- UTC; when
    "count" as loaf_count -- number; loaves
from shop.sales
