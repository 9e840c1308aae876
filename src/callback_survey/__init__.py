"""From a survey company's exports to released, checked department rates. Start with docs/architecture.md."""

__version__ = "0.1.0"
