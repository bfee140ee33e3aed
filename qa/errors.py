"""The error that a user sees."""

from __future__ import annotations


class MtqaError(Exception):
    """Something that the user can put right; ``str(error)`` is one clear line.

    The line names the file and the place, says what is wrong and what to do. The command line
    prints it as ``mtqa: error: …`` and exits with 2. Whatever comes from outside (file names, text)
    goes through :func:`qa.display.printable` before it is put into the line.
    """
