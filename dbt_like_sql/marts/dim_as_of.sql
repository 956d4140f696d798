-- model: marts.dim_as_of
-- description: One row: the moment that the models of the last build took for the present.
-- grain: as_of_at
-- materialized: table
-- time: all *_at columns are UTC

select cast(:as_of as timestamptz) as as_of_at -- UTC; what outcome and is_past are measured by
