-- The rule that holds in a region and quarter: its own before that of the city, this before the province's, and each of
-- them before the general one.
with candidates as (

    select
        region_quarters.region_code,
        region_quarters.quarter,
        rules.is_exempt,
        rules.fewest_answers_count,
        rules.smallest_frame_count,
        rules.smallest_cell_count,
        rules.reason,
        row_number() over (
            partition by region_quarters.region_code, region_quarters.quarter
            order by {{ rule_distance() }}
        ) as choice
    {{ from_rules_of_regions('disclosure_rules') }}

),

rules as (

    select
        region_code,
        quarter,
        is_exempt,
        fewest_answers_count,
        smallest_frame_count,
        smallest_cell_count,
        reason
    from candidates
    where choice = 1

)

select * from rules
