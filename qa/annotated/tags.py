"""Word tags as shared tasks give them: words with spaces between them in FILE.mt, their tags in FILE.tags.

There may be 2n + 1 tags for n words: those of the gaps are then left out. The words are put together as they are
written, since mtqa checks what a reader reads: no space before a comma, none within “don't”.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from qa.annotated import Annotated, wrong
from qa.annotated.mlqe import tagged
from qa.display import printable
from qa.errors import MtqaError
from qa.readers import read_content

SUFFIXES = (".tags", ".word.tags", ".mt.tags")

_LEANS_LEFT = re.compile(r"[,.;:!?…%)\]}’”»]+|['’](?:s|re|ve|ll|d|m|t)|n['’]t", re.I)
_LEANS_RIGHT = re.compile(r"[(\[{“‘«$£€#]+")


def read(path: str, text: str) -> Iterator[Annotated]:
    """A document for each sentence."""
    beside = [Path(path).with_suffix(suffix) for suffix in SUFFIXES]
    file = next((p for p in beside if p.is_file()), None)
    if file is None:
        raise MtqaError(f"{printable(path)}: words without tags; expected them beside it as {beside[0].name}")
    sentences, tags = (_lines(t) for t in (text, read_content(str(file))))
    if len(sentences) != len(tags):
        raise MtqaError(
            f"{printable(str(file))}: has {len(tags):,} lines, {printable(path)} has {len(sentences):,}: line"
            f" {min(len(tags), len(sentences)) + 1:,} has no counterpart"
        )
    for number, (sentence, line) in enumerate(zip(sentences, tags, strict=True), 1):
        tokens, labels = sentence.split(), line.split()
        if len(labels) == 2 * len(tokens) + 1:
            labels = labels[1::2]
        if len(labels) != len(tokens):
            raise wrong(str(file), number, f"{len(labels)} tags for {len(tokens)} words")
        together, words = detokenised(tokens)
        yield tagged(path, number, together, words, labels)


def _lines(text: str) -> list[str]:
    return text.removeprefix("\ufeff").removesuffix("\n").split("\n")


def detokenised(tokens: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """The words as they are written, and the span of each."""
    text = ""
    words: list[tuple[int, int]] = []
    opened: set[str] = set()
    glued = True
    for token in tokens:
        is_quote = token in ('"', "'")
        closes = is_quote and token in opened
        if not (glued or closes or _LEANS_LEFT.fullmatch(token)):
            text += " "
        words.append((len(text), len(text) + len(token)))
        text += token
        glued = bool(_LEANS_RIGHT.fullmatch(token)) or (is_quote and not closes)
        if is_quote:
            opened ^= {token}
    return text, words
