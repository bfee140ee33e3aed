"""From a translation to its post-edit: the edits that TER counts, word by word, found by sacrebleu's own search."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from qa.metrics import Options


class Operation(StrEnum):
    """What is done to a word."""

    KEEP = "keep"
    SUBSTITUTE = "substitute"
    INSERT = "insert"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Edit:
    """One word, in the order of the post-edit.

    ``before``: the word of the translation, None for an insertion; ``position``: its index among the translation's
    words. ``after``: the word of the post-edit, None for a deletion. ``shift``: the number of the shift that brought
    the word here, from 1; None for a word that was not moved.
    """

    operation: Operation
    before: str | None
    after: str | None
    position: int | None
    shift: int | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """Words that are moved together, as one edit: ``positions`` are their indexes among the translation's words.

    Moving A behind B and moving B before A are the same; the shorter of the two is the one that is named here.
    """

    number: int
    positions: tuple[int, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edits:
    """All edits of a segment. ``length``: words of the post-edit."""

    operations: tuple[Edit, ...]
    shifts: tuple[Shift, ...]
    length: int

    @property
    def count(self) -> int:
        """How many edits TER counts: shifts, and words that are not kept."""
        return len(self.shifts) + sum(edit.operation is not Operation.KEEP for edit in self.operations)

    @property
    def rate(self) -> float:
        """HTER: edits per 100 words of the post-edit; 100 where words were made into nothing."""
        return 100 * self.count / self.length if self.length else 100.0 * bool(self.count)


class _Word(str):
    """A word that knows where it stood: to sacrebleu's search it is a string like any other."""

    __slots__ = ("position",)
    position: int


def edits(translation: str, post_edit: str, options: Options) -> Edits:
    """The edits by which sacrebleu's TER makes one segment from the other, under the same ``options``.

    Words are what TER takes for words: by default what stands between spaces, whatever its case. They are shown as they
    were written where tokenisation leaves that open.
    """
    before, shown_before = _words(translation, options)
    after, shown_after = _words(post_edit, options)
    if not after:
        deleted = (Edit(Operation.DELETE, word, None, i) for i, word in enumerate(shown_before))
        return Edits(tuple(deleted), (), 0)
    order, trace, moves = _search(before, after)
    shifts: list[Shift] = []
    moved: dict[int, int] = {}
    for number, positions in enumerate(moves, 1):
        shifts.append(Shift(number, positions, tuple(shown_before[i] for i in positions)))
        moved.update(dict.fromkeys(positions, number))
    return Edits(tuple(_operations(order, trace, moved, shown_before, shown_after)), tuple(shifts), len(after))


def _operations(
    order: Sequence[int], trace: str, moved: dict[int, int], before: Sequence[str], after: Sequence[str]
) -> Iterator[Edit]:
    from sacrebleu.metrics import lib_ter

    operations = {
        lib_ter._OP_NOP: Operation.KEEP,
        lib_ter._OP_SUB: Operation.SUBSTITUTE,
        lib_ter._OP_INS: Operation.INSERT,
        lib_ter._OP_DEL: Operation.DELETE,
    }
    i = j = 0
    for letter in trace:
        operation = operations[letter]
        word = target = position = None
        if operation is not Operation.INSERT:
            position = order[i]
            word = before[position]
            i += 1
        if operation is not Operation.DELETE:
            target = after[j]
            j += 1
        yield Edit(operation, word, target, position, None if position is None else moved.get(position))


def _search(before: Sequence[str], after: Sequence[str]) -> tuple[list[int], str, list[tuple[int, ...]]]:
    """(order of the words after all shifts, letters of the edit operations, positions moved by each shift).

    The loop does what sacrebleu's ``translation_edit_rate`` does, which counts the shifts and forgets them.
    """
    from sacrebleu.metrics import lib_ter

    words: list[str] = []
    for position, text in enumerate(before):
        word = _Word(text)
        word.position = position
        words.append(word)
    goal = list(after)
    distance = lib_ter.BeamEditDistance(goal)
    moves: list[tuple[int, ...]] = []
    tried = 0
    while True:
        gain, shifted, tried = lib_ter._shift(words, goal, distance, tried)
        if tried >= lib_ter._MAX_SHIFT_CANDIDATES or gain <= 0:
            break
        moves.append(_moved(_positions(words), _positions(shifted)))
        words = shifted
    return _positions(words), distance(words)[1], moves


def _positions(words: Sequence[str]) -> list[int]:
    return [word.position for word in words if isinstance(word, _Word)]


def _moved(before: Sequence[int], after: Sequence[int]) -> tuple[int, ...]:
    """The shorter of the two blocks that changed places."""
    start = next(i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b)
    end = len(before) - next(i for i, (a, b) in enumerate(zip(before[::-1], after[::-1], strict=True)) if a != b)
    size = after.index(before[start]) - start
    left, right = before[start : end - size], before[end - size : end]
    return tuple(right if len(right) <= len(left) else left)


def _words(text: str, options: Options) -> tuple[list[str], list[str]]:
    """The words of a segment as TER compares them, and as they are shown."""
    from sacrebleu.tokenizers.tokenizer_ter import TercomTokenizer

    compared = str(TercomTokenizer(**options.ter)(text.rstrip())).split()
    shown = str(TercomTokenizer(**{**options.ter, "case_sensitive": True})(text.rstrip())).split()
    return compared, shown if len(shown) == len(compared) else compared
