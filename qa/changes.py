"""The lines that a git revision does not have yet, so that only they are reported on."""

# Paths are strings here, as git prints them.

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator

from qa.display import printable
from qa.document import Document
from qa.errors import MtqaError
from qa.finding import Finding

_HUNK = re.compile(rb"@@ -\S+ \+(\d+)(?:,(\d+))? @@")
# What a user's git settings could change in the output is said outright.
_DIFF = (
    "diff", "--no-ext-diff", "--no-textconv", "--no-color", "--find-renames", "--ignore-submodules", "--unified=0",
    "--inter-hunk-context=0", "--src-prefix=a/", "--dst-prefix=b/", "-z",
)  # fmt: skip

Lines = tuple[range, ...]


class Changes:
    """What changed in the working tree of one repository since ``revision``; ``REV...``: since it branched off."""

    def __init__(self, revision: str, folder: str) -> None:
        """``folder``: a folder of the repository. Raises MtqaError where git does not know it or the revision."""
        self._root = os.path.realpath(os.fsdecode(_git(folder, "rev-parse", "--show-toplevel").rstrip(b"\n")))
        commit = _commit(self._root, revision)
        patch = _git(self._root, *_DIFF, "--patch-with-raw", "--diff-filter=ACMR", commit, "--")
        self._lines: dict[str, Lines | None] = dict(_changed(patch))
        # Merges with conflicts and links that became files have no lines to compare.
        others = _git(self._root, *_DIFF, "--name-only", "--diff-filter=TUXB", commit, "--")
        self._lines.update((os.fsdecode(name), None) for name in others.split(b"\0") if name)
        self._tracked = {os.fsdecode(name) for name in _git(self._root, "ls-files", "-z").split(b"\0")}

    def __contains__(self, path: str) -> bool:
        """Whether the file at ``path`` has a line that changed; one that git does not track is new."""
        lines = self._of(path)
        return lines is None or bool(lines)

    def touch(self, document: Document, finding: Finding) -> bool:
        """Whether the finding stands, at least in part, on a line that changed."""
        lines = self._of(document.path)
        if lines is None:
            return True
        # Lines as git counts them: a carriage return alone ends none.
        first = document.text.count("\n", 0, finding.start) + 1
        last = first + document.text.count("\n", finding.start, max(finding.end - 1, finding.start))
        return any(first < some.stop and some.start <= last for some in lines)

    def _of(self, path: str) -> Lines | None:
        """The changed lines of a file; None for all of them."""
        if path == "-":
            return None
        name = os.path.relpath(os.path.realpath(path), self._root).replace(os.sep, "/")
        if name in self._lines:
            return self._lines[name]
        return () if name in self._tracked else None


def _commit(root: str, revision: str) -> str:
    name, dots, _ = revision.partition("...")
    shown = printable(revision)
    verify = ("rev-parse", "--verify", "--quiet", "--end-of-options")
    try:
        commit = _git(root, *verify, f"{name}^{{commit}}").strip().decode()
    except MtqaError:
        raise MtqaError(f"--since {shown}: git knows no such revision (in CI, fetch the history)") from None
    if not dots:
        return commit
    try:
        return _git(root, "merge-base", commit, "HEAD").strip().decode()
    except MtqaError:
        raise MtqaError(f"--since {shown}: it shares no history with HEAD (in CI, fetch the history)") from None


def _changed(output: bytes) -> Iterator[tuple[str, Lines | None]]:
    """(path, lines) of each changed file: git's raw list, and behind it the patch in the same order."""
    names, patch = _raw(output)
    blocks = re.split(rb"^diff --git ", patch, flags=re.MULTILINE)[1:]
    for name, block in zip(names, blocks, strict=True):
        if b"\nBinary files " in block:
            yield name, None
            continue
        lines = []
        for match in re.finditer(rb"^" + _HUNK.pattern, block, re.MULTILINE):
            first, count = int(match[1]), int(match[2] or 1)
            if count:
                lines.append(range(first, first + count))
        yield name, tuple(lines)


def _raw(output: bytes) -> tuple[list[str], bytes]:
    names = []
    at = 0
    while output[at : at + 1] == b":":
        end = output.index(b"\0", at)
        status = output[at:end].split(b" ")[-1][:1]
        for _ in range(2 if status in b"RC" else 1):
            at, end = end + 1, output.index(b"\0", end + 1)
        names.append(os.fsdecode(output[at:end]))
        at = end + 1
    return names, output[at:].removeprefix(b"\0")


def _git(folder: str, *arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", folder or ".", *arguments], capture_output=True, check=False)
    except OSError as e:
        raise MtqaError(f"--since needs git: {e.strerror or e}") from None
    if done.returncode:
        why = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"git {arguments[0]} failed"]
        raise MtqaError(f"--since: {printable(why[-1])}")
    return done.stdout
