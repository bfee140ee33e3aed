"""Learned weights that ship inside the package: used only whole, since a model half installed answers nonsense."""

from __future__ import annotations

import hashlib
from importlib.resources.abc import Traversable

from qa.errors import MtqaError


def read(place: Traversable, sha256: str, name: str, unavailable: type[MtqaError]) -> bytes:
    """The file's bytes. ``name``: what a user calls it. Raises ``unavailable`` where it is missing or another."""
    try:
        data = place.read_bytes()
    except OSError:
        raise unavailable(f"{name} is missing: install mtqa anew") from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise unavailable(f"{name} is damaged (SHA-256): install mtqa anew")
    return data
