"""What the DAG callback_retention calls: a task context in, JSON values out.

Imported while DAG files are parsed, so it imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from callback_survey.airflow.quarter import place_of, run_key
from callback_survey.local_time import local_date

DOCUMENTATION = """\
# callback_retention: remove what is older than it may be

`look → remove`

**When**: at 05:00 on the 2nd of each month, Shanghai time. Months by kind are the setting `CALLBACK_SURVEY_RETENTION`; without it
nothing is ever removed. A run by hand with `{"only_look": true}` writes to the log of `look` what would go, and removes nothing.

**What readers see meanwhile**: the same figures. Releases, issued notices, decisions and served tables are never removed, and the
folders of the exports only by the command line.

## When it fails
| task | what it means | look at |
|---|---|---|
| look | the home cannot be read | the message |
| remove | some things could not be removed (the others are gone), or another run held the warehouse | the paths in the alert |

Clear the failed task after mending the cause: it goes on where it was. What was removed is written down in `<home>/retention/`. Airflow's
own database is cut by whoever keeps that Airflow: `airflow db clean`.
"""


def look() -> list[str]:
    """What would go, a line each, for the log."""
    from callback_survey.airflow.settings import load_settings
    from callback_survey.retention import due

    found = due.look(load_settings(), local_date(datetime.now(UTC)))
    lines = [f"{one.kind} {one.name}: {f'stays, {one.held}' if one.held else 'would be removed'}" for one in found]
    for line in lines:
        print(line)
    return lines


def remove(context: Mapping[str, Any]) -> int:
    """Remove it. Returns how many things went."""
    from callback_survey.airflow.settings import load_settings
    from callback_survey.alerts import tell
    from callback_survey.retention import remove as removing
    from callback_survey.run import Run

    settings = load_settings()
    done = removing.remove(Run(settings, run_key(context)), local_date(datetime.now(UTC)))
    tell.tell_dag_passed(settings, str(context["dag"].dag_id), place_of(context, "remove"))
    return len(done.done)
