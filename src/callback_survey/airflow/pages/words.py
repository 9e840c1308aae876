"""What the pages call things, in Chinese."""

from __future__ import annotations

from callback_survey.errors import SurveyError
from callback_survey.quarter import Quarter

ACTS = {
    "approved": "已批准",
    "rejected": "已退回",
    "unanswered": "逾期未批",
    "issued": "已印发",
    "rolled_back": "恢复提供",
}
MEASURES = {"satisfaction": "满意率", "realisation": "实现率"}
# what the journal keeps beside a decision
DETAILS = {
    "dated_on": "日期",
    "instead_of": "代替",
    "issuer": "印发单位",
    "number": "文号",
    "served_before": "此前提供",
    "supersedes": "取代",
    "waited_hours": "等候小时",
}
FLAGS = {True: "是", False: "否"}
WAITING, NO_DECISION = "待审批", "未审批"
DATASETS = {"frame": "样本框", "calls": "回访记录", "published": "已印发附件"}
_NUMBERS = {1: "第一季度", 2: "第二季度", 3: "第三季度", 4: "第四季度"}


def period(quarter: str) -> str:
    """2018Q1 as people say it; what is no quarter as it is."""
    try:
        found = Quarter.parse(quarter)
    except (SurveyError, ValueError):
        return quarter
    return f"{found.year}年{_NUMBERS[found.number]}"
