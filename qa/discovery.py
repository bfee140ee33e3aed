"""From the paths on the command line to the files to check."""

# Paths are strings here: pathlib would change how the user wrote them.
# ruff: noqa: PTH113, PTH114, PTH116, PTH118, PTH120, PTH122, PTH123

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qa.display import printable
from qa.errors import MtqaError
from qa.readers import BITEXT, READERS, STDIN

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

JUNK = frozenset({"node_modules", "bower_components", "__pycache__", "site-packages"})
"""Folders that are never walked into; hidden ones and virtual environments neither."""

# The bytes of a name that is not UTF-8 are surrogates, which pattern engines refuse: for matching
# they are private characters.
_BYTES = {0xDC80 + i: 0xF780 + i for i in range(128)}


def discover(
    paths: Sequence[str],
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    gitignore: bool = True,
) -> list[str]:
    """The files to check, each once, in the order of ``paths``; inside a folder sorted by name.

    A file named outright is always taken, and ``-`` is standard input. A folder is walked for files
    whose suffix has a reader; hidden and junk folders and symbolic links to folders are not entered.
    ``include`` (take only these) and ``exclude`` are globs as in .gitignore, relative to the folder
    walked or to the working directory. ``gitignore``: leave out what the .gitignore files leave out,
    from the root of the repository down. A file found comes back as the folder's path as given, with
    the rest joined. Raises MtqaError for a path that does not exist, a folder that cannot be read or
    holds nothing to check, and a bad glob.
    """
    found: list[str] = []
    seen: set[str] = set()
    globs = _Globs(_user_spec(include, "--include"), _user_spec(exclude, "--exclude"))
    for path in paths:
        files = [path]
        if path != STDIN and _is_folder(path):
            files = list(_Walk(path, globs, gitignore).files())
            if not files:
                raise MtqaError(_nothing(path, bool(include or exclude), gitignore))
        for file in files:
            # A file may be reached by two paths, or by a link.
            key = STDIN if file == STDIN else os.path.realpath(file)
            if key not in seen:
                seen.add(key)
                found.append(file)
    return found


@dataclass(frozen=True, slots=True)
class _Globs:
    include: GitIgnoreSpec | None
    exclude: GitIgnoreSpec | None


@dataclass(frozen=True, slots=True)
class _Ignore:
    """A .gitignore file's patterns, and the absolute folder that they are relative to."""

    folder: str
    spec: GitIgnoreSpec

    def verdict(self, path: str, is_folder: bool) -> bool | None:
        """True: left out, False: taken back in, None: no word on it. ``path`` is absolute."""
        relative = _relative(path, self.folder)
        return None if relative is None else self.spec.check_file(relative + "/" * is_folder).include


class _Walk:
    """One folder, walked."""

    def __init__(self, folder: str, globs: _Globs, gitignore: bool) -> None:
        self.given = folder
        self.root = os.path.realpath(folder)
        self.cwd = os.path.realpath(os.curdir)
        self.globs = globs
        self.gitignore = gitignore

    def files(self) -> Iterator[str]:
        """The files to check below the folder, depth first, sorted by name."""
        stack: list[tuple[str, bool, tuple[_Ignore, ...]]] = [("", True, self._inherited())]
        while stack:
            relative, is_folder, ignores = stack.pop()
            if not is_folder:
                yield self._as_given(relative)
                continue
            path = os.path.join(self.root, relative) if relative else self.root
            if self.gitignore and relative:
                ignores += _ignore_file(path, ".gitignore")
            for name, entry_is_folder in reversed(self._entries(path, relative)):
                below = os.path.join(relative, name)
                if self._is_wanted(below, entry_is_folder, ignores):
                    stack.append((below, entry_is_folder, ignores))

    def _entries(self, path: str, relative: str) -> list[tuple[str, bool]]:
        """(name, is a folder) of what may be checked in a folder, sorted."""
        entries = []
        try:
            with os.scandir(path) as scan:
                for entry in scan:
                    if entry.name.startswith("."):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        if entry.name not in JUNK:
                            entries.append((entry.name, True))
                    elif entry.name == "pyvenv.cfg" and relative:
                        return []
                    elif self._is_read(entry.name) and os.path.isfile(entry.path):
                        entries.append((entry.name, False))
        except OSError as error:
            shown = printable(self._as_given(relative) if relative else self.given)
            raise MtqaError(
                f"{shown}: the folder cannot be read ({error.strerror or error}); leave it out with --exclude"
            ) from None
        return sorted(entries)

    def _is_read(self, name: str) -> bool:
        kind = READERS.get(os.path.splitext(name)[1].lower())
        return kind is not None and (kind not in BITEXT or self.globs.include is not None)

    def _is_wanted(self, relative: str, is_folder: bool, ignores: tuple[_Ignore, ...]) -> bool:
        path = os.path.join(self.root, relative)
        if self.globs.exclude is not None and self._matches(self.globs.exclude, path, is_folder):
            return False
        for ignore in reversed(ignores):
            verdict = ignore.verdict(path, is_folder)
            if verdict is not None:
                if verdict:
                    return False
                break
        if is_folder or self.globs.include is None:
            return True
        return self._matches(self.globs.include, path, False)

    def _matches(self, spec: GitIgnoreSpec, path: str, is_folder: bool) -> bool:
        for base in (self.root, self.cwd):
            relative = _relative(path, base)
            if relative is not None and spec.match_file(relative + "/" * is_folder):
                return True
        return False

    def _inherited(self) -> tuple[_Ignore, ...]:
        """The ignore files from the root of the repository down to this folder, highest first."""
        if not self.gitignore:
            return ()
        folders = [self.root]
        while not os.path.lexists(os.path.join(folders[-1], ".git")):
            parent = os.path.dirname(folders[-1])
            if parent == folders[-1]:
                folders = [self.root]  # no repository: what lies above has no say
                break
            folders.append(parent)
        ignores: list[_Ignore] = list(_ignore_file(folders[-1], os.path.join(".git", "info", "exclude")))
        for folder in reversed(folders):
            ignores.extend(_ignore_file(folder, ".gitignore"))
        # Who names an ignored folder wants it checked.
        return tuple(i for i in ignores if i.folder == self.root or not i.verdict(self.root, True))

    def _as_given(self, relative: str) -> str:
        # Not "./a.md": paths are shown, and matched by CI services, as the repository has them. But
        # a file called "-" or "--x" must not be read as standard input or an option.
        if os.path.normpath(self.given) == os.curdir and not relative.startswith("-"):
            return relative
        return os.path.join(self.given, relative)


def _is_folder(path: str) -> bool:
    shown = printable(path)
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        if os.path.islink(path):
            raise MtqaError(f"{shown}: the link points to nothing") from None
        raise MtqaError(f"{shown or 'the empty path'}: no such file or folder") from None
    except OSError as error:
        raise MtqaError(f"{shown}: cannot be read ({error.strerror or error})") from None
    except ValueError:
        raise MtqaError(f"{shown}: is no path") from None
    return stat.S_ISDIR(mode)


def _relative(path: str, base: str) -> str | None:
    """``path`` below ``base`` with slashes, as patterns know it; None if it is not below."""
    if not base.endswith(os.sep):
        base += os.sep
    if not path.startswith(base) or path == base:
        return None
    return path[len(base) :].replace(os.sep, "/").translate(_BYTES)


def _user_spec(globs: Sequence[str], option: str) -> GitIgnoreSpec | None:
    if not globs:
        return None
    from pathspec import GitIgnoreSpec

    lines = []
    for glob in globs:
        line = glob.removeprefix("./").translate(_BYTES)
        try:
            GitIgnoreSpec.from_lines([line])
        except ValueError:
            raise MtqaError(f"{option} {printable(glob)}: is no glob as in .gitignore") from None
        lines.append(line)
    return GitIgnoreSpec.from_lines(lines)


def _ignore_file(folder: str, name: str) -> tuple[_Ignore, ...]:
    try:
        with open(os.path.join(folder, name), encoding="utf-8-sig", errors="surrogateescape") as file:
            lines = file.read().translate(_BYTES).splitlines()
    except OSError:
        return ()
    from pathspec import GitIgnoreSpec

    try:
        spec = GitIgnoreSpec.from_lines(lines)
    except ValueError:
        # As git does: a line that is no pattern has no effect.
        spec = GitIgnoreSpec.from_lines([line for line in lines if _is_pattern(line)])
    return (_Ignore(folder, spec),)


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


def _nothing(path: str, globs: bool, gitignore: bool) -> str:
    suffixes = " ".join(sorted(suffix for suffix, kind in READERS.items() if kind not in BITEXT))
    causes = " or ".join(["--include and --exclude"] * globs + [".gitignore"] * gitignore)
    but = f", or {causes} left them out" if causes else ""
    return f"{printable(path)}: no text to check in this folder: no file ends in {suffixes}{but}"
