"""Releases: a quarter's marts, frozen. A revision is written aside, renamed into place, and never changed again; its documents join it.

releases/<region>/<quarter>/r1/   release.json, marts/*.parquet, csv/*.csv, checks/*.json, notice/, SHA256SUMS, and what describes
                                  the tables: dictionary.csv, datapackage.json, contract.odcs.yaml
"""

from callback_survey.releases.difference import Difference, between
from callback_survey.releases.freeze import freeze_marts
from callback_survey.releases.hashes import has_documents, listed
from callback_survey.releases.inventory import Inventory, take
from callback_survey.releases.measures import measure_names
from callback_survey.releases.model import (
    RATES,
    Release,
    find,
    open_marts,
    revisions,
    served,
    served_of,
)
from callback_survey.releases.standing import Standing, standing, standings
from callback_survey.releases.verification import Damage, Verified, verify, verify_all

__all__ = [
    "RATES",
    "Damage",
    "Difference",
    "Inventory",
    "Release",
    "Standing",
    "Verified",
    "between",
    "find",
    "freeze_marts",
    "has_documents",
    "listed",
    "measure_names",
    "open_marts",
    "revisions",
    "served",
    "served_of",
    "standing",
    "standings",
    "take",
    "verify",
    "verify_all",
]
