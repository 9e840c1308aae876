"""The registers: what the survey knows of regions, departments and measures, read from the seeds that dbt loads too."""

from callback_survey.register.check import validate
from callback_survey.register.definitions import Definition, definitions_in, scales_in
from callback_survey.register.names import Register, valid_rows

__all__ = ["Definition", "Register", "definitions_in", "scales_in", "valid_rows", "validate"]
