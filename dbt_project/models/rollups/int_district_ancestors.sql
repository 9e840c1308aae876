-- Every district with each division above it. `union` drops what was found before, so a circle in the register ends.
with recursive ancestors as (

    select
        region_code,
        parent_region_code as ancestor_code,
        is_survey_region
    from {{ ref('dim_regions') }}
    where region_level = 'district' and parent_region_code is not null
    union
    select
        ancestors.region_code,
        parents.parent_region_code as ancestor_code,
        ancestors.is_survey_region
    from ancestors
    inner join {{ ref('dim_regions') }} as parents on ancestors.ancestor_code = parents.region_code
    where parents.parent_region_code is not null

)

select * from ancestors
