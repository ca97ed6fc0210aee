{{ config(format='parquet', write_compression='snappy', partitioned_by=['since_year']) }}
select
    c.id,
    c.name,
    count(o.id) as orders,
    coalesce(sum(o.amount), 0) as total,
    year(c.since) as since_year
from {{ ref('customers') }} c
left join {{ ref('recent') }} o on o.customer_id = c.id
group by 1, 2, 5
