"""mtqa: finds machine-translation garbles in English text, says why, and suggests the fix."""

__version__ = "0.1.0"

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qa.config import Settings
    from qa.judge import DocumentReport


def check(
    text: str, *, kind: str = "text", settings: "Settings | None" = None, source: str | None = None
) -> "DocumentReport":
    """Check one text (``kind``: ``text`` or ``markdown``), against its ``source`` if given, and return its report.

    Offsets of the findings are code points in ``text``. For many texts keep a ``qa.checker.Checker``.
    """
    from qa.alignment import align
    from qa.checker import Checker
    from qa.readers import read_text

    document = read_text(text, "text", kind)
    if source is not None:
        document = align(document, read_text(source, "source", kind))
    with Checker(settings) as checker:
        return checker.check(document)
