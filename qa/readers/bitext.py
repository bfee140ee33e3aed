"""What the readers of files with a source and its translation share."""

from __future__ import annotations

from typing import NamedTuple

from qa.display import printable
from qa.document import Segment
from qa.errors import MtqaError


class Bitext(NamedTuple):
    """A file's translations, each with its source. ``source_language`` as the file names it (``pt-BR``)."""

    segments: tuple[Segment, ...]
    source_language: str | None = None
    notes: tuple[str, ...] = ()


def must_be_english(language: str, path: str, line: int) -> None:
    """Raise MtqaError where the file says that its translation is in another language."""
    if language and language.lower().replace("_", "-").split("-")[0] not in ("en", "eng"):
        raise MtqaError(
            f"{printable(path)}:{line}: the translation is in “{printable(language)}”; "
            "mtqa checks translations into English"
        )


def left_out(count: int, what: str) -> tuple[str, ...]:
    """The note that some entries were not checked, or none."""
    return (f"{count} {'entry was' if count == 1 else 'entries were'} not checked: {what}",) if count else ()
