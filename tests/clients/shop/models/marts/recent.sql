{{ config(materialized='ephemeral') }}
select * from {{ ref('stg_orders') }} where updated_on >= date '2024-01-01'
