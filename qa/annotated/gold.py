"""mtqa's own marks: ``[[garbled=>fix|another fix]]`` in a text; or a line for each beside it, in gold.jsonl."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from qa.annotated import Annotated, Mark, rows, span, value_of, wrong
from qa.errors import MtqaError
from qa.readers import kind_of, read_content, read_text

MARK = re.compile(r"\[\[(.*?)=>(.*?)\]\]", re.S)
ARTICLE = "article.txt"


def read(path: str, text: str) -> Iterator[Annotated]:
    """The text without its marks; one without any is a text in which nothing is wrong."""
    if path.endswith(".jsonl"):
        yield _beside(path, text)
        return
    plain, marks = without_marks(path, text)
    yield Annotated(read_text(plain, path, kind_of(path)), tuple(marks))


def without_marks(path: str, text: str) -> tuple[str, list[Mark]]:
    """(text, marks). Raises MtqaError for a mark that does not end, or lies in another."""
    parts: list[str] = []
    marks: list[Mark] = []
    at = length = 0
    for match in MARK.finditer(text):
        if "[[" in match[1] or "[[" in match[2]:
            line = text.count("\n", 0, match.start()) + 1
            raise wrong(path, line, "a mark that begins with [[ is not closed with =>fix]]")
        length += match.start() - at
        parts += [text[at : match.start()], match[1]]
        marks.append(Mark(length, length + len(match[1]), fixes=tuple(match[2].split("|"))))
        length += len(match[1])
        at = match.end()
    return "".join([*parts, text[at:]]), marks


def _beside(path: str, text: str) -> Annotated:
    article = Path(path).with_name(ARTICLE)
    if not article.is_file():
        raise MtqaError(f"{path}: marks without their text; expected it beside them as {ARTICLE}")
    plain = read_content(str(article))
    marks = []
    for number, row in rows(path, text):
        start, end = span(path, number, [row.get("start"), row.get("end")], plain, "the span")
        fixes = value_of(path, number, row, "fixes", list)
        if not all(isinstance(fix, str) for fix in fixes):
            raise wrong(path, number, "“fixes” must be a list of texts")
        marks.append(Mark(start, end, str(row.get("category") or ""), fixes=tuple(fixes)))
    return Annotated(read_text(plain, str(article), "text"), tuple(marks))
