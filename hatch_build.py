"""Build hook: the wheel ships its rules compiled, so that a first run need not compile them."""

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledRules(BuildHookInterface):  # type: ignore[type-arg]
    """Puts ``qa/rulebook.txt`` into the wheel. An editable install compiles on its own when rules change."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from qa.rulebook import compile_shipped

        self._folder = tempfile.TemporaryDirectory()
        compiled = Path(self._folder.name) / "rulebook.txt"
        compiled.write_bytes(compile_shipped())
        build_data["force_include"][str(compiled)] = "qa/rulebook.txt"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if hasattr(self, "_folder"):
            self._folder.cleanup()
