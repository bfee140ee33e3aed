"""What several reports say alike: a finding in one line of plain text, its level, its file's place in the repository.

Whatever comes from the text or a file name goes through ``printable`` here and is cut to a length that a reader
reads; what must stay exact (a replacement, a path that a program follows) goes through ``exact``.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from qa.display import printable
from qa.finding import Finding, Severity

LONGEST = 2000
"""Code points of a message that are shown."""
PHRASE = 300
"""Code points of a phrase, and of what to write instead, that are shown."""
ALTERNATIVES = 3
"""How many suggestions of a finding are named."""

LEVELS = {
    Severity.CRITICAL: "error",
    Severity.MAJOR: "error",
    Severity.MINOR: "warning",
    Severity.NEUTRAL: "note",
}
"""MQM's four severities in the three levels that most services know."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def shown(text: str, longest: int = LONGEST) -> str:
    """Text from outside as one line that is safe to show, its middle left out where it is too long."""
    return printable(cut(text, longest))


def cut(text: str, longest: int = LONGEST) -> str:
    """Text as one line, its middle left out where it is too long."""
    if len(text) > longest:
        text = f"{text[: longest // 2]} … {text[-longest // 2 :]}"
    return " ".join(text.split()) if "\n" in text or "\r" in text else text.replace("\t", " ")


def exact(text: str) -> str:
    """The text as it is, but for lone surrogates, which no strict parser takes: each is the replacement character."""
    return _SURROGATE.sub("\ufffd", text)


def advice(finding: Finding) -> str:
    """What to do about a finding, in one sentence; it names the phrase."""
    phrase = shown(finding.text, PHRASE)
    if not finding.suggestions:
        return f"Look at “{phrase}”." if phrase else "Look at this place."
    written = [shown(s.text, PHRASE) for s in finding.suggestions[:ALTERNATIVES]]
    if not written[0].strip():
        return f"Delete “{phrase}”."
    choice = " or ".join(f"“{one}”" if one.strip() else "nothing" for one in written)
    return f"Instead of “{phrase}” write {choice}." if phrase.strip() else f"Insert {choice}."


def message(finding: Finding) -> str:
    """A finding in one line: what is wrong, and what to do."""
    return f"{shown(finding.message)} {advice(finding)}".strip()


def count(number: int, noun: str) -> str:
    """“1 finding”, “1,200 findings”."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def repository() -> Path:
    """The root of the repository that the working directory belongs to; the working directory where it is in none."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)


def in_repository(path: str) -> str | None:
    """A file's path below the root of the repository, with slashes; None where it is elsewhere."""
    root = os.path.join(repository(), "")  # noqa: PTH118
    absolute = os.path.abspath(path)  # noqa: PTH100
    if not absolute.startswith(root):
        try:
            absolute = os.path.realpath(path)
        except ValueError:  # a name that no file has
            return None
    return absolute[len(root) :].replace(os.sep, "/") if absolute.startswith(root) else None
