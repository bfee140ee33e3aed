"""The fluency tagger: from a pretrained encoder to the int8 model that ships in qa/fluency/.

    PYTHONPATH=. python training/tagger.py prepare WORK --jar JAR     encoder of a langchain4j bge-small jar -> torch
    PYTHONPATH=. python training/tagger.py data WORK ../shared/data [--garbled training/garbled]
    PYTHONPATH=. python training/tagger.py train WORK --seed 1 [--phase broad|close] [--minutes 25]
    PYTHONPATH=. python training/tagger.py export WORK OUT            int8, a scale per channel

One encoder (bge-small-en-v1.5, 12 layers of 384), with a learned vector for each token's case added to its embedding,
and three heads: the kind of garble a token stands in (``garbles.KINDS``), whether a post-editor changed it (MLQE), and,
on the mean of the window, whether machine or person wrote it. Examples that say nothing of a head do not train it.
Two phases: ``broad`` on synthetic garbles, MLQE and the systems of mt_all; ``close`` adds the annotated passages.
Needs torch and transformers, which the project does not install: see the model card, docs/fluency.md.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn

sys.path.insert(0, str(Path(__file__).parent))
from garbles import KINDS, Garbler, annotated, clean_windows, is_held, is_measured, plain

from qa.fluency.features import CASES, LONGEST, case_ids, folded
from qa.morphology import lemmas

IGNORED = -100
TOKENS_IN_BATCH = 2_560


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


def data(work: Path, folder: Path, garbled: Path | None, windows: int, seed: int) -> None:
    """broad.jsonl and close.jsonl: ``text``, and ``marks``, ``edited`` (spans) or ``machine`` (0 or 1), where known."""
    rng = random.Random(seed)
    garbler = Garbler(Path("rules/en"), rng, json.loads((work / "neighbours.json").read_text("utf-8")))
    rows: list[dict[str, Any]] = []
    clean = clean_windows(folder, rng)
    for _ in range(windows):
        count = rng.choices((0, 1, 2, 3), (40, 25, 20, 15))[0]
        text, marks = garbler.garbled(next(clean), count)
        rows.append({"text": text, "marks": marks, **({} if marks else {"machine": 0})})
    for pair, share in (("ro", 1.0), ("et", 1.0), ("ru", 1.0), ("ne", 0.3), ("si", 0.3)):
        for line in (folder / "mlqe" / f"train.{pair}-en.jsonl").open(encoding="utf-8"):
            row = json.loads(line)
            if rng.random() < share:
                spans = [o for o, t in zip(row["offsets"], row["tags"], strict=True) if t == "BAD"]
                rows.append({"text": row["mt"], "edited": spans})
    rows += list(_systems(folder, rng))
    rng.shuffle(rows)
    _write(work / "broad.jsonl", rows)
    if garbled:
        close: list[dict[str, Any]] = []
        for path in sorted(garbled.glob("*.txt")):
            for number, passage in enumerate(path.read_text("utf-8").split("\n---")):
                text, marks = annotated(passage.strip(), _lemmas)
                for window in _windows(text, marks, rng):
                    close.append({**window, "held": is_held(path.name, number)})
        _write(work / "close.jsonl", close)


def _lemmas(word: str) -> set[str]:
    return {lemma for upos in ("VERB", "NOUN", "ADJ") for lemma in lemmas(word, upos)} | {word}


def _windows(text: str, marks: list[tuple[int, int, int]], rng: random.Random) -> list[dict[str, Any]]:
    """Each paragraph, a long one in pieces of at most 90 words, with its marks."""
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


def batches(examples: list[dict[str, Any]], rng: random.Random) -> list[list[dict[str, Any]]]:
    """Examples of like length together, the batches in random order."""
    examples = sorted(examples, key=lambda e: len(e["ids"]) + rng.random() * 4)
    out: list[list[dict[str, Any]]] = [[]]
    for example in examples:
        if out[-1] and len(example["ids"]) * (len(out[-1]) + 1) > TOKENS_IN_BATCH:
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
    total = torch.zeros(())
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


def train(
    work: Path, phase: str, seed: int, minutes: float, rate: float, copies: int, start: Path | None, out: Path
) -> None:
    torch.manual_seed(seed)
    rng = random.Random(seed)
    tokenizer = Tokenizer.from_file(str(work / "tokenizer.json"))
    broad = [json.loads(line) for line in (work / "broad.jsonl").open(encoding="utf-8")]
    rng.shuffle(broad)
    if phase == "close":
        close = [json.loads(line) for line in (work / "close.jsonl").open(encoding="utf-8")]
        close = [row for row in close if not row.pop("held")]
        # The passages several times over; of the rest nearly as much.
        words = sum(len(r["text"].split()) for r in close) * copies
        rest, count = [], 0
        for row in broad:
            if count > words * 0.9:
                break
            rest.append(row)
            count += len(row["text"].split())
        rows = close * copies + rest
    else:
        rows = broad
    examples = [e for e in (encode(tokenizer, r) for r in rows) if e]
    model = build(work)
    if start:
        model.load_state_dict(torch.load(start))
    model.train()
    queue = batches(examples, rng)
    tokens = sum(len(e["ids"]) for e in examples)
    print(f"{phase}: {len(examples)} windows, {tokens} tokens, {len(queue)} batches", flush=True)
    heads = [p for n, p in model.named_parameters() if not n.startswith("encoder.")]
    optimizer = torch.optim.AdamW(
        [{"params": model.encoder.parameters(), "lr": rate}, {"params": heads, "lr": rate * 10}], weight_decay=0.01
    )
    bases = [group["lr"] for group in optimizer.param_groups]
    began, losses = time.time(), []
    for step, batch in enumerate(queue):
        spent = (time.time() - began) / 60 / minutes
        done = max(step / len(queue), spent)
        if done >= 1:
            break
        factor = min(1.0, (step + 1) / 100) * (1 - done)
        for group, base in zip(optimizer.param_groups, bases, strict=True):
            group["lr"] = base * factor
        with torch.autocast("cpu", torch.bfloat16):
            loss = loss_of(model, tensors(batch))
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        if step % 100 == 99:
            speed = (step + 1) / (time.time() - began)
            print(f"{step + 1}/{len(queue)} loss {np.mean(losses[-100:]):.4f} {speed:.2f} steps/s", flush=True)
            torch.save(model.state_dict(), out)
    torch.save(model.state_dict(), out)


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
    p.add_argument("--garbled", type=Path)
    p.add_argument("--windows", type=int, default=80_000)
    p.add_argument("--seed", type=int, default=1)
    p = commands.add_parser("train")
    p.add_argument("work", type=Path)
    p.add_argument("--phase", choices=["broad", "close"], default="broad")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--minutes", type=float, default=30)
    p.add_argument("--rate", type=float, default=5e-5)
    p.add_argument("--copies", type=int, default=3, help="how often the passages are read in the phase close")
    p.add_argument("--start", type=Path)
    p.add_argument("--out", type=Path, required=True)
    p = commands.add_parser("export")
    p.add_argument("work", type=Path)
    p.add_argument("weights", type=Path)
    p.add_argument("out", type=Path)
    args = parser.parse_args()
    if args.command == "prepare":
        prepare(args.work, args.jar)
    elif args.command == "data":
        data(args.work, args.data, args.garbled, args.windows, args.seed)
    elif args.command == "train":
        train(args.work, args.phase, args.seed, args.minutes, args.rate, args.copies, args.start, args.out)
    else:
        export(args.work, args.weights, args.out)


if __name__ == "__main__":
    main()
