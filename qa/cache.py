"""Answers kept on disk between runs: what the model said of a sentence, what was found in a text."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from qa.rulebook import cache_folder

LM_ANSWERS = "lm-answers"
_MOST = 400_000
"""Answers that are kept; beyond it half of them go."""
_AT_ONCE = 500


class Cache:
    """Numbers by key. A cache that cannot be read or written is done without."""

    def __init__(self, folder: Path | None = None, name: str = LM_ANSWERS, most: int = _MOST) -> None:
        """``folder``: the user's cache folder if None. ``most``: answers that are kept."""
        folder = folder or cache_folder()
        self._most = most
        self._database: sqlite3.Connection | None = None
        if folder is None:
            return
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._open(folder / f"{name}.sqlite")
        except (OSError, sqlite3.Error):
            with contextlib.suppress(OSError, sqlite3.Error):  # damaged, or of another kind: begun anew
                (folder / f"{name}.sqlite").unlink(missing_ok=True)
                self._open(folder / f"{name}.sqlite")

    def _open(self, place: Path) -> None:
        database = sqlite3.connect(place, timeout=5, isolation_level=None, check_same_thread=False)
        database.execute("CREATE TABLE IF NOT EXISTS answer (key BLOB PRIMARY KEY, value TEXT) WITHOUT ROWID")
        database.execute("SELECT key, value FROM answer LIMIT 1").fetchall()
        self._database = database

    def get(self, keys: Sequence[bytes]) -> dict[bytes, str]:
        """What is known of these keys."""
        out: dict[bytes, str] = {}
        if self._database is None:
            return out
        with contextlib.suppress(sqlite3.Error):
            for at in range(0, len(keys), _AT_ONCE):
                some = keys[at : at + _AT_ONCE]
                marks = ",".join("?" * len(some))
                out.update(self._database.execute(f"SELECT key, value FROM answer WHERE key IN ({marks})", some))
        return out

    def put(self, answers: Iterable[tuple[bytes, str]]) -> None:
        """Remember these."""
        if self._database is None:
            return
        with contextlib.suppress(sqlite3.Error):
            self._database.execute("BEGIN IMMEDIATE")
            try:
                self._database.executemany("INSERT OR REPLACE INTO answer VALUES (?, ?)", answers)
                self._database.execute("COMMIT")
            except BaseException:
                self._database.execute("ROLLBACK")
                raise

    def close(self) -> None:
        if self._database is None:
            return
        with contextlib.suppress(sqlite3.Error):
            (count,) = self._database.execute("SELECT COUNT(*) FROM answer").fetchone()
            if count > self._most:  # keys are hashes: any half is as good as another
                self._database.execute("DELETE FROM answer WHERE key > x'80'")
            self._database.close()
        self._database = None


def key(*parts: object) -> bytes:
    """A short key of these."""
    return hashlib.blake2b("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass"), digest_size=16).digest()
