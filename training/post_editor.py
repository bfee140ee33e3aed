"""The post-editor: low-rank additions to the language model, which then writes a passage again as an editor would.

    PYTHONPATH=. python training/post_editor.py data WORK ../shared/data [--garbled training/garbled]
    PYTHONPATH=. python training/post_editor.py train WORK [--minutes 7] [--seed 1] [--model FILE.gguf]
    PYTHONPATH=. python training/post_editor.py mean WORK RUN.npz RUN.npz
    PYTHONPATH=. python training/post_editor.py export WORK qa/lm/post_editor.npz

WORK holds pool.jsonl.gz (training/pool.py). What it learns from: clean windows, spoiled anew each time that they are
read, and some not at all; windows of the annotated passages with their fixes; post-edited translations (MLQE-PE, CC0).
At first mostly the first, at last mostly the second. A row is ``separator source BEGIN target END``; only the target is
learned. A GPU is used where there is one: seven minutes of an H100 read about a hundred million tokens.
Needs torch, which the project does not install.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import multiprocessing
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).parent))
from garbles import is_apart, passages, put_in
from marks import MARK, gguf

RANK = 64
BEGIN, END = 1, 2
"""As in qa/lm/post_editor.py."""
MATRICES = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
LONGEST = 600
"""Tokens of a row at most."""
DRAWN = 3_000
"""Rows that a reader draws at a time, so that those of like length stand together."""
SHARES = {"broad": (0.12, 0.83, 0.05), "close": (0.62, 0.28, 0.10)}
"""Of the rows of each phase: passages, windows of the pool, post-edits."""
SOURCES = {"g": 0.3, "a": 0.45, "p": 0.25}
"""How often an edit of each source of the pool is drawn."""
KEPT = 0.998
"""Of the running mean of the weights, a step."""

Mark = tuple[str, list[str]]
"""Garbled wording and its fixes; the fixes of what is right as it stands are none."""
Pair = tuple[str, str]
"""Source and target."""


# ------------------------------------------------------------------------------------------------------------ data


def pieces(paragraph: str) -> list[Mark]:
    """The paragraph as what is right and what is marked, in turn."""
    out: list[Mark] = []
    at = 0
    for match in MARK.finditer(paragraph):
        out += [(paragraph[at : match.start()], []), (match[1], match[2].split("|"))]
        at = match.end()
    return [*out, (paragraph[at:], [])]


def windows(paragraph: str) -> Iterator[list[Mark]]:
    """The paragraph in stretches as the product reads them; none ends inside a mark."""
    from qa.verifier import SENTENCE_END, WINDOW

    current: list[Mark] = []
    size = 0
    for text, fixes in pieces(paragraph):
        if fixes:
            current.append((text, fixes))
            size += len(text)
            continue
        at = 0
        for match in SENTENCE_END.finditer(text):
            if size + match.end() - at >= WINDOW:
                current.append((text[at : match.end()], []))
                yield current
                current, size, at = [], 0, match.end()
        current.append((text[at:], []))
        size += len(text) - at
    if any(text.strip() for text, _ in current):
        yield current


POST_EDITED = ("ro", "et", "ru")
"""Pairs of MLQE into English whose post-edits keep most of the translation (of the others most words are changed)."""


def post_edits(folder: Path) -> Iterator[Pair]:
    """(translation, its post-edit) of MLQE's training sentences, without those that dev and test share."""
    from qa.fluency.features import folded

    measured = {
        json.loads(line)["src"]
        for pair in POST_EDITED
        for part in ("dev", "test20")
        for line in (folder / "mlqe" / f"{part}.{pair}-en.jsonl").open(encoding="utf-8")
    }
    for pair in POST_EDITED:
        for line in (folder / "mlqe" / f"train.{pair}-en.jsonl").open(encoding="utf-8"):
            row = json.loads(line)
            if row["src"] not in measured and row["hter"] <= 0.5:
                yield " ".join(folded(row["mt"]).split()), " ".join(folded(row["pe"]).split())


def data(work: Path, folder: Path, garbled: list[Path]) -> None:
    """passages.jsonl: windows of marks, and whether they are kept for measuring; post_edits.jsonl: pairs."""
    from qa.fluency.features import folded

    count = {True: 0, False: 0}
    with (work / "passages.jsonl").open("w", encoding="utf-8") as out:
        for held, passage in passages(garbled):
            for paragraph in passage.split("\n"):
                for window in windows(folded(paragraph)):
                    out.write(json.dumps([held, window], ensure_ascii=False) + "\n")
                    count[held] += 1
    with (work / "post_edits.jsonl").open("w", encoding="utf-8") as out:
        for pair in post_edits(folder):
            out.write(json.dumps(pair, ensure_ascii=False) + "\n")
    print(f"{count[False]} windows of passages, {count[True]} held")


def fixed(window: list[Mark], rng: random.Random, kept: float) -> Pair:
    """Each garble stands in the source with this probability, and is fixed before it elsewhere."""
    source = target = ""
    for text, fixes in window:
        if not fixes:
            source, target = source + text, target + text
            continue
        fix = fixes[0] if len(fixes) == 1 or rng.random() < 0.85 else rng.choice(fixes[1:])
        source += text if rng.random() < kept else fix
        target += fix
    return " ".join(source.split()), " ".join(target.split())


def spoiled(text: str, edits: list[Any], rng: random.Random) -> Pair:
    """A window of the pool with some of its edits, none in one of eight."""
    words = len(text.split())
    wanted = 0 if rng.random() < 0.12 else max(1, round(words / rng.choice((7, 10, 14, 20, 30, 45))))
    by_source: dict[str, list[Any]] = {}
    for edit in edits:
        by_source.setdefault(edit[6], []).append(edit)
    chosen: list[Any] = []
    for _ in range(3 * wanted):
        if len(chosen) == wanted or not by_source:
            break
        (source,) = rng.choices(list(by_source), [SOURCES[s] for s in by_source])
        edit = rng.choice(by_source[source])
        if is_apart(edit, chosen):
            chosen.append(edit)
    return " ".join(put_in(text, chosen)[0].split()), " ".join(text.split())


class Corpus:
    """What rows are drawn from."""

    def __init__(self, work: Path) -> None:
        with gzip.open(work / "pool.jsonl.gz", "rt", encoding="utf-8") as file:
            self.pool = list(file)  # parsed when drawn: half the memory
        rows = [json.loads(line) for line in (work / "passages.jsonl").open(encoding="utf-8")]
        self.held: list[list[Mark]] = [window for held, window in rows if held]
        self.passages: list[list[Mark]] = [window for held, window in rows if not held]
        self.post_edits: list[Pair] = [json.loads(line) for line in (work / "post_edits.jsonl").open(encoding="utf-8")]

    def drawn(self, rng: random.Random, shares: tuple[float, float, float]) -> Iterator[Pair]:
        """Rows without end; every passage once before any comes again."""
        left: list[list[Mark]] = []
        while True:
            kind = rng.choices((0, 1, 2), shares)[0]
            if kind == 0:
                if not left:
                    left = self.passages.copy()
                    rng.shuffle(left)
                window = left.pop()
                if not any(fixes for _, fixes in window) and rng.random() < 0.6:
                    continue  # what stays as it is teaches little, and costs as much
                yield fixed(window, rng, 1.0 if rng.random() < 0.7 else 0.6)
            elif kind == 1:
                text, _, edits = json.loads(rng.choice(self.pool))
                yield spoiled(text, edits, rng)
            else:
                source, target = rng.choice(self.post_edits)
                yield source, target


Batch = tuple[np.ndarray, np.ndarray]
"""Token ids (rows × tokens; 0 behind the end), and which of them are learned."""


class Rows:
    """Rows as tokens, in batches."""

    def __init__(self, tokenizer: str, separator: int, tokens: int) -> None:
        from tokenizers import Tokenizer

        self.tokenizer, self.separator, self.tokens = Tokenizer.from_str(tokenizer), separator, tokens

    def batches(self, pairs: list[Pair], rng: random.Random) -> list[Batch]:
        sources = self.tokenizer.encode_batch([s for s, _ in pairs])
        targets = self.tokenizer.encode_batch([t for _, t in pairs])
        rows = []
        for source, target in zip(sources, targets, strict=True):
            first = [self.separator, *source.ids, BEGIN]
            ids = [*first, *target.ids, END]
            if len(ids) <= LONGEST and target.ids:
                rows.append((ids, len(first)))
        rows.sort(key=lambda row: len(row[0]) + rng.random() * 8)
        groups: list[list[tuple[list[int], int]]] = [[]]
        for row in rows:
            if groups[-1] and (len(groups[-1]) + 1) * len(row[0]) > self.tokens:
                groups.append([])
            groups[-1].append(row)
        out = []
        for group in groups:
            longest = -(-max(len(ids) for ids, _ in group) // 8) * 8
            ids = np.zeros((len(group), longest), np.int64)
            taught = np.zeros((len(group), longest), bool)
            for i, (row, begin) in enumerate(group):
                ids[i, : len(row)] = row
                taught[i, begin : len(row)] = True
            out.append((ids, taught))
        rng.shuffle(out)
        return out


def read_on(work: Path, rows: Rows, seed: int, phase: Any, queue: Any) -> None:
    """A process that fills the queue with batches of the phase that it is (0 broad, 1 close)."""
    rng = random.Random(seed)
    corpus = Corpus(work)
    drawn = [corpus.drawn(rng, SHARES[name]) for name in ("broad", "close")]
    while True:
        now = phase.value
        for batch in rows.batches([next(drawn[now]) for _ in range(DRAWN)], rng):
            if phase.value != now:
                break
            queue.put((now, batch))


# ----------------------------------------------------------------------------------------------------------- model


class Editor:
    """The model of a GGUF file with additions at every matrix of its layers; only they learn.

    Weights, and the order of queries and keys, are those of the file: what is learned needs no conversion.
    """

    def __init__(self, gguf: Any, device: torch.device) -> None:
        self.gguf, self.device = gguf, device
        vocabulary, width, hidden = len(gguf.vocabulary), gguf.width, gguf.hidden
        kv = gguf.kv_heads * gguf.head_size
        shapes = dict(zip(MATRICES, (
            (width, width), (kv, width), (kv, width), (width, width), (hidden, width), (hidden, width), (width, hidden),
        ), strict=True))  # fmt: skip
        self.embedding = self._tensor(gguf.matrix("token_embd.weight", vocabulary, width))
        self.norm = self._tensor(gguf.vector("output_norm.weight"))
        self.norms = [
            (
                self._tensor(gguf.vector(f"blk.{i}.attn_norm.weight")),
                self._tensor(gguf.vector(f"blk.{i}.ffn_norm.weight")),
            )
            for i in range(gguf.layers)
        ]
        self.frozen: dict[str, torch.Tensor] = {}
        self.learned: dict[str, torch.Tensor] = {}
        for i in range(gguf.layers):
            for kind, (rows, columns) in shapes.items():
                name = f"blk.{i}.{kind}"
                self.frozen[name] = self._tensor(gguf.matrix(f"{name}.weight", rows, columns))
                a = torch.randn(RANK, columns, device=device) / columns**0.5
                self.learned[f"{name}.a"] = a.requires_grad_()
                self.learned[f"{name}.b"] = torch.zeros(rows, RANK, device=device).requires_grad_()
        angles = torch.arange(LONGEST + 8)[:, None] / gguf.rope_base ** (
            torch.arange(0, gguf.head_size, 2) / gguf.head_size
        )
        self.cos = torch.cos(angles).to(device, torch.bfloat16)
        self.sin = torch.sin(angles).to(device, torch.bfloat16)

    def _tensor(self, array: np.ndarray) -> torch.Tensor:
        return torch.tensor(array).to(self.device, torch.bfloat16)

    def weights(self, layer: int) -> list[torch.Tensor]:
        out = []
        for kind in MATRICES:
            name = f"blk.{layer}.{kind}"
            a, b = self.learned[f"{name}.a"], self.learned[f"{name}.b"]
            out.append(self.frozen[name] + b.to(torch.bfloat16) @ a.to(torch.bfloat16))
        return out

    def losses(self, batch: Batch) -> torch.Tensor:
        """Nats of each token that is learned."""
        ids, taught = (torch.from_numpy(x).to(self.device, non_blocking=True) for x in batch)
        x = functional.embedding(ids, self.embedding)
        cos, sin = self.cos[: ids.shape[1], None], self.sin[: ids.shape[1], None]
        for i, norms in enumerate(self.norms):
            x = layer(x, cos, sin, *norms, *self.weights(i), self.gguf.heads, self.gguf.kv_heads, self.gguf.epsilon)
        chosen = x[:, :-1][taught[:, 1:]]
        chosen = functional.rms_norm(chosen, (chosen.shape[-1],), self.norm, self.gguf.epsilon)
        logits = chosen @ self.embedding.T
        return functional.cross_entropy(logits.float(), ids[:, 1:][taught[:, 1:]], reduction="none")


def turned(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Rotary positions; what turns together stands side by side."""
    a, b = x[..., ::2], x[..., 1::2]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), -1).flatten(-2)


def layer(
    x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor, n1: torch.Tensor, n2: torch.Tensor, q: torch.Tensor,
    k: torch.Tensor, v: torch.Tensor, o: torch.Tensor, gate: torch.Tensor, up: torch.Tensor, down: torch.Tensor,
    heads: int, kv_heads: int, epsilon: float,
) -> torch.Tensor:  # fmt: skip
    rows, tokens, width = x.shape
    h = functional.rms_norm(x, (width,), n1, epsilon)
    queries = turned((h @ q.T).view(rows, tokens, heads, -1), cos, sin).transpose(1, 2)
    keys = turned((h @ k.T).view(rows, tokens, kv_heads, -1), cos, sin).transpose(1, 2)
    values = (h @ v.T).view(rows, tokens, kv_heads, -1).transpose(1, 2)
    keys, values = (t.repeat_interleave(heads // kv_heads, 1) for t in (keys, values))
    # Padding stands behind: what is before never sees it.
    seen = functional.scaled_dot_product_attention(queries, keys, values, is_causal=True)
    x = x + seen.transpose(1, 2).reshape(rows, tokens, width) @ o.T
    h = functional.rms_norm(x, (width,), n2, epsilon)
    return x + (functional.silu(h @ gate.T) * (h @ up.T)) @ down.T


# ----------------------------------------------------------------------------------------------------------- train


def train(work: Path, model: Path, args: argparse.Namespace) -> None:
    """Writes WORK/NAME.npz: the running mean of the weights, as it was when it was best on what is kept back."""
    from qa.lm.conversion import Gguf

    began = time.monotonic()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(args.seed)
    gguf = Gguf(model)
    rows = Rows(gguf.tokenizer(), gguf.separator(), args.tokens)
    # Readers are forked before the GPU is touched.
    context = multiprocessing.get_context("fork")
    queue, phase = context.Queue(40), context.Value("i", 0)
    readers = [
        context.Process(target=read_on, args=(work, rows, 1000 * args.seed + i, phase, queue), daemon=True)
        for i in range(args.readers)
    ]
    for reader in readers:
        reader.start()
    rng = random.Random(0)
    corpus = Corpus(work)
    held = rows.batches([fixed(window, rng, 1.0) for window in corpus.held], rng)
    del corpus
    editor = Editor(gguf, device)
    if args.start:
        for name, value in np.load(args.start).items():
            editor.learned[name].data.copy_(torch.tensor(value).float())
    parameters = list(editor.learned.values())
    optimizer = torch.optim.AdamW(
        parameters, lr=args.rate, weight_decay=0.0, betas=(0.9, 0.98), fused=device.type == "cuda"
    )
    mean = [p.detach().clone() for p in parameters]
    seconds = args.minutes * 60
    seen = step = 0
    smooth: torch.Tensor | None = None
    print(f"ready after {time.monotonic() - began:.0f} s on {device}", flush=True)
    told = looked = start = time.monotonic()
    best = float("inf")

    def measure() -> None:
        """Saves the running mean where nothing was better so far: read too often, the passages are learned by heart."""
        nonlocal best
        own = [p.detach().clone() for p in parameters]
        for p, value in zip(parameters, mean, strict=True):
            p.data.copy_(value)
        with torch.no_grad():
            loss = torch.cat([editor.losses(batch) for batch in held[: args.held]]).mean().item()
        if loss < best:
            best = loss
            save(editor, work / f"{args.name}.npz")
        for p, value in zip(parameters, own, strict=True):
            p.data.copy_(value)
        print(f"held: {loss:.4f} nats a token", flush=True)

    while True:
        spent = (time.monotonic() - start) / seconds
        if spent >= 1:
            break
        now = int(spent >= args.broad)
        if now != phase.value:
            phase.value = now
            measure()
        made_in, batch = queue.get()
        if made_in != now:
            continue
        falling = 1.0 if spent < args.broad else (1 - spent) / (1 - args.broad)
        for group in optimizer.param_groups:
            group["lr"] = args.rate * min(1.0, (step + 1) / 100) * max(0.01, falling)
        loss = editor.losses(batch).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        step += 1
        torch._foreach_lerp_(mean, [p.detach() for p in parameters], 1 - min(KEPT, step / (step + 10)))
        seen += batch[0].size
        smooth = loss.detach() if smooth is None else torch.lerp(smooth, loss.detach(), 0.02)
        if time.monotonic() - told > 10:
            told = time.monotonic()
            speed = seen / (told - start)
            waiting = queue.qsize()
            print(f"step {step} seen {seen} loss {smooth.item():.4f} {speed:.0f} tokens/s queue {waiting}", flush=True)
        if time.monotonic() - looked > args.every:
            measure()
            looked = time.monotonic()
    measure()
    for reader in readers:
        reader.terminate()


def save(editor: Editor, out: Path) -> None:
    np.savez(out, **{k: v.detach().half().cpu().numpy() for k, v in editor.learned.items()})


def floats(path: Path) -> dict[str, np.ndarray]:
    """The weights of a run, or as they ship."""
    arrays = dict(np.load(path))
    return {k: arrays[k].astype(np.float32) * arrays.get(f"{k}.scale", 1) for k in arrays if not k.endswith(".scale")}


def mean(work: Path, runs: list[Path]) -> None:
    """post_editor.npz: the mean of what runs add to the model, of whatever ranks: often better than any of them."""
    loaded = [floats(run) for run in runs]
    arrays = {}
    for name in sorted({key.rpartition(".")[0] for one in loaded for key in one}):
        having = [one for one in loaded if f"{name}.a" in one]
        arrays[f"{name}.a"] = np.concatenate([one[f"{name}.a"] for one in having])
        arrays[f"{name}.b"] = np.concatenate([one[f"{name}.b"] / len(loaded) for one in having], 1)
    np.savez(work / "post_editor.npz", **arrays)


def export(work: Path, name: str, out: Path) -> None:
    """The weights as they ship: 8 bits, with a scale for each row."""
    arrays = {}
    for key, value in floats(work / f"{name}.npz").items():
        scale = np.maximum(np.abs(value).max(1, keepdims=True), 1e-12) / 127
        arrays[key] = np.rint(value / scale).astype(np.int8)
        arrays[f"{key}.scale"] = scale.astype(np.float32)
    np.savez_compressed(out, **arrays)
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    out.with_suffix(".json").write_text(json.dumps({"sha256": digest}, indent=1) + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("data")
    one.add_argument("work", type=Path)
    one.add_argument("folder", type=Path)
    one.add_argument("--garbled", type=Path, nargs="+", default=[Path("training/garbled")])
    two = commands.add_parser("train")
    two.add_argument("work", type=Path)
    two.add_argument("--minutes", type=float, default=7)
    two.add_argument("--broad", type=float, default=0.6, help="share of the time for the first phase (.6)")
    two.add_argument("--rate", type=float, default=1e-3)
    two.add_argument("--tokens", type=int, default=24_000, help="of a batch (24,000)")
    two.add_argument("--seed", type=int, default=1)
    two.add_argument("--start", type=Path, help="weights to begin with, of an earlier run")
    two.add_argument("--model", type=Path, help="the GGUF file; the one that mtqa knows")
    two.add_argument("--name", default="post_editor")
    two.add_argument("--readers", type=int, default=6, help="processes that make batches (6)")
    two.add_argument("--held", type=int, default=40, help="batches that are measured (40)")
    two.add_argument("--every", type=float, default=60, help="seconds between measurements (60)")
    mixed = commands.add_parser("mean")
    mixed.add_argument("work", type=Path)
    mixed.add_argument("runs", type=Path, nargs="+")
    three = commands.add_parser("export")
    three.add_argument("work", type=Path)
    three.add_argument("out", type=Path)
    three.add_argument("--name", default="post_editor")
    args = parser.parse_args()
    if args.command == "data":
        data(args.work, args.folder, args.garbled)
    elif args.command == "mean":
        mean(args.work, args.runs)
    elif args.command == "export":
        export(args.work, args.name, args.out)
    else:
        train(args.work, args.model or gguf(), args)


if __name__ == "__main__":
    main()
