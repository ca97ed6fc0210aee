{% snapshot orders_history %}
{{ config(unique_key='id', strategy='timestamp', updated_at='updated_at', table_type='iceberg') }}
select id, status, cast(updated_at as timestamp(6)) as updated_at from {{ ref('stg_orders') }}
{% endsnapshot %}
