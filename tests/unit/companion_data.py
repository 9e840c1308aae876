"""A companion's data made by hand: every kind of flag once, with names that would break a page which forgets to escape."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from callback_survey.companion.model import (
    CallOutcomes,
    CompanionData,
    DepartmentRate,
    FindingGroup,
    Footnote,
    MeasureFigures,
)

NASTY = "区</script><b>城管</b>&局"


def department(name: str, rate: str | None, *, below: bool | None = False, **changed: object) -> DepartmentRate:
    plain = DepartmentRate(
        department_code=f"code-{name}",
        department_name=name,
        valid_frame_count=400,
        sample_count=50,
        answered_count=48,
        rate_pct=None if rate is None else Decimal(rate),
        is_below_average=below,
        is_significantly_below=False,
        is_significantly_below_superpopulation=False,
        ci_display_low=None if rate is None else float(rate) / 100 - 0.04,
        ci_display_high=None if rate is None else min(float(rate) / 100 + 0.03, 1.0),
        reliability="rankable",
        footnote_codes=(),
        change=None,
        change_ci_low=None,
        change_ci_high=None,
        change_status="no_previous",
        is_significant_change=None,
    )
    return replace(plain, **changed)  # type: ignore[arg-type]


DEPARTMENTS = (
    department(NASTY, "98.00"),
    department("区档案局", "92.00", change=0.021, change_ci_low=-0.05, change_ci_high=0.09, change_status="compared"),
    department("区商务局", "88.50", below=True),
    department("区教育局", "80.25", below=True, is_significantly_below=True, reliability="caution"),
    department(
        "区民政局",
        "70.00",
        below=True,
        is_significantly_below=True,
        is_significantly_below_superpopulation=True,
        change=-0.125,
        change_ci_low=-0.2,
        change_ci_high=-0.05,
        change_status="compared",
        is_significant_change=True,
    ),
    department("区旅游局", None, below=None, sample_count=0, answered_count=0, reliability="not_sampled"),
)
SATISFACTION = MeasureFigures(
    measure="satisfaction",
    measure_name="满意率",
    definition_label="答“满意”的占比",
    average_pct=Decimal("89.00"),
    benchmark_pct=Decimal("94.70"),
    benchmark_label="2017年全省平均满意率",
    benchmark_year=2017,
    gap_to_benchmark_pct=Decimal("-5.70"),
    departments=DEPARTMENTS,
    footnotes=(Footnote("small_sample", "有效回答较少，须谨慎使用", ("区教育局",)),),
    findings=(FindingGroup("few_answers", "作答人数远少于抽样数", "warn", "satisfaction", 1, ("区教育局",)),),
    is_published_only=False,
)
DATA = CompanionData(
    region_code="990101",
    region_name="样区",
    parent_region_name="样市",
    quarter="2019Q1",
    measures=(SATISFACTION,),
    call_outcomes=CallOutcomes(1000, 900, 0.9, 0.96, 0.02, 0.94),
    findings=(),
)
PUBLISHED = replace(
    SATISFACTION,
    departments=tuple(
        replace(
            found,
            answered_count=None,
            is_significantly_below=None,
            is_significantly_below_superpopulation=None,
            ci_display_low=None,
            ci_display_high=None,
            reliability=None,
            change_status="counts_unknown",
            change=None,
            is_significant_change=None,
        )
        for found in DEPARTMENTS
    ),
    footnotes=(),
    is_published_only=True,
)
