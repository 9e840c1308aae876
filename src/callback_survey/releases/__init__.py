"""Releases: a quarter's marts, frozen. A revision is written aside, renamed into place, and never touched again.

releases/<region>/<quarter>/r1/   release.json, marts/*.parquet, csv/*.csv, checks/*.json, notice/notice.html
"""

from callback_survey.releases.freeze import release
from callback_survey.releases.model import RATES, Release, every, latest, open_marts, revisions

__all__ = ["RATES", "Release", "every", "latest", "open_marts", "release", "revisions"]
