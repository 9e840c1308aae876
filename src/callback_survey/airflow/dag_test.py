"""Airflow's command line for `dags test` over a home's own database, which is made first where there is none.

Two costs of Airflow are met here. It would be imported once to make its database, and again to run: a fork of this process makes
it. And a router of the API between tasks and Airflow is made for each earlier version too, for workers that were not upgraded yet:
three seconds of CPU, where tasks and API are one process. Where Airflow or its library are not built as they are now, all
versions are made as ever.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from callback_survey.airflow import home
from callback_survey.errors import SurveyError


def _initialise_in_a_fork(variables: Mapping[str, str]) -> None:
    """What it says is in the log of the run, as all that this process says. Raises SurveyError."""
    maker = multiprocessing.get_context("fork").Process(target=_initialise, args=(variables[home.CONNECTION],))
    maker.start()
    maker.join()
    if maker.exitcode:
        raise home.not_made(variables[home.CONNECTION], "")


def _initialise(url: str) -> None:
    from airflow import settings

    os.environ[home.CONNECTION] = url
    settings.configure_vars()
    settings.dispose_orm()
    settings.configure_orm()
    home.initialise()


def _leave_out_earlier_versions() -> None:
    from airflow.api_fastapi.execution_api import versions
    from cadwyn import HeadVersion, Version, VersionBundle, route_generation

    maker: Any = route_generation._EndpointTransformer
    made = maker.__init__

    def made_without_earlier_routes(self: Any, *given: Any) -> None:
        made(self, *given)
        self.routes_that_never_existed = []  # those of earlier versions, which nobody has to restore

    latest = VersionBundle(HeadVersion(), Version(versions.bundle.versions[0].value))
    maker.__init__ = made_without_earlier_routes
    versions.bundle = latest


def _prepare() -> None:
    folder, dags = os.environ["CALLBACK_SURVEY_HOME"], os.environ["AIRFLOW__CORE__DAGS_FOLDER"]
    try:
        home.prepare(Path(folder), Path(dags), _initialise_in_a_fork)
    except SurveyError:  # the last words are those of the fork
        sys.exit(1)


if __name__ == "__main__":
    # what is imported lives as long as the process
    gc.disable()
    from airflow.__main__ import main

    gc.freeze()
    gc.enable()
    _prepare()
    with suppress(ImportError, AttributeError):
        _leave_out_earlier_versions()
    # what it shows and records as its command
    sys.argv[0] = "airflow"
    main()
