"""The fluency tagger: from a pretrained encoder to the int8 model that ships in qa/fluency/.

    PYTHONPATH=. python training/tagger.py prepare WORK --jar JAR     encoder of a langchain4j bge-small jar -> torch
    PYTHONPATH=. python training/tagger.py data WORK ../shared/data [--garbled training/garbled]
    PYTHONPATH=. python training/tagger.py train WORK [--seeds 1 2 3] [--draws 4] [--copies 3]
    PYTHONPATH=. python training/tagger.py export WORK OUT            int8, a scale per channel

One encoder (bge-small-en-v1.5, 12 layers of 384), with a learned vector for each token's case added to its embedding,
and three heads: the kind of garble a token stands in (``garbles.KINDS``), whether a post-editor changed it (MLQE), and,
on the mean of the window, whether machine or person wrote it. Examples that say nothing of a head do not train it.
Two phases: the first on windows of WORK/pool.jsonl.gz (training/pool.py) spoiled anew at each draw, MLQE and the
systems of mt_all; the second on the annotated passages, and some of the first. Each seed is a whole training, and is
measured on passages that are kept back. A GPU is used where there is one.
Needs torch and transformers, which the project does not install: see the model card, docs/fluency.md.
"""

from __future__ import annotations

import argparse
import gzip
import json
import multiprocessing
import random
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn

sys.path.insert(0, str(Path(__file__).parent))
from garbles import KINDS, Mark, annotated, is_apart, is_measured, passages, plain, put_in

from qa.fluency.features import CASES, LONGEST, case_ids, folded

IGNORED = -100


class Tagger(nn.Module):
    """``forward(ids, cases, mask)`` gives (tokens × kinds, tokens, windows) logits."""

    def __init__(self, encoder: nn.Module, width: int = 384) -> None:
        super().__init__()
        self.encoder = encoder
        self.case = nn.Embedding(CASES, width)
        nn.init.zeros_(self.case.weight)
        self.drop = nn.Dropout(0.1)
        self.kind = nn.Linear(width, len(KINDS))
        self.edited = nn.Linear(width, 1)
        self.machine = nn.Linear(width, 1)

    def forward(
        self, ids: torch.Tensor, cases: torch.Tensor, mask: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        embedded = self.encoder.embeddings.word_embeddings(ids) + self.case(cases)
        hidden = self.drop(self.encoder(inputs_embeds=embedded, attention_mask=mask).last_hidden_state)
        weight = mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weight).sum(1) / weight.sum(1)
        return self.kind(hidden), self.edited(hidden).squeeze(-1), self.machine(mean).squeeze(-1)


def build(work: Path) -> Tagger:
    from transformers import BertConfig, BertModel

    config = BertConfig(num_hidden_layers=12, hidden_size=384, num_attention_heads=12, intermediate_size=1536)
    encoder = BertModel(config, add_pooling_layer=False)
    encoder.load_state_dict(torch.load(work / "encoder.pt"))
    return Tagger(encoder)


# --------------------------------------------------------------------------------------------------------- prepare


def prepare(work: Path, jar: Path) -> None:
    """The encoder's weights from the ONNX file in the jar, and its tokenizer."""
    import onnx
    from onnx import numpy_helper
    from transformers import BertConfig, BertModel

    with zipfile.ZipFile(jar) as archive:
        names = archive.namelist()
        model = onnx.load_from_string(archive.read(next(n for n in names if n.endswith(".onnx"))))
        tokenizer = json.loads(archive.read(next(n for n in names if n.endswith("tokenizer.json"))))
    tokenizer["truncation"] = tokenizer["padding"] = None
    (work / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False), "utf-8")
    weights = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    maker = {output: node for node in model.graph.node for output in node.output}
    # A linear layer is a MatMul with a nameless matrix, and an Add with a bias that has a name.
    matrix = {
        bias: maker[other].input[1]
        for node in model.graph.node if node.op_type == "Add"
        for bias, other in (node.input, node.input[::-1])
        if bias.endswith("bias") and bias in weights and other in maker and maker[other].op_type == "MatMul"
    }  # fmt: skip
    config = BertConfig(num_hidden_layers=12, hidden_size=384, num_attention_heads=12, intermediate_size=1536)
    encoder = BertModel(config, add_pooling_layer=False)
    state = {}
    for name, parameter in encoder.state_dict().items():
        if name in weights and weights[name].shape == tuple(parameter.shape):
            state[name] = torch.tensor(weights[name])
        else:
            state[name] = torch.tensor(weights[matrix[name.removesuffix("weight") + "bias"]].T.copy())
    encoder.load_state_dict(state)
    torch.save(encoder.state_dict(), work / "encoder.pt")
    neighbours(work)


def neighbours(work: Path) -> None:
    """Words of the same class that stand near each other in the encoder's vocabulary: what a synonym-spinner picks."""
    from qa.morphology import dictionary

    vocabulary = Tokenizer.from_file(str(work / "tokenizer.json")).get_vocab()
    by_form, _ = dictionary()
    words = [w for w in vocabulary if w.isalpha() and len(w) > 3 and w in by_form]
    table = torch.load(work / "encoder.pt")["embeddings.word_embeddings.weight"]
    table = nn.functional.normalize(table[torch.tensor([vocabulary[w] for w in words])], dim=1)
    out: dict[str, list[str]] = {}
    for first in range(0, len(words), 1000):
        values, indices = (table[first : first + 1000] @ table.T).topk(16, dim=1)
        for row, word in enumerate(words[first : first + 1000]):
            near = [
                words[j] for value, j in zip(values[row].tolist(), indices[row].tolist(), strict=True)
                if value > 0.45 and words[j][:4] != word[:4] and set(by_form[word]) & set(by_form[words[j]])
                and not set(by_form[word].values()) & set(by_form[words[j]].values())
            ]  # fmt: skip
            if near:
                out[word] = near[:6]
    (work / "neighbours.json").write_text(json.dumps(out), "utf-8")


# ------------------------------------------------------------------------------------------------------------ data


def data(work: Path, folder: Path, garbled: Path, seed: int) -> None:
    """systems.jsonl and close.jsonl: ``text``, and ``marks``, ``edited`` (spans) or ``machine``, where known."""
    rng = random.Random(seed)
    rows: list[dict[str, Any]] = []
    for pair, share in (("ro", 1.0), ("et", 1.0), ("ru", 1.0), ("ne", 0.3), ("si", 0.3)):
        for line in (folder / "mlqe" / f"train.{pair}-en.jsonl").open(encoding="utf-8"):
            row = json.loads(line)
            if rng.random() < share:
                spans = [o for o, t in zip(row["offsets"], row["tags"], strict=True) if t == "BAD"]
                rows.append({"text": row["mt"], "edited": spans})
    _write(work / "systems.jsonl", rows + list(_systems(folder, rng)))
    close: list[dict[str, Any]] = []
    for held, passage in passages([garbled]):
        close += [{**window, "held": held} for window in _windows(*annotated(passage))]
    _write(work / "close.jsonl", close)


def drawn(work: Path, draws: int, rng: random.Random) -> Iterator[dict[str, Any]]:
    """Each window of the pool so many times, with other edits each time; four in ten as they are."""
    with gzip.open(work / "pool.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            text, _, edits = json.loads(line)
            for _ in range(draws):
                count = rng.choices((0, 1, 2, 3), (40, 25, 20, 15))[0]
                new, marks = spoiled(text, edits, count, rng)
                yield {"text": new, "marks": marks, **({} if marks else {"machine": 0})}


def spoiled(text: str, edits: list[Any], count: int, rng: random.Random) -> tuple[str, list[Mark]]:
    """The window with so many of its edits, and their marks (start, end, kind)."""
    chosen: list[Any] = []
    for edit in rng.sample(edits, min(len(edits), 3 * count)):
        if len(chosen) < count and is_apart(edit, chosen):
            chosen.append(edit)
    return put_in(text, chosen)


def _windows(text: str, marks: list[tuple[int, int, int]]) -> list[dict[str, Any]]:
    """Each paragraph with its marks."""
    out = []
    at = 0
    for paragraph in text.split("\n"):
        if paragraph.strip():
            inside = [(s - at, e - at, k) for s, e, k in marks if at <= s and e <= at + len(paragraph)]
            out.append({"text": paragraph, "marks": inside})
        at += len(paragraph) + 1
    return out


def _systems(folder: Path, rng: random.Random) -> list[dict[str, Any]]:
    """Windows of machine and of human translations of the same documents; those kept for measuring are left out."""
    documents: dict[tuple[str, str, str], list[str]] = {}
    for line in (folder / "mt_all.jsonl").open(encoding="utf-8"):
        row = json.loads(line)
        name = row["doc"] or f"{row['pair']} {row['line'] // 20}"
        if is_measured(name):
            continue
        for system, text in row["mt"].items():
            documents.setdefault((name, system, "mt"), []).append(text)
        for person, text in row["refs"].items():
            documents.setdefault((name, person, "ref"), []).append(text)
    out = []
    for (_, _, side), lines in documents.items():
        if side == "mt" and rng.random() > 0.35:  # there are many systems and few people
            continue
        at = 0
        while at < len(lines):
            size = rng.choice((1, 2, 3, 4))
            text = " ".join(plain(x) for x in lines[at : at + size])
            at += size
            if len(text.split()) > 8:
                out.append({"text": " ".join(text.split()[:110]), "machine": int(side == "mt")})
    return out


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(f"{path.name}: {len(rows)} windows", file=sys.stderr)


# ----------------------------------------------------------------------------------------------------------- train


def encode(tokenizer: Tokenizer, row: dict[str, Any]) -> dict[str, Any] | None:
    """Token ids, case ids, and labels of one window; IGNORED where nothing is known, and on a word's later pieces."""
    text = folded(row["text"])
    encoding = tokenizer.encode(text)
    ids, offsets = encoding.ids[:LONGEST], encoding.offsets[:LONGEST]
    kinds = np.full(len(ids), IGNORED, np.int64)
    edited = np.full(len(ids), IGNORED, np.int64)
    for i, (start, end) in enumerate(offsets):
        if end == start:
            continue
        if "marks" in row:
            kinds[i] = next((k for s, e, k in row["marks"] if start < e and s < end), 0)
        if "edited" in row:
            edited[i] = int(any(start < e and s < end for s, e in row["edited"]))
    return {
        "ids": ids, "cases": case_ids(text, offsets), "kinds": kinds, "edited": edited,
        "machine": row.get("machine", IGNORED),
    }  # fmt: skip


def batches(examples: list[dict[str, Any]], rng: random.Random, tokens: int) -> list[list[dict[str, Any]]]:
    """Examples of like length together, the batches in random order."""
    examples = sorted(examples, key=lambda e: len(e["ids"]) + rng.random() * 4)
    out: list[list[dict[str, Any]]] = [[]]
    for example in examples:
        if out[-1] and len(example["ids"]) * (len(out[-1]) + 1) > tokens:
            out.append([])
        out[-1].append(example)
    rng.shuffle(out)
    return out


def tensors(batch: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
    width = max(len(e["ids"]) for e in batch)

    def padded(key: str, value: int) -> torch.Tensor:
        return torch.tensor([[*e[key], *[value] * (width - len(e[key]))] for e in batch])

    return {
        "ids": padded("ids", 0), "cases": padded("cases", 0), "kinds": padded("kinds", IGNORED),
        "edited": padded("edited", IGNORED), "machine": torch.tensor([e["machine"] for e in batch]),
        "mask": torch.tensor([[1] * len(e["ids"]) + [0] * (width - len(e["ids"])) for e in batch]),
    }  # fmt: skip


def loss_of(model: Tagger, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    kind, edited, machine = model(batch["ids"], batch["cases"], batch["mask"])
    total = kind.float().sum() * 0
    if (batch["kinds"] != IGNORED).any():
        total = total + nn.functional.cross_entropy(
            kind.float().reshape(-1, len(KINDS)), batch["kinds"].reshape(-1), ignore_index=IGNORED
        )
    for logits, wanted, weight in ((edited, batch["edited"], 0.3), (machine, batch["machine"], 0.3)):
        known = wanted != IGNORED
        if known.any():
            total = total + weight * nn.functional.binary_cross_entropy_with_logits(
                logits.float()[known], wanted[known].float()
            )
    return total


_tokenizer: Tokenizer | None = None


def _start(path: str) -> None:
    global _tokenizer
    _tokenizer = Tokenizer.from_file(path)


def _encode(row: dict[str, Any]) -> dict[str, Any] | None:
    assert _tokenizer
    return encode(_tokenizer, row)


def train(work: Path, seeds: list[int], draws: int, copies: int, rate: float, tokens: int, minutes: float) -> None:
    """tagger-SEED.pt for each seed, and what it reaches on the passages that are kept back."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    close = [json.loads(line) for line in (work / "close.jsonl").open(encoding="utf-8")]
    held = [row for row in close if row["held"]]
    close = [row for row in close if not row["held"]]
    systems = [json.loads(line) for line in (work / "systems.jsonl").open(encoding="utf-8")]
    broad = [*drawn(work, draws, random.Random(0)), *systems]
    with multiprocessing.get_context("fork").Pool(initializer=_start, initargs=(str(work / "tokenizer.json"),)) as pool:
        encoded = [[e for e in pool.map(_encode, rows, 500) if e] for rows in (broad, close, held)]
    print(f"windows: {[len(e) for e in encoded]}", flush=True)
    reached = []
    for seed in seeds:
        torch.manual_seed(seed)
        rng = random.Random(seed)
        model = build(work).to(device)
        first = batches(encoded[0], rng, tokens)
        rest = rng.sample(encoded[0], min(len(encoded[0]), int(0.9 * copies * len(encoded[1]))))
        second = batches(encoded[1] * copies + rest, rng, tokens)
        for name, queue, fastest in (("broad", first, rate), ("close", second, 0.6 * rate)):
            learn(model, queue, fastest, minutes, f"seed {seed} {name}", device)
        torch.save({k: v.cpu() for k, v in model.state_dict().items()}, work / f"tagger-{seed}.pt")
        reached.append(measured(model, encoded[2], device))
        print(f"seed {seed}: {reached[-1]}", flush=True)
    for name in reached[0]:
        values = [r[name] for r in reached]
        print(f"{name}: {min(values):.4f} to {max(values):.4f}, deviation {np.std(values):.4f}")


def learn(
    model: Tagger, queue: list[list[dict[str, Any]]], rate: float, minutes: float, name: str, device: torch.device
) -> None:
    """One pass over the batches, or so many minutes of it."""
    model.train()
    heads = [p for n, p in model.named_parameters() if not n.startswith("encoder.")]
    optimizer = torch.optim.AdamW(
        [{"params": model.encoder.parameters(), "lr": rate}, {"params": heads, "lr": rate * 10}], weight_decay=0.01
    )
    bases = [group["lr"] for group in optimizer.param_groups]
    began, losses = time.monotonic(), []
    for step, batch in enumerate(queue):
        done = max(step / len(queue), (time.monotonic() - began) / 60 / minutes)
        if done >= 1:
            break
        factor = min(1.0, (step + 1) / 100) * (1 - done)
        for group, base in zip(optimizer.param_groups, bases, strict=True):
            group["lr"] = base * factor
        with torch.autocast(device.type, torch.bfloat16):
            loss = loss_of(model, {k: v.to(device) for k, v in tensors(batch).items()})
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.detach())
        if step % 200 == 199:
            speed = (step + 1) / (time.monotonic() - began)
            recent = torch.stack(losses[-200:]).mean().item()
            print(f"{name} {step + 1}/{len(queue)} loss {recent:.4f} {speed:.1f} steps/s", flush=True)


def measured(model: Tagger, examples: list[dict[str, Any]], device: torch.device) -> dict[str, float]:
    """Average precision of the tokens that stand in a garble, of any kind, and of the structural kinds alone."""
    model.eval()
    scores, structural, wanted = [], [], []
    with torch.no_grad():
        for batch in batches(examples, random.Random(0), 8_000):
            given = tensors(batch)
            kind, _, _ = model(*(given[k].to(device) for k in ("ids", "cases", "mask")))
            known = given["kinds"] != IGNORED
            probability = kind.float().softmax(-1).cpu()[known]
            scores.append(1 - probability[:, 0])
            structural.append(probability[:, 4] + probability[:, 7])
            wanted.append(given["kinds"][known])
    kinds = torch.cat(wanted).numpy()
    return {
        "garbled": average_precision(torch.cat(scores).numpy(), kinds > 0),
        "structural": average_precision(torch.cat(structural).numpy(), (kinds == 4) | (kinds == 7)),
    }


def average_precision(scores: np.ndarray, wanted: np.ndarray) -> float:
    found = wanted[np.argsort(-scores, kind="stable")]
    precision = np.cumsum(found) / np.arange(1, len(found) + 1)
    return float(precision[found].mean())


# ---------------------------------------------------------------------------------------------------------- export


def export(work: Path, weights: Path, out: Path) -> None:
    """An ONNX file with int8 weights, a scale per channel, and the tokenizer beside it."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = build(work)
    model.load_state_dict(torch.load(weights))
    model.eval()
    ids = torch.randint(1000, 2000, (2, 16))
    full = work / "tagger.onnx"
    names = ["ids", "cases", "mask"]
    axes = {n: {0: "windows", 1: "tokens"} for n in [*names, "kind", "edited"]} | {"machine": {0: "windows"}}
    torch.onnx.export(
        model, (ids, torch.zeros_like(ids), torch.ones_like(ids)), str(full), input_names=names,
        output_names=["kind", "edited", "machine"], dynamic_axes=axes, opset_version=17, dynamo=False,
    )  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    quantize_dynamic(
        str(full), str(out / "tagger.onnx"), weight_type=QuantType.QInt8, per_channel=True,
        op_types_to_quantize=["MatMul", "Gather"],
    )  # fmt: skip
    (out / "tokenizer.json").write_bytes((work / "tokenizer.json").read_bytes())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    p = commands.add_parser("prepare")
    p.add_argument("work", type=Path)
    p.add_argument("--jar", type=Path, required=True)
    p = commands.add_parser("data")
    p.add_argument("work", type=Path)
    p.add_argument("data", type=Path)
    p.add_argument("--garbled", type=Path, default=Path("training/garbled"))
    p.add_argument("--seed", type=int, default=1)
    p = commands.add_parser("train")
    p.add_argument("work", type=Path)
    p.add_argument("--seeds", type=int, nargs="+", default=[1])
    p.add_argument("--draws", type=int, default=4, help="how often a window of the pool is spoiled (4)")
    p.add_argument("--copies", type=int, default=3, help="how often the passages are read in the second phase (3)")
    p.add_argument("--rate", type=float, default=1e-4)
    p.add_argument("--tokens", type=int, default=8_000, help="of a batch (8,000)")
    p.add_argument("--minutes", type=float, default=60, help="of each phase at most (60)")
    p = commands.add_parser("export")
    p.add_argument("work", type=Path)
    p.add_argument("weights", type=Path)
    p.add_argument("out", type=Path)
    args = parser.parse_args()
    if args.command == "prepare":
        prepare(args.work, args.jar)
    elif args.command == "data":
        data(args.work, args.data, args.garbled, args.seed)
    elif args.command == "train":
        train(args.work, args.seeds, args.draws, args.copies, args.rate, args.tokens, args.minutes)
    else:
        export(args.work, args.weights, args.out)


if __name__ == "__main__":
    main()
