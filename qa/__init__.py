"""mtqa: finds machine-translation garbles in English text, says why, and suggests the fix."""

__version__ = "0.1.0"
