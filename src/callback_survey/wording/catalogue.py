"""The words of alerts in the language that is set: `alerts.toml`, read once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from callback_survey.setting_values import Language
from callback_survey.wording import limits, translation


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Every text by `<group>.<name>` and language."""
    text = resources.files("callback_survey.wording").joinpath("alerts.toml").read_text(encoding="utf-8")
    groups = tomllib.loads(text)
    return {f"{group}.{name}": texts for group, names in groups.items() for name, texts in names.items()}


@dataclass(frozen=True)
class Words:
    """The words of one language. `titles` of checks, and `limits` (what they allow), are those of the seed of rules."""

    language: Language
    titles: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, key: str, **values: object) -> str:
        return catalogue()[key][self.language].format(**values)

    def known(self, key: str, otherwise: str) -> str:
        """The text of a key that may be missing, such as the name of a step that is new."""
        return catalogue()[key][self.language] if key in catalogue() else otherwise

    def check(self, check_id: str) -> str:
        return self.titles.get(check_id) or check_id

    def said(self, text: str) -> str:
        """A message as it was raised or stored, which is in English."""
        return translation.in_chinese(text) if self.language == "zh" else text

    def allowed(self, check_id: str, text: str) -> str:
        """What a check allowed: in the Chinese of its rule, where it has one that fits."""
        if self.language == "en":
            return text
        return self.said(limits.in_chinese(self.limits.get(check_id, ""), text))

    def step(self, step: str) -> str:
        """A step's name as a person reads it; that of a mapped task keeps its `[region]`."""
        name, bracket, rest = step.partition("[")
        return self.known(f"step.{name}", name) + bracket + rest

    def listed(self, texts: list[str]) -> str:
        return ("、" if self.language == "zh" else ", ").join(texts)
