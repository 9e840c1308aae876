"""What things are called in Chinese, once: quarters, revisions, datasets, acts. What a measure is called is
data: each release tells its own."""

from __future__ import annotations

from callback_survey.errors import SurveyError
from callback_survey.quarter import Quarter

DATASETS = {"frame": "样本框", "calls": "回访记录", "published": "印发附件"}
ACTS = {
    "approved": "已批准",
    "rejected": "已退回",
    "unanswered": "逾期未决定",
    "issued": "已印发",
    "corrected": "已更正",
    "withdrawn": "已撤回",
    "rolled_back": "恢复提供",
}
_QUARTERS = {1: "第一季度", 2: "第二季度", 3: "第三季度", 4: "第四季度"}


def period(quarter: str) -> str:
    """2018Q1 as people say it; what is no quarter as it is."""
    try:
        found = Quarter.parse(quarter)
    except (SurveyError, ValueError):
        return quarter
    return f"{found.year}年{_QUARTERS[found.number]}"


def revision(number: int) -> str:
    """A revision as people count: r1 is 第1版."""
    return f"第{number}版"
