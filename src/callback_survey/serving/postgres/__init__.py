"""The copy of the served marts in PostgreSQL: schema `marts`, made anew and switched in one transaction.

What is served as files is switched before. If PostgreSQL cannot take the marts, its readers keep what they had, the step
fails, and the next run publishes.
"""

from __future__ import annotations

from callback_survey.serving.postgres.publish import Publication, publish

__all__ = ["Publication", "publish"]
