{{ config(materialized='incremental') }}

{#- At 10,000 answers every percentage of two decimals is possible, so that larger numbers prove nothing. -#}
{%- set most_answers = 10000 -%}

-- Whether whole numbers can stand behind a printed row (GRIM; Brown & Heathers 2017): is there a number of answers n,
-- at most the sample, of which every cell is a share, with counts that sum to n? It finds what cannot be, nothing more.
with scope as (

    -- the printed cells are the whole history; only the rows of the run are worked out again
    select distinct
        region_code,
        quarter
    from {{ ref('stg_published') }}

),

cells as (

    select
        cells.*,
        count(*) over (
            partition by cells.region_code, cells.quarter, cells.department_code, cells.measure
        ) as cell_count,
        sum(cells.printed_hundredths) over (
            partition by cells.region_code, cells.quarter, cells.department_code, cells.measure
        ) as total_hundredths
    from {{ ref('int_printed_cells') }} as cells
    inner join scope using (region_code, quarter)

),

complete_rows as (

    select
        region_code,
        quarter,
        department_code,
        measure,
        max(sample_count) as sample_count,
        count(*) filter (where not is_possible_at_sample) as impossible_cell_count
    from cells
    group by region_code, quarter, department_code, measure
    -- shares sum to the answers only where all of them are printed
    having max(cell_count) = max(column_count)

),

tried as (

    -- one row per cell and number of answers tried: the numbers of people that round to the cell
    select
        cells.*,
        numbers.answer_count,
        {{ least_part('cells.printed_hundredths', 'numbers.answer_count') }} as least_count,
        {{ most_part('cells.printed_hundredths', 'numbers.answer_count') }} as most_count
    from cells
    inner join range(1, {{ most_answers }} + 1) as numbers (answer_count) on cells.sample_count >= numbers.answer_count

),

summed as (

    select
        *,
        sum(least_count) over (
            partition by region_code, quarter, department_code, measure, answer_count
        ) as least_total,
        sum(most_count) over (
            partition by region_code, quarter, department_code, measure, answer_count
        ) as most_total,
        sum(case when least_count > most_count then 1 else 0 end) over (
            partition by region_code, quarter, department_code, measure, answer_count
        ) as impossible_count
    from tried

),

cell_verdicts as (

    select
        *,
        impossible_count = 0 and answer_count between least_total and most_total as is_fitting,
        -- all other cells fit and leave somebody for this one: as the row sums to 100.00, its share is what they leave
        -- over, which for k rounded shares is at most k / 2 hundredths of a point away from what is printed
        not is_headline
        and total_hundredths = 10000
        and impossible_count - case when least_count > most_count then 1 else 0 end = 0
        and answer_count > least_total - least_count as is_fitting_with_remainder
    from summed

),

row_verdicts as (

    select
        region_code,
        quarter,
        department_code,
        measure,
        count(distinct case when is_fitting then answer_count end) as fitting_count,
        min(case when is_fitting then answer_count end) as least_fitting,
        max(case when is_fitting then answer_count end) as most_fitting,
        min(case when is_fitting_with_remainder then answer_count end) as least_fitting_with_remainder
    from cell_verdicts
    group by region_code, quarter, department_code, measure

),

arithmetic as (

    select
        complete_rows.*,
        row_verdicts.fitting_count,
        row_verdicts.least_fitting,
        row_verdicts.most_fitting,
        row_verdicts.least_fitting_with_remainder,
        case
            when row_verdicts.fitting_count > 0 then 'possible'
            when row_verdicts.least_fitting_with_remainder is not null then 'fitted_to_100'
            -- not every number up to the sample was tried
            when complete_rows.sample_count > {{ most_answers }} then 'unknown'
            else 'inconsistent'
        end as verdict
    from complete_rows
    inner join row_verdicts using (region_code, quarter, measure, department_code)

)

select * from arithmetic
