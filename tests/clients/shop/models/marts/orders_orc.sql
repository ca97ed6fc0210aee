{{ config(format='orc', bucketed_by=['id'], bucket_count=2) }}
select id, amount from {{ ref('stg_orders') }}
