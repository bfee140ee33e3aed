"""The files of a run, read, each beside its source where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qa import readers
from qa.alignment import align
from qa.config import Settings
from qa.display import printable
from qa.document import Document
from qa.errors import MtqaError


class Reading:
    """Reads files as the settings say. ``paths`` are what the user named, ``files`` what was found there."""

    def __init__(
        self, settings: Settings, paths: Sequence[str], files: Sequence[str], stdin_filename: str | None = None
    ) -> None:
        self.settings, self.files, self.stdin_filename = settings, files, stdin_filename
        self.roots = [Path(path) for path in paths if path != readers.STDIN and Path(path).is_dir()]
        self.source = Path(settings.source) if settings.source is not None else None
        if self.source is not None:
            name = printable(str(self.source))
            if not self.source.exists():
                raise MtqaError(f"{name}: no such file or folder (--source)")
            if not self.source.is_dir() and len(files) != 1:
                raise MtqaError(
                    f"{name}: is the source of one file, and there are {len(files)} to check; "
                    "name one, or a folder of sources"
                )

    def all(self) -> tuple[list[Document], list[str]]:
        """(documents, what could not be read, a line each)."""
        documents: list[Document] = []
        errors: list[str] = []
        for file in self.files:
            try:
                documents.append(self.read(file))
            except MtqaError as e:
                errors.append(str(e))
        return documents, errors

    def read(self, file: str) -> Document:
        """One document. Raises MtqaError."""
        document = self._read(file, self.stdin_filename)
        if self.source is None:
            return document
        return align(document, self._read(str(self._source_of(file)), None))

    def _read(self, file: str, stdin_filename: str | None) -> Document:
        settings = self.settings
        return readers.read(
            file, encoding=settings.encoding, max_bytes=settings.max_file_size, stdin_filename=stdin_filename
        )

    def _source_of(self, file: str) -> Path:
        assert self.source is not None
        if not self.source.is_dir():
            return self.source
        path = Path(self.stdin_filename or "stdin.txt") if file == readers.STDIN else Path(file)
        root = next((r for r in self.roots if path.is_relative_to(r)), None)
        relative = path.relative_to(root) if root is not None else Path(path.name)
        source = self.source / relative
        if not source.is_file():
            shown = printable(file)
            raise MtqaError(f"{shown}: has no source {printable(str(source))}; each needs one of the same name")
        return source
