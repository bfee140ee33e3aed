"""What a rule says of itself: its page, the list of all rules, the skeleton of a new one."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path

from qa.display import as_markdown, printable
from qa.errors import MtqaError
from qa.grammar import ENGINE_NAMES
from qa.rulebook import Rule, Rulebook

_WIDTH = 80
_ENTRIES_SHOWN = 12


def page(rule: Rule, rulebook: Rulebook) -> str:
    """The rule's page as plain text, 80 columns wide."""
    out = [rule.id, "=" * len(rule.id), ""]
    out += [*textwrap.wrap(_general(rule), _WIDTH), ""]
    out.append(f"{rule.severity}, {rule.category}, confidence {rule.confidence:.0%}, {rule.status}")
    if rule.languages:
        out.append("typical of translations from: " + ", ".join(rule.languages))
    if rule.verify:
        times = f"{rule.margin:g} bits, {2**rule.margin:,.0f} times as likely"
        told = "a proposal: shown only where a language model prefers the sentence with the fix"
        out += textwrap.wrap(f"{told} by {times}; less in a text where much else is found", _WIDTH)
    out.append("")
    for paragraph in re.split(r"\n\s*\n", rule.why):
        out += [*textwrap.wrap(" ".join(paragraph.split()), _WIDTH), ""]
    out.append("Examples")
    for example in rule.examples:
        out += _wrapped("  ✗ " if example.bad else "  ✓ ", " ".join(example.text.split()))
        if example.fix is not None:
            out += _wrapped("  → ", " ".join(example.fix.split()) or "(deleted)")
    if rule.entries:
        out += ["", f"Phrases ({rule.entries})"]
        for number, entry in enumerate(rulebook.entries_of(rule.id)):
            if number == _ENTRIES_SHOWN:
                out.append(f"  … and {rule.entries - number} more in {rule.path}")
                break
            out += _wrapped("  ", entry.text + (f"   ({entry.note})" if entry.note else ""))
    for engine, listed in rule.engines.items():
        shown = ", ".join(f"{one.id} {one.confidence:.0%}" for one in sorted(listed, key=lambda e: -e.confidence))
        out += ["", f"What it passes on of {ENGINE_NAMES[engine]}, with the share that was right"]
        out += _wrapped("  ", shown)
    out += ["", f"To switch it off: --disable {rule.id}, or “disable” in the settings.", ""]
    return "\n".join(printable(line) for line in out)


def markdown(rule: Rule, rulebook: Rulebook) -> str:
    """The rule's page as Markdown without a title, for a viewer that shows it beside a finding."""
    out = [as_markdown(summary(rule)), ""]
    facts = [rule.severity, rule.category, f"confidence {rule.confidence:.0%}", rule.status]
    if rule.languages:
        out += [as_markdown("Typical of translations from: " + ", ".join(rule.languages)), ""]
    out += [as_markdown(" · ".join(facts)), ""]
    for paragraph in re.split(r"\n\s*\n", rule.why):
        out += [as_markdown(" ".join(paragraph.split())), ""]
    for example in rule.examples:
        text = as_markdown(" ".join(example.text.split()))
        if example.fix is not None:
            text += " → " + (as_markdown(" ".join(example.fix.split())) or "(deleted)")
        out.append(f"- {'✗' if example.bad else '✓'} {text}")
    for number, entry in enumerate(rulebook.entries_of(rule.id) if rule.entries else ()):
        if number == 0:
            out += ["", as_markdown(f"Phrases ({rule.entries}), among them:"), ""]
        if number == _ENTRIES_SHOWN:
            break
        out.append("- " + as_markdown(entry.text + (f" ({entry.note})" if entry.note else "")))
    out += ["", as_markdown(f"To switch it off: --disable {rule.id}, or “disable” in the settings.")]
    return "\n".join(out)


def summary(rule: Rule) -> str:
    """What the rule says, in one line, of no phrase in particular."""
    return " ".join(_general(rule).split())


def _general(rule: Rule) -> str:
    """The message as it reads for no phrase in particular."""
    if rule.check == "grammar":
        return "What LanguageTool or Harper say, in their words."
    return re.sub(r"\{[^{}]*\}", "…", rule.message.replace("{note}", ""))


def _wrapped(lead: str, text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead)) or [lead]


def table(rulebook: Rulebook, width: int) -> str:
    """All rules, one a line."""
    rules = sorted(rulebook.rules.values(), key=lambda r: r.id)
    longest = max((len(r.id) for r in rules), default=0)
    lines = []
    for rule in rules:
        size = f" ({rule.entries} phrases)" if rule.entries else ""
        head = f"{rule.id:{longest}}  {rule.severity:8}  {rule.status:8} {rule.confidence:4.0%}  "
        lines.append(
            printable(head + textwrap.shorten(_general(rule) + size, max(width - len(head), 20), placeholder="…"))
        )
    phrases = sum(r.entries for r in rules)
    return "\n".join([*lines, f"{len(rules)} rules, {phrases} phrases", ""])


def as_json(rulebook: Rulebook) -> str:
    """All rules as JSON."""
    rows = [
        {"id": r.id, "category": r.category, "severity": r.severity, "confidence": r.confidence, "status": r.status,
         "source-languages": r.languages, "message": r.message, "phrases": r.entries}
        for r in sorted(rulebook.rules.values(), key=lambda r: r.id)
    ]  # fmt: skip
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


_SKELETON = """\
message: “{{match}}” … ; write “{{fix}}”.
category: style/unidiomatic
severity: minor
confidence: 0.8               # measured: share of its findings on open data that a reader would act on
status: preview
source-languages: []
entries: |
  take/v {{det}} shower of words => give/v {{det}} long speech      # the expression that is rendered word by word
why: |
  What it is, why a translator produces it, when it is right after all.
examples:
  - bad: 'He >>took a shower of words<< to them.'
    fix: 'He gave a long speech to them.'
  - bad: 'She >>takes a shower of words<<.'
    fix: 'She gives a long speech.'
  - good: 'He took a shower.'
  - good: 'He took a bath of words.'
"""


def skeleton(folder: Path, name: str) -> Path:
    """Write the skeleton of the rule ``family/name`` and return its path. Raises MtqaError if it is there already."""
    if not re.fullmatch(r"[a-z0-9-]+/[a-z0-9-]+", name):
        raise MtqaError(f"{printable(name)}: expected FAMILY/NAME in small letters, digits and hyphens")
    path = folder / f"{name}.yaml"
    if path.exists():
        raise MtqaError(f"{path}: is there already")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_SKELETON.replace("{{", "{").replace("}}", "}"), "utf-8")
    return path
