"""The rows of `exchange`: prints that were kept, imports and what became of their rows."""

from apps.exchange.models.imports import FileImport, RefusedRow

__all__ = ["FileImport", "RefusedRow"]
