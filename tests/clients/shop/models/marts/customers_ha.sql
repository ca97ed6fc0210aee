{{ config(ha=true, s3_data_naming='table_unique', partitioned_by=['since_year']) }}
select id, name, year(since) as since_year from {{ ref('customers') }}
