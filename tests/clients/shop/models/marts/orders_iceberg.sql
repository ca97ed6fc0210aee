{{ config(table_type='iceberg', format='parquet', partitioned_by=['month(updated_on)']) }}
select id, amount, updated_on from {{ ref('stg_orders') }}
