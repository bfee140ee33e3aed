"""BLEU, chrF, chrF++ and TER of line-aligned segments, computed by sacrebleu, each with its signature.

The figures are those of the `sacrebleu` command with the same options, to the last digit.
"""

from __future__ import annotations

import importlib.util
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.display import printable
from qa.errors import MtqaError

if TYPE_CHECKING:
    from sacrebleu.metrics.base import Metric

METRICS = ("bleu", "chrf", "chrf++", "ter")
ERROR_RATES = frozenset({"ter", "hter"})
"""Metrics of which less is better."""

TOKENIZERS = ("13a", "intl", "char", "zh", "ja-mecab", "ko-mecab", "spm", "flores101", "flores200", "spBLEU-1K", "none")
SMOOTHING = ("exp", "floor", "add-k", "none")

LONGEST = 2000
"""Words of a segment above which TER is refused: its search takes minutes there."""

_PACKAGES = {
    "ja-mecab": ("MeCab", "sacrebleu[ja]"),
    "ko-mecab": ("mecab_ko", "sacrebleu[ko]"),
    **dict.fromkeys(("spm", "flores101", "flores200", "spBLEU-1K"), ("sentencepiece", "sentencepiece")),
}
"""Tokenisers that need more: the module that must be there, and the package that brings it."""


@dataclass(frozen=True, slots=True)
class Options:
    """How the metrics see a text; names, meanings and defaults are those of sacrebleu's command line."""

    tokenize: str | None = None
    lowercase: bool = False
    smooth_method: str = "exp"
    smooth_value: float | None = None
    force: bool = False
    chrf_char_order: int = 6
    chrf_word_order: int = 0
    chrf_beta: int = 2
    chrf_whitespace: bool = False
    chrf_lowercase: bool = False
    chrf_eps_smoothing: bool = False
    ter_normalized: bool = False
    ter_no_punct: bool = False
    ter_asian_support: bool = False
    ter_case_sensitive: bool = False

    @property
    def ter(self) -> dict[str, bool]:
        """The options of TER, as sacrebleu's ``TER`` and its tokeniser take them."""
        return {
            "normalized": self.ter_normalized,
            "no_punct": self.ter_no_punct,
            "asian_support": self.ter_asian_support,
            "case_sensitive": self.ter_case_sensitive,
        }


@dataclass(frozen=True, slots=True)
class Score:
    """One metric of one system.

    ``metric``: its name here (``bleu``), ``name``: sacrebleu's (``chrF2++``). ``value``: 0 to 100, TER also above; not
    rounded. ``detail``: what sacrebleu says besides, n-gram precisions or edits. ``mean`` and ``interval``: mean of
    the bootstrap samples, and half the width of their 95 % interval. ``p_value``: of the difference to the
    first system. ``segments``: the metric of each segment, by ``segment_signature``; ``documents``: of each document.
    Both are empty unless asked for.
    """

    metric: str
    name: str
    value: float
    signature: str
    detail: str = ""
    mean: float | None = None
    interval: float | None = None
    p_value: float | None = None
    segments: tuple[float, ...] = ()
    segment_signature: str = ""
    documents: tuple[float, ...] = ()

    @property
    def is_error_rate(self) -> bool:
        return self.metric in ERROR_RATES


def score(
    metric: str,
    system: Sequence[str],
    references: Sequence[Sequence[str]],
    options: Options,
    *,
    bootstrap: int = 0,
    segments: bool = False,
    documents: Sequence[Sequence[int]] = (),
) -> Score:
    """One metric of one system over all its segments.

    ``references``: one or more lists, each as long as ``system``. ``bootstrap``: samples for the confidence interval, 0
    for none. ``documents``: the segments' indexes of each document. Raises MtqaError where sacrebleu cannot do it here.
    """
    made = create(metric, options, references)
    # Counted once for corpus, documents and segments: TER's search is slow.
    counts = made._extract_corpus_statistics(system, None)
    result = made._aggregate_and_compute(counts)
    value: dict[str, Any] = {"detail": _detail(result)}
    if bootstrap > 1:
        seed()
        from sacrebleu.significance import _bootstrap_resample

        made.n_bootstrap = bootstrap
        made.seed, samples = _bootstrap_resample(counts, made, bootstrap)
        result.estimate_ci(samples)
        value |= {"mean": float(result._mean), "interval": float(result._ci)}
    if segments:
        single = create(metric, options, references, single=True)
        value["segments"] = tuple(float(single._aggregate_and_compute([row]).score) for row in counts)
        value["segment_signature"] = str(single.get_signature())
    value["documents"] = tuple(
        float(made._aggregate_and_compute([counts[i] for i in rows]).score) for rows in documents
    )
    return Score(metric, result.name, float(result.score), str(made.get_signature()), **value)


@dataclass(frozen=True, slots=True)
class Significance:
    """How one system of a paired test differs from the first: None of ``p_value`` for the first itself."""

    p_value: float | None
    mean: float | None
    interval: float | None
    signature: str


def compare(
    test: str,
    systems: Mapping[str, Sequence[str]],
    references: Sequence[Sequence[str]],
    metrics: Sequence[str],
    options: Options,
    samples: int,
) -> dict[str, dict[str, Significance]]:
    """{system: {metric: Significance}} by sacrebleu's paired test, each system against the first.

    ``test``: ``bs`` for paired bootstrap, ``ar`` for approximate randomisation; ``samples``: how many.
    """
    seed()
    from sacrebleu.significance import PairedTest

    made = {metric: create(metric, options, references) for metric in metrics}
    signatures, results = PairedTest(list(systems.items()), made, None, test, samples)()
    out: dict[str, dict[str, Significance]] = {name: {} for name in systems}
    for metric, name in zip(metrics, (name for name in results if name != "System"), strict=True):
        for system, result in zip(systems, results[name], strict=True):
            assert not isinstance(result, str)
            out[system][metric] = Significance(
                None if result.p_value is None else float(result.p_value),
                None if result.mean is None else float(result.mean),
                None if result.ci is None else float(result.ci),
                str(signatures[name]),
            )
    return out


def create(
    metric: str, options: Options, references: Sequence[Sequence[str]] | None, *, single: bool = False
) -> Metric:
    """sacrebleu's object for a metric. ``single``: for scores of single segments, as `sacrebleu --sentence-level`."""
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF
    from sacrebleu.metrics.ter import TER

    if metric == "bleu":
        _require_tokenizer(options.tokenize)
        return BLEU(
            lowercase=options.lowercase, force=options.force, tokenize=options.tokenize,
            smooth_method=options.smooth_method, smooth_value=options.smooth_value, effective_order=single,
            references=references,
        )  # fmt: skip
    if metric == "ter":
        return TER(**options.ter, references=references)
    return CHRF(
        char_order=options.chrf_char_order, word_order=2 if metric == "chrf++" else options.chrf_word_order,
        beta=options.chrf_beta, lowercase=options.chrf_lowercase, whitespace=options.chrf_whitespace,
        eps_smoothing=options.chrf_eps_smoothing, references=references,
    )  # fmt: skip


def seed() -> str:
    """The seed of all sampling, from SACREBLEU_SEED as sacrebleu reads it. Raises MtqaError where it is no number."""
    value = os.environ.get("SACREBLEU_SEED", "12345").lower()
    if value != "none" and not value.isdecimal():
        raise MtqaError(f"SACREBLEU_SEED: “{printable(value)}” is neither a whole number nor “none”")
    return value


@contextmanager
def warnings() -> Iterator[list[str]]:
    """What sacrebleu warns of meanwhile, in a list instead of on standard error."""
    said: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.levelno >= logging.WARNING and (message := record.getMessage()) not in said:
                said.append(message)

    logger, keep = logging.getLogger("sacrebleu"), Keep()
    before, logger.propagate = logger.propagate, False
    logger.addHandler(keep)
    try:
        yield said
    finally:
        logger.removeHandler(keep)
        logger.propagate = before


def _detail(result: Any) -> str:
    if hasattr(result, "num_edits"):
        return f"{result.num_edits:,} edits of {result.ref_length:,.10g} words"
    return str(getattr(result, "_verbose", "") or "")


def _require_tokenizer(name: str | None) -> None:
    """Stop before sacrebleu fails with a traceback, or downloads a model that nobody asked for."""
    if name not in _PACKAGES:
        return
    module, package = _PACKAGES[name]
    if importlib.util.find_spec(module) is None:
        raise MtqaError(f"--tokenize {name}: needs another package: pip install '{package}'")
    if module != "sentencepiece":
        return
    from sacrebleu.tokenizers.tokenizer_spm import SPM_MODELS
    from sacrebleu.utils import SACREBLEU_DIR

    if not (Path(SACREBLEU_DIR) / "models" / SPM_MODELS[name]["url"].rsplit("/", 1)[-1]).is_file():
        raise MtqaError(
            f"--tokenize {name}: its model is not here, and mtqa downloads nothing by itself;"
            f" `sacrebleu --tokenize {name} REFERENCE -i SYSTEM` brings it once"
        )
