with renamed as (

    select
        region_code,
        quarter,
        file,
        line,
        department_name,
        {{ name_key('department_name') }} as department_name_key,
        -- a line is of the annex whose columns it has, blank or not
        case
            when
                coalesce(
                    satisfied_pct,
                    fairly_satisfied_pct,
                    basically_satisfied_pct,
                    rather_dissatisfied_pct,
                    dissatisfied_pct
                ) is not null
                then 'satisfaction'
            else 'realisation'
        end as measure
    from {{ source('raw', 'published') }}

)

select * from renamed
