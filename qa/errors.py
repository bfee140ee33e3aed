"""The error that a user sees."""

from __future__ import annotations

from collections.abc import Iterable


class MtqaError(Exception):
    """Something that the user can put right; ``str(error)`` is one clear line.

    The line names the file and the place, says what is wrong and what to do. The command line
    prints it as ``mtqa: error: …`` and exits with 2. Whatever comes from outside (file names, text)
    goes through :func:`qa.display.printable` before it is put into the line.
    """


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``; did you mean “…”?`` with the nearest known name, or nothing where none is near."""
    from rapidfuzz import process

    nearest = process.extractOne(name, list(known))
    return f"; did you mean “{nearest[0]}”?" if nearest and nearest[1] > 60 else ""
