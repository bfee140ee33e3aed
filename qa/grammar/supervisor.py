"""Run a program that must not outlive the run that started it: ``python supervisor.py COMMAND…``.

The starter holds our standard input open. When it closes, because the starter is done, was interrupted or was
killed outright, the program is ended. Where the kernel can (Linux), the program also ends with us.
Only the standard library, and nothing of mtqa: this starts in no time.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading

_PR_SET_PDEATHSIG = 1
_PATIENCE = 3
"""Seconds between asking the program to end and ending it."""


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()


def _watch(child: subprocess.Popen[bytes]) -> None:
    while os.read(0, 1024):
        pass
    _end(child)


def main(command: list[str]) -> int:
    """Run the command until it ends or our standard input closes; its exit status."""
    linux = sys.platform == "linux"
    # No threads yet, so that the hook before exec is safe.
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, preexec_fn=_end_with_parent if linux else None
    )
    signal.signal(signal.SIGTERM, lambda *_: _end(child))
    threading.Thread(target=_watch, args=(child,), daemon=True).start()
    return child.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
