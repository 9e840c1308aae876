{{ config(tags=['records']) }}

{#- More days than any rule needs: of 2 n + 30 days in a row, n are working days, whatever the holidays. -#}
{%- set most_days = 1000 -%}

-- When a case answered on a day is to be followed up: so many working days after it, not counting the day itself.
with answer_days as (

    select distinct
        cast(case_answers.answered_at as date) as answered_on,
        rules.working_days
    from {{ ref('int_case_answers') }} as case_answers
    inner join {{ ref('follow_up_rules') }} as rules using (answer_code)
    where {{ is_valid_in('rules', 'case_answers.quarter') }}

),

days_after as (

    select
        answer_days.*,
        {{ days_after('answer_days.answered_on', 'numbers.day_number') }} as calendar_day
    from answer_days
    inner join range(1, {{ most_days }} + 1) as numbers (day_number)
        on 2 * answer_days.working_days + 30 >= numbers.day_number

),

working_days as (

    select
        days_after.*,
        row_number() over (
            partition by days_after.answered_on, days_after.working_days
            order by days_after.calendar_day
        ) as working_day_number
    from days_after
    left join {{ ref('calendar_days') }} as exceptions on days_after.calendar_day = exceptions.day
    where coalesce(exceptions.is_working_day, {{ iso_weekday('days_after.calendar_day') }} <= 5)

),

known_years as (

    select distinct calendar_year
    from {{ ref('calendar_days') }}

),

due_dates as (

    select
        working_days.answered_on,
        working_days.working_days,
        working_days.calendar_day as due_on,
        first_years.calendar_year is not null and last_years.calendar_year is not null as is_calendar_known
    from working_days
    left join known_years as first_years on extract(year from working_days.answered_on) = first_years.calendar_year
    left join known_years as last_years on extract(year from working_days.calendar_day) = last_years.calendar_year
    where working_days.working_day_number = working_days.working_days

)

select * from due_dates
