"""What the pages call things, in Chinese."""

from __future__ import annotations

# what the journal keeps beside a decision
DETAILS = {
    "corrected_by": "更正的版本",
    "dated_on": "日期",
    "instead_of": "代替",
    "issuer": "印发单位",
    "moved": "变动",
    "number": "文号",
    "served_before": "此前提供",
    "supersedes": "取代",
    "waited_hours": "等候小时",
}
FLAGS = {True: "是", False: "否"}
WAITING, NO_DECISION = "待签发", "未签发"
