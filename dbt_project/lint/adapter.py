"""What sqlfluff puts in the place of dbt's `adapter`: a dispatched macro becomes a function call of its name.

The linter renders templates without dbt (a second instead of ten), so there is no adapter to choose a form by.
"""

from __future__ import annotations

from collections.abc import Callable


def dispatch(macro_name: str, macro_namespace: str = "") -> Callable[..., str]:
    """Return a stand-in that renders as ``macro_name(arguments)``, which parses wherever the real form would; without arguments
    as nothing, as such a macro is no value but a word that one engine has."""

    def render(*arguments: object) -> str:
        parts = [part for argument in arguments for part in (argument if isinstance(argument, list) else [argument])]
        return f"{macro_name}({', '.join(str(part) for part in parts)})" if parts else ""

    return render
