select
    id,
    customer_id,
    cast(amount as decimal(10, 2)) as amount,
    status,
    date(updated_at) as updated_on,
    updated_at
from {{ source('raw', 'raw_orders') }}
