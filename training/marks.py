"""What training scripts share: texts with their garbles marked ``[[garbled=>fix|fix]]``, and where the model lies."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from qa.finding import Finding
from qa.fixes import apply
from qa.lm.model import default_path

MARK = re.compile(r"\[\[(.*?)=>(.*?)\]\]", re.S)


def spans(gold: str) -> tuple[str, list[tuple[int, int, list[str]]]]:
    """The text without marks, and (start, end, accepted wordings) of each marked span."""
    text, found, at = "", [], 0
    for match in MARK.finditer(gold):
        text += gold[at : match.start()]
        found.append((len(text), len(text) + len(match[1]), match[2].split("|")))
        text += match[1]
        at = match.end()
    return text + gold[at:], found


def norm(text: str) -> str:
    """Text as it is compared."""
    text = text.translate(str.maketrans("’‘“”", "''\"\""))
    return " ".join(text.split()).lower().rstrip(".")


def is_fixed(text: str, start: int, end: int, accepted: list[str], touching: list[Finding]) -> bool:
    """Whether applying the findings gives an accepted wording at that place."""
    low, high = min([start, *(f.start for f in touching)]), max([end, *(f.end for f in touching)])
    shifted = apply(text, touching, unsafe=True)
    now = shifted[low : high + len(shifted) - len(text)]
    return any(norm(text[low:start] + wording + text[end:high]) == norm(now) for wording in accepted)


def gguf() -> Path:
    """The model's file: of the environment variable MTQA_GGUF, or where `mtqa lm install` put it."""
    path = Path(os.environ["MTQA_GGUF"]) if "MTQA_GGUF" in os.environ else default_path()
    if path is None:
        sys.exit("no language model: mtqa lm install")
    return path
