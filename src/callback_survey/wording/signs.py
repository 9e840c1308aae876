"""What ▽, ▼ and ‡ mean, in the same words everywhere: notice, companion, approval, pages, terminal. dbt's `flag_label` is held
to them by a test.

Both triangles mean "below by more than chance": the hollow one says it of this quarter's cases, the filled one of the
department. They are told apart by fill, so that they are on paper without colours too. The double dagger says that there
are too few answers to say anything. What a sign is used for is the region's own statement (`sign_use` of `regions`).
"""

from __future__ import annotations

FIRM_MARK, QUARTER_MARK, FEW_MARK = "▼", "▽", "‡"
FIRM = "按部门水平仍低于平均"
# of fewer departments than a comparison of their levels needs
FIRM_UNTESTED = "部门太少，没有按部门水平检验"
BEYOND_CHANCE = "低于平均，超出抽样误差"
# only charts and the companion name who is higher; a notice does not
ABOVE_MARK = "△"
ABOVE_CHANCE = "高于平均，超出抽样误差"
WITHIN_CHANCE = "低于平均，差距在抽样误差以内"
UNTESTED = "低于平均（有效回答数不详，未作检验）"
FEW = "有效回答过少，不作检验"
# of those who were called and did not answer; no assumption is made on why
OPEN = "低于平均，但没有回答的人足以改变"
# what a survey counts, where its district has no other word for it, such as 工单 (`cases` in notices.toml)
CASES = "办件"
# Said wherever improvement is spoken of. The points are those of docs/methodology.md, simulated with nothing changed.
REGRESSION = "须防误读：有标记的部门，即使什么都没有改变，下一季度平均也会回升约 4 至 5 个百分点，回答少的部门更多。"
NOT_RATED = "not_rated"


def quarter_scope(cases: str = CASES) -> str:
    """What the hollow one speaks of."""
    return f"仅就本季度{cases}"


def legend(cases: str = CASES) -> tuple[tuple[str, str], ...]:
    return (
        (FIRM_MARK, f"{FIRM}：与其他部门同样水平的部门，偶然得出这样低结果的可能很小。"),
        (QUARTER_MARK, f"{BEYOND_CHANCE}：{quarter_scope(cases)}而言；按部门水平，还不能排除偶然。"),
        (FEW_MARK, f"{FEW}，也不作评价：列入名单只因数值低于平均值。"),
        ("无标记", f"{WITHIN_CHANCE}：换一批抽样对象就可能改变。"),
    )


def short_legend(cases: str = CASES) -> str:
    return (
        f"{QUARTER_MARK} {BEYOND_CHANCE}（{quarter_scope(cases)}）；{FIRM_MARK} {FIRM}；{FEW_MARK} {FEW}。"
        "没有标记的，差距在抽样误差以内。"
    )


def mark(is_beyond_chance: bool | None, is_firm: bool | None, reliability: str | None = None) -> str:
    """The sign of a department below the average; none where chance may explain it, or nothing can be tested.

    `reliability` is that of the marts: what is not rated has no other sign, also in releases that tested it.
    """
    if reliability == NOT_RATED:
        return FEW_MARK
    if is_firm:
        return FIRM_MARK
    return QUARTER_MARK if is_beyond_chance else ""
