"""The post-editor: low-rank additions to the language model, which then writes a passage again as an editor would.

    PYTHONPATH=. python training/post_editor.py data WORK ../shared/data [--garbled training/garbled] [--seed 1]
    PYTHONPATH=. python training/post_editor.py train WORK [--minutes 45] [--seed 1]
    PYTHONPATH=. python training/post_editor.py mean WORK RUN.npz RUN.npz
    PYTHONPATH=. python training/post_editor.py export WORK qa/lm/post_editor.npz

What it learns from: windows of the annotated passages with their fixes, human English that stays as it is, human
English that ``garbles.Garbler`` broke, and post-edited translations (MLQE-PE, CC0). A row is ``separator source BEGIN
target END``; only the target is learned.
Needs torch and transformers, which the project does not install.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parent))
from garbles import Garbler, clean_windows, is_held
from marks import MARK, gguf

from qa.fluency.features import folded
from qa.lm.model import LanguageModel
from qa.lm.post_editor import BEGIN, END
from qa.verifier import SENTENCE_END, WINDOW

RANK = 16
ALPHA = 32
FIRST = 8
"""Layer from which on there are additions: below, words are read, not chosen, and learning is cheaper without."""
TOKENS_IN_BATCH = 1_600
MATRICES = {
    "q_proj": "attn_q", "k_proj": "attn_k", "v_proj": "attn_v", "o_proj": "attn_output",
    "gate_proj": "ffn_gate", "up_proj": "ffn_up", "down_proj": "ffn_down",
}  # fmt: skip

Mark = tuple[str, list[str]]
"""Garbled wording and its fixes; the fixes of what is right as it stands are none."""


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


def pair(window: list[Mark], rng: random.Random, kept: float) -> tuple[str, str]:
    """(source, target): each garble stands in the source with this probability, and is fixed before it elsewhere."""
    source = target = ""
    for text, fixes in window:
        if not fixes:
            source, target = source + text, target + text
            continue
        fix = fixes[0] if len(fixes) == 1 or rng.random() < 0.85 else rng.choice(fixes[1:])
        source += text if rng.random() < kept else fix
        target += fix
    return " ".join(source.split()), " ".join(target.split())


POST_EDITED = ("ro", "et", "ru")
"""Pairs of MLQE into English whose post-edits keep most of the translation (of the others most words are changed)."""


def post_edits(folder: Path, rng: random.Random) -> Iterator[tuple[str, str]]:
    """(translation, its post-edit) of MLQE's training sentences, without those that dev and test share."""
    measured = {
        json.loads(line)["src"]
        for pair in POST_EDITED
        for part in ("dev", "test20")
        for line in (folder / "mlqe" / f"{part}.{pair}-en.jsonl").open(encoding="utf-8")
    }
    rows = [
        json.loads(line)
        for pair in POST_EDITED
        for line in (folder / "mlqe" / f"train.{pair}-en.jsonl").open(encoding="utf-8")
    ]
    rng.shuffle(rows)
    for row in rows:
        if row["src"] not in measured and row["hter"] <= 0.5:
            yield " ".join(folded(row["mt"]).split()), " ".join(folded(row["pe"]).split())


def data(work: Path, folder: Path, garbled: list[Path], seed: int, shares: dict[str, float]) -> None:
    """rows.jsonl: ``source``, ``target``, ``held`` (kept for measuring) and ``kind``.

    ``shares``: words of the other kinds for each word of the passages.
    """
    rng = random.Random(seed)
    rows: list[dict[str, Any]] = []
    words = 0
    for path in sorted(p for g in garbled for p in g.glob("*.txt")):
        for number, passage in enumerate(path.read_text("utf-8").split("\n---")):
            held = is_held(path.name, number)
            for paragraph in passage.strip().split("\n"):
                for window in windows(folded(paragraph)):
                    marked = any(fixes for _, fixes in window)
                    if not (held or marked) and rng.random() < 0.6:
                        continue  # what stays as it is teaches little, and costs as much
                    source, target = pair(window, rng, 1.0 if held or rng.random() < 0.7 else 0.6)
                    if source:
                        rows.append({"source": source, "target": target, "held": held, "kind": "passage"})
                        words += len(source.split())
    garbler = Garbler(Path("rules/en"), rng, None)
    clean = clean_windows(folder, rng)
    for kind in ("clean", "broken"):
        wanted = int(words * shares[kind])
        while wanted > 0:
            text = folded(" ".join(next(clean).split()))
            if len(text) > 2 * WINDOW:
                continue
            broken = garbler.garbled(text, rng.choice((1, 2)))[0] if kind == "broken" else text
            rows.append({"source": " ".join(broken.split()), "target": text, "held": False, "kind": kind})
            wanted -= len(text.split())
    wanted = int(words * shares["post-edit"])
    for source, target in post_edits(folder, rng):
        if wanted <= 0:
            break
        rows.append({"source": source, "target": target, "held": False, "kind": "post-edit"})
        wanted -= len(source.split())
    rng.shuffle(rows)
    with (work / "rows.jsonl").open("w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    kinds = {k: sum(r["kind"] == k for r in rows) for k in ("passage", *shares)}
    print(f"{len(rows)} rows {kinds}, {sum(r['held'] for r in rows)} held")


# ----------------------------------------------------------------------------------------------------------- model


class Added(nn.Module):
    """A linear layer that stays as it is, and a low-rank one beside it."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.linear = linear
        self.a = nn.Parameter(torch.randn(RANK, linear.in_features) / linear.in_features**0.5)
        self.b = nn.Parameter(torch.zeros(linear.out_features, RANK))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        low = (x @ self.a.to(x.dtype).T) @ self.b.to(x.dtype).T
        return self.linear(x) + low * (ALPHA / RANK)


def build() -> nn.Module:
    """The language model of mtqa[lm] with additions at every matrix of its upper layers; only they learn."""
    from transformers import AutoModelForCausalLM

    path = gguf()
    model = AutoModelForCausalLM.from_pretrained(str(path.parent), gguf_file=path.name, dtype=torch.float32)
    model.lm_head.weight = model.model.embed_tokens.weight  # the file has one matrix for both
    model.to(torch.bfloat16)
    for parameter in model.parameters():
        parameter.requires_grad = False
    for layer in model.model.layers[FIRST:]:
        for part in (layer.self_attn, layer.mlp):
            for name, child in list(part.named_children()):
                if name in MATRICES:
                    setattr(part, name, Added(child))
    return model


def learned(model: nn.Module) -> dict[str, torch.Tensor]:
    """``blk.3.attn_q.a`` and the like, as the product reads them."""
    out = {}
    for number, layer in enumerate(model.model.layers):
        for part in (layer.self_attn, layer.mlp):
            for name, child in part.named_children():
                if isinstance(child, Added):
                    out[f"blk.{number}.{MATRICES[name]}.a"] = child.a
                    out[f"blk.{number}.{MATRICES[name]}.b"] = child.b
    return out


# ----------------------------------------------------------------------------------------------------------- train


def batches(rows: list[tuple[list[int], int]], rng: random.Random) -> list[list[tuple[list[int], int]]]:
    """Rows of like length together, in any order."""
    rows = sorted(rows, key=lambda r: len(r[0]) + rng.random() * 8)
    out: list[list[tuple[list[int], int]]] = [[]]
    for row in rows:
        if out[-1] and (len(out[-1]) + 1) * len(row[0]) > TOKENS_IN_BATCH:
            out.append([])
        out[-1].append(row)
    rng.shuffle(out)
    return out


def losses(model: nn.Module, batch: list[tuple[list[int], int]]) -> torch.Tensor:
    """Nats of each token of the targets."""
    longest = max(len(ids) for ids, _ in batch)
    ids = torch.zeros(len(batch), longest, dtype=torch.long)
    taught = torch.zeros(len(batch), longest, dtype=torch.bool)
    for i, (row, begin) in enumerate(batch):
        ids[i, : len(row)] = torch.tensor(row)
        taught[i, begin : len(row)] = True
    # Padding stands behind: what is before never sees it.
    hidden = model.model(input_ids=ids).last_hidden_state
    chosen = hidden[:, :-1][taught[:, 1:]]
    logits = chosen @ model.lm_head.weight.T
    return nn.functional.cross_entropy(logits.float(), ids[:, 1:][taught[:, 1:]], reduction="none")


def train(
    work: Path, minutes: float, seed: int, rate: float, epochs: float, start: Path | None, falling: float
) -> None:
    """``falling``: the last share of the time, over which the rate goes down to nearly nothing."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    path = gguf()
    lm = LanguageModel(path)
    rows: dict[bool, list[tuple[list[int], int]]] = {True: [], False: []}
    for line in (work / "rows.jsonl").open(encoding="utf-8"):
        row = json.loads(line)
        first = [lm.separator, *lm.tokens(row["source"])[0], BEGIN]
        ids = [*first, *lm.tokens(row["target"])[0], END]
        if len(ids) <= 600:
            rows[row["held"]].append((ids, len(first)))
    model = build()
    if start:
        saved = dict(np.load(start))
        for name, parameter in learned(model).items():
            parameter.data.copy_(torch.tensor(saved[name]).float())
    parameters = list(learned(model).values())
    optimizer = torch.optim.AdamW(parameters, lr=rate, weight_decay=0.0, betas=(0.9, 0.98))
    held = batches(rows[True], random.Random(0))[:40]
    total = sum(len(ids) for ids, _ in rows[False])
    print(f"{len(rows[False])} rows, {total} tokens, {sum(p.numel() for p in parameters)} weights", flush=True)
    began, seen, step = time.monotonic(), 0, 0
    smooth = 0.0
    done = False
    while not done:
        for batch in batches(rows[False], rng):
            spent = max((time.monotonic() - began) / 60 / minutes, seen / total / epochs)
            if spent >= 1:
                done = True
                break
            for group in optimizer.param_groups:
                group["lr"] = rate * min(1.0, (step + 1) / 60) * max(0.02, min(1.0, (1 - spent) / falling))
            loss = losses(model, batch).mean()
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            step += 1
            seen += sum(len(ids) for ids, _ in batch)
            smooth = loss.item() if step == 1 else 0.98 * smooth + 0.02 * loss.item()
            if step % 25 == 0:
                speed = seen / (time.monotonic() - began)
                share = seen / total
                print(f"step {step} seen {seen} ({share:.2f}) loss {smooth:.4f} {speed:.0f} tokens/s", flush=True)
            if step % 250 == 0:
                report(model, held)
                save(model, work / "post_editor.npz")
    report(model, held)
    save(model, work / "post_editor.npz")


def report(model: nn.Module, held: list[list[tuple[list[int], int]]]) -> None:
    model.eval()
    with torch.no_grad():
        all_losses = torch.cat([losses(model, batch) for batch in held])
    print(f"held: {all_losses.mean():.4f} nats a token", flush=True)
    model.train()


def save(model: nn.Module, out: Path) -> None:
    np.savez(out, **{k: v.detach().numpy().astype(np.float16) for k, v in learned(model).items()})


def mean(work: Path, runs: list[Path]) -> None:
    """The mean of the weights of runs of which each began with the one before: better than any of them."""
    loaded = [dict(np.load(run)) for run in runs]
    arrays = {name: np.mean([one[name].astype(np.float32) for one in loaded], axis=0) for name in loaded[0]}
    np.savez(work / "post_editor.npz", **{name: value.astype(np.float16) for name, value in arrays.items()})


def export(work: Path, out: Path) -> None:
    """The weights as the product merges them: the scale in ``b``, queries and keys in the order of the GGUF file."""
    arrays = {}
    for name, value in np.load(work / "post_editor.npz").items():
        value = value.astype(np.float32)
        if name.endswith(".b"):
            value = value * (ALPHA / RANK)
            heads = {"attn_q": 9, "attn_k": 3}.get(name.split(".")[2])
            if heads:  # rotary pairs stand side by side there, and half a head apart here
                value = value.reshape(heads, 2, -1, RANK).swapaxes(1, 2).reshape(value.shape)
        arrays[name] = value.astype(np.float16)
    np.savez(out, **arrays)
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    out.with_suffix(".json").write_text(json.dumps({"sha256": digest}, indent=1) + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("data")
    one.add_argument("work", type=Path)
    one.add_argument("folder", type=Path)
    one.add_argument("--garbled", type=Path, nargs="+", default=[Path("training/garbled")])
    one.add_argument("--seed", type=int, default=1)
    for kind, share in (("clean", 0.12), ("broken", 0.15), ("post-edit", 0.1)):
        one.add_argument(f"--{kind}", type=float, default=share, help=f"words for each word of passages ({share})")
    two = commands.add_parser("train")
    two.add_argument("work", type=Path)
    two.add_argument("--minutes", type=float, default=45)
    two.add_argument("--epochs", type=float, default=3)
    two.add_argument("--rate", type=float, default=5e-4)
    two.add_argument("--seed", type=int, default=1)
    two.add_argument("--start", type=Path)
    two.add_argument("--falling", type=float, default=1.0)
    mixed = commands.add_parser("mean")
    mixed.add_argument("work", type=Path)
    mixed.add_argument("runs", type=Path, nargs="+")
    three = commands.add_parser("export")
    three.add_argument("work", type=Path)
    three.add_argument("out", type=Path)
    args = parser.parse_args()
    if args.command == "data":
        shares = {"clean": args.clean, "broken": args.broken, "post-edit": args.post_edit}
        data(args.work, args.folder, args.garbled, args.seed, shares)
    elif args.command == "mean":
        mean(args.work, args.runs)
    elif args.command == "export":
        export(args.work, args.out)
    else:
        train(args.work, args.minutes, args.seed, args.rate, args.epochs, args.start, args.falling)


if __name__ == "__main__":
    main()
