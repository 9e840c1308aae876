"""The entry "Callback survey" in Airflow's pages: releases, checks, notices and charts, for whoever may log in there.

Found through the entry point `airflow.plugins`. Every process of Airflow imports this module, most of them without ever showing
a page: so nothing is built here, and nothing is imported that Airflow has not loaded itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from airflow.plugins_manager import AirflowPlugin

NAME = "Callback survey"
ROUTE = "callback-survey"

_Scope = MutableMapping[str, Any]
_App = Callable[[_Scope, Callable[..., Awaitable[Any]], Callable[..., Awaitable[Any]]], Awaitable[None]]


class LaterApp:
    """The pages, built when the first of them is asked for."""

    def __init__(self) -> None:
        self._app: _App | None = None

    async def __call__(
        self, scope: _Scope, receive: Callable[..., Awaitable[Any]], send: Callable[..., Awaitable[Any]]
    ) -> None:
        if self._app is None:
            from callback_survey.airflow.pages.app import make_app

            self._app = make_app()
        await self._app(scope, receive, send)


class CallbackSurveyPlugin(AirflowPlugin):  # type: ignore[misc]  # Airflow brings no types
    """What Airflow is to mount, and what its navigation is to show."""

    name = "callback_survey"
    fastapi_apps = [{"name": NAME, "url_prefix": f"/{ROUTE}", "app": LaterApp()}]  # noqa: RUF012
    external_views = [  # noqa: RUF012
        {
            "name": NAME,
            # relative to Airflow's own address, which may have a path
            "href": f"{ROUTE}/",
            "url_route": ROUTE,
            "destination": "nav",
            "nav_top_level": True,
        }
    ]
