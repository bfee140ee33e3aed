"""The model's log probabilities beside transformers' on the same GGUF (torch and transformers: not mtqa's).

    PYTHONPATH=. python training/check_lm.py [MODEL.gguf]

Ours have their weights rounded to 8 bits once more (qa/lm/conversion.py); transformers takes them de-quantised to 32.
Prints, over the tokens of some sentences, both means and how far single tokens are apart, in bits.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import torch
from marks import gguf
from transformers import AutoModelForCausalLM

from qa.lm.model import LanguageModel

TEXTS = (
    "The minister said on Tuesday that the government would spend more on schools, roads and hospitals.",
    "Rescuers searched through the night for two climbers who were caught by an avalanche below the summit.",
    "He poured the milk into the pan, let it come to the boil and turned down the heat.",
    "The need for troops. western. The general has precised that the offensive of the enemy knows a big success.",
)


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else gguf()
    ours = LanguageModel(path, 2)
    theirs = AutoModelForCausalLM.from_pretrained(str(path.parent), gguf_file=path.name, torch_dtype=torch.float32)
    theirs.lm_head.weight = theirs.model.embed_tokens.weight  # the file has one matrix for both
    theirs.eval()
    mine, reference = [], []
    for text in TEXTS:
        ids = [ours.separator, *ours.tokens(text)[0]]
        bits, _ = ours.score(ids, ())
        with torch.no_grad():
            logits = theirs(torch.tensor([ids])).logits[0].double()
        logs = torch.log_softmax(logits, -1)[torch.arange(len(ids) - 1), torch.tensor(ids[1:])] / math.log(2)
        mine += [float(b) for b in bits[1 : len(ids)]]
        reference += logs.tolist()
    a, b = np.array(mine), np.array(reference)
    apart = np.abs(a - b)
    print(f"{len(a)} tokens: mean {a.mean():.4f} and {b.mean():.4f} bits; apart {apart.mean():.3f} in the mean,")
    print(f"{np.percentile(apart, 95):.3f} at most for 95 in 100, {apart.max():.3f} at most")
    print(f"correlation {np.corrcoef(a, b)[0, 1]:.5f}")


if __name__ == "__main__":
    main()
