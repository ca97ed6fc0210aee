{{ config(
    materialized='incremental',
    table_type='iceberg',
    incremental_strategy='merge',
    unique_key='id',
    on_schema_change='append_new_columns',
) }}
select id, amount, status, cast(updated_at as timestamp(6)) as updated_at
{% if is_incremental() %}, 'merged' as how{% endif %}
from {{ ref('stg_orders') }}
{% if is_incremental() %}
where updated_at > (select max(updated_at) from {{ this }})
{% endif %}
