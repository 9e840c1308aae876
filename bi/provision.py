"""Make Superset ready: its database, the login, and the dashboard. Run by start.py where something of it has changed.

`python provision.py MARTS`; the settings come from superset_config.py. Runs in the environment .venv-bi, without our package.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import yaml

FILES = Path(__file__).resolve().parent / "superset"
USER = "admin"


def main() -> None:
    # imported after the settings are named in the environment: Superset reads them on import
    from flask_migrate import upgrade
    from superset.app import create_app

    app = create_app()
    with app.app_context():
        import superset
        from superset import security_manager

        upgrade(directory=str(Path(superset.__file__).parent / "migrations"))
        # roles and permissions, as `superset init` makes them
        app.appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        _login(security_manager, os.environ["SUPERSET_ADMIN_PASSWORD"])
        _import(security_manager, Path(sys.argv[1]))


def _login(security_manager: Any, password: str) -> None:
    found = security_manager.find_user(USER)
    if found is None:
        role = security_manager.find_role("Admin")
        security_manager.add_user(USER, "admin", "", "admin@localhost", role, password)
    else:
        security_manager.reset_password(found.id, password)


def _import(security_manager: Any, marts: Path) -> None:
    """Everything replaces what an earlier import brought; what people made beside it stays."""
    from flask import g
    from superset.commands.importers.v1.assets import ImportAssetsCommand

    g.user = security_manager.find_user(USER)
    ImportAssetsCommand(contents(marts)).run()


def contents(marts: Path) -> dict[str, str]:
    """The files as Superset takes them, with the place where the marts are."""
    found = {path.relative_to(FILES).as_posix(): path.read_text(encoding="utf-8") for path in FILES.rglob("*.yaml")}
    metadata = yaml.safe_load(found["metadata.yaml"])
    # a "dashboard" leaves alone what is there; "assets" replace it
    found["metadata.yaml"] = yaml.safe_dump({**metadata, "type": "assets"})
    for name in [name for name in found if name.startswith("databases/")]:
        database = yaml.safe_load(found[name])
        found[name] = yaml.safe_dump({**database, "sqlalchemy_uri": f"duckdb:///{marts}"}, allow_unicode=True)
    return found


if __name__ == "__main__":
    main()
