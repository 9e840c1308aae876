"""The entry "Callback survey" in Airflow's pages: releases, checks, notices and charts, for whoever may log in there.

Found through the entry point `airflow.plugins`. Every process of Airflow imports this module, most of them without ever showing
a page: so nothing is built here, and nothing is imported that Airflow has not loaded itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import quote

from airflow.plugins_manager import AirflowPlugin

NAME = "Callback survey"
ROUTE = "callback-survey"

_Scope = MutableMapping[str, Any]
_App = Callable[[_Scope, Callable[..., Awaitable[Any]], Callable[..., Awaitable[Any]]], Awaitable[None]]
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="{ink}" stroke-width="1.8" '
    'stroke-linecap="round" stroke-linejoin="round"><path d="M20 15.5v3a1.6 1.6 0 0 1-1.7 1.6C10.2 19.6 4.4 13.8 3.9 5.7A1.6 '
    '1.6 0 0 1 5.5 4h3l1.4 3.8-2 1.5a12 12 0 0 0 5.8 5.8l1.5-2z"/><path d="M14 10l2 2 4-4.5"/></svg>'
)


class LaterApp:
    """The pages, built when the first of them is asked for."""

    def __init__(self) -> None:
        self._app: _App | None = None

    async def __call__(
        self, scope: _Scope, receive: Callable[..., Awaitable[Any]], send: Callable[..., Awaitable[Any]]
    ) -> None:
        if self._app is None:
            from callback_survey.airflow_plugin.app import make_app

            self._app = make_app()
        await self._app(scope, receive, send)


def _icon(ink: str) -> str:
    return "data:image/svg+xml," + quote(_ICON.format(ink=ink))


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
            "icon": _icon("#1c2430"),
            "icon_dark_mode": _icon("#e6eaf0"),
        }
    ]
