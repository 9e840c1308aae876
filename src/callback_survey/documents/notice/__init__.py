"""The notice (通报): one self-contained HTML page, made from the marts alone."""

from __future__ import annotations

from callback_survey.documents.notice.data import (
    AnnexRow,
    FlaggedDepartment,
    MeasureSummary,
    NoticeData,
    NoticeDataMissing,
    RatedDepartment,
)
from callback_survey.documents.notice.queries import read_notice_data

__all__ = [
    "AnnexRow",
    "FlaggedDepartment",
    "MeasureSummary",
    "NoticeData",
    "NoticeDataMissing",
    "RatedDepartment",
    "read_notice_data",
]
