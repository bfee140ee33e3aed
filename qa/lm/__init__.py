"""A small language model that says which of two wordings is the more probable English, on this machine's processor.

The model is a GGUF file (SmolLM2-135M-Instruct unless the settings name another); ONNX Runtime runs it.
"""

from __future__ import annotations

from importlib.util import find_spec

from qa.errors import MtqaError

PACKAGES = ("gguf", "onnx", "onnxruntime", "tokenizers")


class ModelUnavailable(MtqaError):
    """The model or what runs it is not there, or is damaged. One line that says what to do."""


def missing_packages() -> list[str]:
    """What of the extra ``mtqa[lm]`` is not installed."""
    return [name for name in PACKAGES if find_spec(name) is None]
