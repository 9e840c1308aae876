"""Who logs in to the shipped Airflow, and what each may do: people by their names, so that what they decide is signed by a person."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from callback_survey.errors import UsageError

Role = Literal["viewer", "operator", "approver"]
# by the roles of Airflow's simple auth manager; that nobody but an approver answers a request is the request's own rule
AIRFLOW_ROLES: dict[Role, str] = {"viewer": "viewer", "operator": "op", "approver": "user"}
ADMIN = "admin"
# accounts that several people have, or that stand for none
_NO_PERSONS = {ADMIN, "administrator", "airflow", "anonymous", "nobody", "root", "unknown", "user"}
_NAME = re.compile(r"[^\s:,|]{1,60}")


@dataclass(frozen=True)
class Login:
    """A person by name, which is what they log in with and what is printed in the journal."""

    name: str
    role: Role


def logins_of(variable: str, text: str) -> tuple[Login, ...]:
    """The logins of a setting such as `王主任:approver 值班员:operator 科员:viewer`. Raises UsageError, which names the entry."""
    found = tuple(_login(variable, entry) for entry in re.split(r"[\s,]+", text) if entry)
    names = [login.name for login in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise _refused(variable, f"{twice} is in it twice", "each name once")
    if found and not any(login.role == "approver" for login in found):
        raise _refused(variable, "nobody in it is an approver", "one name:approver or more")
    return found


def is_person(name: str) -> bool:
    """Whether a name can be that of a person who decides: `admin` is whoever has the password."""
    return name.strip().lower() not in {"", *_NO_PERSONS}


def _login(variable: str, entry: str) -> Login:
    name, _, given = entry.partition(":")
    role = next((known for known in AIRFLOW_ROLES if known == given), None)
    if role is None:
        raise _refused(variable, f"{entry!r} has no known role", f"name:role, with the role {', '.join(AIRFLOW_ROLES)}")
    if _NAME.fullmatch(name) is None or not name.isprintable():
        raise _refused(variable, f"{entry!r} has no name that can be printed", "name:role, such as 王主任:approver")
    if not is_person(name):
        raise _refused(
            variable, f"{name} is not the name of a person", "the person's own name, such as 王主任:approver"
        )
    return Login(name, role)


def _refused(variable: str, what: str, expected: str) -> UsageError:
    return UsageError(f"{variable} is not valid: {what}", expected=expected, next_step="correct the setting")
