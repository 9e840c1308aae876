"""Landing: an export folder becomes immutable, pseudonymised Parquet, every row accepted or rejected with a reason."""

from callback_survey.landing.land import identify, land
from callback_survey.landing.ledger import FileRecord, LandingReport

__all__ = ["FileRecord", "LandingReport", "identify", "land"]
