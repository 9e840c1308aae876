"""The registers: what the survey knows of regions, departments and measures, read from the seeds that dbt loads too."""

from callback_survey.registers.annexes import Figure, figures_in
from callback_survey.registers.check import region_faults, registering, validate
from callback_survey.registers.definitions import Definition, definitions_in, scales_in
from callback_survey.registers.names import Register, valid_rows
from callback_survey.registers.questions import (
    Question,
    datasets_in,
    datasets_of_any_region,
    questions_in,
    questions_rated_in_numbers,
)

__all__ = [
    "Definition",
    "Figure",
    "Question",
    "Register",
    "datasets_in",
    "datasets_of_any_region",
    "definitions_in",
    "figures_in",
    "questions_in",
    "questions_rated_in_numbers",
    "region_faults",
    "registering",
    "scales_in",
    "valid_rows",
    "validate",
]
