"""Turn survey exports into checked, released department rates. Start with docs/architecture.md."""

__version__ = "0.1.0"
