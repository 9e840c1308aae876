"""Marts of one quarter written by hand, for the tests of gate 2."""

from __future__ import annotations

# Two rated departments and one that nobody answered for. Worked out by hand: satisfaction 100.00 and 33.33 have the
# mean 66.665, which is 66.67 half up (half even and binary floats say 66.66); realisation 90.00 and 75.00 have 82.50.
SOUND = """
    create schema marts; create schema intermediate; create schema seeds;
    create table seeds.measures as
        from (values ('satisfaction', '满意率', 1), ('realisation', '实现率', 2)) t (measure, measure_name, measure_order);
    create table intermediate.int_region_quarters as from (values
        ('330109', '2018Q1', true), ('330110', '2018Q1', true), ('330109', '2017Q4', false)
    ) t (region_code, quarter, has_cases);
    create table intermediate.int_published_measures (
        region_code text, quarter text, department_code text, measure text, valid_frame_count bigint, sample_count bigint,
        printed_pct decimal(5, 2), rate_pct decimal(5, 2), total_pct decimal(7, 2), share_count bigint, line_count bigint
    );
    create table intermediate.int_departments as from (values
        ('330109', '2018Q1', 'd1', '区档案局'), ('330109', '2018Q1', 'd2', '区教育局'), ('330109', '2018Q1', 'd3', '区旅游局'),
        ('330109', '2018Q2', 'd4', '区新局'), ('330110', '2018Q1', 'd9', '别区局')
    ) t (region_code, quarter, department_code, department_name);
    create table marts.department_rates (
        region_code text, quarter text, measure text, measure_name text, measure_definition text default 'top_box',
        department_code text, department_name text, valid_frame_count bigint,
        sample_count bigint, answered_count bigint, success_count bigint,
        rate double, rate_pct decimal(5, 2), average_pct decimal(5, 2), rate_rank bigint,
        is_below_average boolean, is_below_threshold boolean, source_grain text default 'cases'
    );
    insert into marts.department_rates by name from (values
        ('330109', '2018Q1', 'satisfaction', '满意率', 'd1', '区档案局', 20, 10, 8, 8, 1, 100, 66.67, 1, false, false),
        ('330109', '2018Q1', 'satisfaction', '满意率', 'd2', '区教育局', 9, 5, 3, 1, 1/3, 33.33, 66.67, 2, true, true),
        ('330109', '2018Q1', 'satisfaction', '满意率', 'd3', '区旅游局', 4, 0, 0, 0, null, null, 66.67, null, null, null),
        ('330109', '2018Q1', 'realisation', '实现率', 'd1', '区档案局', 20, 10, 10, 9, 0.9, 90, 82.50, 1, false, null),
        ('330109', '2018Q1', 'realisation', '实现率', 'd2', '区教育局', 9, 5, 4, 3, 0.75, 75, 82.50, 2, true, null),
        ('330109', '2018Q1', 'realisation', '实现率', 'd3', '区旅游局', 4, 0, 0, 0, null, null, 82.50, null, null, null),
        -- another region, wrong in every way: its gate is another one
        ('330110', '2018Q1', 'satisfaction', '满意率', 'd9', '别区局', 1, 2, 3, 4, 9, 900, 1, null, null, null)
    ) t (region_code, quarter, measure, measure_name, department_code, department_name, valid_frame_count, sample_count,
        answered_count, success_count, rate, rate_pct, average_pct, rate_rank, is_below_average, is_below_threshold);
    create table intermediate.int_called_outside_frame (
        region_code text, quarter text, department_code text, department_name text, case_count bigint,
        exclusion_reasons text, example_case_ids text
    );
    insert into intermediate.int_called_outside_frame values ('330110', '2018Q1', 'd9', '别区局', 7, 'x', 'y');
    create table marts.department_answers (
        region_code text, quarter text, measure text, department_code text, answer_code text, answer_pct decimal(5, 2)
    );
    insert into marts.department_answers values
        ('330109', '2018Q1', 'satisfaction', 'd1', 'satisfied', 100), ('330109', '2018Q1', 'satisfaction', 'd1', 'x', 0),
        ('330109', '2018Q1', 'satisfaction', 'd2', 'satisfied', 33.33), ('330109', '2018Q1', 'satisfaction', 'd2', 'x', 66.67),
        ('330109', '2018Q1', 'satisfaction', 'd3', 'satisfied', null),
        ('330109', '2018Q1', 'realisation', 'd1', 'zero', 90), ('330109', '2018Q1', 'realisation', 'd1', 'two', 10),
        ('330109', '2018Q1', 'realisation', 'd2', 'zero', 75), ('330109', '2018Q1', 'realisation', 'd2', 'two', 25);
    create table marts.region_rates as from (values
        ('330109', '2018Q1', 'satisfaction', 3, 2, 66.67::decimal(5, 2), 1, '区教育局'),
        ('330109', '2018Q1', 'realisation', 3, 2, 82.50, 1, '区教育局'),
        ('330110', '2018Q1', 'satisfaction', 9, 9, 9, 9, '别区局')
    ) t (region_code, quarter, measure, department_count, rated_department_count, average_pct, below_average_count,
        lowest_department_name);
    create table marts.below_average as from (values
        ('330109', '2018Q1', 'satisfaction', 1, '区教育局', -33.34::decimal(5, 2)),
        ('330109', '2018Q1', 'realisation', 1, '区教育局', -7.50),
        ('330110', '2018Q1', 'satisfaction', 1, '别区局', 0)
    ) t (region_code, quarter, measure, list_position, department_name, gap_pct);
    create table seeds.department_successions (predecessor_code text, successor_code text, valid_from text);
    create table marts.reconciliation (
        region_code text, quarter text, department_code text, department_name text, measure text, figure text,
        computed_pct decimal(5, 2), published_pct decimal(5, 2), computed_count bigint, published_count bigint, status text
    );
    insert into marts.reconciliation values
        ('330109', '2018Q1', 'd1', '区档案局', 'satisfaction', 'satisfied_pct', 100, 100, null, null, 'equal'),
        ('330109', '2018Q1', 'd1', '区档案局', 'satisfaction', 'sample_count', null, null, 10, 10, 'equal'),
        ('330109', '2018Q1', 'd3', '区旅游局', 'satisfaction', 'satisfied_pct', null, 0, null, null, 'unsampled'),
        ('330110', '2018Q1', 'd9', '别区局', 'satisfaction', 'satisfied_pct', 1, 9, null, null, 'different');
"""
# 2017 Q4 of the same region, of which only the printed annexes survive: no counts of answers, rates as printed. The sum
# of five rounded shares may miss 100 by a little, and 0.00 is printed where nobody was asked.
PRINTED = """
    insert into intermediate.int_departments values
        ('330109', '2017Q4', 'd1', '区档案局'), ('330109', '2017Q4', 'd2', '区教育局'), ('330109', '2017Q4', 'd3', '区旅游局');
    insert into intermediate.int_published_measures values
        ('330109', '2017Q4', 'd1', 'satisfaction', 20, 10, 100, 100, 100, 5, 1),
        ('330109', '2017Q4', 'd2', 'satisfaction', 9, 5, 33.33, 33.33, 100.02, 5, 1),
        ('330109', '2017Q4', 'd3', 'satisfaction', 4, 0, 0, null, 0, 5, 1),
        ('330109', '2017Q4', 'd1', 'realisation', 20, 10, 90, 90, 100, 2, 1),
        ('330109', '2017Q4', 'd2', 'realisation', 9, 5, 75, 75, 100, 2, 1),
        ('330109', '2017Q4', 'd3', 'realisation', 4, 0, 0, null, 0, 2, 1);
    insert into marts.department_rates
    select * replace (
        '2017Q4' as quarter, null as answered_count, null as success_count, rate_pct / 100 as rate, 'published' as source_grain
    )
    from marts.department_rates
    where region_code = '330109';
    insert into marts.region_rates
    select * replace ('2017Q4' as quarter) from marts.region_rates where region_code = '330109';
    insert into marts.below_average
    select * replace ('2017Q4' as quarter) from marts.below_average where region_code = '330109';
"""
