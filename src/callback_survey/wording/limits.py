"""What a check allows, in the Chinese of its rule."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"[0-9]+(?:[.:][0-9]+)?")
_PLACE = re.compile(r"\{([0-9])\}")


def in_chinese(template: str, allowed: str) -> str:
    """What a check allowed, in the Chinese of its rule, with the numbers by which it judged; else as it was written.

    The numbers come from the result: a rule may have changed since.
    """
    numbers = _NUMBER.findall(allowed)
    if not template or set(range(len(numbers))) != {int(place) for place in _PLACE.findall(template)}:
        return allowed
    return template.format(*numbers)
