"""YAML with places: what a rule file holds, and on which line and column each piece stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from qa.errors import MtqaError

Place = tuple[int, int]
"""Line and column, both from 1."""


class YamlFile:
    """A parsed YAML mapping. ``data`` is plain Python; ``place("examples", 0, "bad")`` says where a value stands."""

    def __init__(self, path: Path, text: str | None = None) -> None:
        self.path = path
        try:
            source = path.read_text("utf-8") if text is None else text
        except UnicodeDecodeError as e:
            raise MtqaError(f"{path}: not UTF-8 at byte {e.start}; save the file as UTF-8") from None
        except OSError as e:
            raise MtqaError(f"{path}: {e.strerror or e}") from None
        self._places: dict[tuple[str | int, ...], Place] = {}
        self._seen: set[int] = set()
        try:
            node = yaml.compose(source, Loader=yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader)
        except yaml.MarkedYAMLError as e:
            mark = e.problem_mark or e.context_mark
            at = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
            raise MtqaError(f"{path}{at}: not valid YAML: {e.problem or e.context}") from None
        except yaml.YAMLError as e:
            raise MtqaError(f"{path}: not valid YAML: {e}".splitlines()[0]) from None
        if not isinstance(node, yaml.MappingNode):
            raise MtqaError(f"{path}:1:1: expected a mapping of keys to values")
        self.data: dict[str, Any] = self._value(node, ())

    def place(self, *keys: str | int) -> Place:
        """Where the value at that path stands; the nearest enclosing one that is known."""
        while keys and keys not in self._places:
            keys = keys[:-1]
        return self._places.get(keys, (1, 1))

    def error(self, message: str, *keys: str | int, line: int = 0) -> MtqaError:
        """``file:line:column: message`` for the value at that path, ``line`` lines below its start."""
        row, column = self.place(*keys)
        return MtqaError(f"{self.path}:{row + line}:{column if not line else 1}: {message}")

    def _value(self, node: yaml.Node, at: tuple[str | int, ...]) -> Any:
        self._places[at] = (node.start_mark.line + 1, node.start_mark.column + 1)
        if id(node) in self._seen:
            # A few nested aliases stand for billions of values.
            raise self.error("YAML aliases (*name) are not allowed here", *at)
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            out: dict[str, Any] = {}
            for key_node, value_node in node.value:
                key = str(key_node.value)
                if key in out:
                    line, column = key_node.start_mark.line + 1, key_node.start_mark.column + 1
                    raise MtqaError(f"{self.path}:{line}:{column}: “{key}” stands here a second time")
                out[key] = self._value(value_node, (*at, key))
            return out
        if isinstance(node, yaml.SequenceNode):
            return [self._value(child, (*at, i)) for i, child in enumerate(node.value)]
        if node.tag == "tag:yaml.org,2002:null":
            return None
        if node.tag == "tag:yaml.org,2002:bool":
            return node.value.lower() in ("true", "yes", "on")
        if node.tag in ("tag:yaml.org,2002:float", "tag:yaml.org,2002:int"):
            try:
                return float(node.value) if node.tag.endswith("float") else int(node.value)
            except ValueError:
                return str(node.value)
        return node.value
