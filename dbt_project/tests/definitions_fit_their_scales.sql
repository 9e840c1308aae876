-- Why: a success that is no answer of the definition's scale would never be counted, and the rate would be too low
-- without any other sign. An answer on another scale than the region's in that quarter would be counted nowhere at all.
with foreign_successes as (

    select concat(successes.measure, ' ', successes.measure_definition, ' ', successes.answer_code) as subject
    from {{ ref('measure_successes') }} as successes
    left join {{ ref('measure_definitions') }} using (measure, measure_definition)
    left join {{ ref('answers') }} as answers using (answer_code, scale)
    where answers.answer_code is null

),

foreign_answers as (

    select concat(counts.region_code, ' ', counts.quarter, ' ', counts.answer_code) as subject
    from {{ ref('int_answer_counts') }} as counts
    left join {{ ref('int_measure_answers') }} as answers using (region_code, quarter, question, answer_code)
    where answers.answer_code is null

),

regional_measures as (

    -- asked in some regions only
    select measure
    from {{ ref('definition_periods') }}
    group by measure
    having count(*) = count(region_code)

),

undefined_measures as (

    select concat(region_quarters.region_code, ' ', region_quarters.quarter, ' ', measures.measure) as subject
    from {{ ref('int_region_quarters') }} as region_quarters
    cross join {{ ref('measures') }} as measures
    left join {{ ref('int_measure_definitions') }} as definitions using (region_code, quarter, measure)
    left join regional_measures on measures.measure = regional_measures.measure
    where definitions.measure is null and regional_measures.measure is null

),

faults as (

    {% for fault in ['foreign_successes', 'foreign_answers', 'undefined_measures'] %}
        select
            '{{ fault }}' as fault,
            subject
        from {{ fault }}
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}

)

select * from faults
