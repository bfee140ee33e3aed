"""The fluency tagger: a small encoder that marks where a sentence is broken and says how a text reads as a whole.

Made by training/tagger.py; docs/fluency.md is its model card.
"""

from __future__ import annotations

from importlib.util import find_spec

from qa.errors import MtqaError
from qa.grammar import ENGINE_NAMES

TAGGER = "fluency"
"""The tagger's name as the source of a finding."""
WITNESSES = {**ENGINE_NAMES, TAGGER: "The fluency tagger"}
"""Who may flag a place besides the finding that is shown, by name."""


class TaggerUnavailable(MtqaError):
    """The tagger cannot be used: a package or its model is missing, or the model is damaged."""


def missing_packages() -> list[str]:
    """Which of the packages that the tagger runs on are not there."""
    return [name for name in ("numpy", "onnxruntime", "tokenizers") if find_spec(name) is None]
