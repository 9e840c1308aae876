"""Airflow's command line for `dags test`, with the API between tasks and Airflow in the one version that both speak here.

Airflow makes a router of this API for each earlier version too, for workers that were not upgraded yet: three seconds of CPU. In
`dags test` tasks and API are one process. Where Airflow or its library are not built as they are now, everything is made as ever.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any


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


if __name__ == "__main__":
    from airflow.__main__ import main

    with suppress(ImportError, AttributeError):
        _leave_out_earlier_versions()
    # what it shows and records as its command
    sys.argv[0] = "airflow"
    main()
