"""The edits of a segment in one line: what is shown where, for terminal and HTML alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from qa.edits import Edits, Operation


class Kind(StrEnum):
    """What a piece of the line is."""

    KEPT = "kept"
    DELETED = "deleted"
    INSERTED = "inserted"
    MOVED = "moved"
    ORIGIN = "origin"


@dataclass(frozen=True, slots=True)
class Piece:
    """Words that share a fate. ``shift``: its number, for words that were moved and for the place that they left."""

    kind: Kind
    text: str
    shift: int | None = None


def pieces(edits: Edits) -> Iterator[Piece]:
    """The line from left to right, in the order of the post-edit; like neighbours are joined.

    Where words left by a shift, a piece of kind ``origin`` without text stands behind the nearest word before them
    that was not moved.
    """
    yield from _joined(_pieces(edits))


def _pieces(edits: Edits) -> Iterator[Piece]:
    left = _origins(edits)
    for shift in left.get(-1, ()):
        yield Piece(Kind.ORIGIN, "", shift)
    for edit in edits.operations:
        kind = Kind.KEPT if edit.shift is None else Kind.MOVED
        if edit.operation is Operation.KEEP:
            yield Piece(kind, edit.before or "", edit.shift)
        if edit.operation in (Operation.DELETE, Operation.SUBSTITUTE):
            yield Piece(Kind.DELETED, edit.before or "")
        if edit.operation in (Operation.INSERT, Operation.SUBSTITUTE):
            yield Piece(Kind.INSERTED, edit.after or "")
        if edit.shift is None and edit.position is not None:
            for shift in left.get(edit.position, ()):
                yield Piece(Kind.ORIGIN, "", shift)


def _origins(edits: Edits) -> dict[int, list[int]]:
    """{position of the word behind which it stands, -1 for the beginning: numbers of shifts}."""
    moved = {e.position: e.shift for e in edits.operations if e.position is not None and e.shift is not None}
    kept = {e.position for e in edits.operations if e.operation is Operation.KEEP}
    out: dict[int, list[int]] = {}
    places = {n: sorted(p for p, shift in moved.items() if shift == n) for n in set(moved.values())}
    for number, positions in sorted(places.items(), key=lambda item: item[1]):
        if not any(p in kept for p in positions):
            continue  # nothing of it is shown as moved
        at = positions[0] - 1
        while at in moved:
            at -= 1
        out.setdefault(at, []).append(number)
    return out


def _joined(parts: Iterator[Piece]) -> Iterator[Piece]:
    """Neighbours of a kind in one piece; in a run of changed words all deletions first, then all insertions."""
    deleted: list[str] = []
    inserted: list[str] = []
    last: Piece | None = None

    def changed() -> Iterator[Piece]:
        if deleted:
            yield Piece(Kind.DELETED, " ".join(deleted))
        if inserted:
            yield Piece(Kind.INSERTED, " ".join(inserted))
        deleted.clear()
        inserted.clear()

    for piece in parts:
        if piece.kind in (Kind.DELETED, Kind.INSERTED):
            if last:
                yield last
                last = None
            (deleted if piece.kind is Kind.DELETED else inserted).append(piece.text)
            continue
        yield from changed()
        if last and piece.kind is last.kind is not Kind.ORIGIN and piece.shift == last.shift:
            last = Piece(last.kind, f"{last.text} {piece.text}", last.shift)
            continue
        if last:
            yield last
        last = piece
    yield from changed()
    if last:
        yield last
