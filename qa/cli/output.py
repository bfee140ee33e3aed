"""What every command prints with, and the exit statuses."""

from __future__ import annotations

import os
import shutil
import sys
from typing import NoReturn

import click

OK, FINDINGS, COULD_NOT_CHECK = 0, 1, 2


def say(line: str) -> None:
    encoding = sys.stderr.encoding or "utf-8"
    click.echo(line.encode(encoding, "backslashreplace").decode(encoding), err=True)


def fail(message: str) -> NoReturn:
    say("mtqa: error: " + " ".join(message.split("\n")))
    sys.exit(COULD_NOT_CHECK)


def terminal(color: str, width: int | None) -> tuple[bool, int]:
    """(whether to use colour, columns) for standard output; ``color``: auto, always or never, ``width``: as asked."""
    tty = sys.stdout.isatty()
    plain = not tty or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    columns = width or (shutil.get_terminal_size((80, 24)).columns if tty else 80)
    return color == "always" or (color == "auto" and not plain), max(columns, 40)


def write(text: str) -> None:
    """The report to standard output as UTF-8, or escaped where the terminal cannot show it."""
    stream = sys.stdout
    encoding = stream.encoding or "utf-8"
    write_bytes(text.encode(encoding if stream.isatty() else "utf-8", "backslashreplace"))


def write_bytes(data: bytes) -> None:
    """These bytes to standard output."""
    stream = sys.stdout
    if hasattr(stream, "buffer"):
        stream.flush()
        stream.buffer.write(data)
        stream.buffer.flush()
    else:
        stream.write(data.decode("utf-8", "replace"))
