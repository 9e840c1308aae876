"""What ▽ and ▼ mean, in the same words everywhere: notice, companion, approval, pages, terminal. dbt's `flag_label` is held
to them by a test.

Both signs mean "below by more than chance": the hollow one says it of this quarter's cases, the filled one also of the
department's service, which is what accountability asks about. They are told apart by fill, so that they are on paper
without colours too.
"""

from __future__ import annotations

FIRM_MARK, QUARTER_MARK = "▼", "▽"
FIRM = "按部门水平仍低于平均"
BEYOND_CHANCE = "低于平均，超出抽样误差"
WITHIN_CHANCE = "低于平均，差距在抽样误差以内"
UNTESTED = "低于平均（有效回答数不详，未作检验）"
# what each may be used for
FIRM_USE, QUARTER_SCOPE = "问责以此为准", "仅就本季度办件"
LEGEND = (
    (FIRM_MARK, f"{FIRM}：把本季度回访看作对部门水平的一次抽样，差距仍超出抽样误差。考核{FIRM_USE}。"),
    (QUARTER_MARK, f"{BEYOND_CHANCE}：{QUARTER_SCOPE}而言；按部门水平，还不能排除偶然。"),
    ("无标记", f"{WITHIN_CHANCE}：换一批抽样对象就可能改变。"),
)
LEGEND_METHOD = "按单侧检验判断，并就同一指标同时比较的部门个数作了校正。"
LEGEND_SHORT = f"{QUARTER_MARK} {BEYOND_CHANCE}（{QUARTER_SCOPE}）；{FIRM_MARK} {FIRM}，{FIRM_USE}。没有标记的，差距在抽样误差以内。"


def mark(is_beyond_chance: bool | None, is_firm: bool | None) -> str:
    """The sign of a department below the average; none where chance may explain it, or nothing can be tested."""
    if not is_beyond_chance:
        return ""
    return FIRM_MARK if is_firm else QUARTER_MARK
