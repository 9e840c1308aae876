"""A home with hand-made releases for the tests of approval: two measures, three departments, and what is served."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import duckdb
from published import make_release

from callback_survey import files, journal
from callback_survey.notice.heading import Heading
from callback_survey.releases import Release
from callback_survey.settings import Settings, load

SCOPE = ("330109", "2018Q1")
AT = "2018-06-06T17:30:00+00:00"  # 7 June in Shanghai


def home(path: Path) -> Settings:
    return load({"CALLBACK_SURVEY_HOME": str(path), "CALLBACK_SURVEY_DOCUMENTS": "html"})


def freeze(settings: Settings, revision: int = 1, *, rate: str = "74.42", tested: bool = True, **more: Any) -> Release:
    """A revision in which 区民政局 has this satisfaction rate, and its tests say that it is lower than chance explains."""
    tests = "true, false, 1, 0" if tested else "null, null, null, null"
    key = "'330109' as region_code, '2018Q1' as quarter"
    rates = f"""
        select {key}, department_code, department_name, 'satisfaction' as measure, '满意率' as measure_name,
            rate_pct::decimal(5, 2) as rate_pct, rate_rank, rate_pct < 90 as is_below_average,
            case when rate_pct < 90 then {tests.split(",")[0]}::boolean end as is_significantly_below
        from (values ('d1', '区档案局', 100, 1), ('d2', '区教育局', 95, 2), ('d3', '区民政局', {rate}, 3))
            t (department_code, department_name, rate_pct, rate_rank)
    """
    tables = {
        "department_rates": rates,
        "below_average": f"""
            select {key}, measure, 1 as list_position, department_name, rate_pct,
                {tests.split(",")[0]}::boolean as is_significantly_below,
                {tests.split(",")[1]}::boolean as is_significantly_below_superpopulation
            from ({rates}) where is_below_average
        """,
        "region_rates": f"""
            select {key}, measure, 3 as department_count, 3 as rated_department_count, 89.81::decimal(5, 2) as average_pct,
                benchmark::decimal(5, 2) as benchmark_pct, label as benchmark_label, year as benchmark_year,
                (89.81 - benchmark)::decimal(5, 2) as gap_to_benchmark_pct, '区民政局' as lowest_department_name,
                {tests.split(",")[2]}::bigint as significantly_below_count,
                {tests.split(",")[3]}::bigint as significantly_below_count_superpopulation
            from (values ('realisation', null, null, null), ('satisfaction', 94.7, '全省平均满意率', 2017))
                t (measure, benchmark, label, year)
        """,
        "measures": "from (values ('satisfaction', '满意率', 1), ('realisation', '实现率', 2)) t (measure, measure_name, measure_order)",
        "regions": """
            from (values ('330109', '萧山区', '330100'), ('330100', '杭州市', null))
                t (region_code, region_name, parent_region_code)
        """,
    }
    release = make_release(settings.releases, revision=revision, marker=f"{rate}{tested}", tables=tables)
    if more:
        path = release.folder / "release.json"
        files.write_json(path, {**files.read_json(path), **more})
    return Release.read(release.folder)


def serve(settings: Settings, release: Release) -> None:
    """What readers see, as serving writes it down."""
    files.write_json(settings.serving / "current" / "served.json", [[release.key, release.content_hash]])


def print_heading(
    connection: duckdb.DuckDBPyConnection, release: Release, folder: Path, *, heading: Heading, **options: Any
) -> None:
    """Instead of the documents, which need all marts and have tests of their own."""
    rate = connection.execute("select rate_pct from department_rates where department_code = 'd3'").fetchall()
    lines = [heading.issuer, heading.number, str(heading.dated_on), str(heading.approved_by), str(rate)]
    files.write_text(folder / "notice.html", "\n".join(lines))
    (folder / "charts").mkdir()
    files.write_text(folder / "charts" / "satisfaction.svg", "<svg/>")


def acts(settings: Settings) -> list[tuple[str, int, str]]:
    return [(entry.act, entry.revision, entry.by) for entry in journal.entries(settings.releases, *SCOPE)]


def damage(release: Release) -> None:
    (release.folder / "marts" / "department_rates.parquet").write_bytes(b"PAR1")


def withdraw(settings: Settings, to: Path) -> None:
    shutil.move(settings.public / "330109" / "2018Q1" / "r1", to)
