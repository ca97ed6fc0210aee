{{ config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partitioned_by=['updated_on'],
    on_schema_change='append_new_columns',
) }}
select id, amount, {% if is_incremental() %}status,{% endif %} updated_on
from {{ ref('stg_orders') }}
{% if is_incremental() %}
where updated_on >= (select max(updated_on) from {{ this }})
{% endif %}
