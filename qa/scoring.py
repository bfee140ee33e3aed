"""One run of `mtqa score`: systems against references or against their post-edits, and the gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from qa import metrics
from qa.display import printable
from qa.edits import Edits, edits
from qa.errors import MtqaError
from qa.metrics import Options, Score

HTER = "hter"


@dataclass(frozen=True, slots=True)
class File:
    """A file with a segment a line; ``path`` as it was given."""

    path: str
    segments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PostEdit:
    """What a person made of a system's translation, and by which edits, a segment each."""

    file: File
    edits: tuple[Edits, ...]


@dataclass(frozen=True, slots=True)
class System:
    """A system's translation and its scores, in the order in which the metrics were asked for; HTER comes last."""

    file: File
    scores: tuple[Score, ...]
    post_edit: PostEdit | None = None


@dataclass(frozen=True, slots=True)
class Test:
    """A paired test. ``kind``: ``bs`` for paired bootstrap, ``ar`` for approximate randomisation."""

    kind: str
    samples: int


@dataclass(frozen=True, slots=True)
class ScoreReport:
    """What was scored.

    ``documents``: names and the indexes of their segments. ``limits``: by metric, the least score that passes the
    gate, or the greatest one for an error rate. ``shows_segments``: scores by segment were asked for.
    """

    systems: tuple[System, ...]
    references: tuple[File, ...]
    documents: tuple[tuple[str, tuple[int, ...]], ...] = ()
    test: Test | None = None
    limits: tuple[tuple[str, float], ...] = ()
    shows_segments: bool = False
    notes: tuple[str, ...] = ()

    @property
    def segments(self) -> int:
        return len(self.systems[0].file.segments)

    @property
    def failures(self) -> tuple[tuple[System, Score, float], ...]:
        """System, score and the limit that it misses."""
        limits = dict(self.limits)
        return tuple(
            (system, score, limits[score.metric])
            for system in self.systems
            for score in system.scores
            if score.metric in limits and misses(score, limits[score.metric])
        )

    @property
    def failed(self) -> bool:
        return bool(self.failures)


def misses(score: Score, limit: float) -> bool:
    """Whether a score fails a limit; it is compared as computed, not as rounded for printing."""
    return score.value > limit if score.is_error_rate else score.value < limit


def run(
    systems: Sequence[File],
    references: Sequence[File],
    post_edits: Sequence[File] = (),
    *,
    wanted: Sequence[str] = metrics.METRICS,
    options: Options | None = None,
    documents: File | None = None,
    test: Test | None = None,
    bootstrap: int = 0,
    segments: bool = False,
    shows_segments: bool = False,
    limits: Mapping[str, float] | None = None,
) -> ScoreReport:
    """Score every system.

    ``post_edits``: one for each system, or none. ``wanted``: metrics; without references there is HTER only.
    ``documents``: the document of each segment. ``segments``: score each segment, too; ``shows_segments``: and say so
    in every report, not in the page alone, which always has them. Raises MtqaError for files that do not fit together.
    """
    options = options or Options()
    others = [*references, *post_edits, *([documents] if documents else [])]
    _require_parallel(systems, others)
    if "ter" in wanted or post_edits:
        _require_short([*systems, *references, *post_edits])
    groups = _documents(documents)
    rows = [indexes for _, indexes in groups]

    def scored_by(metric: str, system: File, others: Sequence[Sequence[str]]) -> Score:
        return metrics.score(
            metric, system.segments, others, options,
            bootstrap=bootstrap, segments=segments or shows_segments, documents=rows,
        )  # fmt: skip

    with metrics.warnings() as warned:
        scored = []
        against = [file.segments for file in references]
        for number, system in enumerate(systems):
            scores = [scored_by(metric, system, against) for metric in wanted if references]
            post_edit = None
            if post_edits:
                made = post_edits[number]
                score = scored_by("ter", system, [made.segments])
                scores.append(replace(score, metric=HTER, name="HTER"))
                post_edit = PostEdit(made, _edits(system, made, score, options))
            scored.append(System(system, tuple(scores), post_edit))
        if test is not None:
            scored = _compared(scored, references, wanted, options, test)
    notes = [*_empty([*systems, *references, *post_edits]), *(f"sacrebleu: {line}" for line in warned)]
    return ScoreReport(
        tuple(scored), tuple(references), groups, test, tuple((limits or {}).items()), shows_segments, tuple(notes)
    )


def _compared(
    systems: Sequence[System], references: Sequence[File], wanted: Sequence[str], options: Options, test: Test
) -> list[System]:
    found = metrics.compare(
        test.kind, {s.file.path: s.file.segments for s in systems}, [r.segments for r in references],
        wanted, options, test.samples,
    )  # fmt: skip
    out = []
    for system in systems:
        scores = []
        for score in system.scores:
            if (result := found[system.file.path].get(score.metric)) is not None:
                score = replace(
                    score, p_value=result.p_value, mean=result.mean, interval=result.interval,
                    signature=result.signature,
                )  # fmt: skip
            scores.append(score)
        out.append(replace(system, scores=tuple(scores)))
    return out


def _edits(system: File, post_edit: File, score: Score, options: Options) -> tuple[Edits, ...]:
    pairs = zip(system.segments, post_edit.segments, strict=True)
    found = tuple(edits(before, after, options) for before, after in pairs)
    count = sum(e.count for e in found)
    if not score.detail.startswith(f"{count:,} edits"):
        raise MtqaError("this version of sacrebleu counts edits otherwise than mtqa shows them; install sacrebleu 2.6")
    return found


def _require_parallel(systems: Sequence[File], others: Sequence[File]) -> None:
    first = systems[0]
    for file in [first, *others]:
        if not file.segments:
            raise MtqaError(f"{printable(file.path)}: is empty; it needs a segment a line")
    for file in [*systems[1:], *others]:
        shorter, longer = sorted((first, file), key=lambda f: len(f.segments))
        if len(shorter.segments) != len(longer.segments):
            line = len(shorter.segments) + 1
            raise MtqaError(
                f"{printable(shorter.path)}: has {len(shorter.segments):,} lines, {printable(longer.path)} has"
                f" {len(longer.segments):,}: its line {line:,} has no counterpart; every file needs one line a segment"
            )


def _require_short(files: Sequence[File]) -> None:
    for file in files:
        for number, segment in enumerate(file.segments, 1):
            if len(segment) > metrics.LONGEST and (words := len(segment.split())) > metrics.LONGEST:
                raise MtqaError(
                    f"{printable(file.path)}: line {number:,} has {words:,} words; TER is for segments of up to"
                    f" {metrics.LONGEST:,}: cut it, or leave TER out with --metrics bleu,chrf"
                )


def _documents(file: File | None) -> tuple[tuple[str, tuple[int, ...]], ...]:
    groups: dict[str, list[int]] = {}
    for index, name in enumerate(file.segments if file else ()):
        if not name.strip():
            raise MtqaError(f"{printable(file.path if file else '')}: line {index + 1:,} names no document")
        groups.setdefault(name.strip(), []).append(index)
    return tuple((name, tuple(indexes)) for name, indexes in groups.items())


def _empty(files: Sequence[File]) -> list[str]:
    """What is said of empty lines: they count."""
    notes = []
    for file in files:
        lines = [number for number, segment in enumerate(file.segments, 1) if not segment]
        if lines:
            shown = ", ".join(f"{n:,}" for n in lines[:5]) + (" …" if len(lines) > 5 else "")
            what = f"{len(lines):,} empty lines ({shown})" if len(lines) > 1 else f"line {shown} is empty"
            them = "they are" if len(lines) > 1 else "it is"
            notes.append(f"{file.path}: {what}; {them} scored as a segment without words, as sacrebleu does")
    return notes
