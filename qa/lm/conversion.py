"""From a GGUF file to an ONNX model that ONNX Runtime runs fast on a processor, and to its tokenizer.

The graph is the LLaMA architecture (RMS norm, rotary positions, grouped attention, SwiGLU) for one row of tokens with
a free attention mask: many continuations of one text are scored in one pass. What was read before is handed in as the
keys and values of each layer, and what a pass reads comes out as such, so that nothing is read twice. Weights are kept
in 8 bits with a scale for every 32 (MatMulNBits), which a processor multiplies as integers: three times as fast as
32-bit numbers here, and within a hundredth of a bit a token of them (tests/test_lm.py).
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.display import printable
from qa.lm import ModelUnavailable

if TYPE_CHECKING:
    import numpy as np
    import onnx

    Additions = Mapping[str, tuple[np.ndarray, np.ndarray]]

_BLOCK = 32
_LARGEST = 1_800_000_000
"""Bytes of a converted model; ONNX's own limit for one file is 2 GB."""
_POSITIONS = 4096
_CONTRIB = "com.microsoft"
ALTERNATIVES = 5
"""How many of the likeliest tokens a pass names where it is asked for them."""
_PRETOKENIZERS = ("smollm", "gpt-2", "default")


class Gguf:
    """A GGUF file's settings and weights, checked. Raises ModelUnavailable where it is no LLaMA model or damaged."""

    def __init__(self, path: Path) -> None:
        import gguf

        self.path = path
        self._gguf = gguf
        try:
            reader = gguf.GGUFReader(path)
            self._fields = reader.fields
            self._tensors = {t.name: t for t in reader.tensors}
        except Exception as e:  # the reader raises whatever the damaged bytes lead it to
            raise self._bad(f"not a GGUF file that can be read ({type(e).__name__})") from None
        architecture = self._value("general.architecture")
        if architecture != "llama":
            raise self._bad(f"its architecture is “{printable(str(architecture))}”; mtqa runs “llama” models")
        self.layers = int(self._value("llama.block_count"))
        self.width = int(self._value("llama.embedding_length"))
        self.heads = int(self._value("llama.attention.head_count"))
        self.kv_heads = int(self._value("llama.attention.head_count_kv", self.heads))
        self.hidden = int(self._value("llama.feed_forward_length"))
        self.epsilon = float(self._value("llama.attention.layer_norm_rms_epsilon"))
        self.rope_base = float(self._value("llama.rope.freq_base", 10_000.0))
        if "llama.rope.scaling.type" in self._fields:
            raise self._bad("it scales its positions, which mtqa does not do")
        self.head_size = self.width // self.heads

    def _bad(self, why: str) -> ModelUnavailable:
        return ModelUnavailable(f"{printable(str(self.path))}: {why}")

    def _value(self, name: str, default: Any = None) -> Any:
        if name not in self._fields:
            if default is None:
                raise self._bad(f"“{name}” is missing")
            return default
        return self._fields[name].contents()

    def has(self, name: str) -> bool:
        return name in self._tensors

    def matrix(self, name: str, rows: int, columns: int) -> np.ndarray:
        """The weights as float32, one output a row."""
        if name not in self._tensors:
            raise self._bad(f"the weights “{name}” are missing")
        tensor = self._tensors[name]
        try:
            return self._gguf.dequantize(tensor.data, tensor.tensor_type).reshape(rows, columns)
        except Exception as e:
            raise self._bad(f"the weights “{name}” are damaged or of an unknown kind ({type(e).__name__})") from None

    def vector(self, name: str) -> np.ndarray:
        return self.matrix(name, 1, self.width).reshape(-1)

    @property
    def vocabulary(self) -> list[str]:
        words: list[str] = self._value("tokenizer.ggml.tokens")
        return words

    def tokenizer(self) -> str:
        """The tokenizer as the JSON of the library tokenizers."""
        from tokenizers import Regex, Tokenizer, models, pre_tokenizers

        kind = self._value("tokenizer.ggml.model"), self._value("tokenizer.ggml.pre", "default")
        if kind[0] != "gpt2" or kind[1] not in _PRETOKENIZERS:
            known = f"mtqa knows gpt2 with {', '.join(_PRETOKENIZERS)}"
            raise self._bad(f"its tokenizer is “{printable('/'.join(kind))}”; {known}")
        merges = [tuple(m.split(" ", 1)) for m in self._value("tokenizer.ggml.merges")]
        tokenizer = Tokenizer(models.BPE(vocab={w: i for i, w in enumerate(self.vocabulary)}, merges=merges))
        steps: list[Any] = [pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]
        if kind[1] == "smollm":
            steps.insert(0, pre_tokenizers.Split(Regex(r"\p{N}"), "isolated"))
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
        return str(tokenizer.to_str())

    def separator(self) -> int:
        """The token that stands between documents in training: what a text begins with."""
        words = self.vocabulary
        if "<|endoftext|>" in words:
            return words.index("<|endoftext|>")
        return int(self._value("tokenizer.ggml.bos_token_id"))


def convert(path: Path, additions: Additions | None = None) -> tuple[bytes, str]:
    """(ONNX model, JSON with its ``tokenizer``, ``separator`` and ``past``: the shape of nothing read).

    ``additions``: what its matrices are to differ by, ``a`` and ``b`` of a matrix whose difference is ``b @ a``.
    Raises ModelUnavailable.
    """
    source = Gguf(path)
    past = source.layers, 0, source.kv_heads, 1, source.head_size
    meta = json.dumps({"tokenizer": source.tokenizer(), "separator": source.separator(), "past": past})
    return _Graph(source, additions or {}).model(), meta


class _Graph:
    """Puts the nodes together; names of values are those of the GGUF weights they come from."""

    def __init__(self, source: Gguf, additions: Additions) -> None:
        import numpy as np
        import onnx

        self.np, self.onnx = np, onnx
        self.source, self.additions = source, additions
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, np.ndarray] = {}
        self.size = 0

    def node(self, op: str, inputs: list[str], output: str, domain: str = "", **attributes: Any) -> str:
        self.nodes.append(self.onnx.helper.make_node(op, inputs, [output], domain=domain, **attributes))
        return output

    def constant(self, name: str, value: np.ndarray) -> str:
        if name not in self.constants:
            self.constants[name] = self.np.ascontiguousarray(value)
            self.size += value.nbytes
            if self.size > _LARGEST:
                raise self.source._bad("the model is too large for mtqa (about 1.6 billion weights is the most)")
        return name

    def integers(self, name: str, *values: int) -> str:
        return self.constant(name, self.np.array(values, self.np.int64))

    def quantized(self, name: str, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
        """Weights in 8 bits (0 stands at 128) and a scale for every 32."""
        np = self.np
        weights = self.source.matrix(name, rows, columns)
        if name in self.additions:
            a, b = self.additions[name]
            weights = weights + b.astype(np.float32) @ a.astype(np.float32)
        blocks = weights.reshape(rows, columns // _BLOCK, _BLOCK)
        scales = np.abs(blocks).max(-1) / 127
        safe = np.where(scales == 0, 1, scales)
        return (np.rint(blocks / safe[..., None]) + 128).astype(np.uint8), scales.astype(np.float32)

    def linear(self, x: str, name: str, rows: int, columns: int, output: str) -> str:
        if columns % _BLOCK:
            raise self.source._bad(f"its layers are {columns} wide, not a multiple of {_BLOCK}")
        if f"{name}.q" not in self.constants:
            quants, scales = self.quantized(name, rows, columns)
            self.constant(f"{name}.q", quants)
            self.constant(f"{name}.s", scales)
        return self.node(
            "MatMulNBits", [x, f"{name}.q", f"{name}.s"], output, _CONTRIB,
            K=columns, N=rows, bits=8, block_size=_BLOCK, accuracy_level=4,
        )  # fmt: skip

    def norm(self, x: str, name: str, output: str) -> str:
        self.constant(name, self.source.vector(name))
        return self.node("SimplifiedLayerNormalization", [x, name], output, axis=-1, epsilon=self.source.epsilon)

    def model(self) -> bytes:
        s, np, helper = self.source, self.np, self.onnx.helper
        types = self.onnx.TensorProto
        vocabulary = len(s.vocabulary)
        groups = s.heads // s.kv_heads
        size = s.head_size
        # The table of words serves at both ends, unless the model has two.
        head = "output.weight" if s.has("output.weight") else "token_embd.weight"
        quants, scales = self.quantized("token_embd.weight", vocabulary, s.width)
        self.constant("token_embd.weight.q", quants)
        self.constant("token_embd.weight.s", scales)
        angles = np.arange(_POSITIONS)[:, None] / s.rope_base ** (np.arange(0, size, 2) / size)[None]
        self.constant("cos", np.cos(angles).astype(np.float32))
        self.constant("sin", np.sin(angles).astype(np.float32))
        self.constant("scale", np.array(size**-0.5, np.float32))
        for name, shape in (
            ("axis0", (0,)), ("last", (-1,)), ("row", (-1, s.width)),
            ("query", (-1, s.kv_heads, groups, size)), ("key", (-1, s.kv_heads, 1, size)),
        ):  # fmt: skip
            self.integers(name, *shape)

        self.node("Gather", ["token_embd.weight.q", "ids"], "e.q")
        self.node("Cast", ["e.q"], "e.f", to=types.FLOAT)
        self.constant("middle", np.array(128, np.float32))
        self.node("Sub", ["e.f", "middle"], "e.c")
        self.node("Gather", ["token_embd.weight.s", "ids"], "e.s")
        self.node("Unsqueeze", ["e.s", "last"], "e.t")
        self.node("Mul", ["e.c", "e.t"], "e.b")
        x = self.node("Reshape", ["e.b", "row"], "e")
        self.node("Unsqueeze", ["positions", "axis0"], "at")
        for name in ("keys", "values"):
            parts = [f"past.{name}.{i}" for i in range(s.layers)]
            self.nodes.append(helper.make_node("Split", [f"past.{name}"], parts, axis=0, num_outputs=s.layers))
        for i in range(s.layers):
            x = self.layer(x, i, groups)
        for name in ("keys", "values"):
            self.node("Concat", [f"{name}.{i}" for i in range(s.layers)], name, axis=0)
        self.node("Gather", [x, "rows"], "out.x")
        self.norm("out.x", "output_norm.weight", "out.n")
        self.linear("out.n", head, vocabulary, s.width, "logits")
        self.node("ReduceLogSumExp", ["logits", "last"], "total", keepdims=1)
        self.node("Unsqueeze", ["targets", "last"], "wanted")
        self.node("GatherElements", ["logits", "wanted"], "chosen", axis=-1)
        self.node("Sub", ["chosen", "total"], "gain")
        self.node("Squeeze", ["gain", "last"], "logp")
        self.node("Gather", ["logits", "asked"], "logits.asked")
        self.node("Gather", ["total", "asked"], "total.asked")
        self.node("Sub", ["logits.asked", "total.asked"], "all.asked")
        self.integers("alternatives", ALTERNATIVES)
        best = ["best", "best.ids"]
        self.nodes.append(helper.make_node("TopK", ["all.asked", "alternatives"], best, axis=-1, sorted=1))

        past = s.layers, "p", s.kv_heads, 1, size
        now = s.layers, "t", s.kv_heads, 1, size

        def value(name: str, kind: int, *shape: str | int) -> Any:
            return helper.make_tensor_value_info(name, kind, list(shape))

        graph = helper.make_graph(
            self.nodes, "lm",
            [value("ids", types.INT64, "t"), value("positions", types.INT64, "t"), value("mask", types.FLOAT, "t", "a"),
             value("rows", types.INT64, "r"), value("targets", types.INT64, "r"), value("asked", types.INT64, "q"),
             value("past.keys", types.FLOAT, *past), value("past.values", types.FLOAT, *past)],
            [value("logp", types.FLOAT, "r"), value("best", types.FLOAT, "q", "k"),
             value("best.ids", types.INT64, "q", "k"), value("keys", types.FLOAT, *now),
             value("values", types.FLOAT, *now)],
            [self.onnx.numpy_helper.from_array(v, k) for k, v in self.constants.items()],
        )  # fmt: skip
        opsets = [helper.make_opsetid("", 18), helper.make_opsetid(_CONTRIB, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
        out = io.BytesIO()
        self.onnx.save(model, out)
        return out.getvalue()

    def layer(self, x: str, number: int, groups: int) -> str:
        s = self.source
        p = f"blk.{number}."
        kv = s.kv_heads * s.head_size
        n = self.norm(x, f"{p}attn_norm.weight", f"{p}n")
        self.linear(n, f"{p}attn_q.weight", s.width, s.width, f"{p}q")
        self.linear(n, f"{p}attn_k.weight", kv, s.width, f"{p}k")
        self.linear(n, f"{p}attn_v.weight", kv, s.width, f"{p}v")
        for name, heads in (("q", s.heads), ("k", s.kv_heads)):
            self.node("Unsqueeze", [f"{p}{name}", "axis0"], f"{p}{name}.u")
            self.node(
                "RotaryEmbedding", [f"{p}{name}.u", "at", "cos", "sin"], f"{p}{name}.r", _CONTRIB,
                interleaved=1, num_heads=heads,
            )  # fmt: skip
        # Each key and value serves a group of queries: (kv head, query in its group, token, size).
        self.node("Reshape", [f"{p}q.r", "query"], f"{p}q.h")
        for name, one, rotated in (("keys", "k", f"{p}k.r"), ("values", "v", f"{p}v")):
            self.node("Reshape", [rotated, "key"], f"{p}{one}.n")
            self.node("Unsqueeze", [f"{p}{one}.n", "axis0"], f"{name}.{number}")
            self.node("Squeeze", [f"past.{name}.{number}", "axis0"], f"{p}{one}.p")
            self.node("Concat", [f"{p}{one}.p", f"{p}{one}.n"], f"{p}{one}.h", axis=0)
        self.node("Transpose", [f"{p}q.h"], f"{p}q.t", perm=[1, 2, 0, 3])
        self.node("Transpose", [f"{p}k.h"], f"{p}k.t", perm=[1, 2, 3, 0])
        self.node("Transpose", [f"{p}v.h"], f"{p}v.t", perm=[1, 2, 0, 3])
        self.node("Mul", [f"{p}q.t", "scale"], f"{p}q.s")
        self.node("MatMul", [f"{p}q.s", f"{p}k.t"], f"{p}a")
        self.node("Add", [f"{p}a", "mask"], f"{p}a.m")
        self.node("Softmax", [f"{p}a.m"], f"{p}a.s", axis=-1)
        self.node("MatMul", [f"{p}a.s", f"{p}v.t"], f"{p}o")
        self.node("Transpose", [f"{p}o"], f"{p}o.t", perm=[2, 0, 1, 3])
        self.node("Reshape", [f"{p}o.t", "row"], f"{p}o.r")
        self.linear(f"{p}o.r", f"{p}attn_output.weight", s.width, s.width, f"{p}o.p")
        after = self.node("Add", [x, f"{p}o.p"], f"{p}x")
        n = self.norm(after, f"{p}ffn_norm.weight", f"{p}n2")
        self.linear(n, f"{p}ffn_gate.weight", s.hidden, s.width, f"{p}g")
        self.linear(n, f"{p}ffn_up.weight", s.hidden, s.width, f"{p}u")
        self.node("Sigmoid", [f"{p}g"], f"{p}g.s")
        self.node("Mul", [f"{p}g", f"{p}g.s"], f"{p}g.m")
        self.node("Mul", [f"{p}g.m", f"{p}u"], f"{p}h")
        self.linear(f"{p}h", f"{p}ffn_down.weight", s.width, s.hidden, f"{p}d")
        return self.node("Add", [after, f"{p}d"], f"{p}y")
