"""Which rules a run uses, by its settings."""

from __future__ import annotations

from qa.config import Settings
from qa.rulebook import Rule


def is_on(settings: Settings, rule: Rule) -> bool:
    """Whether the rule's findings are shown. Proposals are not, unless they are switched on by name: a guess needs a
    language model that confirms it."""
    if _is_named(settings.enable, rule) and not _is_disabled(settings, rule):
        return True
    if _is_disabled(settings, rule) or rule.verify:
        return False
    if settings.all:
        return rule.status != "deprecated"
    wanted = ("stable", "preview") if settings.preview else ("stable",)
    return _is_language(settings, rule) and rule.status in wanted and rule.confidence >= settings.min_confidence


def may_propose(settings: Settings, rule: Rule) -> bool:
    """Whether the rule's proposals are put before the language model."""
    if not rule.verify or rule.status == "deprecated":
        return False
    return not _is_disabled(settings, rule) and _is_language(settings, rule)


def _is_named(names: tuple[str, ...], rule: Rule) -> bool:
    return rule.id in names or rule.family in names


def _is_disabled(settings: Settings, rule: Rule) -> bool:
    """Switched off by name, or with its family unless it is switched on by its own name."""
    return rule.id in settings.disable or (rule.family in settings.disable and rule.id not in settings.enable)


def _is_language(settings: Settings, rule: Rule) -> bool:
    languages = set(settings.source_language)
    return not (languages and rule.languages and not languages & set(rule.languages))
