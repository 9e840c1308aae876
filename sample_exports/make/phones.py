"""Phone numbers of nobody, in the many ways in which people write them."""

from __future__ import annotations

from sample_exports.make.dice import Dice

_LANDLINE_EVERY = 150  # one person in so many left a landline
# Odd and not divisible by 5: person → number is then one to one within the range.
_MOBILE_STEP, _MOBILE_OFFSET = 61_803_399, 27_182_818
_LANDLINE_STEP, _LANDLINE_OFFSET = 6_180_339, 2_718_281
_FULL_WIDTH = str.maketrans("0123456789+-", "０１２３４５６７８９＋－")


def number_of(person: int) -> str:
    """The person's number, as prefix and two groups joined by hyphens; different for every person.

    Mobile numbers use 154, a range no network has. Landlines use the area code 0571 and a local number that starts with
    1, which no local number does.
    """
    if person % _LANDLINE_EVERY == 0:
        digits = f"1{(person * _LANDLINE_STEP + _LANDLINE_OFFSET) % 10**7:07d}"
        return f"0571-{digits[:4]}-{digits[4:]}"
    digits = f"{(person * _MOBILE_STEP + _MOBILE_OFFSET) % 10**8:08d}"
    return f"154-{digits[:4]}-{digits[4:]}"


def written(person: int, dice: Dice) -> str:
    """The person's number as somebody typed it: mostly plain, sometimes grouped, prefixed or in full width."""
    grouped = number_of(person)
    prefix, local = grouped.split("-", 1)
    local = local.replace("-", "")
    if prefix == "0571":
        form = dice.one_of(("{0}-{1}", "{0}-{1}", "{0}-{1}", "{0} {1}", "{0}{1}")).format(prefix, local)
        return form.translate(_FULL_WIDTH) if dice.is_hit(0.05) else form
    if not dice.is_hit(0.15):
        return prefix + local
    forms = (
        grouped,
        grouped.replace("-", " "),
        f"+86{prefix}{local}",
        f"+86 {grouped}",
        f"0086{prefix}{local}",
        f"0086-{prefix}{local}",
        f" {prefix}{local}",
        f"{prefix}{local}".translate(_FULL_WIDTH),
        f"+86{grouped}".translate(_FULL_WIDTH),
    )
    return dice.one_of(forms)


def unusable(kind: int, person: int) -> str:
    """A text that is no valid phone; `kind` counts through the ways in which that happens."""
    digits = number_of(person).replace("-", "")[-8:]
    forms = (
        "",
        "无",
        f"154{digits[:7]}",  # a digit short
        f"154{digits}0",  # a digit too many
        f"124{digits}",  # no mobile number starts with 12
        f"154****{digits[4:]}",  # masked
        f"124{digits}/124{digits[::-1]}",  # two numbers in one cell, and neither is a mobile number
        f"154{digits}转801",
        f"1{digits[1:]}",  # a landline without its area code
        f"0571-{digits[:5]}",  # a local number cut short
        "00000000000",
    )
    return forms[kind % len(forms)]


UNUSABLE_KINDS = 11
