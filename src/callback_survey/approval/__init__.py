"""Approval: what a person sees of a release before it goes out, what they decide, and what is issued then."""

from __future__ import annotations

from callback_survey.approval.decide import approve, record_unanswered, reject, served_release
from callback_survey.approval.fields import heading_of
from callback_survey.approval.public import Issue, issued, last_issue
from callback_survey.approval.public import current as current_issue
from callback_survey.approval.request import Request, request_for

__all__ = [
    "Issue",
    "Request",
    "approve",
    "current_issue",
    "heading_of",
    "issued",
    "last_issue",
    "record_unanswered",
    "reject",
    "request_for",
    "served_release",
]
